"""An independent judge for bandits and offline evaluation.

- Probabilities of being the best arm: scipy's adaptive integration.
- LinUCB: numpy's inverse, as the paper writes it.
- Offline evaluation: Open Bandit Pipeline (obp 0.4.1). It imports torch, scikit-learn, pandas and matplotlib for what is
  not asked here; where they are missing, empty modules stand in for them. So: `pip install --no-deps obp==0.4.1`.
  Its intervals are bootstraps with another answer each time; the standard errors here are the delta method's by numpy,
  from the influence of each row.

Prints, one case a line, floats as Python's repr:

    n <means, comma separated> <deviations> <probabilities>
    a <successes, prior added> <failures> <probabilities>
    u <dimension> <arms> <features and reward of each update, by arms: "arm:reward:x,x,x;…"> <x> <alpha> <scores>
    o <tau> <lambda> <rows: "arm:reward:logged,…:target,…:predictions,…;…"> <value>,<error> of replay, ips, snips,
      direct method, doubly robust, self-normalised, switch, shrunk

Known difference: obp's Replay counts a row where the policy plays its arm for certain, ours by the policy's probability;
they are the same for policies that leave nothing to chance, and those are compared.

Usage: policies_oracle.py > Tests/PoliciesTests/Golden/policies.txt
(python3 with the modules of requirements.txt, and obp as above; `ops/test --full` also holds the kernel against what it
prints then.)
"""

import random

import numpy as np
from scipy.integrate import quad
from scipy.special import betainc, ndtr
from scipy.stats import beta

from open_bandit import estimators

RNG = random.Random(2008)


def join(values):
    return ",".join(repr(float(x)) for x in values)


def best(density, cumulative, points, count):
    shares = []
    for arm in range(count):
        def integrand(x):
            product = density(arm, x)
            for other in range(count):
                if other != arm:
                    product *= cumulative(other, x)
            return product
        shares.append(sum(quad(integrand, low, high, epsabs=1e-14, epsrel=1e-12)[0]
                          for low, high in zip(points, points[1:])))
    return shares


def normal_arms():
    for _ in range(20):
        count = RNG.randrange(2, 6)
        means = [RNG.gauss(0, 1) for _ in range(count)]
        deviations = [10 ** RNG.uniform(-2, 0.5) for _ in range(count)]
        points = sorted({m + k * s for m, s in zip(means, deviations) for k in (-9, -6, -3, -1, 0, 1, 3, 6, 9)})
        print("n", join(means), join(deviations), join(best(
            lambda arm, x: np.exp(-((x - means[arm]) / deviations[arm]) ** 2 / 2) / deviations[arm] / np.sqrt(2 * np.pi),
            lambda arm, x: ndtr((x - means[arm]) / deviations[arm]), points, count)))


def beta_arms():
    cases = [([1, 1], [1, 1]), ([11, 13], [91, 89]), ([3, 2, 5], [4, 4, 4]), ([1, 40], [100, 3000]), ([9, 8, 7], [2, 2, 2]),
             ([201, 232, 190, 220], [1801, 1770, 1812, 1782]), ([0.5, 0.5], [0.5, 1.5]), ([2, 700], [1, 300]),
             ([100_000, 100_500], [900_000, 899_000])]
    for a, b in cases:
        points = {0.0, 1.0}
        for s, f in zip(a, b):
            mean, deviation = s / (s + f), np.sqrt(s * f / (s + f) ** 2 / (s + f + 1))
            points |= {min(1.0, max(0.0, mean + k * deviation)) for k in (-10, -5, -2, 0, 2, 5, 10)}
        print("a", join(a), join(b), join(best(
            lambda arm, x: beta.pdf(x, a[arm], b[arm]), lambda arm, x: betainc(a[arm], b[arm], x), sorted(points),
            len(a))))


