"""Experiments on real customers: their purchases come through signals and the outbox, and what experiments make of them
is what a program finds that knows the file and the formulas only.

Two brands. In the first nothing was done to anybody: experiments that find something all the same must be as rare as
they promise. In the second the customers of one arm bought more than they did, by as much as is known.
"""

import datetime
import math
import random
import time
from decimal import Decimal

import purchases
from suite import Brand, Refused, wait_for

# In the middle of the file: a year before, half a year after.
SINCE = datetime.date(1998, 1, 1)
WINDOW_DAYS, LOOK_BACK_DAYS = 91, 365
DAY_SECONDS = 86_400
BATCH = 500
EXPERIMENTS, IN_LAYER = 24, 4
SAMPLE = 2_000
LEVELS = (0.05, 0.2, 0.5)
# How rarely a band may be missed by what keeps its promise. All of it is the same in each run, for hashes are.
BAND = 0.002
EXACT = 1e-9
PLANTED = Decimal("10.00")
ALPHA = 0.05
METRICS = {
    "spend": {"kind": "mean", "valueField": "revenue", "lookBackSeconds": LOOK_BACK_DAYS * DAY_SECONDS},
    "spend-plain": {"kind": "mean", "valueField": "revenue"},
    "orders": {"kind": "count"},
    "buyers": {"kind": "proportion"},
}
# Where everybody in one arm bought something, whether they did says nothing.
LIFTED = ("spend", "spend-plain", "orders")


def run(report, suite, directory, full):
    file = purchases.Purchases(directory)
    if not file.is_published:
        report.say("the published file is not there: these are customers of a generated one")
    customers = sorted({row.split(",")[0] for row in file.rows})
    if not full:
        customers = sorted(random.Random(1997).sample(customers, SAMPLE))
    shop = Shop(file, customers, directory)
    nothing_done(report, shop, Brand(suite, "Nothing Done"))
    something_done(report, shop, Brand(suite, "Something Done"))


class Shop:
    """The purchases of some customers, as they are in the file."""

    def __init__(self, file, customers, directory):
        self.file, self.customers, self.directory = file, customers, directory
        chosen = set(customers)
        rows = [row.split(",") for row in file.rows]
        # Customer, day, quantity, amount.
        self.rows = [(who, datetime.date.fromisoformat(day), int(quantity), Decimal(amount))
                     for who, day, quantity, amount in rows if who in chosen]

    def bring_in(self, brand, name, rows):
        """Imports purchases as a person would; how many."""
        path = self.directory / f"{name}.csv"
        lines = [f"{who},{day},{quantity},{amount}" for who, day, quantity, amount in rows]
        path.write_text("\n".join([self.file.header, *lines]) + "\n")
        done = brand.suite.gyre_json("import", path, "--mapping", self.file.mapping, "--key", brand.key)["import"]
        return done["accepted"]


class Values:
    """What the metrics make of each customer, straight from purchases."""

    def __init__(self, customers, rows):
        end = SINCE + datetime.timedelta(days=WINDOW_DAYS)
        begin = SINCE - datetime.timedelta(days=LOOK_BACK_DAYS)
        spend, before = (dict.fromkeys(customers, Decimal(0)) for _ in range(2))
        orders = dict.fromkeys(customers, 0)
        for who, day, _, amount in rows:
            if SINCE <= day < end:
                spend[who] += amount
                orders[who] += 1
            elif begin <= day < SINCE:
                before[who] += amount
        self.before = {who: float(amount) for who, amount in before.items()}
        self.of = {"spend": {who: float(amount) for who, amount in spend.items()}, "orders": orders,
                   "buyers": {who: int(count > 0) for who, count in orders.items()}}
        self.of["spend-plain"] = self.of["spend"]

    def compared(self, metric, arms):
        """What the file says of a metric in two arms."""
        values = [[float(self.of[metric][who]) for who in arms[arm]] for arm in ("new", "control")]
        covariates = [[self.before[who] for who in arms[arm]] for arm in ("new", "control")]
        return compared(*values, *(covariates if "lookBackSeconds" in METRICS[metric] else ()))


# -- The formulas

