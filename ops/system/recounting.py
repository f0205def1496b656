"""The experiments service is killed again and again while everybody gives it something to count: exposures, events,
signals, decisions, rewards, rows of a dataset, replays. Then all of it is counted anew, from lists.
"""

import collections
import datetime
import json
import random
import secrets
import threading
import time

from suite import Refused, wait_for

UNITS, ARMS = 400, ("control", "new")
ROWS, PIECE = 6_000, 400
PAGE = 100
PASSING = {-32009, -32014, -32096, -32097}
ANSWER_SECONDS = 60


def run(report, suite, brand, rounds, seed=20_261_122):
    work = Work(brand)
    expected = work.replay(None)
    clients = [Client(brand, one) for one in (
        work.expose, work.record, work.track, work.append, work.decide, work.judge)]
    for client in clients:
        client.start()
    chance = random.Random(seed)
    for _ in range(rounds):
        time.sleep(chance.uniform(0.1, 1.2))
        counts = [len(client.answered) for client in clients]
        pid = suite.kill("experiments")
        wait_for(lambda: suite.pid("experiments") not in (None, pid), what="a new experiments service")
        wait_for(lambda: all(len(client.answered) > count for client, count in zip(clients, counts)), seconds=60,
                 what="answers of every kind")
    for client in clients:
        client.goes_on = False
    for client in clients:
        client.join(2 * ANSWER_SECONDS)
    problems = [client.problem for client in clients if client.problem]
    report.check("no client got an error that does not pass", not problems, problems)
    answers = {client.name: client.answered for client in clients}
    counts = ", ".join(f"{len(done)} of {name}" for name, done in answers.items())
    report.say(f"killed {rounds} times; {counts} answered, {sum(client.repeated for client in clients)} sent again")
    recount(report, work, answers)
    wrong = [one["label"] for one in answers["append"] if not work.is_whole(one)]
    report.check(f"{len(answers['append'])} datasets have each row once, with the hashes of one that was filled in peace",
                 answers["append"] and not wrong, wrong)
    decisions(report, brand, answers["decide"])
    wrong = [one for one in answers["judge"] if one != expected]
    report.check(f"{len(answers['judge'])} replays went on where they were, and found the same to the last bit",
                 answers["judge"] and not wrong, wrong[:1])
    jobs = [job for job in everything(brand, "jobs.list", {}) if job["status"] != "completed"]
    report.check("and no job is left", not jobs, jobs[:3])


class Client(threading.Thread):
    """Does one thing again and again, each until it is answered, over a connection it opens again when it is lost."""

    def __init__(self, brand, work):
        super().__init__(name=work.__name__, daemon=True)
        self.brand, self.work = brand, work
        self.answered, self.repeated, self.problem, self.goes_on = [], 0, None, True
        self.connection = None

    def run(self):
        number = 0
        try:
            while self.goes_on:
                number += 1
                self.answered.append(self.work(self, number))
        except Exception as problem:
            self.problem = f"{self.name}: {problem!r}"

    def call(self, method, params, key=None):
        """The answer, however often it takes to get one."""
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            try:
                self.connection = self.connection or self.brand.connect()
                return self.connection.call(method, params, **({"idempotencyKey": key} if key else {}))
            except Refused as refused:
                if refused.code not in PASSING:
                    raise
            except (OSError, ValueError):
                self.connection = None
            self.repeated += 1
            time.sleep(0.02)
        raise AssertionError(f"{method} was not answered within {ANSWER_SECONDS} s")


