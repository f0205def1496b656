"""How often people buy, by the other formulas of Fader, Hardie and Lee (Marketing Science 24, 2005): the mean by the
hypergeometric function of their equation 9, mean and variance by the probabilities of their equation 8.

Prints a line for each case: shape, weeks (α), a, b, t, mean by equation 9, mean and variance by equation 8.
"""

from math import exp, lgamma, log, log1p

CASES = [
    (0.243, 4.414, 0.793, 2.426, 12), (0.243, 4.414, 0.793, 2.426, 39), (0.243, 4.414, 0.793, 2.426, 52),
    (0.243, 4.414, 0.793, 2.426, 0.25), (1.5, 3, 2.5, 7, 26), (4, 20, 0.3, 0.9, 104), (10, 5, 1.7, 40, 20),
    (0.5, 10, 3, 0.5, 52)]


def log_beta(a, b):
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def hypergeometric(a, b, c, z):
    total, term, n = 0.0, 1.0, 0
    while n < 10 or abs(term) > 1e-17 * abs(total):
        total += term
        term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z
        n += 1
        if n > 100_000:
            break
    return total


def mean_by_equation_9(r, alpha, a, b, t):
    return (a + b - 1) / (a - 1) * (
        1 - (alpha / (alpha + t)) ** r * hypergeometric(r, b, a + b - 1, t / (alpha + t)))


def moments_by_equation_8(r, alpha, a, b, t):
    mean = square = 0.0
    # The negative binomial's probabilities, and their sum up to the one before x.
    terms, x, before = [], 0, 0.0
    while True:
        negative_binomial = exp(
            lgamma(r + x) - lgamma(r) - lgamma(x + 1) - r * log1p(t / alpha) + x * log(t / (alpha + t)))
        probability = exp(log_beta(a, b + x) - log_beta(a, b)) * negative_binomial
        if x > 0:
            probability += exp(log_beta(a + 1, b + x - 1) - log_beta(a, b)) * (1 - before)
        mean += x * probability
        square += x * x * probability
        before += negative_binomial
        x += 1
        if 1 - before < 1e-13 and negative_binomial < 1e-15:
            return mean, square - mean * mean


for case in CASES:
    print(*case, mean_by_equation_9(*case), *moments_by_equation_8(*case))