def lin_ucb():
    for _ in range(15):
        dimension, arms, alpha = RNG.randrange(1, 5), RNG.randrange(1, 4), RNG.choice([0.0, 0.5, 2.0])
        gram = [np.eye(dimension) for _ in range(arms)]
        moment = [np.zeros(dimension) for _ in range(arms)]
        updates = []
        for _ in range(RNG.randrange(0, 12)):
            arm, reward = RNG.randrange(arms), RNG.gauss(0, 1)
            x = np.array([RNG.gauss(0, 1) for _ in range(dimension)])
            gram[arm] += np.outer(x, x)
            moment[arm] += reward * x
            updates.append(f"{arm}:{reward!r}:{join(x)}")
        x = np.array([RNG.gauss(0, 1) for _ in range(dimension)])
        scores = []
        for a, b in zip(gram, moment):
            inverse = np.linalg.inv(a)
            scores.append(inverse @ b @ x + alpha * np.sqrt(x @ inverse @ x))
        print("u", dimension, arms, ";".join(updates) or "-", join(x), repr(alpha), join(scores))


def dirichlet(count):
    shares = [RNG.gammavariate(1, 1) for _ in range(count)]
    return np.array(shares) / sum(shares)


def off_policy():
    ope = estimators()
    for case in range(12):
        n, k = RNG.randrange(10, 40), RNG.randrange(2, 5)
        tau, shrinkage = RNG.choice([0.5, 1.5, 100.0]), RNG.choice([0.0, 0.7, 20.0])
        logged = np.array([0.9 * dirichlet(k) + 0.1 / k for _ in range(n)])
        certain = case % 3 == 0
        target = np.array([np.eye(k)[RNG.randrange(k)] if certain else dirichlet(k) for _ in range(n)])
        predictions = np.array([[RNG.random() for _ in range(k)] for _ in range(n)])
        action = np.array([RNG.choices(range(k), logged[i])[0] for i in range(n)])
        if certain:
            target[:5] = np.eye(k)[action[:5]]
        reward = np.array([RNG.choice([0.0, 1.0, RNG.gauss(1, 1)]) for _ in range(n)])
        rows = np.arange(n)
        common = dict(reward=reward, action=action, pscore=logged[rows, action], action_dist=target[:, :, None],
                      estimated_rewards_by_reg_model=predictions[:, :, None])
        with_settings = [
            ope.ReplayMethod(), ope.InverseProbabilityWeighting(), ope.SelfNormalizedInverseProbabilityWeighting(),
            ope.DirectMethod(), ope.DoublyRobust(), ope.SelfNormalizedDoublyRobust(),
            ope.SwitchDoublyRobust(tau=tau), ope.DoublyRobustWithShrinkage(lambda_=shrinkage),
        ]
        values = [float(e.estimate_policy_value(**common)) for e in with_settings]
        match = target[rows, action]
        w = match / logged[rows, action]
        if not certain:
            values[0] = float((match * reward).sum() / match.sum())
        direct = (target * predictions).sum(axis=1)
        error = reward - predictions[rows, action]
        shrunk = shrinkage * w / (w * w + shrinkage) if shrinkage > 0 else 0 * w
        influences = [
            match * (reward - values[0]) / match.mean(), w * reward, w * (reward - values[2]) / w.mean(), direct,
            direct + w * error, direct + w * (error - (w * error).mean() / w.mean()) / w.mean(),
            direct + (w <= tau) * w * error, direct + shrunk * error]
        errors = [influence.std(ddof=1) / np.sqrt(n) for influence in influences]
        text = ";".join(f"{action[i]}:{float(reward[i])!r}:{join(logged[i])}:{join(target[i])}:{join(predictions[i])}"
                        for i in range(n))
        print("o", repr(tau), repr(shrinkage), text, *(f"{v!r},{float(e)!r}" for v, e in zip(values, errors)))


def main():
    normal_arms()
    beta_arms()
    lin_ucb()
    off_policy()


main()