def compared(treated, control, *before):
    """The difference of two means as Welch tells it, after a regression on what came before where there is that."""
    n, m = len(treated), len(control)
    plain = products(treated, treated) / (n - 1) / n + products(control, control) / (m - 1) / m
    effect, shift, slope, leverage, lost = mean(treated) - mean(control), 0.0, 0.0, 0.0, 1.0
    rests = [products(treated, treated) / (n - 1), products(control, control) / (m - 1)]
    if before:
        of_treated, of_control = before
        within = products(of_treated, of_treated) + products(of_control, of_control)
        slope = (products(of_treated, treated) + products(of_control, control)) / within
        distance = mean(of_treated) - mean(of_control)
        shift = slope * distance
        rests = [(products(y, y) - 2 * slope * products(x, y) + slope ** 2 * products(x, x)) / (len(y) - 1)
                 for x, y in ((of_treated, treated), (of_control, control))]
        lost = (n + m - 2) / (n + m - 3)
        leverage = ((n - 1) * rests[0] + (m - 1) * rests[1]) / (n + m - 3) * distance ** 2 / within
    parts = [rests[0] / n, rests[1] / m]
    variance = sum(parts) * lost + leverage
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1)) / lost
    return {
        "units": n, "controlUnits": m, "mean": mean(treated) - m / (n + m) * shift,
        "controlMean": mean(control) + n / (n + m) * shift, "value": effect - shift,
        "standardError": math.sqrt(variance), "degreesOfFreedom": freedom,
        "pValue": 2 * tail(abs(effect - shift) / math.sqrt(variance), freedom),
        **({"varianceCut": 1 - variance / plain} if before else {})}


def mean(values):
    return math.fsum(values) / len(values)


def products(left, right):
    """Of distances from the means, added up."""
    of_left, of_right = mean(left), mean(right)
    return math.fsum((a - of_left) * (b - of_right) for a, b in zip(left, right))


def tail(t, freedom, steps=4_000):
    """The chance of Student's t to be above one that is not negative: Simpson's rule over its density."""
    log = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2

    def density(x):
        return math.exp(log - (freedom + 1) / 2 * math.log1p(x * x / freedom))

    width = t / steps
    inner = math.fsum((4 if step % 2 else 2) * density(step * width) for step in range(1, steps))
    return 0.5 - width / 3 * (density(0) + inner + density(t))


def bucket(seed, unit):
    """Of 10,000, as GrowthBook's second hash says."""
    def fnv(text):
        value = 0x811C9DC5
        for letter in text.encode():
            value = (value ^ letter) * 0x01000193 & 0xFFFFFFFF
        return value

    return fnv(str(fnv(seed + unit))) % 10_000


def band(count, level):
    """Between which numbers of `count` what happens at a level is found, but for BAND of all cases."""
    chances = [math.comb(count, number) * level ** number * (1 - level) ** (count - number)
               for number in range(count + 1)]
    low = next(number for number in range(count + 1) if sum(chances[:number + 1]) > BAND / 2)
    high = next(number for number in range(count, -1, -1) if sum(chances[number:]) > BAND / 2)
    return low, high


# -- The service

def define(brand):
    for key, more in METRICS.items():
        brand.call("metricDefinitions.create", {
            "key": key, "name": key, "event": "Order Completed", "source": "signals",
            "windowSeconds": WINDOW_DAYS * DAY_SECONDS, **more})


def begin(brand, key, metrics=METRICS, alpha=ALPHA, **more):
    """An experiment that began in the middle of the file; its id."""
    made = brand.call("experiments.create", {"key": key, "name": key, "unitType": "user", "variants": [
        {"key": "control", "allocation": 5_000, "isControl": True}, {"key": "new", "allocation": 5_000}], **more})
    plan = [{"metric": metric, "role": "goal" if metric == "spend" else "secondary", "scale": "absolute"}
            for metric in metrics]
    brand.call("resultPlans.set", {
        "experimentId": made["id"], "metrics": plan, "correction": "none", "alpha": alpha})
    brand.call("experiments.start", {"id": made["id"], "version": made["version"], "since": moment(SINCE)})
    return made["id"]


def moment(day):
    return f"{day}T00:00:00Z"


def expose(brand, experiment, units, variants=None):
    """Says that units met their variants, or those that are given; how many the experiment took."""
    taken = 0
    with brand.connect() as connection:
        for start in range(0, len(units), BATCH):
            items = [{"experiment": experiment, "unit": unit, "at": moment(SINCE),
                      **({"variant": variants[unit]} if variants else {})} for unit in units[start:start + BATCH]]
            verdicts = connection.call("experimentExposures.record", {"items": items})["verdicts"]
            taken += sum(verdict["status"] == "accepted" for verdict in verdicts)
    return taken


def exposed(brand, experiment):
    """The units of each variant, as the experiment lists them."""
    arms = {"control": [], "new": []}
    params = {"experimentId": experiment, "limit": BATCH}
    with brand.connect() as connection:
        while True:
            page = connection.call("experimentExposures.list", params)
            for item in page["items"]:
                arms[item["variant"]].append(item["unit"])
            if not page.get("nextCursor"):
                return arms
            params["cursor"] = page["nextCursor"]


def complete(brand, experiment):
    version = brand.call("experiments.get", {"id": experiment})["version"]
    brand.call("experiments.complete", {"id": experiment, "version": version})


