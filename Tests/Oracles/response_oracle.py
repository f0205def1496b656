"""An independent judge for the response model: statsmodels, scipy's optimiser and linear programming.

Each case is a handful of exposures with what came of them. The design is built here once more by numpy: numbers
standardised over all rows, one-hot columns without the first level, the saturation of a stock that halves, and minus the
exposures of the last seven days; then

- the likelihood is maximised by statsmodels' Logit (Newton), and held against scipy's trust-exact; with a ridge, or for
  the digits, numpy's Newton goes on from there until nothing moves;
- whether rows are separated is decided by a linear program (Konis, 2007): whether some direction has a margin of one
  sign everywhere and is not zero.

Prints, one case a line, floats as Python's repr:

    fit <numbers> <levels of a category> <offers> <channels> <half-life> <half-saturation> <slope> <ridge> <outcome>
        <rows> <coefficients> <standard errors> <log-likelihood>
    sep <rows of two numbers> <1 if separated else 0>

A row is "numbers,category,offer,channel,outcome,days/days/…", rows are joined by ";"; outcomes are 0 nothing, 1 response,
2 unsubscribe.

Usage: response_oracle.py > Tests/ResponseModelTests/Golden/response.txt
"""

import random

import numpy as np
import statsmodels.api as sm
from scipy.optimize import linprog, minimize

RNG = random.Random(1959)


def design(rows, levels, offers, channels, half_life, half_saturation, slope):
    numbers = np.array([row[0] for row in rows])
    columns = [np.ones(len(rows))]
    columns += [(x - x.mean()) / x.std() for x in numbers.T]
    for place, count in ((1, levels), (2, offers), (3, channels)):
        columns += [np.array([float(row[place] == level) for row in rows]) for level in range(1, count)]
    stock = np.array([sum(0.5 ** (d / half_life) for d in row[5]) for row in rows])
    columns.append(stock**slope / (stock**slope + half_saturation**slope))
    columns.append(np.array([-float(sum(d <= 7 for d in row[5])) for row in rows]))
    return np.stack(columns, axis=1)


def likelihood(beta, x, y):
    score = x @ beta
    return float(np.sum(y * score - np.logaddexp(0, score)))


def fit(x, y, ridge):
    penalty = np.full(x.shape[1], float(ridge))
    penalty[0] = 0

    def objective(beta):
        return -likelihood(beta, x, y) + beta @ (penalty * beta) / 2

    def gradient(beta):
        return -x.T @ (y - 1 / (1 + np.exp(-x @ beta))) + penalty * beta

    def hessian(beta):
        p = 1 / (1 + np.exp(-x @ beta))
        return x.T @ (x * (p * (1 - p))[:, None]) + np.diag(penalty)

    found = minimize(objective, np.zeros(x.shape[1]), jac=gradient, hess=hessian, method="trust-exact",
                     options=dict(gtol=1e-8, maxiter=500))
    beta = found.x
    for _ in range(5):
        beta = beta - np.linalg.solve(hessian(beta), gradient(beta))
    if not ridge:
        theirs = sm.Logit(y, x).fit(method="newton", disp=0, maxiter=200, tol=1e-14)
        assert np.allclose(theirs.params, beta, rtol=1e-9, atol=1e-11), (theirs.params, beta)
        assert np.isclose(theirs.llf, likelihood(beta, x, y), rtol=1e-12)
        assert np.allclose(theirs.bse, np.sqrt(np.diag(np.linalg.inv(hessian(beta)))), rtol=1e-8)
    return beta, np.sqrt(np.diag(np.linalg.inv(hessian(beta)))), likelihood(beta, x, y)


def join(values):
    return ",".join(repr(float(x)) for x in values)


def text(rows):
    return ";".join(
        ",".join([*(repr(x) for x in row[0]), *(str(x) for x in row[1:5]), "/".join(map(repr, row[5])) or "-"])
        for row in rows)


def fits():
    for case in range(10):
        numbers, levels, offers, channels = RNG.choice([(0, 2, 2, 1), (1, 3, 2, 2), (2, 1, 3, 2), (2, 3, 3, 3)])
        shape = (RNG.choice([1, 3.5, 7, 28]), RNG.choice([0.5, 1, 2.5]), RNG.choice([1, 1.5, 2, 3]))
        ridge = [0, 0, 0, 0.5, 4][case % 5]
        outcome = 2 if case in (4, 7) else 1
        scale = [10 ** RNG.uniform(-3, 4) for _ in range(numbers)]
        shift = [RNG.gauss(0, 100) for _ in range(numbers)]
        rows = []
        for _ in range(RNG.choice([200, 300, 400]) if outcome == 1 else 500):
            z = [RNG.gauss(0, 1) for _ in range(numbers)]
            category, offer, channel = RNG.randrange(levels), RNG.randrange(offers), RNG.randrange(channels)
            days = [round(RNG.uniform(0, 40), 1) for _ in range(RNG.choice([0, 0, 1, 2, 4, 8]))]
            score = -0.5 + sum(z) / 2 + category / 3 + offer / 2 - channel / 4 - sum(d <= 7 for d in days) / 5
            u, result = RNG.random(), 0
            weights = [1, np.exp(score), np.exp(-1 + sum(d <= 7 for d in days) / 4)]
            for k in (1, 2):
                u -= weights[k] / sum(weights)
                if u < 0:
                    result = k
                    break
            rows.append(([float(f"{m + s * x:.9g}") for m, s, x in zip(shift, scale, z)], category, offer, channel, result, days))
        x = design(rows, levels, offers, channels, *shape)
        chosen = np.array([row[4] in (0, outcome) for row in rows])
        y = np.array([float(row[4] == outcome) for row in rows])
        beta, errors, value = fit(x[chosen], y[chosen], ridge)
        print("fit", numbers, levels, offers, channels, *map(repr, shape), repr(float(ridge)), outcome, text(rows),
              join(beta), join(errors), repr(value))


def is_separated(x, y):
    signed = np.where(y[:, None] == 1, x, -x)
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=[(-1, 1)] * x.shape[1])
    assert found.status == 0
    return -found.fun > 1e-7


def separations():
    for _ in range(120):
        kind = RNG.choice(["cut", "level", "near", "free"])
        rows = []
        for _ in range(40):
            a, b = round(RNG.gauss(0, 1), 2), float(RNG.random() < 0.3)
            if kind == "cut":
                y = int(a + b > 0.3)
            elif kind == "level":
                y = 0 if b else int(RNG.random() < 0.5)
            elif kind == "near":
                y = int(a > 0.2) if RNG.random() < 0.97 else RNG.randrange(2)
            else:
                y = int(RNG.random() < 0.5)
            rows.append((a, b, y))
        y = np.array([row[2] for row in rows])
        if y.min() == y.max() or len({row[1] for row in rows}) < 2:
            continue
        x = np.array([[1, row[0], row[1]] for row in rows])
        print("sep", ";".join(f"{a!r},{b!r},{c}" for a, b, c in rows), int(is_separated(x, y)))


fits()
separations()
