"""An independent judge for the way from events to the effects of an experiment.

Takes the raw events of a made-up world (whole-number arithmetic, so that Tests/ExperimentMetricsTests/World.swift makes
the same one), and works every figure out of them anew, unit by unit, as of the end of a day: numpy for moments, the
least squares of statsmodels for CUPED over phases, scipy for distributions, statsmodels for few successes and several
questions. Errors are those of what each unit contributes to the adjusted mean, where the kernel has covariances.

Prints, one case a line, floats as Python's repr; definitions are those of Definitions.swift:

    w <definition> <day> <arm> <treatment mean> <control mean> <effect> <error> <df> <p> <lower> <upper>
      <relative lower> <relative upper> <variance cut>                                 Welch, Fieller; "few" has no line
    a <definition> <day> <arm> <lower> <upper> <relative lower> <relative upper> <log p>   confidence sequence of 2000
    b <definition> <day> <arm> <chance to win> <loss> <lower> <upper>                  relative, prior N(0, 0.3)
    f <day> <arm> <p> <lower> <upper>                                                  score test, Newcombe
    h <method> <day> <adjusted p-values, by definition and arm>                        statsmodels
    s <day> <p of phase 0> <p of phase 1> <p of both>                                  scipy

Quantiles are those of the kernel's bins (2^-9 of a value), written anew here; beside them

    n <day> <arm> <share> <quantile of numpy, treatment> <of control>                  within 0.2 %

Usage: experiment_oracle.py > Tests/ExperimentMetricsTests/Golden/experiment.txt
"""

import math
import struct

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

MASK = (1 << 64) - 1
HOUR = 3_600_000_000
DAY = 24 * HOUR
UNITS = 2_500
WEIGHTS = [[8_000, 1_000, 1_000], [3_400, 3_300, 3_300]]
ALPHA = 0.05
ARMS = 3


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return (mixed ^ (mixed >> 31)) % bound


class Unit:
    def __init__(self, number):
        draw = SplitMix64(7 + number * 1_000_003).below
        day = 10 + draw(12)
        self.phase = 0 if day < 16 else 1
        place = draw(10_000)
        weights = WEIGHTS[self.phase]
        self.arm = 0 if place < weights[0] else 1 if place < weights[0] + weights[1] else 2
        self.exposure = day * DAY + draw(DAY)
        rate = draw(5)
        before = rate + draw(3)
        after = rate + draw(3) + (draw(2) if self.arm == 1 else 0) + self.phase
        self.events = []
        for index in range(before + after):
            time = self.exposure - 1 - draw(20 * DAY) if index < before else self.exposure + draw(15 * DAY)
            value = (100 + draw(20_000)) / 100 * (1 + rate)
            self.events.append((time, value, 1 + draw(4)))


class Definition:
    def __init__(self, name, kind, delay=0, window=None, finished=False, back=None, values=None, shares=None, at=None):
        self.name, self.kind, self.delay, self.window = name, kind, delay, window
        self.finished, self.back, self.values, self.shares, self.at = finished, back, values, shares, at


D = 86_400
DEFINITIONS = [
    Definition("proportion", "any", window=3 * D, back=20 * D),
    Definition("few", "any", window=3_600),
    Definition("count", "number", delay=3_600, window=10 * D, back=14 * D),
    Definition("finished", "number", window=5 * D, finished=True),
    Definition("mean", "sum", back=10 * D),
    Definition("plain", "sum"),
    Definition("bounded", "sum", back=20 * D, values=(100, 900)),
    Definition("share", "sum", back=20 * D, shares=(0.05, 0.95, True)),
    Definition("topShare", "number", shares=(None, 0.9, False)),
    Definition("ratio", "ratio", back=15 * D),
    Definition("plainRatio", "ratio", window=8 * D),
    Definition("retention", "any", delay=2 * D, window=7 * D, finished=True),
    Definition("quantile", "quantile", at=0.7),
    Definition("eventQuantile", "eventQuantile", at=0.8),
]


def put(tag, *fields):
    print(tag, *(repr(float(x)) if isinstance(x, (float, np.floating)) else x for x in fields))


def counts(definition, unit, day):
    if definition.finished:
        return unit.exposure + definition.window * 1_000_000 <= day * DAY
    return unit.exposure < (day + 1) * DAY


def window(definition, unit, day):
    end = math.inf if definition.window is None else unit.exposure + definition.window * 1_000_000
    start = unit.exposure + definition.delay * 1_000_000
    return [e for e in unit.events if start <= e[0] < end and e[0] < (day + 1) * DAY]


