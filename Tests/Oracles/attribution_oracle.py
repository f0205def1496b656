"""An independent judge for attribution: exact fractions, and another's package.

Prints, one case a line:

    w <model> <half-life in seconds> <ages of the touches in microseconds, first touch first> <weights>

With `fractions` it prints weights in millionths that sum to a million, from Python's fractions and decimals of 60 digits, rounded
by largest remainders, of equal ones the earlier touch first. Without, what the heuristics of
marketing-attribution-models (module mam) say, as floats that sum to 1; each path is a journey whose channels all differ,
so credit of channels is credit of touches. Its time decay counts hours before the conversion, which is the same formula.

Usage: attribution_oracle.py > Tests/AttributionTests/Golden/attribution.txt
       attribution_oracle.py fractions
(the first: python3 with polars of requirements.txt, and `pip install --no-deps marketing-attribution-models==2.1.1`;
`ops/test --full` also holds the kernel against what it prints then)
"""

import importlib
import importlib.util
import itertools
import random
import sys
import types
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
RNG = random.Random(1995)
MODELS = ["first", "last", "linear", "position", "timeDecay"]
DAY = 86_400_000_000


def paths():
    for place in range(120):
        count = RNG.choice([1, 2, 3, 4, 5, 7, 12, 30])
        ages = sorted((RNG.randrange(0, 60 * DAY) for _ in range(count)), reverse=True)
        if place % 4 == 0:
            ages = [age // DAY * DAY for age in ages]
        yield ages, RNG.choice([3_600, 86_400, 604_800, 604_800, 2_592_000])


def exact(model, half_life, ages):
    count = len(ages)
    if model == "first":
        return [Fraction(int(k == 0)) for k in range(count)]
    if model == "last":
        return [Fraction(int(k == count - 1)) for k in range(count)]
    if model == "linear":
        return [Fraction(1, count)] * count
    if model == "position":
        if count <= 2:
            return [Fraction(1, count)] * count
        return [Fraction(2, 5)] + [Fraction(1, 5 * (count - 2))] * (count - 2) + [Fraction(2, 5)]
    powers = [Fraction(Decimal(2) ** (-Decimal(age) / (half_life * 1_000_000))) for age in ages]
    return [power / sum(powers) for power in powers]


def millionths(weights):
    exact_ones = [weight * 1_000_000 for weight in weights]
    rounded = [int(weight) for weight in exact_ones]
    order = sorted(range(len(weights)), key=lambda k: (rounded[k] - exact_ones[k], k))
    for k in order[:1_000_000 - sum(rounded)]:
        rounded[k] += 1
    return rounded


def put(model, half_life, ages, weights):
    print("w", model, half_life, ",".join(map(str, ages)), ",".join(map(str, weights)))


def heuristics():
    """mam.models.heuristics alone, without its package's other imports."""
    place = importlib.util.find_spec("mam").submodule_search_locations[0]
    for name in ("mam", "mam.models"):
        module = types.ModuleType(name)
        module.__path__ = [place + name[3:].replace(".", "/")]
        sys.modules[name] = module
    return importlib.import_module("mam.models.heuristics")


def package():
    import polars

    models = heuristics()
    for ages, half_life in itertools.islice(paths(), 40):
        journey = polars.DataFrame({
            "journey_id": ["j"], "channels": [[f"c{k}" for k in range(len(ages))]], "conversion_value": [1.0],
            "weight": [1.0], "time_till_conv": [[age / 3_600_000_000 for age in ages]]})
        for name, model in zip(MODELS, [
                models.FirstClickModel(), models.LastClickModel(), models.LinearModel(), models.PositionBasedModel(),
                models.TimeDecayModel(half_life / 3_600)]):
            credit = dict(model.get_aggregated_results(journey).select(
                polars.col("channels"), polars.col("attribution")).iter_rows())
            put(name, half_life, ages, [repr(float(credit.get(f"c{k}", 0.0))) for k in range(len(ages))])


if sys.argv[1:] == ["fractions"]:
    for path, half in paths():
        for name in MODELS:
            put(name, half, path, millionths(exact(name, half, path)))
else:
    package()
