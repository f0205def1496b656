"""An independent judge for the weights of an experiment's arms: means over phases by numpy, the probability that each
arm is the best one by scipy's adaptive integration, top-two sampling by its definition.

Prints, one case a line, floats as Python's repr:

    w <proportion|mean> <higherIsBetter|lowerIsBetter> <leader's share, 1 for Thompson> <floor>
      <phases: "count:sum:squares" of each arm, arms by "|", phases by ";">
      <means> <standard errors> <chances> <weights>

Means are each phase's, weighed by its share of all units. A proportion is believed to be beta with a uniform prior and the
units that would tell as much in one phase, 1 / sum(w^2 / n); a mean to be normal.

Usage: arm_weights_oracle.py > Tests/ExperimentMetricsTests/Golden/arm-weights.txt
(python3 with the modules of requirements.txt; `ops/test --full` also holds the kernel against what it prints then.)
"""

import random

import numpy as np
from scipy.integrate import quad
from scipy.stats import beta, norm

RNG = random.Random(1933)


def join(values):
    return ",".join(repr(float(x)) for x in values)


def chances(beliefs):
    """P(arm is the largest): the integral of its density times the others' distribution functions."""
    found = []
    quantiles = [1e-15, 1e-9, 1e-5, 1e-3, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-3, 1 - 1e-5, 1 - 1e-9]
    points = sorted({float(x) for belief in beliefs for q in quantiles for x in (belief.ppf(q), belief.isf(q))})
    low, high = min(b.support()[0] for b in beliefs), max(b.support()[1] for b in beliefs)
    if np.isfinite(low):
        points = [low] + points + [high]
    else:
        widest = max(b.std() for b in beliefs)
        points = [points[0] - 3 * widest] + points + [points[-1] + 3 * widest]
    for arm, belief in enumerate(beliefs):
        def integrand(x):
            product = belief.pdf(x)
            for other, rival in enumerate(beliefs):
                if other != arm:
                    product *= rival.cdf(x)
            return product
        found.append(sum(quad(integrand, a, b, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
                         for a, b in zip(points, points[1:]) if a < b))
    return np.array(found)


def top_two(chance, leader):
    if leader == 1:
        return chance
    second = np.zeros(len(chance))
    for arm in range(len(chance)):
        for first in range(len(chance)):
            if first != arm:
                rest = sum(chance[other] for other in range(len(chance)) if other != first)
                second[arm] += chance[first] * chance[arm] / rest
    return leader * chance + (1 - leader) * second


def case(kind):
    arms, phases = RNG.randrange(2, 6), RNG.randrange(1, 5)
    direction = RNG.choice(["higherIsBetter", "lowerIsBetter"])
    leader = RNG.choice([1, 0.5, 0.7])
    floor = RNG.choice([0, 0.01, 0.05])
    truth = [RNG.uniform(0.05, 0.4) for _ in range(arms)]
    base = RNG.choice(truth)
    truth = [base + RNG.gauss(0, 0.02) for _ in range(arms)]
    counts = np.array([[RNG.randrange(20, 400) for _ in range(arms)] for _ in range(phases)])
    values = [[np.array([1.0 if RNG.random() < min(max(truth[arm] + 0.05 * phase, 0.01), 0.99) else 0.0
                         for _ in range(counts[phase][arm])]) if kind == "proportion"
               else np.array([float(round(100 * truth[arm] + 3 * phase + RNG.gauss(0, 12)))
                              for _ in range(counts[phase][arm])])
               for arm in range(arms)] for phase in range(phases)]
    weight = counts.sum(axis=1) / counts.sum()
    means = np.array([sum(weight[p] * values[p][a].mean() for p in range(phases)) for a in range(arms)])
    errors = np.sqrt([sum(weight[p] ** 2 * values[p][a].var(ddof=1) / counts[p][a] for p in range(phases))
                      for a in range(arms)])
    if kind == "proportion":
        told = [1 / sum(weight[p] ** 2 / counts[p][a] for p in range(phases)) for a in range(arms)]
        good = means if direction == "higherIsBetter" else 1 - means
        beliefs = [beta(1 + good[a] * told[a], 1 + (1 - good[a]) * told[a]) for a in range(arms)]
    else:
        sign = 1 if direction == "higherIsBetter" else -1
        beliefs = [norm(sign * means[a], errors[a]) for a in range(arms)]
    chance = chances(beliefs)
    assert abs(chance.sum() - 1) < 1e-10, chance.sum()
    plain = top_two(chance, leader)
    weights = floor + (1 - arms * floor) * plain / plain.sum()
    text = ";".join("|".join(f"{counts[p][a]}:{values[p][a].sum():.0f}:{(values[p][a] ** 2).sum():.0f}"
                             for a in range(arms)) for p in range(phases))
    print("w", kind, direction, repr(float(leader)), repr(float(floor)), text, join(means), join(errors), join(chance),
          join(weights))


for _ in range(25):
    case("proportion")
    case("mean")