def look_back(definition, unit):
    return [e for e in unit.events if unit.exposure - definition.back * 1_000_000 <= e[0] < unit.exposure]


def summary(definition, events):
    if definition.kind == "any":
        return [1.0 if events else 0.0]
    if definition.kind == "ratio":
        return [math.fsum(e[1] for e in events), float(sum(e[2] for e in events))]
    value = float(len(events)) if definition.kind == "number" else math.fsum(e[1] for e in events)
    return [min(max(value, definition.values[0]), definition.values[1])] if definition.values else [value]


# --- The kernel's bins, anew


def key(value):
    bits = struct.unpack("<q", struct.pack("<d", abs(value)))[0] >> 43
    return -bits if value < 0 else bits


def edges(k):
    near, far = (struct.unpack("<d", struct.pack("<q", abs(n) << 43))[0] for n in (k, abs(k) + 1))
    return (0.0, 0.0) if k == 0 else (near, far) if k > 0 else (-far, -near)


class Sketch:
    def __init__(self, values):
        self.keys = np.sort(np.array([key(v) for v in values]))
        self.n = len(self.keys)

    def place(self, index):
        k = self.keys[index]
        first, last = np.searchsorted(self.keys, k, "left"), np.searchsorted(self.keys, k, "right")
        low, high = edges(int(k))
        return low + (high - low) * (index - first + 0.5) / (last - first)

    def rank(self, rank):
        whole = int(min(max(math.floor(rank), 0), self.n - 1))
        low, high = self.place(whole), self.place(min(whole + 1, self.n - 1))
        return low + (high - low) * min(max(rank - whole, 0), 1)

    def quantile(self, share):
        return self.rank(share * (self.n - 1))

    def estimate(self, share, inflation=1.0):
        z = stats.norm.isf(0.025)
        reach = z * math.sqrt(self.n * share * (1 - share))
        rank = share * (self.n - 1)
        distance = (self.rank(rank + reach) - self.rank(rank - reach)) / (2 * z)
        low, high = edges(int(self.keys[int(rank)]))
        return self.rank(rank), distance**2 * inflation + (high - low) ** 2 / 12


# --- Rows of units, by phase and arm


def rows(definition, units, day):
    cells = {}
    for unit in units:
        if counts(definition, unit, day):
            row = summary(definition, window(definition, unit, day))
            if definition.back is not None:
                row += summary(definition, look_back(definition, unit))
            cells.setdefault((unit.phase, unit.arm), []).append(row)
    cells = {cell: np.array(rows) for cell, rows in cells.items()}
    if definition.shares:
        lower, upper, ignoring = definition.shares
        values = np.concatenate([rows[:, 0] for rows in cells.values()])
        sketch = Sketch(values[values != 0] if ignoring else values)
        low = -math.inf if lower is None else edges(key(sketch.quantile(lower)))[0]
        high = math.inf if upper is None else edges(key(sketch.quantile(upper)))[1]
        for rows in cells.values():
            rows[:, 0] = np.clip(rows[:, 0], low, high)
    return cells


