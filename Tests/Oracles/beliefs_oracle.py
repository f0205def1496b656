"""An independent judge for beliefs: scipy's beta distribution, and Python's exact sums.

Prints, one case a line, floats as Python's repr:

    q <p> <a> <b> <quantile>
    b <alpha> <beta> <half-life in days> <evidence: "microseconds:responded,…"> <microseconds of the moment>
      <alpha> <beta> <mean> <variance> <lower> <upper> <effective evidence> <pieces>

Usage: beliefs_oracle.py > Tests/BeliefsTests/Golden/beliefs.txt
(python3 with scipy; `ops/test --full` also holds the kernel against what it prints then.)
"""

import math
import random
import warnings

from scipy.stats import beta

RNG = random.Random(2042)
DAY = 86_400_000_000


def quantiles():
    shapes = [0.05, 0.5, 1, 1.5, 2, 9.5, 40, 1_000, 250_000]
    for a in shapes:
        for b in shapes:
            for p in [1e-9, 0.001, 0.025, 0.2, 0.5, 0.6, 0.975, 0.9999]:
                # In the tail that p is in: 1 - p is exact.
                value = float(beta.ppf(p, a, b) if p <= 0.5 else beta.isf(1 - p, a, b))
                back = beta.cdf(value, a, b) / p if p <= 0.5 else beta.sf(value, a, b) / (1 - p)
                # scipy gives up at times, and says so; near 1 a Double has no room for the answer.
                if value > 1e-300 and abs(back - 1) < 1e-11:
                    print("q", repr(p), repr(float(a)), repr(float(b)), repr(value))


def belief(pieces, a, b, half_life):
    now = 1_767_225_600_000_000
    evidence = [(now - RNG.randrange(-30 * DAY, 900 * DAY), RNG.random() < 0.2) for _ in range(pieces)]
    seen = [(2.0 ** -((now - at) / (half_life * DAY)), responded) for at, responded in evidence if at <= now]
    responses = math.fsum(weight for weight, responded in seen if responded)
    others = math.fsum(weight for weight, responded in seen if not responded)
    alpha, rest = a + responses, b + others
    posterior = beta(alpha, rest)
    told = ",".join(f"{at}:{int(responded)}" for at, responded in evidence) or "-"
    print("b", repr(a), repr(b), repr(half_life), told, now,
          *(repr(float(x)) for x in (alpha, rest, posterior.mean(), posterior.var(), posterior.ppf(0.025),
                                     posterior.isf(0.025), responses + others)), len(seen))


warnings.simplefilter("ignore")
quantiles()
for count in [0, 1, 2, 5, 20, 100, 400]:
    for prior in [(0.5, 9.5, 90.0), (1.0, 1.0, 7.0), (2.0, 38.0, 365.0), (0.1, 0.1, 0.5)]:
        belief(count, *prior)