def results(brand, experiment):
    """The whole answer, and what it says of the variant by metric."""
    whole = brand.call("experimentResults.get", {"experimentId": experiment})
    return whole, {metric["metric"]: metric["arms"][0] for metric in whole["metrics"]}


def counted(brand, experiment):
    """Orders that were counted behind exposures."""
    total, params = 0, {"experimentId": experiment, "metric": "orders", "bucket": "daily", "limit": 200}
    while True:
        page = brand.call("experimentAggregates.list", params)
        total += sum(item["count"] for item in page["items"])
        if not page.get("nextCursor"):
            return total
        params["cursor"] = page["nextCursor"]


def wait_for_orders(brand, experiment, values, arms):
    """Until as many orders were counted as the file has."""
    expected = sum(values.of["orders"][who] for units in arms.values() for who in units)
    wait_for(lambda: counted(brand, experiment) >= expected, seconds=600, what=f"{expected} orders of {experiment}")
    return expected


def close(seen, expected):
    return seen is not None and abs(seen - expected) <= EXACT * max(abs(expected), 0.1)


def differences(told, expected, alpha):
    """What of an answer is not what the file says."""
    figure = told.get("absolute", {})
    seen = {name: figure.get(name, told.get(name)) for name in expected}
    wrong = {name: (seen[name], value) for name, value in expected.items() if not close(seen[name], value)}
    interval = figure.get("interval")
    if interval:
        # Half of its width is so many standard errors that chance seldom goes beyond.
        reach = (interval["upper"] - interval["lower"]) / 2 / expected["standardError"]
        if not close(2 * tail(reach, expected["degreesOfFreedom"]), alpha):
            wrong["interval"] = interval
    else:
        wrong["interval"] = None
    return wrong


# -- Nothing was done

