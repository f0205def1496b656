"""A dataset as clients send it, and what the service has to find on it: Open Bandit Pipeline's estimators over numpy's
ridge regressions and policies.

Prints the rows ("row JSON"), then for each policy "replay RULE" and for each estimator, in the order of the contract,
value, standard error and the difference to what was logged.
"""

import json
import random

import numpy as np

from open_bandit import estimators

RNG = random.Random(4)
COUNT, ARMS, FEATURES, FOLDS = 1203, ["a", "b", "c"], 2, 5


def text(value):
    return json.dumps(value, separators=(",", ":"))


def rounded(shares):
    first = [round(s, 3) for s in shares[:-1]]
    return first + [round(1 - sum(first), 3)]


def dataset():
    rows = []
    for _ in range(COUNT):
        x = [round(RNG.gauss(0, 1), 3), round(RNG.random(), 3)]
        shares = [RNG.gammavariate(1, 1) for _ in ARMS]
        logged = rounded([0.7 * s / sum(shares) + 0.1 for s in shares])
        arm = RNG.choices(range(3), logged)[0]
        reward = round([0.5 * x[0], x[1], 0.3][arm] + RNG.gauss(1, 0.5), 3)
        target = [RNG.gammavariate(1, 1) for _ in ARMS]
        rows.append({"features": x, "arm": ARMS[arm], "propensities": logged, "reward": reward,
                     "targets": {"p": rounded([t / sum(target) for t in target])}})
    return rows


def ridge(x, y):
    return np.linalg.solve(np.eye(x.shape[1]) + x.T @ x, x.T @ y)


def cross_fitted(x, action, reward):
    """Each row predicted by what the other folds learned; an arm without data as all arms together."""
    fold = np.arange(len(x)) % FOLDS
    q = np.zeros((len(x), len(ARMS)))
    for f in range(FOLDS):
        for arm in range(len(ARMS)):
            learned = (fold != f) & (action == arm)
            if not learned.any():
                learned = fold != f
            q[fold == f, arm] = x[fold == f] @ ridge(x[learned], reward[learned])
    return q


def rules(x, rows):
    weights = np.array([[0.2, 0.5, -0.1], [0.1, -0.2, 0.9], [0.4, 0.1, 0.1]])
    models = [{"arm": a, "weights": list(w)} for a, w in zip(ARMS, weights)]
    expected = x @ weights.T
    yield {"type": "supplied", "name": "p"}, np.array([r["targets"]["p"] for r in rows])
    yield {"type": "uniform"}, np.full((COUNT, 3), 1 / 3)
    yield {"type": "fixed", "arm": "b"}, np.tile([0.0, 1.0, 0.0], (COUNT, 1))
    scaled = np.exp(expected / 0.5)
    yield ({"type": "softmax", "temperature": 0.5, "models": models}, scaled / scaled.sum(axis=1, keepdims=True))
    greedy = np.full((COUNT, 3), 0.2 / 3)
    greedy[np.arange(COUNT), expected.argmax(axis=1)] += 0.8
    yield {"type": "epsilonGreedy", "epsilon": 0.2, "models": models}, greedy
    learned, scores = [], []
    for arm in ARMS:
        gram, moment = np.zeros((3, 3)), np.zeros(3)
        for _ in range(20):
            z = np.array([1, RNG.gauss(0, 1), RNG.random()])
            gram, moment = gram + np.outer(z, z), moment + RNG.gauss(1, 1) * z
        learned.append({"arm": arm, "count": 20, "gram": [gram[i, j] for i in range(3) for j in range(i + 1)],
                        "moment": list(moment)})
        inverse = np.linalg.inv(2 * np.eye(3) + gram)
        scores.append(x @ inverse @ moment + 1.5 * np.sqrt(np.einsum("ij,jk,ik->i", x, inverse, x)))
    chosen = np.full((COUNT, 3), 0.05)
    chosen[np.arange(COUNT), np.argmax(scores, axis=0)] += 0.85
    yield {"type": "linUcb", "optimism": 1.5, "penalty": 2, "floor": 0.05, "models": learned}, chosen


def judged(ope, policy, logged, action, reward, q):
    rows = np.arange(COUNT)
    common = dict(reward=reward, action=action, pscore=logged[rows, action], action_dist=policy[:, :, None],
                  estimated_rewards_by_reg_model=q[:, :, None])
    match, direct = policy[rows, action], (policy * q).sum(axis=1)
    w, error = match / logged[rows, action], reward - q[rows, action]
    values = [float(e.estimate_policy_value(**common)) for e in [
        ope.ReplayMethod(), ope.InverseProbabilityWeighting(), ope.SelfNormalizedInverseProbabilityWeighting(),
        ope.DirectMethod(), ope.DoublyRobust(), ope.SelfNormalizedDoublyRobust(), ope.SwitchDoublyRobust(tau=10),
        ope.DoublyRobustWithShrinkage(lambda_=100)]]
    # Open Bandit Pipeline's replay takes policies that are sure only; ours weighs rows by how sure the policy is.
    values[0] = float((match * reward).sum() / match.sum())
    influences = [
        match * (reward - values[0]) / match.mean(), w * reward, w * (reward - values[2]) / w.mean(), direct,
        direct + w * error, direct + w * (error - (w * error).mean() / w.mean()) / w.mean(),
        direct + (w <= 10) * w * error, direct + 100 * w / (w * w + 100) * error]
    return values, [float(i.std(ddof=1) / np.sqrt(COUNT)) for i in influences]


def main():
    ope = estimators()
    rows = dataset()
    for row in rows:
        print("row", text(row))
    x = np.array([[1] + r["features"] for r in rows])
    action = np.array([ARMS.index(r["arm"]) for r in rows])
    reward = np.array([r["reward"] for r in rows])
    logged = np.array([r["propensities"] for r in rows])
    q = cross_fitted(x, action, reward)
    before, _ = judged(ope, logged, logged, action, reward, q)
    for rule, policy in rules(x, rows):
        values, errors = judged(ope, policy, logged, action, reward, q)
        print("replay", text(rule), *(f"{v!r},{e!r},{v - b!r}" for v, e, b in zip(values, errors, before)))


main()
