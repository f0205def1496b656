"""An independent judge for the kernel Statistics: mpmath at fifty digits for the distributions.

Prints golden figures, one case a line: the name of a function, its arguments, and last what comes out. Numbers are
written so that they read back bit for bit; what is below the smallest Double is left out.

Usage: statistics_oracle.py distributions > Tests/StatisticsTests/Golden/distributions.txt
The modules are those of requirements.txt; `ops/test --full` installs them and compares the files with what this prints.
"""

import sys


def line(name, *numbers):
    print(name, *(repr(float(number)) for number in numbers))


def distributions():
    """Every argument is the exact value of a Double; mpmath takes it from there."""
    import mpmath
    import scipy.stats
    from mpmath import mp, mpf

    mp.dps = 50

    def small(value):
        return value != 0 and abs(value) < mpf(10) ** -305

    def put(name, *numbers):
        if not small(numbers[-1]):
            line(name, *numbers)

    def normal_sf(x):
        return mpmath.erfc(x / mpmath.sqrt(2)) / 2

    for x in [-38, -12.5, -3, -1, -0.1, 0, 1e-9, 0.1, 0.5, 1, 1.959963984540054, 3, 5, 9.99, 10.01, 14.3, 25, 37.5]:
        put("normal.survival", x, normal_sf(mpf(x)))
    for x in [-37, -5, -0.9, 0, 0.5, 9.99, 10.01, 37, 100, 1e4]:
        x = mpf(x)
        put("normal.logSurvival", x, mpmath.log(normal_sf(x)) if x > 0 else mpmath.log1p(-normal_sf(-x)))
    for p in [1e-300, 1e-100, 1e-16, 1e-9, 1e-5, 0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.499]:
        near = scipy.stats.norm.isf(p)
        root = mpmath.findroot(lambda x: mpmath.log(normal_sf(x)) - mpmath.log(mpf(p)), (near, near * (1 + 1e-9)))
        put("normal.upperQuantile", p, root)

    def beta_lower(x, a, b):
        """I(x; a, b) by DLMF 8.17.8's series of positive terms, whose end is seen."""
        y = 1 - x
        term = total = mpf(1)
        n = 0
        while term > total * mp.eps:
            term *= (a + b + n) / (a + 1 + n) * x
            total += term
            n += 1
        density = a * mpmath.log(x) + b * mpmath.log(y) - mpmath.loggamma(a) - mpmath.loggamma(b) + mpmath.loggamma(a + b)
        return mpmath.exp(density) / a * total

    def t_sf(t, df):
        if t < 0:
            return 1 - t_sf(-t, df)
        x = df / (df + t * t)
        a, b = df / 2, mpf(1) / 2
        if df > 1e4:
            here = mpmath.log1p(t * t / df)
            density = mpmath.exp(mpmath.loggamma(a + b) - mpmath.loggamma(a) - (a + b) * here)
            density /= mpmath.sqrt(df * mpmath.pi)
            steps = [t + step / (1 + t) for step in range(0, 121, 3)]
            return density * mpmath.quad(lambda u: mpmath.exp((a + b) * (here - mpmath.log1p(u * u / df))), steps)
        if x < (a + 1) / (a + b + 2):
            return beta_lower(x, a, b) / 2
        return (1 - beta_lower(1 - x, b, a)) / 2

    for df in [0.5, 1, 1.7, 2, 3.5, 5, 10, 29.3, 100, 1234.5, 1e6, 1e9]:
        for t in [-2.5, 0.01, 0.7, 1.5, 1.96, 3, 5, 14.3, 30]:
            put("studentT.survival", df, t, t_sf(mpf(t), mpf(df)))
        for p in [1e-50, 1e-12, 1e-4, 0.005, 0.025, 0.1, 0.4, 0.4999]:
            if df > 2000:
                continue
            near = scipy.stats.t.isf(p, df)
            root = mpmath.findroot(
                lambda t: mpmath.log(t_sf(t, mpf(df))) - mpmath.log(mpf(p)), (near, near * (1 + 1e-9)))
            put("studentT.upperQuantile", df, p, root)

    for df in [1, 2, 3, 7, 50, 1000]:
        for x in [1e-3, 0.5, 1, 4, 20, 49.5, 200, 1000, 1300]:
            put("chiSquared.survival", df, x, mpmath.gammainc(mpf(df) / 2, mpf(x) / 2, mpmath.inf, regularized=True))
    for a in [0.1, 0.5, 1, 3.3, 20, 1e3, 1e6]:
        for ratio in [0.01, 0.5, 0.99, 1, 1.005, 1.5, 4]:
            if a > 1e5 and ratio > 1.1:
                continue
            x = mpf(float(mpf(a) * mpf(ratio)))
            put("gamma.lower", a, x, mpmath.gammainc(mpf(a), 0, x, regularized=True) if a < 1e5 else gamma_lower(mpf(a), x))
            put("gamma.upper", a, x, mpmath.gammainc(mpf(a), x, mpmath.inf, regularized=True) if a < 1e5 else 1 - gamma_lower(mpf(a), x))
    for a, b in [(0.5, 0.5), (1, 3), (2.5, 40), (100, 100), (1e4, 3), (3e4, 5e4), (1e5, 1e5)]:
        mean = a / (a + b)
        for x in [mean * 0.01, mean * 0.5, mean * 0.99, mean, min(mean * 1.01, 0.999), min(mean * 1.4, 0.9999)]:
            value = beta_lower(mpf(x), mpf(a), mpf(b)) if x <= mean else 1 - beta_lower(1 - mpf(x), mpf(b), mpf(a))
            put("beta", a, b, x, value)
    for d1, d2 in [(1, 10), (3, 7.5), (2, 1e3), (40, 60), (500, 300)]:
        for x in [0.01, 0.8, 1, 1.2, 3, 9]:
            a, b, z = mpf(d2) / 2, mpf(d1) / 2, mpf(d2) / (mpf(d2) + mpf(d1) * mpf(x))
            value = beta_lower(z, a, b) if z < a / (a + b) else 1 - beta_lower(1 - z, b, a)
            put("fisherF.survival", d1, d2, x, value)
    for x in [1e-5, 0.1, 0.5, 1.5, 3, 10.5, 100, 1e6, 1e12]:
        put("gamma.logarithm", x, mpmath.loggamma(mpf(x)))


def gamma_lower(a, x):
    """P(a, x) by DLMF 8.11.4's series of positive terms."""
    import mpmath
    from mpmath import mp, mpf

    term = total = 1 / a
    n = a
    while term > total * mp.eps:
        n += 1
        term *= x / n
        total += term
    return mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a)) * total


if __name__ == "__main__":
    parts = {"distributions": distributions}
    if len(sys.argv) != 2 or sys.argv[1] not in parts:
        sys.exit(__doc__)
    parts[sys.argv[1]]()
