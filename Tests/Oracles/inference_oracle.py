"""An independent judge for sequential tests, Bayesian effects, multiple testing and power.

Others' code where it does the same: gbstats 0.8.0 from PyPI (two-sided sequential test, Bayesian effect with prior),
statsmodels (multiple testing, power, intervals from t by scipy). Where nobody publishes the method, or publishes it
with a fault, the paper's formula with 50 digits (mpmath), or an integration by another rule.

Prints, one case a line, floats as Python's repr:

    c <alternative> <alpha> <tightest at> <estimate> <error> <units> <lower> <upper> <log p>    mpmath
    t <alpha> <tightest at> <n, mean, variance of control> <of variant> <estimate> <error> <lower> <upper> <p>
                                                                                                gbstats, absolute
    g <alpha> <sides> <spending> <power> <drift> <looks> <fractions> <bounds> <upper crossing>  another integration
    s <weights, comma separated> <counts> <log evidence>                                        mpmath
    b <scale> <prior scale> <prior mean> <prior sd> <direction> <n, mean, variance of control> <of variant>
      <estimate> <error> <posterior mean> <sd> <chance to win> <loss> <loss of control> <lower> <upper>     gbstats
    l <z> <unit loss>                                                                           mpmath
    m <method> <p-values, comma separated> <adjusted>                                           statsmodels
    p <effect> <sd> <units of control> <ratio> <alpha> <alternative> <power>                    statsmodels

What differs, and why:
- gbstats' sequential p-value is 1 / exp(x), which is 0 for x above 709; ours is compared there with mpmath's logarithm.
- gbstats' risk is a difference of two nearly equal numbers when the effect is large; compared up to 4 standard
  deviations, and with mpmath beyond.
- gbstats of PyPI has no one-sided sequential test; its repository's clamps the p-value to 1e-5 ... 0.4999, so the
  closed form by mpmath is the judge.

Usage: inference_oracle.py > Tests/StatisticsTests/Golden/inference.txt
(python3 with the modules of requirements.txt; `ops/test --full` also holds the kernel against what it prints then.)
"""

import contextlib
import io
import random

import mpmath
import numpy as np
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import SampleMeanStatistic
from mpmath import mpf
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

mpmath.mp.dps = 50
RNG = random.Random(20210306476)


def put(tag, *fields):
    print(tag, *(repr(float(x)) if isinstance(x, (float, np.floating, mpf)) else x for x in fields))


def confidence_sequence(alternative, alpha, tightest, estimate, error, units):
    a = mpf(alpha) if alternative == "twoSided" else 2 * mpf(alpha)
    rho2 = (-2 * mpmath.log(a) + mpmath.log(1 - 2 * mpmath.log(a))) / mpf(tightest)
    n, s = mpf(units), mpf(error)
    k = n * rho2
    root = mpmath.sqrt(k + 1)
    scale = 2 * (k + 1) / (n * n * rho2) * n * s * s
    if alternative == "twoSided":
        half = mpmath.sqrt(scale * mpmath.log(root / mpf(alpha)))
    else:
        half = mpmath.sqrt(scale * mpmath.log(1 + root / (2 * mpf(alpha))))
    x = (mpf(estimate) / s) ** 2 * k / (2 * (k + 1))
    if alternative == "twoSided":
        p = root / mpmath.exp(x)
    elif (estimate <= 0) == (alternative == "greater"):
        p = mpf(1)
    else:
        p = root / (2 * mpmath.expm1(x))
    lower = -mpmath.inf if alternative == "less" else mpf(estimate) - half
    upper = mpmath.inf if alternative == "greater" else mpf(estimate) + half
    return lower, upper, mpmath.log(min(mpf(1), p))


