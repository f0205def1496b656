"""The rows of experiments: what both sides are given, and whether both say the same."""

import functools
import json
import math
import time

from harness import HERE, ROUNDS_PER_PAIR, NotMeasured

METRICS, TOLERANCE = 1_000, 1e-9

EVENTS_IN_CALL = 500  # the most that a call takes
EVENTS_OF_UNIT = 10
EXPERIMENTS, ARMS = ("checkout", "pricing"), ("control", "one", "two")
SECONDS = 100  # over which the events of a round are spread: no longer ahead than a sender's clock may be


# --- effects

def sums():
    """Lines of sums: of each metric and arm units, Σy and Σy², the control first. Whole numbers, without chance."""
    lines = []
    for metric in range(METRICS):
        numbers = []
        for arm in range(len(ARMS)):
            units = 20_000 + 7 * metric + 13 * arm
            mean, deviation = 50 + metric % 40 + (metric % 11 - 5) * arm / 10, 20 + metric % 17
            numbers += [units, round(units * mean), round(units * (mean * mean + deviation * deviation))]
        lines.append(" ".join(map(str, numbers)) + "\n")
    return "".join(lines)


def effects(bench):
    """Milliseconds, (ours, gbstats', ratio); where one says something else, there is no figure."""
    given, said = sums(), {}

    def ours():
        program = bench.swift_program("effects")
        said["ours"] = json.loads(bench.call(program, "--seconds", bench.seconds, text=given))
        return said["ours"]["milliseconds"]

    def theirs():
        said["gbstats"] = bench.python_yardstick("effects.py", "--seconds", bench.seconds, text=given)
        return said["gbstats"]["milliseconds"]

    result = bench.pairs(ours, theirs)
    if not bench.calibrates:
        for figure in ("effects", "pValues"):
            check_same(figure, said["ours"][figure], said["gbstats"][figure])
    return result


def check_same(what, ours, theirs):
    """Figures that two computed: all of them, and the same."""
    if len(ours) != len(theirs):
        raise NotMeasured(f"{what}: {len(ours)} of ours, {len(theirs)} of theirs")
    for place, (left, right) in enumerate(zip(ours, theirs)):
        if not math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            raise NotMeasured(f"{what} {place}: {left} is not {right}")


# --- events

class Purchases:
    """Events of units in experiments, as a file of events and as one of calls, and brands that take them.

    A unit is in one of two experiments and has ten purchases, which come in ten rounds over all units: those of one call
    are of 500 units.
    """

    def __init__(self, bench):
        self.bench = bench
        self.suite = bench.suite()
        self.count = max(bench.events // EVENTS_IN_CALL, 8) * EVENTS_IN_CALL
        # Before the events are written, so that all of them are of times when the experiments run.
        self.brands = [self.new_brand() for _ in range(bench.pairs_wanted * ROUNDS_PER_PAIR)]
        self.events = bench.workshop.directory / "purchases.jsonl"
        self.calls = bench.workshop.directory / "purchase-calls.jsonl"
        self.write(time.time())

    def new_brand(self):
        """A key, and the ids of running experiments with three metrics each."""
        _, key = self.suite.new_brand()
        call = functools.partial(self.suite.call, to=self.suite.socket, meta={"key": key})
        for metric, more in [("buyers", {"kind": "proportion"}), ("revenue", {"kind": "mean", "valueField": "revenue"}),
                             ("items", {"kind": "mean", "valueField": "items"})]:
            call("metricDefinitions.create", {"key": metric, "name": metric, "event": "purchase", **more})
        ids = {}
        for name in EXPERIMENTS:
            variants = [{"key": arm, "allocation": 3333, "isControl": arm == "control"} for arm in ARMS]
            ids[name] = call("experiments.create",
                             {"key": name, "name": name, "unitType": "user", "variants": variants})["id"]
            call("resultPlans.set", {"experimentId": ids[name], "metrics": [
                {"metric": "revenue", "role": "goal"}, {"metric": "buyers", "role": "secondary"},
                {"metric": "items", "role": "secondary"}]})
            call("experiments.start", {"id": ids[name], "version": 1})
        return key, ids

    def write(self, begin):
        units = max(self.count // EVENTS_OF_UNIT, 1)
        with open(self.events, "w") as events, open(self.calls, "w") as calls:
            for first in range(0, self.count, EVENTS_IN_CALL):
                lines = []
                for number in range(first, first + EVENTS_IN_CALL):
                    unit = number * 7_919 % units
                    at = begin + SECONDS * number / self.count
                    items = 1 + (unit + number // units) % 5
                    lines.append(
                        f'{{"type":"purchase","unitType":"user","unit":"customer-{unit:08}",'
                        f'"experiments":[{{"experiment":"{EXPERIMENTS[unit % 2]}","variant":"{ARMS[unit // 2 % 3]}"}}],'
                        f'"metrics":{{"revenue":{items * 12 + unit % 9}.25,"items":{items}}},'
                        f'"context":{{"app":"shop-4.2"}},'
                        f'"at":"{time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))}.{int(at % 1 * 1e6):06}Z",'
                        f'"messageId":"order-{number:09}"}}')
                events.writelines(line + "\n" for line in lines)
                calls.write('{"jsonrpc":"2.0","id":{{id}},"method":"experimentEvents.record","params":{"items":['
                            + ",".join(lines) + ']},"meta":{"key":"{{key}}"}}\n')

    def with_gyre(self):
        """Events a second until the last is durable and in the sums, and these sums; a brand of its own each time."""
        key, ids = self.brands.pop()
        load = self.bench.load(self.suite.socket, self.calls, connections=4, depth=4, check="yes", key=key,
                               count=self.count // EVENTS_IN_CALL)
        return load["rate"] * EVENTS_IN_CALL, self.sums(key, ids)

    def sums(self, key, ids):
        """Of each experiment and arm units and mean revenue, and of each metric the events of hours."""
        found = []
        for name in EXPERIMENTS:
            call = functools.partial(self.suite.call, to=self.suite.socket, meta={"key": key})
            results = call("experimentResults.get", {"experimentId": ids[name]})
            revenue = next(metric for metric in results["metrics"] if metric["metric"] == "revenue")["arms"]
            means = {arm["variant"]: arm["mean"] for arm in revenue} | {"control": revenue[0]["controlMean"]}
            hours = call("experimentAggregates.list", {"experimentId": ids[name], "metric": "revenue"})["items"]
            for arm in ARMS:
                mine = [hour for hour in hours if hour["variant"] == arm]
                found += [results["split"]["units"][ARMS.index(arm)], means[arm],
                          sum(hour["count"] for hour in mine), sum(hour["sum"] for hour in mine)]
        return found

    def with_duckdb(self, how):
        """Events a second, and these sums, of a database of its own each time."""
        database = self.bench.workshop.directory / "purchases.duckdb"
        for path in database.parent.glob(database.name + "*"):
            path.unlink()
        told = self.bench.python_yardstick("events.py", how, self.events, database, seconds=1800)
        return self.count / told["seconds"], told["sums"]


def events(bench, how):
    """Events a second, (ours, DuckDB's, ratio); where one counts otherwise, there is no figure."""
    purchases, said = Purchases(bench), {}

    def side(name, measure):
        rate, said[name] = measure()
        if len(said) == 2:
            check_same("sums", said["ours"], said["DuckDB"])
        return rate

    return bench.pairs(lambda: side("ours", purchases.with_gyre),
                       lambda: side("DuckDB", lambda: purchases.with_duckdb(how)))