def means(definition, cells, phases, arm):
    """What is compared: means and covariance of both arms, degrees of freedom, and CUPED's cut of the variance."""
    own = 2 if definition.kind == "ratio" else 1
    size = {cell: len(rows) for cell, rows in cells.items()}
    weight = {p: size[p, arm] * size[p, 0] / (size[p, arm] + size[p, 0]) for p in phases}
    total = sum(weight.values())
    weight = {p: w / total for p, w in weight.items()}
    ours = [(p, a) for p in phases for a in (arm, 0)]
    # What a unit contributes to the metric, to first order; and its covariates.
    value, y = {}, {}
    for a in (arm, 0):
        m = sum(weight[p] * cells[p, a].mean(axis=0) for p in phases)
        value[a] = m[0] / m[1] if own == 2 else m[0]
        for p in phases:
            rows = cells[p, a]
            y[p, a] = (rows[:, 0] - value[a] * rows[:, 1]) / m[1] if own == 2 else rows[:, 0]
    x = {cell: cells[cell][:, own:] for cell in ours}
    covariates = x[ours[0]].shape[1]
    n = sum(size[cell] for cell in ours)
    # Least squares with a level for each phase and arm.
    levels = np.zeros((n, len(ours)))
    start = 0
    for place, cell in enumerate(ours):
        levels[start : start + size[cell], place] = 1
        start += size[cell]
    design = np.hstack([levels, np.vstack([x[cell] for cell in ours])])
    fit = sm.OLS(np.concatenate([y[cell] for cell in ours]), design).fit()
    theta = fit.params[len(ours) :]
    shift = {a: sum(weight[p] * x[p, a].mean(axis=0) for p in phases) for a in (arm, 0)}
    gap = shift[arm] - shift[0]
    share = {arm: sum(size[p, 0] for p in phases) / n, 0: sum(size[p, arm] for p in phases) / n}
    mean_t = value[arm] - share[arm] * theta @ gap
    mean_c = value[0] + share[0] * theta @ gap
    degrees = n - len(ours)
    lost = degrees / (degrees - covariates)
    cross = fit.normalized_cov_params[len(ours) :, len(ours) :]
    leverage = fit.scale * gap @ cross @ gap if covariates else 0.0

    # The sum over cells of w² / n of the covariance of two series.
    def spread(a, of, other):
        return sum(weight[p] ** 2 / size[p, a] * np.cov(of(p, a), other(p, a), ddof=1)[0, 1] for p in phases)

    fitted = lambda p, a: x[p, a] @ theta
    left = lambda p, a: y[p, a] - x[p, a] @ theta
    adjusted_t = lambda p, a: y[p, a] - share[arm] * fitted(p, a)
    adjusted_c = lambda p, a: y[p, a] - share[0] * fitted(p, a)
    moved_t = lambda p, a: share[arm] * fitted(p, a)
    moved_c = lambda p, a: share[0] * fitted(p, a)
    v_t = spread(arm, adjusted_t, adjusted_t) + spread(0, moved_t, moved_t)
    v_c = spread(0, adjusted_c, adjusted_c) + spread(arm, moved_c, moved_c)
    v_tc = spread(arm, adjusted_t, moved_c) + spread(0, moved_t, adjusted_c)
    v_t += spread(arm, left, left) * (lost - 1) + share[arm] ** 2 * leverage
    v_c += spread(0, left, left) * (lost - 1) + share[0] ** 2 * leverage
    v_tc -= share[arm] * share[0] * leverage
    parts = [(weight[p] ** 2 / size[p, a] * left(p, a).var(ddof=1), size[p, a] - 1) for p, a in ours]
    df = sum(v for v, _ in parts) ** 2 / sum(v * v / k for v, k in parts) / lost
    plain = sum(weight[p] ** 2 / size[p, a] * y[p, a].var(ddof=1) for p, a in ours)
    cut = 1 - (v_t - 2 * v_tc + v_c) / plain if covariates else math.nan
    if covariates:
        contrast = np.concatenate([[weight[p] * (1 if a == arm else -1) for p, a in ours], np.zeros(covariates)])
        told = float((contrast @ fit.params).item())
        assert own == 2 or abs(told - (mean_t - mean_c)) < 1e-9 * abs(mean_c), definition.name
    return mean_t, mean_c, v_t, v_c, v_tc, df, cut


def quantiles(definition, units, day, phases, arm):
    parts = {}
    for phase in phases:
        for a in (arm, 0):
            own = [u for u in units if (u.phase, u.arm) == (phase, a) and counts(definition, u, day)]
            lists = [[e[1] for e in window(definition, u, day)] for u in own]
            if definition.kind == "quantile":
                parts[phase, a] = (*Sketch([math.fsum(l) for l in lists]).estimate(definition.at), len(own))
                continue
            sketch = Sketch([v for l in lists for v in l])
            edge = key(sketch.quantile(definition.at))
            below = np.array([sum(key(v) <= edge for v in l) for l in lists], dtype=float)
            all_ = np.array([len(l) for l in lists], dtype=float)
            unit = (below - below.sum() / all_.sum() * all_) / all_.mean()
            inflation = unit.var(ddof=1) / len(own) / (definition.at * (1 - definition.at) / sketch.n)
            parts[phase, a] = (*sketch.estimate(definition.at, inflation), len(own))
    weight = {p: parts[p, arm][2] * parts[p, 0][2] / (parts[p, arm][2] + parts[p, 0][2]) for p in phases}
    total = sum(weight.values())
    mean = lambda a: sum(weight[p] / total * parts[p, a][0] for p in phases)
    variance = lambda a: sum((weight[p] / total) ** 2 * parts[p, a][1] for p in phases)
    return mean(arm), mean(0), variance(arm), variance(0), 0.0, math.inf, math.nan


def fieller(t, c, v_t, v_c, v_tc, reach):
    """The ratios at which |t - r c| is within so many errors of it, less 1; nan where they have no bounds."""
    square = reach**2
    if c * c <= square * v_c:
        return math.nan, math.nan
    roots = np.roots([c * c - square * v_c, -2 * (t * c - square * v_tc), t * t - square * v_t])
    return sorted(float(r.real) - 1 for r in roots)


