"""An independent judge for power, sample size and the smallest effect that a test finds.

statsmodels where it has the closed form (NormalIndPower, normal_power_het, OLS); else scipy's root finder and adaptive
quadrature over the bivariate and trivariate normal density, where the kernel passes a density from look to look.

Prints, one case a line, floats as Python's repr:

    u <sd> <explained> <share of variant> <alpha> <strictness> <sides> <effect> <power> <units>             statsmodels
    m <sd> <explained> <share of variant> <alpha> <strictness> <sides> <units> <power> <effect>             statsmodels
    p <proportion> <share of variant> <alpha> <sides> <effect> <units> <power>                              statsmodels
    b <y, comma separated> <x, comma separated, or -> <mean> <variance> <explained>                         statsmodels
    g <alpha> <sides> <spending> <power> <looks> <fractions> <drift>                                        quadrature
    v <alpha> <sides> <strictness> <units by those it is tightest at> <power> <drift>                       closed form

`units` is where the power is reached exactly; the kernel answers the next whole number.

Usage: power_oracle.py > Tests/StatisticsTests/Golden/power.txt
"""

import random

import numpy as np
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, normal_power_het

RNG = random.Random(19880101)
# Of three looks the quadrature is slow: fewer digits.
ACCURACY = {1: 1e-13, 2: 1e-13, 3: 1e-9}
TIGHT = dict(xtol=1e-14, rtol=1e-14, maxiter=500)


def put(tag, *fields):
    print(tag, *(repr(float(x)) if isinstance(x, (float, np.floating)) else x for x in fields))


def setting():
    return (RNG.uniform(0.5, 3), RNG.choice([0.0, 0.3, 0.49, 0.9]), RNG.choice([0.5, 0.2, 0.75]),
            RNG.choice([0.01, 0.05, 0.1]), RNG.choice([1, 3, 40]), RNG.choice([1, 2]))


def power_of(effect, units, sd, explained, share, alpha, strictness, sides):
    return NormalIndPower().power(
        effect / (sd * np.sqrt(1 - explained)), units * (1 - share), alpha / strictness, ratio=share / (1 - share),
        alternative="two-sided" if sides == 2 else "larger")


def closed_forms():
    for _ in range(40):
        s = setting()
        effect, power = RNG.uniform(0.01, 0.3), RNG.choice([0.5, 0.8, 0.9, 0.99])
        units = brentq(lambda n: power_of(effect, n, *s) - power, 1, 1e9, xtol=1e-7, rtol=1e-15, maxiter=500)
        put("u", *s, effect, power, units)
    for _ in range(40):
        s = setting()
        units, power = RNG.randrange(50, 100_000), RNG.choice([0.5, 0.8, 0.9, 0.99])
        put("m", *s, units, power, brentq(lambda e: power_of(e, units, *s) - power, 1e-9, 100, **TIGHT))


def proportions():
    for _ in range(40):
        p, share, alpha, sides = RNG.uniform(0.01, 0.9), RNG.choice([0.5, 0.3]), RNG.choice([0.01, 0.05]), RNG.choice([1, 2])
        effect, units = RNG.uniform(0.02, 0.5) * (1 - p), RNG.randrange(50, 20_000)
        q = p + effect
        # Of one unit, when the variance of the difference is that of `units`.
        deviation = np.sqrt(p * (1 - p) / (1 - share) + q * (1 - q) / share)
        put("p", p, share, alpha, sides, effect, units, normal_power_het(
            effect, units, alpha, std_null=deviation, std_alternative=deviation,
            alternative="two-sided" if sides == 2 else "larger"))


def baselines():
    for place in range(30):
        n = RNG.randrange(6, 40)
        x = [RNG.choice([0, 0, 1, 2, 5]) + RNG.random() for _ in range(n)]
        y = [RNG.choice([0.0, 0.7, 3.0]) * a + RNG.gauss(10, 2) for a in x]
        with_x = place % 3 > 0
        fit = sm.OLS(np.array(y), sm.add_constant(np.array(x)) if with_x else np.ones(n)).fit()
        put("b", ",".join(map(repr, y)), ",".join(map(repr, x)) if with_x else "-", np.mean(y), np.var(y, ddof=1),
            max(0.0, fit.rsquared_adj) if with_x else 0.0)


def spent(spending, t, alpha):
    if t >= 1:
        return alpha
    return 2 * norm.sf(norm.isf(alpha / 2) / np.sqrt(t)) if spending == "obrienFleming" else alpha * np.log(
        1 + (np.e - 1) * t)


def stays(fractions, bounds, sides, drift):
    """The probability that no look crosses: an integral over the scores of all looks but the last."""
    def inner(look, score, before):
        step = fractions[look] - before
        high = bounds[look] * np.sqrt(fractions[look])
        low = -high if sides == 2 else -np.inf
        if look == len(bounds) - 1:
            to = lambda edge: norm.cdf((edge - score - drift * step) / np.sqrt(step))
            return to(high) - (to(low) if sides == 2 else 0)
        middle = score + drift * step
        low, high = max(low, middle - 9 * np.sqrt(step)), min(high, middle + 9 * np.sqrt(step))
        if high <= low:
            return 0.0
        return quad(lambda s: norm.pdf((s - middle) / np.sqrt(step)) / np.sqrt(step) * inner(look + 1, s, fractions[look]),
                    low, high, epsabs=ACCURACY[len(bounds)], epsrel=ACCURACY[len(bounds)], limit=200)[0]
    return inner(0, 0.0, 0.0)


def group_sequential():
    for place in range(16):
        fractions = [[0.5, 1.0], [0.3, 1.0], [0.8, 1.0], [1.0]][place % 4] if place < 15 else [0.3, 0.6, 1.0]
        alpha, sides = RNG.choice([0.01, 0.05]), RNG.choice([1, 2])
        spending, power = RNG.choice(["obrienFleming", "pocock"]), RNG.choice([0.6, 0.8, 0.9])
        bounds = []
        for t in fractions:
            goal = spent(spending, t, alpha / sides) * sides
            seen = fractions[:len(bounds) + 1]
            # Both sides of a two-sided test spend the same; one crosses the other's bound with nearly no probability.
            bounds.append(brentq(lambda b: 1 - stays(seen, bounds + [b], sides, 0.0) - goal, 0.5, 7.9, xtol=1e-12))
        drift = brentq(lambda d: 1 - stays(fractions, bounds, sides, d) - power, 0.5, 8,
                       xtol=1e-12 if len(fractions) < 3 else 1e-8)
        put("g", alpha, sides, spending, power, len(fractions), *fractions, drift)


def always_valid():
    for _ in range(20):
        alpha, sides, strictness = RNG.choice([0.01, 0.05, 0.1]), RNG.choice([1, 2]), RNG.choice([1, 4])
        ratio, power = RNG.choice([0.25, 1.0, 3.0]), RNG.choice([0.6, 0.8, 0.95])
        tuned = alpha if sides == 2 else 2 * alpha
        k = ratio * (-2 * np.log(tuned) + np.log(1 - 2 * np.log(tuned)))
        strict = alpha / strictness
        inside = np.sqrt(k + 1) / strict if sides == 2 else 1 + np.sqrt(k + 1) / (2 * strict)
        z = np.sqrt(2 * (k + 1) / k * np.log(inside))
        find = lambda d: norm.sf(z - d) + (norm.sf(z + d) if sides == 2 else 0) - power
        put("v", alpha, sides, strictness, ratio, power, brentq(find, 1e-3, 40, **TIGHT))


closed_forms()
proportions()
baselines()
group_sequential()
always_valid()