def confidence_sequences():
    for _ in range(100):
        alternative = RNG.choice(["twoSided", "greater", "less"])
        alpha = RNG.choice([0.001, 0.01, 0.05, 0.1, 0.4])
        tightest = RNG.choice([100, 5000, 1_000_000])
        error = 10 ** RNG.uniform(-6, 3)
        estimate = error * RNG.choice([RNG.gauss(0, 2), RNG.gauss(0, 20), RNG.gauss(0, 300)])
        units = RNG.choice([2, 57, 1000, 123456, 10**9])
        put("c", alternative, alpha, tightest, estimate, error, units,
            *confidence_sequence(alternative, alpha, tightest, estimate, error, units))


def arm(mean, deviation, n):
    """A statistic with exactly these moments, as gbstats keeps them: sums."""
    return SampleMeanStatistic(n=n, sum=mean * n, sum_squares=deviation**2 * (n - 1) + n * mean**2)


def arms():
    control = arm(RNG.uniform(1, 10), RNG.uniform(1, 5), RNG.randrange(100, 20000))
    variant = arm(control.mean * RNG.uniform(0.95, 1.1), RNG.uniform(1, 5), RNG.randrange(100, 20000))
    fields = [x for a in (control, variant) for x in (a.n, float(a.mean), float(a.variance))]
    return control, variant, fields


def against_gbstats():
    for _ in range(40):
        control, variant, fields = arms()
        alpha, tightest = RNG.choice([0.01, 0.05, 0.1]), RNG.choice([500, 5000, 50000])
        config = SequentialConfig(alpha=alpha, difference_type="absolute", sequential_tuning_parameter=tightest)
        test = SequentialTwoSidedTTest(control, variant, config=config)
        result = test.compute_result()
        put("t", alpha, tightest, *fields, float(test.point_estimate), float(np.sqrt(test.variance)), *result.ci,
            result.p_value)
    for _ in range(90):
        control, variant, fields = arms()
        scale, prior = RNG.choice(["relative", "absolute"]), RNG.choice(["relative", "absolute", "none"])
        mean, deviation = RNG.gauss(0, 0.1), RNG.uniform(0.01, 0.5)
        inverse = RNG.random() < 0.5
        config = EffectBayesianConfig(
            difference_type=scale, inverse=inverse, prior_type=prior if prior != "none" else "relative",
            prior_effect=GaussianPrior(mean=mean, variance=deviation**2, proper=prior != "none"))
        flat = EffectBayesianABTest(control, variant, EffectBayesianConfig(
            difference_type=scale, prior_effect=GaussianPrior(proper=False))).compute_result()
        result = EffectBayesianABTest(control, variant, config).compute_result()
        if abs(result.uplift.mean / result.uplift.stddev) > 4:
            continue
        loss_of_control, loss = result.risk
        put("b", scale, prior, mean, deviation, "decrease" if inverse else "increase", *fields, flat.uplift.mean,
            flat.uplift.stddev, result.uplift.mean, result.uplift.stddev, result.chance_to_win, loss, loss_of_control,
            *result.ci)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(700)


def spent(spending, power, t, alpha):
    if t >= 1:
        return alpha
    return {"obrienFleming": lambda: 2 * ndtr(ndtri(alpha / 2) / np.sqrt(t)),
            "pocock": lambda: alpha * np.log(1 + (np.e - 1) * t),
            "power": lambda: alpha * t**power}[spending]()


def recursion(fractions, bounds_of_look, drift):
    """Passes the sub-density on, on one long panel; bounds_of_look(k, tail) gives the bounds of look k."""
    last, places, masses = 0.0, np.array([0.0]), np.array([1.0])
    for k, t in enumerate(fractions):
        step = t - last
        above = lambda z: float(masses @ ndtr((places + drift * step - z * np.sqrt(t)) / np.sqrt(step)))
        lower, upper = bounds_of_look(k, above)
        low = max(lower * np.sqrt(t), drift * t - 9 * np.sqrt(t))
        high = min(upper * np.sqrt(t), drift * t + 9 * np.sqrt(t))
        nodes = low + (NODES + 1) / 2 * (high - low)
        kernel = np.exp(-((nodes[:, None] - places[None, :] - drift * step) ** 2) / (2 * step))
        masses = WEIGHTS * (high - low) / 2 * (kernel @ masses) / np.sqrt(2 * np.pi * step)
        places, last = nodes, t