class Work:
    """What there is to do. Exposures, events and signals are of the same units, in whatever order they come."""

    def __init__(self, brand):
        self.brand, self.mark = brand, secrets.token_hex(4)
        now = datetime.datetime.now(datetime.timezone.utc)
        self.begun, self.exposed, self.happened = (
            (now - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ") for minutes in (60, 50, 40))
        for key, source, more in (
                ("clicks", "client", {"kind": "count"}), ("worth", "client", {"kind": "mean", "valueField": "cents"}),
                ("paid", "signals", {"kind": "mean", "valueField": "revenue"})):
            brand.call("metricDefinitions.create", {
                "key": key, "name": key, "event": "Recounted", "source": source, **more})
        made = brand.call("experiments.create", {"key": "recount", "name": "Recount", "unitType": "user", "variants": [
            {"key": arm, "allocation": 5_000, "isControl": arm == "control"} for arm in ARMS]})
        self.experiment = made["id"]
        brand.call("resultPlans.set", {"experimentId": made["id"], "metrics": [
            {"metric": metric, "role": "secondary", "scale": "absolute"} for metric in ("clicks", "worth", "paid")]})
        brand.call("experiments.start", {"id": made["id"], "version": 1, "since": self.begun})
        policy = brand.call("policies.create", {"name": "recount"})
        self.version, self.other = (brand.call("policyVersions.create", {
            "policyId": policy["id"], "description": name})["id"] for name in ("one", "other"))
        brand.call("bandits.create", {"key": "recount", "policyVersionId": self.version, "kind": "thompson",
                                      "arms": ["a", "b"]})
        self.rows = logged(ROWS)
        self.peace = self.filled(None, "peace")

    # -- one thing each, until it is answered; what was answered

    def expose(self, client, number):
        unit = f"{self.mark}-{number}"
        client.call("experimentExposures.record", {"items": [
            {"experiment": "recount", "unit": unit, "variant": ARMS[number % 2], "at": self.exposed}]})
        return unit

    def record(self, client, number):
        items = [{"type": "Recounted", "unitType": "user", "unit": self.unit(number + place), "at": self.happened,
                  "messageId": f"event-{number}-{place}", "metrics": {"cents": number + place}} for place in range(3)]
        client.call("experimentEvents.record", {"items": items})
        return [item["messageId"] for item in items]

    def track(self, client, number):
        client.call("signals.track", {
            "event": "Recounted", "userId": self.unit(number), "messageId": f"signal-{number}",
            "timestamp": self.happened, "revenue": f"{number}.25"})
        # So fast that there would be little else to count.
        time.sleep(0.01)
        return number

    def append(self, client, number):
        return self.filled(client, f"at-{number}")

    def decide(self, client, number):
        decided = client.call("bandits.decide", {"key": "recount"}, key=f"decide-{number}")
        client.call("bandits.reward", {"decisionId": decided["id"], "reward": number % 2})
        return decided["id"], decided["number"], decided["arm"], number % 2

    def judge(self, client, number):
        return self.replay(client, number)

    # -- in peace, or under fire

    def unit(self, number):
        """Of those that are exposed early, or a little ahead of that."""
        return f"{self.mark}-{1 + number % UNITS}"

    def filled(self, client, label):
        """A dataset with all rows, sealed."""
        call = client.call if client else lambda method, params, key=None: self.brand.call(method, params)
        made = call("datasets.create", {"name": "recount", "label": label, "arms": ["a", "b"], "reward": "orders"},
                    key=f"dataset-{label}")
        for offset in range(0, ROWS, PIECE):
            call("datasets.append", {"id": made["id"], "offset": offset, "rows": self.rows[offset:offset + PIECE]})
        return call("datasets.seal", {"id": made["id"]}, key=f"seal-{label}")

    def is_whole(self, dataset):
        told = self.brand.call("datasets.get", {"id": dataset["id"]})
        return (told["rows"], told["status"]) == (ROWS, "sealed") and self.hashes(dataset) == self.hashes(self.peace)

    def hashes(self, dataset):
        """Of the rows; that of the whole depends on the label."""
        return [(row["number"], row["hash"]) for row in everything(self.brand, "datasets.rows", {"id": dataset["id"]})]

    def replay(self, client, number=0):
        """What a replay finds, as it says it."""
        call = client.call if client else lambda method, params, key=None: self.brand.call(method, params)
        begun = call("replays.create", {
            "policyVersionId": self.version, "datasetId": self.peace["id"], "target": {"type": "fixed", "arm": "b"},
            "baselineVersionId": self.other, "baselineTarget": {"type": "logged"}}, key=f"replay-{number}")
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            replay = call("replays.get", {"id": begun["id"]})
            if replay["status"] != "running":
                return json.dumps([replay["status"], replay.get("results"), replay.get("errorMessage")], sort_keys=True)
            time.sleep(0.02)
        raise AssertionError("a replay did not end")


def logged(count):
    """Decisions that somebody took by a coin, of which b brings more."""
    chance = random.Random(7)
    rows = []
    for _ in range(count):
        arm = chance.choice("ab")
        rows.append({"arm": arm, "propensities": [0.5, 0.5], "reward": round(chance.gauss(2 + (arm == "b"), 1), 3)})
    return rows


# -- Counted anew

def everything(brand, method, params):
    """All items of a list, page after page."""
    items, params = [], params | {"limit": PAGE}
    with brand.connect() as connection:
        while True:
            page = connection.call(method, params)
            items += page["items"]
            if not page.get("nextCursor"):
                return items
            params["cursor"] = page["nextCursor"]


def recount(report, work, answers):
    brand = work.brand
    tracked = max(answers["track"])

    def listed():
        return everything(brand, "experimentEvents.list", {"type": "Recounted"})

    try:
        wait_for(lambda: sum(event["source"] == "signals" for event in listed()) >= tracked, seconds=60)
    except AssertionError:
        # Which they are is told below.
        pass
    events = listed()
    names = collections.Counter((event["source"], event["messageId"]) for event in events)
    answered = {("client", name) for names_ in answers["record"] for name in names_}
    answered |= {("signals", f"signal-{number}") for number in answers["track"]}
    missing, twice = answered - set(names), [name for name, count in names.items() if count > 1]
    report.check(f"each of {len(answered):,} events that were answered is there", not missing, sorted(missing)[:5])
    report.check("and none twice", not twice, twice[:5])
    report.check("and none that nobody sent", set(names) <= answered, sorted(set(names) - answered)[:5])
    exposures = everything(brand, "experimentExposures.list", {"experimentId": work.experiment})
    variants = {exposure["unit"]: exposure["variant"] for exposure in exposures}
    report.check(f"each of {len(answers['expose']):,} exposures is there once",
                 sorted(answers["expose"]) == sorted(exposure["unit"] for exposure in exposures), len(exposures))
    sums = {arm: collections.Counter() for arm in ARMS}
    for event in events:
        arm = variants.get(event["unit"])
        if arm is None:
            continue
        if event["source"] == "signals":
            sums[arm]["paid"] += event["metrics"]["revenue"]
            sums[arm]["paid-count"] += 1
        else:
            sums[arm]["worth"] += event["metrics"]["cents"]
            sums[arm]["clicks"] += 1
    report.check("units of both arms had events", all(sums[arm]["clicks"] and sums[arm]["paid"] for arm in ARMS))
    told = everything(brand, "experimentAggregates.list", {"experimentId": work.experiment, "bucket": "daily"})
    seen = {arm: collections.Counter() for arm in ARMS}
    for item in told:
        seen[item["variant"]][item["metric"]] += item["count"] if item["metric"] == "clicks" else item["sum"]
        if item["metric"] == "paid":
            seen[item["variant"]]["paid-count"] += item["count"]
    report.equal("what is kept by the day is what the lists add up to", seen, sums)
    results = brand.call("experimentResults.get", {"experimentId": work.experiment})
    report.equal("results have as many units", results["split"]["units"],
                 [sum(variant == arm for variant in variants.values()) for arm in results["arms"]])
    wrong = []
    for metric in results["metrics"]:
        answer = metric["arms"][0]
        for arm, mean, units in (("new", "mean", "units"), ("control", "controlMean", "controlUnits")):
            expected = sums[arm][metric["metric"]] / answer[units]
            if abs(answer[mean] - expected) > 1e-12 * expected:
                wrong.append((metric["metric"], arm, answer[mean], expected))
    report.check("and the means that the lists have", not wrong and len(results["metrics"]) == 3, wrong)


def decisions(report, brand, answered):
    """Every decision once, and what the bandit learned is what they brought."""
    told = brand.call("bandits.get", {"key": "recount"})
    report.check(f"{len(answered)} decisions are numbered from 1 on, and no other was taken",
                 [number for _, number, _, _ in answered] == list(range(1, told["decisions"] + 1)), told)
    learned = {arm["arm"]: (arm["successes"], arm["failures"]) for arm in told["learned"]}
    expected = {arm: tuple(sum(of == arm and reward == wanted for _, _, of, reward in answered) for wanted in (1, 0))
                for arm in "ab"}
    report.equal("the bandit learned each reward once", learned, expected)
    made = brand.call("datasets.fromDecisions", {
        "bandit": "recount", "name": "decisions", "label": secrets.token_hex(4), "reward": "orders"})
    wait_for(lambda: brand.call("jobs.get", {"id": made["id"]})["status"] != "running", what="the copy of decisions")
    dataset = brand.call("datasets.list", {"name": "decisions"})["items"][0]
    rows = everything(brand, "datasets.rows", {"id": dataset["id"]})
    report.check("the dataset of them has each once, in their order", dataset["status"] == "sealed" and [
        (row["body"]["arm"], row["body"]["reward"]) for row in rows] == [
        (arm, reward) for _, _, arm, reward in answered], dataset)
