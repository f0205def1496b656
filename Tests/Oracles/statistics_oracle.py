"""An independent judge for the kernel Statistics.

distributions   mpmath at fifty digits
effects         scipy, statsmodels, gbstats, spotify-confidence and tea-tasting; where none has the method, numpy by another
                way

Prints golden figures, one case a line: the name of a function, its arguments, and last what comes out. Numbers are
written so that they read back bit for bit; what is below the smallest Double is left out. Of effects a line
"data NAME number…" comes first for each sample, and arguments may be such names.

Known differences, each with its reason:
  gbstats' and spotify-confidence's variance of a proportion has the divisor n, ours n - 1 as of every other mean;
  gbstats is asked for zeros and ones as for any mean, spotify-confidence, which takes them for a proportion, is not.
  gbstats 0.8.0's relative CUPED takes the adjusted means of the arms to be independent of each other and of the control
  mean by which it divides; it is not asked. A Swift test simulates 1,500 experiments instead.
  gbstats' and tea-tasting's CUPED regress on all units at once, so that the effect itself moves their coefficient, and
  do not count the coefficient's own error; ours is statsmodels' least squares fit of metric ~ arm + covariates.
  tea-tasting's intervals of relative effects are those of a logarithm; ours are Fieller's.
  spotify-confidence takes a relative margin as so much of the control's mean as it came out, as if that were known; it
  is asked by absolute margins.

Usage: statistics_oracle.py PART > Tests/StatisticsTests/Golden/PART.txt
The modules are those of requirements.txt; `ops/test --full` installs them and compares the files with what this prints.
"""

import sys
import unittest.mock
import warnings


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


