"""Shares of an experiment that follow its results, as its owner has them do so: by hand, with the history behind it."""

from suite import Brand

UNITS, NEWCOMERS, CALL = 900, 1_000, 100
# How many of a hundred order what they meet.
ORDERS = {"plain": 10, "spicy": 40, "burnt": 5}
SHARES = {"plain": 4_000, "spicy": 3_000, "burnt": 3_000}
FLOOR = 500


def run(report, suite):
    brand = Brand(suite, "Following")

    def gyre(*arguments):
        return suite.run("experiments", *arguments, "--key", brand.key)

    def answer(*arguments):
        return suite.gyre_json("experiments", *arguments, "--key", brand.key)

    experiment = begin(brand)
    for what, arguments, naming in (
            ("no rule is shown where there is none", ["bandit", "menu"], "rule"),
            ("a rule needs a goal", ["bandit", "menu", "--floor", "5"], "--metric"),
            ("one that there is", ["bandit", "menu", "--metric", "tips"], "tips"),
            ("floors leave something to share", ["bandit", "menu", "--metric", "ordered", "--floor", "34"], "/params/floor"),
            ("shares without a rule are not reckoned", ["weights", "menu"], "rule")):
        done = gyre(*arguments)
        report.check(what, done.returncode != 0 and naming in done.stderr, done.stderr)
    rule = answer("bandit", "menu", "--metric", "ordered", "--floor", "5")
    report.equal("the rule is what was said", (rule["metric"], rule["floor"], rule["version"]), ("ordered", FLOOR, 1))
    early = gyre("weights", "menu")
    report.check("before anybody came there are no weights, and why is said",
                 early.returncode == 0 and "needs 100 units" in early.stdout, early.stdout)
    done = gyre("weights", "menu", "--apply")
    report.check("nothing can be applied then", done.returncode != 0 and "not enough data" in done.stderr, done.stderr)

    first = meet(brand, range(UNITS))
    weighed = answer("weights", "menu")
    chances = {arm["variant"]: arm["chance"] for arm in weighed["arms"]}
    report.check(f"what orders most is known: {chances}", chances["spicy"] > 0.99 and abs(sum(chances.values()) - 1) < 1e-9,
                 weighed)
    report.equal("asking moves nothing", brand.call("experiments.get", {"id": experiment})["phase"], 1)
    applied = answer("weights", "menu", "--apply")
    shares = {arm["variant"]: arm["allocation"] for arm in applied["move"]["arms"]}
    report.check(f"the shares follow, none below the floor: {shares}",
                 sum(shares.values()) == 10_000 and shares["spicy"] >= 8_900 and min(shares.values()) >= FLOOR, applied)
    now = variants(brand, range(UNITS))
    report.equal("nobody changes their variant", sum(now[guest] != variant for guest, variant in first.items()), 0)
    later = variants(brand, range(UNITS, UNITS + NEWCOMERS))
    share = sum(variant == "spicy" for variant in later.values()) / NEWCOMERS
    report.check(f"{share:.0%} of {NEWCOMERS:,} who come later meet it", 0.85 < share < 0.95, share)
    history = answer("weights", "menu", "--history")["items"]
    report.check("the history has the move and the propensities of all variants",
                 len(history) == 1 and history[0]["phase"] == 2
                 and abs(sum(arm["propensity"] for arm in history[0]["arms"]) - 1) < 1e-9, history)
    meet(brand, range(UNITS, UNITS + NEWCOMERS))
    told = brand.call("experimentResults.get", {"experimentId": experiment})
    assumed = told["metrics"][0]["arms"][0]["assumptions"]
    report.check("results say that shares followed what was seen", any("shares of a phase" in line for line in assumed), told)
    split = told["split"]
    report.check(f"units came as the shares of their phase promised: p = {split['pValue']:.3f}",
                 split["pValue"] > 1e-6 and len(split["phases"]) == 2, split)


def begin(brand):
    """A sticky experiment that runs; its id."""
    brand.call("metricDefinitions.create", {
        "key": "ordered", "name": "Ordered", "event": "order", "source": "client", "kind": "proportion"})
    made = brand.call("experiments.create", {
        "key": "menu", "name": "Menu", "unitType": "user", "isSticky": True, "variants": [
            {"key": key, "allocation": share, **({"isControl": True} if key == "plain" else {})}
            for key, share in SHARES.items()]})
    brand.call("resultPlans.set", {"experimentId": made["id"], "metrics": [{"metric": "ordered", "role": "goal"}]})
    brand.call("experiments.start", {"id": made["id"], "version": made["version"]})
    return made["id"]


def meet(brand, guests):
    """Guests meet their variants, and some of them order; who met which."""
    met = variants(brand, guests)
    seen = dict.fromkeys(SHARES, 0)
    exposures, orders = [], []
    for guest, variant in met.items():
        exposures.append({"experiment": "menu", "unit": guest, "variant": variant})
        seen[variant] += ORDERS[variant]
        if seen[variant] >= 100:
            seen[variant] -= 100
            orders.append({"type": "order", "unitType": "user", "unit": guest, "messageId": f"{guest}-1"})
    with brand.connect() as connection:
        for method, items in (("experimentExposures.record", exposures), ("experimentEvents.record", orders)):
            for start in range(0, len(items), CALL):
                connection.call(method, {"items": items[start:start + CALL]})
    return met


def variants(brand, guests):
    """Which variant each guest has."""
    found = {}
    guests = [f"guest-{guest}" for guest in guests]
    with brand.connect() as connection:
        for start in range(0, len(guests), CALL):
            units = guests[start:start + CALL]
            answer = connection.call("assignments.assignMany", {
                "units": [{"targetingKey": unit} for unit in units], "experiments": ["menu"]})
            for unit, told in zip(units, answer["items"]):
                found[unit] = told["assignments"][0]["variant"]
    return found