def group_sequential():
    for _ in range(40):
        alpha, sides = RNG.choice([0.01, 0.05, 0.1]), RNG.choice([1, 2])
        spending, power = RNG.choice(["obrienFleming", "pocock", "power"]), RNG.choice([1.0, 2.0, 3.0])
        count = RNG.randrange(1, 9)
        fractions = [(k + 1) / count for k in range(count)]
        if RNG.random() < 0.5:
            fractions = sorted(RNG.uniform(0.05, 1) for _ in range(count))
            if min(b - a for a, b in zip([0] + fractions, fractions)) < 0.01:
                continue
        drift = RNG.uniform(-4, 4)
        side, used, bounds, crossing = alpha / sides, [0.0], [], []

        def solve(k, above):
            allowed = spent(spending, power, fractions[k], side) - used[0]
            bound = float("inf")
            if above(8) < allowed:
                bound = brentq(lambda z: above(z) - allowed, -8, 8, xtol=1e-14, rtol=1e-14)
                used[0] += allowed
            bounds.append(bound)
            return (-bound if sides == 2 else -float("inf")), bound

        def cross(k, above):
            crossing.append(above(bounds[k]) if bounds[k] < 9 else 0.0)
            return (-bounds[k] if sides == 2 else -float("inf")), bounds[k]

        recursion(fractions, solve, 0)
        recursion(fractions, cross, drift)
        put("g", alpha, sides, spending, power, drift, count, *fractions, *bounds, *crossing)


def sample_ratio():
    for _ in range(30):
        count = RNG.randrange(2, 5)
        weights = [mpf(RNG.randrange(1, 100)) for _ in range(count)]
        weights = [w / sum(weights) for w in weights]
        counts = [int(w * 10 ** RNG.uniform(0, 7) * RNG.uniform(0.9, 1.1)) for w in weights]
        k, n = mpf(100), sum(counts)
        floats = [mpf(float(w)) for w in weights]
        evidence = mpmath.loggamma(k) - mpmath.loggamma(k + n)
        for w, c in zip(floats, counts):
            evidence += mpmath.loggamma(k * w + c) - mpmath.loggamma(k * w) - c * mpmath.log(w)
        put("s", ",".join(repr(float(w)) for w in floats), ",".join(map(str, counts)), evidence)


def losses():
    for z in [-40, -8, -3, -1, 0, 0.5, 1, 1.9, 1.9999, 2.0001, 2.1, 3, 5, 8, 12, 20, 30, 37]:
        z = mpf(z)
        put("l", z, mpmath.npdf(z) - z * mpmath.erfc(z / mpmath.sqrt(2)) / 2)


def multiple():
    names = {"holm": "holm", "hochberg": "simes-hochberg", "benjaminiHochberg": "fdr_bh", "benjaminiYekutieli": "fdr_by"}
    for ours, theirs in names.items():
        for _ in range(12):
            values = [RNG.choice([RNG.random(), RNG.random() ** 4, RNG.random() ** 12, 0.02]) for _ in
                      range(RNG.randrange(1, 15))]
            adjusted = multipletests(values, method=theirs)[1]
            put("m", ours, ",".join(map(repr, values)), ",".join(repr(float(x)) for x in adjusted))


def power():
    for _ in range(40):
        effect, deviation = RNG.uniform(-0.5, 0.5), RNG.uniform(0.5, 2)
        n, ratio = RNG.randrange(10, 2000), RNG.choice([0.25, 1.0, 3.0])
        alpha, alternative = RNG.choice([0.01, 0.05, 0.1]), RNG.choice(["two-sided", "larger"])
        put("p", effect, deviation, n, ratio, alpha, alternative,
            NormalIndPower().power(effect / deviation, n, alpha, ratio=ratio, alternative=alternative))


def main():
    confidence_sequences()
    with contextlib.redirect_stderr(io.StringIO()):
        against_gbstats()
    group_sequential()
    sample_ratio()
    losses()
    multiple()
    power()


main()