def inference(definition, day, arm, n, t, c, v_t, v_c, v_tc, df, cut):
    effect, error = t - c, math.sqrt(v_t - 2 * v_tc + v_c)
    reach = float(stats.t.isf(ALPHA / 2, df)) if df < math.inf else float(stats.norm.isf(ALPHA / 2))
    p = 2 * float(stats.t.sf(abs(effect) / error, df) if df < math.inf else stats.norm.sf(abs(effect) / error))
    low, high = fieller(t, c, v_t, v_c, v_tc, reach)
    put("w", definition.name, day, arm, t, c, effect, error, df, p, effect - reach * error, effect + reach * error, low,
        high, cut)
    rho2 = (-2 * math.log(ALPHA) + math.log(1 - 2 * math.log(ALPHA))) / 2_000
    k = n * rho2
    reach = math.sqrt(2 * (k + 1) / k * math.log(math.sqrt(k + 1) / ALPHA))
    low, high = fieller(t, c, v_t, v_c, v_tc, reach)
    log_p = min(0.0, 0.5 * math.log(k + 1) - 0.5 * (effect / error) ** 2 * k / (k + 1))
    put("a", definition.name, day, arm, effect - reach * error, effect + reach * error, low, high, log_p)
    ratio = t / c
    value, deviation = ratio - 1, math.sqrt(v_t - 2 * ratio * v_tc + ratio**2 * v_c) / abs(c)
    precision = 1 / 0.3**2 + 1 / deviation**2
    posterior = stats.norm(value / deviation**2 / precision, 1 / math.sqrt(precision))
    z = posterior.mean() / posterior.std()
    loss = posterior.std() * (stats.norm.pdf(z) - z * stats.norm.sf(z))
    put("b", definition.name, day, arm, posterior.sf(0), loss, posterior.ppf(ALPHA / 2), posterior.isf(ALPHA / 2))
    return p


def is_few(cells):
    """Whether an arm has under 10 successes or failures, for which the kernel takes other ways."""
    arms = [np.concatenate([rows[:, 0] for (_, a), rows in cells.items() if a == arm]) for arm in range(ARMS)]
    return min(min(a.sum(), len(a) - a.sum()) for a in arms) < 10


def main():
    units = [Unit(number) for number in range(UNITS)]
    for day in (13, 20, 40):
        family = []
        for definition in DEFINITIONS:
            if definition.name == "few":
                continue
            phases = sorted({u.phase for u in units if counts(definition, u, day)})
            if not phases or (definition.kind == "any" and is_few(rows(definition, units, day))):
                continue
            for arm in (1, 2):
                size = sum(counts(definition, u, day) and u.arm in (arm, 0) for u in units)
                if definition.at is None:
                    found = means(definition, rows(definition, units, day), phases, arm)
                else:
                    found = quantiles(definition, units, day, phases, arm)
                family.append(inference(definition, day, arm, size, *found))
        for method, name in [("holm", "holm"), ("simes-hochberg", "hochberg"), ("fdr_bh", "benjaminiHochberg"),
                             ("fdr_by", "benjaminiYekutieli")]:
            put("h", name, day, *(float(p) for p in multipletests(family, method=method)[1]))
        split = [[sum(u.phase == p and u.arm == a and u.exposure < (day + 1) * DAY for u in units)
                  for a in range(ARMS)] for p in (0, 1)]
        chi, told = [], []
        for have, weights in zip(split, WEIGHTS):
            expected = np.array(weights) / sum(weights) * sum(have)
            if sum(have):
                test = stats.chisquare(have, expected)
                chi.append(test.statistic)
            told.append(float(test.pvalue) if sum(have) else math.nan)
        put("s", day, *told, float(stats.chi2.sf(sum(chi), 2 * len(chi))))
    few = next(d for d in DEFINITIONS if d.name == "few")
    cells = rows(few, units, 13)
    for arm in (1, 2):
        have, of = [int(cells[0, a].sum()) for a in (arm, 0)], [len(cells[0, a]) for a in (arm, 0)]
        assert 0 < sum(have) and min(have) < 10
        lower, upper = confint_proportions_2indep(have[0], of[0], have[1], of[1], method="newcomb", compare="diff")
        put("f", 13, arm, float(proportions_ztest(have, of)[1]), float(lower), float(upper))
    total = next(d for d in DEFINITIONS if d.name == "quantile")
    for arm in (1, 2):
        sums = [[math.fsum(e[1] for e in window(total, u, 13)) for u in units if u.arm == a and counts(total, u, 13)]
                for a in (arm, 0)]
        put("n", 13, arm, 0.7, *(float(np.quantile(s, 0.7)) for s in sums))


main()