def effects():
    import numpy as np
    import scipy.optimize
    import scipy.stats
    import statsmodels.api as sm
    import tea_tasting
    import tea_tasting.aggr
    from statsmodels.stats import proportion
    from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
    from gbstats.models.statistics import RatioStatistic, SampleMeanStatistic

    rng = np.random.default_rng(20_261_121)

    def put(name, *words):
        print(name, *(word if isinstance(word, str) else repr(float(word)) for word in words))

    def data(name, values):
        values = np.asarray(values, dtype=float)
        put("data", name, *values)
        return values

    def mean_of(values):
        return SampleMeanStatistic(n=len(values), sum=values.sum(), sum_squares=(values**2).sum())

    def spotify(treatment, control, margin, better):
        """The p-value of being worse by this share of the control's mean; without its charts, which it would import."""
        for module in ["bokeh", "bokeh.models", "chartify", "ipywidgets", "IPython", "IPython.display"]:
            sys.modules.setdefault(module, unittest.mock.MagicMock())
        import pandas
        import spotify_confidence

        arms = pandas.DataFrame({
            "arm": ["control", "treatment"], "n": [len(control), len(treatment)],
            "sum": [control.sum(), treatment.sum()], "squares": [(control**2).sum(), (treatment**2).sum()]})
        test = spotify_confidence.StudentsTTest(
            arms, numerator_column="sum", numerator_sum_squares_column="squares", denominator_column="n",
            categorical_group_columns="arm", interval_size=0.95)
        with warnings.catch_warnings(action="ignore"):
            return test.difference("control", "treatment", non_inferiority_margins=(margin, better))["p-value"][0]

    # Means.
    a = data("a", rng.lognormal(1.1, 0.8, 45))
    b = data("b", rng.lognormal(1.0, 1.0, 60))
    ones = data("ones", rng.random(80) < 0.3)
    more = data("more", rng.random(95) < 0.4)
    for t, c, x, y in [("a", "b", a, b), ("ones", "more", ones, more)]:
        test = scipy.stats.ttest_ind(x, y, equal_var=False)
        put("welch.twoSided", t, c, test.pvalue)
        put("welch.degreesOfFreedom", t, c, test.df)
        put("welch.statistic", t, c, test.statistic)
        for side in ["greater", "less"]:
            put("welch." + side, t, c, scipy.stats.ttest_ind(x, y, equal_var=False, alternative=side).pvalue)
        interval = test.confidence_interval(0.9)
        put("welch.lower90", t, c, interval.low)
        put("welch.upper90", t, c, interval.high)

        relative = TwoSidedTTest(mean_of(y), mean_of(x), FrequentistConfig(difference_type="relative")).compute_result()
        put("relative.value", t, c, relative.expected)
        put("relative.standardError", t, c, relative.uplift.stddev)
        put("relative.pValue", t, c, relative.p_value)
        put("relative.lower95", t, c, relative.ci[0])
        put("relative.upper95", t, c, relative.ci[1])
        # Fieller's interval by searching where the test of treatment - ratio * control turns.
        for level in [0.9, 0.99]:
            reach = scipy.stats.t.isf((1 - level) / 2, test.df)

            def excess(ratio):
                variance = x.var(ddof=1) / len(x) + ratio**2 * y.var(ddof=1) / len(y)
                return abs(x.mean() - ratio * y.mean()) / np.sqrt(variance) - reach

            middle = x.mean() / y.mean()
            put(f"fieller.lower{level * 100:.0f}", t, c, scipy.optimize.brentq(excess, -1, middle, xtol=1e-15) - 1)
            put(f"fieller.upper{level * 100:.0f}", t, c, scipy.optimize.brentq(excess, middle, 50, xtol=1e-15) - 1)

        for margin in [0.02, 0.2] if t == "a" else []:
            put("nonInferiority.higher", t, c, margin * y.mean(), spotify(x, y, margin, "increase"))
            put("nonInferiority.lower", t, c, margin * y.mean(), spotify(x, y, margin, "decrease"))

    # Ratios: of each user revenue and orders.
    arms, aggregates = [], {}
    for name, size in [("rt", 70), ("rc", 90)]:
        orders = data(name + ".orders", rng.poisson(3, size))
        revenue = data(name + ".revenue", orders * 20 + rng.normal(0, 8, size) * np.sqrt(orders + 0.5))
        aggregates[name] = tea_tasting.aggr.Aggregates(
            count_=size, mean_={"revenue": revenue.mean(), "orders": orders.mean()},
            var_={"revenue": revenue.var(ddof=1), "orders": orders.var(ddof=1)},
            cov_={("orders", "revenue"): np.cov(orders, revenue)[0, 1]})
        arms.append(RatioStatistic(size, mean_of(revenue), mean_of(orders), (revenue * orders).sum()))
    for kind in ["absolute", "relative"]:
        ratio = TwoSidedTTest(arms[1], arms[0], FrequentistConfig(difference_type=kind)).compute_result()
        put(f"ratio.{kind}.value", "rt", "rc", ratio.expected)
        put(f"ratio.{kind}.standardError", "rt", "rc", ratio.uplift.stddev)
        put(f"ratio.{kind}.pValue", "rt", "rc", ratio.p_value)

    ratio = tea_tasting.RatioOfMeans("revenue", "orders", use_t=True, equal_var=False).analyze_aggregates(
        aggregates["rc"], aggregates["rt"])
    put("ratio.absolute.value", "rt", "rc", ratio.effect_size)
    put("ratio.absolute.pValue", "rt", "rc", ratio.pvalue)
    put("ratio.absolute.lower95", "rt", "rc", ratio.effect_size_ci_lower)
    put("ratio.absolute.upper95", "rt", "rc", ratio.effect_size_ci_upper)

    # Clusters: of each household its visits, and the sum of what they bring.
    for name, size in [("ct", 40), ("cc", 33)]:
        members = rng.integers(1, 9, size)
        household = np.repeat(np.arange(size), members)
        values = 5 + rng.normal(0, 2, size)[household] + rng.normal(0, 1, len(household))
        sums = np.bincount(household, values)
        data(name + ".sums", sums)
        data(name + ".sizes", members)
        fit = sm.OLS(values, np.ones(len(values))).fit(
            cov_type="cluster", cov_kwds={"groups": household, "use_correction": False})
        put("clustered.mean", name, fit.params[0])
        # The correction of a cluster-robust variance of one mean: G / (G - 1).
        put("clustered.standardError", name, fit.bse[0] * np.sqrt(size / (size - 1)))

    # Covariates: ordinary least squares of metric ~ arm + x + z.
    def covariate_arm(name, size, lift):
        x = data(name + ".x", rng.gamma(2, 3, size))
        z = data(name + ".z", 0.5 * x + rng.normal(0, 1, size))
        return x, z, data(name + ".y", lift + 2 * x - z + rng.normal(0, 3, size))

    samples = {name: covariate_arm(name, size, lift) for name, size, lift in
               [("vt", 50, 21), ("vc", 50, 20), ("wt", 40, 12), ("wc", 75, 10)]}
    for t, c in [("vt", "vc"), ("wt", "wc")]:
        (tx, tz, ty), (cx, cz, cy) = samples[t], samples[c]
        arm = np.r_[np.ones(len(ty)), np.zeros(len(cy))]
        x, z, y = np.r_[tx, cx], np.r_[tz, cz], np.r_[ty, cy]
        for suffix, columns in [("1", [x]), ("2", [x, z])]:
            fit = sm.OLS(y, np.column_stack([np.ones(len(y)), arm, *columns])).fit()
            put("cuped.value" + suffix, t, c, fit.params[1])
            for i, coefficient in enumerate(fit.params[2:]):
                put(f"cuped.coefficient{suffix}{i}", t, c, coefficient)
            if len(ty) == len(cy):
                put("cuped.standardError" + suffix, t, c, fit.bse[1])
        # The variance of the relative effect by the gradient of the whole formula, found by differences, and the
        # covariance of all four means; the coefficient's own error and the degrees it costs are counted as in the fit.
        fit = sm.OLS(y, np.column_stack([np.ones(len(y)), arm, x])).fit()
        theta = fit.params[2]
        nt, nc = len(ty), len(cy)

        def relative(means):
            myt, mxt, myc, mxc = means
            pooled = (nt * mxt + nc * mxc) / (nt + nc)
            return (myt - theta * (mxt - pooled)) / (myc - theta * (mxc - pooled)) - 1

        means = np.array([ty.mean(), tx.mean(), cy.mean(), cx.mean()])
        gradient = np.array([
            (relative(means + step) - relative(means - step)) / 2e-5
            for step in 1e-5 * np.eye(4)])
        covariance = np.zeros((4, 4))
        covariance[:2, :2] = np.cov(ty, tx) / nt
        covariance[2:, 2:] = np.cov(cy, cx) / nc
        put("cuped.relative.value", t, c, relative(means))
        put("cuped.relative.firstOrder", t, c, np.sqrt(gradient @ covariance @ gradient))

    # Proportions.
    for t, n, c, m in [(17, 200, 31, 250), (0, 50, 3, 60), (5, 10_000, 12, 9_000), (60, 60, 50, 55)]:
        statistic, p = proportion.proportions_ztest([t, c], [n, m])
        put("proportion.score", t, n, c, m, statistic)
        put("proportion.pValue", t, n, c, m, p)
        low, high = proportion.proportion_confint(t, n, method="wilson", alpha=0.1)
        put("proportion.wilson.lower90", t, n, c, m, low)
        put("proportion.wilson.upper90", t, n, c, m, high)
        low, high = proportion.confint_proportions_2indep(t, n, c, m, method="newcomb", compare="diff")
        put("proportion.newcombe.lower95", t, n, c, m, low)
        put("proportion.newcombe.upper95", t, n, c, m, high)

    # Splits, over arms of positive weight.
    for counts, weights in [([1000, 1100], [0.5, 0.5]), ([1000, 1100, 0], [0.5, 0.5, 0]),
                            ([812, 431, 397], [0.5, 0.25, 0.25]), ([10_500, 9_500], [1, 1])]:
        observed = np.array([n for n, w in zip(counts, weights) if w > 0])
        shares = np.array([w for w in weights if w > 0]) / sum(weights)
        test = scipy.stats.chisquare(observed, shares * observed.sum())
        put("split", *counts, *weights, test.pvalue)

    # Quantiles by order statistics.
    q = data("q", rng.lognormal(3, 0.7, 400))
    for share in [0.1, 0.5, 0.9, 0.99]:
        reach = scipy.stats.norm.isf(0.025) * np.sqrt(share * (1 - share) / len(q)) * len(q) / (len(q) - 1)
        if share + reach > 1:
            continue
        put("quantile.value", "q", share, np.quantile(q, share))
        ends = np.quantile(q, [share - reach, share + reach])
        put("quantile.standardError", "q", share, (ends[1] - ends[0]) / 2 / scipy.stats.norm.isf(0.025))

    # Strata: the effect is that of a fit with arm × stratum, averaged over strata; its variance by the definition.
    stratum, arm, value = [], [], []
    for s, (nt, nc) in enumerate([(30, 25), (12, 20), (40, 41)]):
        for name, n, is_treated in [("t", nt, 1), ("c", nc, 0)]:
            drawn = data(f"s{s}{name}", 10 * s + (1 + s) * is_treated + rng.normal(0, 2 + s, n))
            stratum += [s] * n
            arm += [is_treated] * n
            value += list(drawn)
    stratum, arm, value = np.array(stratum), np.array(arm), np.array(value)
    columns = [(stratum == s) * 1.0 for s in range(3)] + [(stratum == s) * arm for s in range(3)]
    fit = sm.OLS(value, np.column_stack(columns)).fit(cov_type="HC2")
    shares = np.bincount(stratum) / len(stratum)
    effect = shares @ fit.params[3:]
    put("strata.value", effect)
    spread = shares @ (fit.params[3:] - effect) ** 2 / len(stratum)
    put("strata.standardError", np.sqrt(shares @ fit.cov_params()[3:, 3:] @ shares + spread))


if __name__ == "__main__":
    parts = {"distributions": distributions, "effects": effects}
    if len(sys.argv) != 2 or sys.argv[1] not in parts:
        sys.exit(__doc__)
    parts[sys.argv[1]]()
