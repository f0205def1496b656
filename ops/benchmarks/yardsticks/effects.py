"""How long gbstats takes for what the program `effects` is given: from sums to effects, by each engine that it has.

    effects.py --seconds S < lines of sums

A line is a metric: of each arm units, Σy and Σy², the control first. Each other arm is compared with it by the t test,
by the confidence sequence and by the posterior with a prior; gbstats has no group-sequential test. Prints milliseconds
for all of it, and what the t test says, by metric and arm, `{"milliseconds": 9000, "effects": […], "pValues": […]}`.
"""

import json
import sys
import time

from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
from gbstats.models.statistics import SampleMeanStatistic

ENGINES = [
    (TwoSidedTTest, FrequentistConfig(difference_type="absolute")),
    (SequentialTwoSidedTTest, SequentialConfig(difference_type="absolute")),
    (EffectBayesianABTest, EffectBayesianConfig(
        difference_type="relative", prior_effect=GaussianPrior(mean=0, variance=0.09, proper=True))),
]


def analyse(metrics):
    """Of each engine, the result of each metric and arm."""
    results = []
    for test, config in ENGINES:
        results.append([])
        for sums in metrics:
            control, *arms = (SampleMeanStatistic(n=sums[i], sum=sums[i + 1], sum_squares=sums[i + 2])
                              for i in range(0, len(sums), 3))
            results[-1] += [test(control, arm, config).compute_result() for arm in arms]
    return results


def main():
    metrics = [[int(number) for number in line.split()] for line in sys.stdin]
    analyse(metrics[:20])  # scipy's distributions are slow to begin with
    rounds, begin = 0, time.perf_counter()
    while rounds == 0 or time.perf_counter() - begin < float(sys.argv[2]):
        results = analyse(metrics)
        rounds += 1
    milliseconds = (time.perf_counter() - begin) / rounds * 1e3
    print(json.dumps({"milliseconds": milliseconds, "effects": [float(result.expected) for result in results[0]],
                      "pValues": [float(result.p_value) for result in results[0]]}))


if __name__ == "__main__":
    main()