def nothing_done(report, shop, brand):
    """Purchases, exposures, further purchases: as it goes in life."""
    begun = time.monotonic()
    define(brand)
    brand.call("layers.create", {"key": "quarters", "name": "Quarters"})
    before = [row for row in shop.rows if row[1] < SINCE]
    after = [row for row in shop.rows if row[1] >= SINCE]
    report.equal(f"purchases of {len(shop.customers):,} customers until {SINCE} come in as",
                 shop.bring_in(brand, "before", before), len(before))
    names = [f"nothing-{number}" for number in range(EXPERIMENTS)]
    ids = {}
    for number, name in enumerate(names):
        slot = {"slot": {"layer": "quarters", "share": 10_000 // IN_LAYER}} if number < IN_LAYER else {}
        ids[name] = begin(brand, name, **slot)
    taken = {name: expose(brand, name, shop.customers) for name in names}
    report.check(f"{len(names)} experiments took {sum(taken.values()):,} of them ({time.monotonic() - begun:.0f} s)",
                 all(taken[name] == len(shop.customers) for name in names[IN_LAYER:]), taken)
    report.equal("those of one layer share all of them", sum(taken[name] for name in names[:IN_LAYER]),
                 len(shop.customers))
    arms = {name: exposed(brand, ids[name]) for name in names}
    layer = [unit for name in names[:IN_LAYER] for units in arms[name].values() for unit in units]
    report.check("each of them once", sorted(layer) == shop.customers)
    wrong = [(name, unit) for name in names for arm, place in (("control", 0), ("new", 1))
             for unit in arms[name][arm] if bucket(name, unit) // 5_000 != place]
    report.check("and each is in the variant that its hash says", not wrong, wrong[:5])
    report.equal("purchases from then on come in as", shop.bring_in(brand, "after", after), len(after))
    values = Values(shop.customers, shop.rows)
    orders = sum(wait_for_orders(brand, ids[name], values, arms[name]) for name in names)
    report.say(f"{orders:,} orders are counted in {len(names)} experiments ({time.monotonic() - begun:.0f} s)")
    shop.bring_in(brand, "again", after[:len(after) // 2])
    for name in names:
        complete(brand, ids[name])
    told = {name: results(brand, ids[name]) for name in names}
    as_the_file_says(report, values, arms, {name: answer for name, (_, answer) in told.items()})
    found_rarely(report, told)
    cut = [told[name][1]["spend"]["varianceCut"] for name in names[IN_LAYER:]]
    report.check(f"what people spent in the {LOOK_BACK_DAYS} days before cuts the variance of what they spend by "
                 f"{min(cut):.0%} to {max(cut):.0%}", min(cut) > 0.05, cut)
    name = names[-1]
    points = brand.call("experimentResults.series", {"experimentId": ids[name], "metric": "spend"})["points"]
    report.check(f"the series of {len(points)} days ends with the result",
                 close(points[-1]["arms"][0]["value"], told[name][1]["spend"]["absolute"]["value"]), points[-1:])


def as_the_file_says(report, values, arms, told, alpha=ALPHA):
    """Each number of each answer, against the file."""
    wrong, count = [], 0
    for name, answers in told.items():
        for metric, answer in answers.items():
            expected = values.compared(metric, arms[name])
            count += len(expected) + 1
            different = differences(answer, expected, alpha)
            if different:
                wrong.append((name, metric, different))
    report.check(f"{count:,} numbers are those of the file: effects, errors, freedoms, chances, cuts, intervals",
                 not wrong, wrong[:3])


def found_rarely(report, told):
    """Where nothing was done, as little is found as the level says."""
    for metric in METRICS:
        chances = [answer[metric]["pValue"] for _, answer in told.values()]
        counts = [sum(chance < level for chance in chances) for level in LEVELS]
        bands = [band(len(chances), level) for level in LEVELS]
        report.check(f"{metric}: of {len(chances)} experiments that did nothing {counts} find something at the levels "
                     f"{list(LEVELS)}; chance allows {bands}",
                     all(low <= count <= high for count, (low, high) in zip(counts, bands)), sorted(chances))
    verdicts = [whole["recommendation"]["verdict"] for whole, _ in told.values()]
    found = sum(verdict in ("ship", "rollBack") for verdict in verdicts)
    report.check(f"{found} of {len(verdicts)} are told to ship or to roll back", found <= band(len(verdicts), 0.05)[1],
                 verdicts)
    broken = [name for name, (whole, _) in told.items() if whole["split"]["isBroken"]]
    report.check("no split is broken", not broken, broken)


# -- Something was done

def something_done(report, shop, brand):
    """All purchases first, and then exposures with variants that somebody else drew."""
    define(brand)
    drawn = {unit: ("control", "new")[bucket("elsewhere", unit) // 5_000] for unit in shop.customers}
    day = SINCE + datetime.timedelta(days=30)
    gifts = [(unit, day, 1, PLANTED) for unit in shop.customers if drawn[unit] == "new"]
    report.equal(f"purchases in, and one more of ${PLANTED} of each customer of one arm",
                 shop.bring_in(brand, "lifted", shop.rows + gifts), len(shop.rows) + len(gifts))
    lifted, other = (begin(brand, name, LIFTED, alpha=BAND) for name in ("lifted", "other"))
    report.equal("exposures with variants that were drawn elsewhere are taken",
                 (expose(brand, "lifted", shop.customers, drawn), expose(brand, "other", shop.customers)),
                 (len(shop.customers),) * 2)
    values = Values(shop.customers, shop.rows + gifts)
    arms = {"lifted": exposed(brand, lifted), "other": exposed(brand, other)}
    for name, experiment in (("lifted", lifted), ("other", other)):
        wait_for_orders(brand, experiment, values, arms[name])
        complete(brand, experiment)
    told = {"lifted": results(brand, lifted), "other": results(brand, other)}
    as_the_file_says(report, values, arms, {name: answer for name, (_, answer) in told.items()}, BAND)
    untouched = Values(shop.customers, shop.rows)
    whole, answer = told["lifted"]
    for metric, lift in (("spend", float(PLANTED)), ("spend-plain", float(PLANTED)), ("orders", 1.0)):
        absolute, relative = answer[metric]["absolute"]["interval"], answer[metric]["relative"]["interval"]
        share = lift / mean([float(untouched.of[metric][who]) for who in shop.customers])
        report.check(
            f"{metric}: the lift of {lift:g} is found in [{absolute['lower']:.2f}, {absolute['upper']:.2f}], and as "
            f"{share:.0%} in [{relative['lower']:.0%}, {relative['upper']:.0%}]",
            0 < absolute["lower"] <= lift <= absolute["upper"] and relative["lower"] <= share <= relative["upper"],
            answer[metric])
    report.equal("and is to be shipped", whole["recommendation"]["verdict"], "ship")
    report.check("the interval is narrower with what people spent before",
                 width(answer["spend"]) < width(answer["spend-plain"]), answer)
    still = told["other"][1]["spend"]["absolute"]["interval"]
    report.check("in an experiment on the same people that did nothing 0 is in the interval",
                 still["lower"] <= 0 <= still["upper"], still)
    with brand.connect() as connection:
        early = (SINCE - datetime.timedelta(days=1)).isoformat()
        verdict = connection.call("experimentExposures.record", {"items": [
            {"experiment": "lifted", "unit": "x", "variant": "new", "at": moment(early)}]})["verdicts"][0]
    report.check("an exposure of before it began is refused", "did not run" in verdict.get("message", ""), verdict)


def width(answer):
    interval = answer["absolute"]["interval"]
    return interval["upper"] - interval["lower"]
