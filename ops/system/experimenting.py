"""Experiments through clients that nobody here wrote: OpenFeature's provider for OFREP, and GrowthBook's SDK, which decides
for itself or has the server decide. One unit gets the identical variant through every door.
"""

import importlib.util
import json
import logging
import random
import sqlite3
import time
import urllib.error
import urllib.request

from suite import Brand, Connection, Suite, wait_for

MODULES = {"growthbook": "growthbook", "openfeature.contrib.provider.ofrep": "openfeature-provider-ofrep"}
CLIENT_SCOPES = ["features:read", "exposures:write"]
BATCH = 100
# What clients that decide for themselves are not told of.
SERVER_ONLY = {"kept", "behind", "grouped"}
CONDITION = {"country": {"$in": ["DE", "AT"]}, "age": {"$gte": 30}}


def run(report, programs, directory, full):
    missing = [package for module, package in MODULES.items() if not found(module)]
    if missing:
        report.skip("experiments through clients of others",
                    f"that takes the Python modules {', '.join(missing)}; ops/test --full installs them")
        return
    # They say of each unit what its features are not.
    logging.getLogger("growthbook").setLevel(logging.CRITICAL)
    suite = Suite(programs, directory / "experimenting", GYRE_CLIENT_ADDRESS_RATE=1_000_000)
    suite.up()
    try:
        doors = Doors(suite, Brand(suite, "Experimenting"))
        doors.plant()
        same_variants(report, doors, 100_000 if full else 2_000)
        values(report, doors)
        sticky(report, doors)
        exposures(report, doors)
        refusals(report, doors)
        changes(report, doors)
        limits(report, programs, directory)
    finally:
        suite.clean_up()


def found(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class Doors:
    """The four ways to a variant."""

    def __init__(self, suite, brand):
        from openfeature import api
        from openfeature.contrib.provider.ofrep import OFREPProvider

        self.suite, self.brand, self.url = suite, brand, suite.url.rstrip("/")
        self.reader, _ = brand.new_key("server", "assignments:read")
        self.keeper, _ = brand.new_key("keeper", "assignments:read", "assignments:write")
        self.client_key, self.client_key_id = brand.new_key("browser", *CLIENT_SCOPES)
        self.remote_key, self.remote_key_id = brand.new_key("remote", "features:evaluate", "exposures:write")
        self.experiments = {}
        # Values of each experiment's variants, as code sees them.
        self.values = {}
        api.set_provider(OFREPProvider(self.url, headers_factory=lambda: {"Authorization": f"Bearer {self.reader}"}))
        self.openfeature = api.get_client()

    # -- what there is

    def plant(self):
        half = [("control", 5_000), ("new", 5_000)]
        self.create("plain", half)
        self.create("first", [("control", 4_000), ("new", 4_000)], hashVersion=1)
        self.create("part", [("a", 2_500), ("b", 1_500), ("c", 1_000)],
                    values={"a": "red", "b": "grün", "c": "😀"}, start=False)
        self.brand.call("metricDefinitions.create", {"key": "clicks", "name": "Clicks", "kind": "count", "event": "click"})
        self.brand.call("resultPlans.set", {
            "experimentId": self.experiments["part"]["id"], "metrics": [{"metric": "clicks", "role": "goal"}],
            "dimensions": [{"attribute": "country", "values": ["DE"]}, {"attribute": "utmSource", "values": ["mail"]}]})
        self.step("start", "part")
        self.create("aimed", half, condition=CONDITION, values={"control": 1.0, "new": 2.5})
        self.create("after", half, prerequisites=[{"experiment": "part", "variants": ["a", "b"]}, {"experiment": "plain"}],
                    values={"control": False, "new": True})
        self.create("device", half, hashAttribute="device", values={"control": 1, "new": 2})
        self.create("object", half, values={"control": {"size": [1, 2]}, "new": {"size": []}})
        self.create("edited", [("control", 3_000), ("new", 3_000)])
        self.change("edited", variants=variants([("control", 2_000), ("third", 3_000), ("new", 4_500)]))
        self.change("edited", variants=variants([("control", 5_000), ("third", 1_000), ("new", 2_500)]))
        self.create("kept", half, isSticky=True)
        self.create("behind", half, prerequisites=[{"experiment": "kept", "variants": ["new"]}])
        self.brand.call("savedGroups.set", {"key": "testers", "name": "Testers", "attribute": "country",
                                            "values": ["AT", "FR"]})
        self.create("grouped", half, condition={"country": {"$inGroup": "testers"}})
        self.brand.call("layers.create", {"key": "page", "name": "The page"})
        self.create("left", half, slot={"layer": "page", "share": 3_000})
        self.create("right", half, slot={"layer": "page", "share": 6_000}, hashVersion=1)
        self.create("withheld", half)
        self.brand.call("holdouts.create", {"key": "2026", "name": "Nothing new", "share": 1_500,
                                            "scope": "experiments", "members": ["withheld", "left"]})
        self.create("resting", half)
        self.step("pause", "resting")
        self.create("draft", half, start=False)

    def create(self, key, shares, start=True, values=None, **more):
        made = self.brand.call("experiments.create", {
            "key": key, "name": key, "unitType": "user", "variants": variants(shares, values), **more})
        self.experiments[key] = made
        self.values[key] = {variant: (values or {}).get(variant, variant) for variant, _ in shares} | {"third": "third"}
        if start:
            self.step("start", key)

    def step(self, verb, key, **more):
        known = self.experiments[key]
        self.experiments[key] = self.brand.call(
            f"experiments.{verb}", {"id": known["id"], "version": known["version"], **more})

    def change(self, key, **more):
        self.step("update", key, **more)

    # -- the ways: each says by experiment which variant a unit is in

    def called(self, units):
        """Our own method, many at a time."""
        found = []
        with Connection(self.suite.socket, key=self.reader) as connection:
            for start in range(0, len(units), BATCH):
                batch = [json.loads(connection.request("assignments.evaluate", {"attributes": unit}))
                         for unit in units[start:start + BATCH]]
                connection.send(json.dumps(batch).encode())
                replies = {reply["id"]: reply for reply in connection.receive()}
                for request in batch:
                    answers = replies[request["id"]]["result"]["assignments"]
                    found.append({answer["experiment"]: answer.get("variant") for answer in answers})
        return found

    def growthbook(self, **options):
        from growthbook import GrowthBook
        from growthbook.growthbook import feature_repo

        feature_repo.clear_cache()
        return GrowthBook(api_host=self.url, cache_ttl=3_600, **options)

    def local(self, units, flags):
        """GrowthBook's SDK with the features: their rules decide in this process."""
        book = self.growthbook(client_key=self.client_key)
        book.load_features()
        found = []
        for unit in units:
            # Its own, for the SDK clears it in the end.
            book.set_attributes(dict(unit))
            results = {flag: book.eval_feature(flag) for flag in flags}
            found.append({flag: result.experimentResult.key if result.source == "experiment" else None
                          for flag, result in results.items()})
        book.destroy()
        return found

    def remote(self, units, flags):
        """GrowthBook's SDK with the server deciding: the variant is the one that has the value."""
        from growthbook.growthbook import feature_repo

        book = self.growthbook(client_key=self.remote_key, remote_eval=True)
        found = []
        for unit in units:
            feature_repo.clear_cache()
            book.set_attributes(dict(unit))
            found.append({flag: self.variant(flag, book.eval_feature(flag).value) for flag in flags})
        book.destroy()
        return found

    def variant(self, flag, value):
        same = [variant for variant, own in self.values[flag].items()
                if own == value and isinstance(own, bool) == isinstance(value, bool)]
        return same[0] if same else None

    def evaluated(self, unit, flag):
        """OpenFeature's client with its provider for OFREP."""
        from openfeature.evaluation_context import EvaluationContext

        context = EvaluationContext(attributes=dict(unit))
        if isinstance(unit.get("id"), str):
            context = EvaluationContext(unit["id"], {name: value for name, value in unit.items() if name != "id"})
        example = next(iter(self.values[flag].values()))
        ask = {bool: (self.openfeature.get_boolean_details, False), int: (self.openfeature.get_integer_details, -1),
               float: (self.openfeature.get_float_details, -1.5), dict: (self.openfeature.get_object_details, {}),
               str: (self.openfeature.get_string_details, "code default")}[type(example)]
        return ask[0](flag, ask[1], context), ask[1]


def variants(shares, values=None):
    return [{"key": key, "allocation": share, "isControl": place == 0}
            | ({"config": {"value": values[key]}} if values and key in values else {})
            for place, (key, share) in enumerate(shares)]


def unit(number, chance):
    """A unit with a name of one of many kinds; a few have none, or a very long one."""
    names = ["user-", "ü-", "客户", "😀", "e\u0301", "a b/%?&", '"\\']
    made = {"id": f"{names[number % len(names)]}{number}", "country": chance.choice(["DE", "AT", "FR"]),
            "age": chance.randrange(18, 80), "device": f"d{chance.randrange(10 ** 9)}"}
    kind = number % 50
    if kind == 7:
        made["id"] = chance.randrange(10 ** 12)
    if kind == 11:
        del made["id"]
    if kind == 13:
        made["id"] = ""
    if kind == 17:
        made["id"] = "é" * 3_000 + str(number)
    if kind == 19:
        del made["device"]
    return made


def same_variants(report, doors, count):
    """Each unit, each experiment that a client may decide for itself."""
    chance = random.Random(20_261_121)
    units = [unit(number, chance) for number in range(count)]
    called = doors.called(units)
    flags = list(called[0])
    report.equal("experiments that run", sorted(called[0]), sorted(set(doors.experiments) - {"resting", "draft"}))
    assigned = sum(variant is not None for answer in called for variant in answer.values())
    report.check(f"{count:,} units in {len(flags)} experiments: {assigned:,} variants by assignments.evaluate",
                 count * len(flags) * 0.4 < assigned < count * len(flags))
    begun = time.monotonic()
    differ(report, f"GrowthBook's SDK decides for itself what assignments.evaluate decides, {count:,} units",
           units, [{flag: variant for flag, variant in answer.items() if flag not in SERVER_ONLY} for answer in called],
           doors.local(units, [flag for flag in flags if flag not in SERVER_ONLY]), begun)
    begun = time.monotonic()
    differ(report, f"with remote evaluation it is told the same, {count:,} units", units, called,
           doors.remote(units, flags), begun)
    begun = time.monotonic()
    wrong = []
    for number, (one, answer) in enumerate(zip(units, called)):
        flag = flags[number % len(flags)]
        details, default = doors.evaluated(one, flag)
        variant = answer[flag]
        if variant is None:
            same = details.value == default
        else:
            same = details.variant == variant and details.value == doors.values[flag][variant] and \
                type(details.value) is type(doors.values[flag][variant])
        if not same:
            wrong.append((one, flag, variant, details))
    report.check(f"OpenFeature's provider is told the same by OFREP, {count:,} units"
                 f" ({time.monotonic() - begun:.0f} s)", not wrong, wrong[:3])


def differ(report, what, units, expected, seen, begun):
    wrong = [(one, want, got) for one, want, got in zip(units, expected, seen) if want != got]
    report.check(f"{what} ({time.monotonic() - begun:.0f} s)", len(seen) == len(expected) and not wrong, wrong[:2])


def values(report, doors):
    """What OpenFeature's client is told beside the value."""
    from openfeature.exception import ErrorCode

    split, _ = doors.evaluated({"id": "u1"}, "plain")
    report.check("a flag that the hash decides is split", "SPLIT" in str(split.reason), split)
    report.check("its metadata names experiment, phase, bucket and version",
                 split.flag_metadata["experiment"] == "plain" and split.flag_metadata["phase"] == 1
                 and 0 <= split.flag_metadata["bucket"] < 10_000 and split.flag_metadata["version"] >= 1,
                 split.flag_metadata)
    outside, default = doors.evaluated({"id": "u1", "country": "FR", "age": 50}, "aimed")
    report.check("who is not targeted gets the code's default, without an error",
                 outside.value == default and outside.error_code is None and "DEFAULT" in str(outside.reason), outside)
    resting, default = doors.evaluated({"id": "u1"}, "resting")
    report.check("of a paused experiment everybody gets the code's default, as disabled",
                 resting.value == default and resting.error_code is None and "DISABLED" in str(resting.reason), resting)
    doors.values["gone"] = {"": ""}
    gone, default = doors.evaluated({"id": "u1"}, "gone")
    report.check("an unknown flag is said not to be found", gone.error_code == ErrorCode.FLAG_NOT_FOUND
                 and gone.value == default, gone)
    nobody, default = doors.evaluated({"country": "DE"}, "plain")
    report.check("a context that names nobody lacks its targeting key",
                 nobody.error_code == ErrorCode.TARGETING_KEY_MISSING and nobody.value == default, nobody)
    typed = doors.openfeature.get_integer_details("plain", 5)
    report.check("a flag of another type gives the default", typed.value == 5 and typed.error_code is not None, typed)


def sticky(report, doors):
    """Sticky experiments are decided by the server, and kept by those who may."""
    report.equal("clients that decide for themselves are not told of sticky experiments, of saved groups, nor of what "
                 "needs these", set(doors.called([{}])[0]) - set(features(doors)), SERVER_ONLY)
    ids = [f"sticky-{number}" for number in range(40)]
    before = {one: doors.called([{"id": one}])[0]["kept"] for one in ids}
    ofrep = {one: exchange(doors, "POST", "/ofrep/v1/evaluate/flags/kept", {"context": {"targetingKey": one}},
                           {"X-API-Key": doors.keeper})[2] for one in ids}
    report.check("OFREP keeps what a sticky experiment decides, for a key that may",
                 all(answer["variant"] == before[one] and answer["metadata"]["isSaved"] for one, answer in ofrep.items()),
                 list(ofrep.items())[:2])
    doors.change("kept", variants=variants([("control", 0), ("new", 10_000)]))
    after = {one: doors.called([{"id": one}])[0]["kept"] for one in ids}
    remote = doors.remote([{"id": one} for one in ids], ["kept"])
    report.check("when everybody new goes elsewhere, those who were assigned stay, through every door",
                 after == before and [answer["kept"] for answer in remote] == list(before.values())
                 and "control" in before.values(), (before, after))


def exposures(report, doors):
    """What GrowthBook's plugin tells of who met which variant."""
    from growthbook.plugins import growthbook_tracking_plugin

    expected = {}
    for name, way in [("decides", {"client_key": doors.client_key}),
                      ("asks", {"client_key": doors.remote_key, "remote_eval": True})]:
        ids = [f"{name}-{number}" for number in range(30)]
        assigned = {one: doors.called([{"id": one}])[0]["part"] for one in ids}
        expected |= {one: variant for one, variant in assigned.items() if variant}
        plugin = growthbook_tracking_plugin(ingestor_host=doors.url, batch_size=7)
        book = doors.growthbook(**way, plugins=[plugin])
        book.load_features()
        for number, one in enumerate(ids * 2):
            book.set_attributes({"id": one, "country": "DE" if number % 2 else "FR", "utmSource": "mail", "tags": [1]})
            book.eval_feature("part")
        book.destroy(timeout=2)
        wait_for(lambda: met(doors, "part") == expected, what="the exposures of GrowthBook's plugin")
        report.check(f"an SDK that {name} tells by its plugin who met which variant, each once", len(expected) > 5)
        told, wanted = segments(doors), {
            one: [("country", "DE" if number % 2 else None), ("utmSource", "mail")]
            for number, one in enumerate(ids) if one in expected}
        report.check("and in which segments each of them is", {one: told.get(one) for one in wanted} == wanted, told)
    status, _, answer = exchange(doors, "POST", f"/track?client_key={doors.client_key}", [
        {"event_name": "$$experiment_viewed", "properties_json": {
            "experiment_id": experiment, "variation_key": "a", "hash_value": "u1"}} for experiment in ("part", "gone", "?")]
        + [{"event_name": "Bought"}])
    report.check("of a batch each event has its own fate", status == 200 and answer["accepted"] == 1
                 and answer["ignored"] == 1 and sorted(entry["index"] for entry in answer["rejected"]) == [1, 2], answer)


def met(doors, experiment):
    """Whom an experiment met, and in which variant."""
    page = doors.brand.call("experimentExposures.list", {"experimentId": doors.experiments[experiment]["id"], "limit": 500})
    assert len({item["unit"] for item in page["items"]}) == len(page["items"])
    return {item["unit"]: item["variant"] for item in page["items"]}


def segments(doors):
    """In which segments each unit is; None: the one of all other values."""
    path = doors.suite.directory / "experiments" / f"{doors.brand.id}.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        told = {}
        for unit, attribute, value in database.execute("""
                SELECT units.unit, attribute, value FROM entry_segments
                    JOIN segments ON segments.number = entry_segments.segment
                    JOIN units ON units.number = entry_segments.unit ORDER BY 1, 2"""):
            told.setdefault(unit, []).append((attribute, value))
        return told


def features(doors):
    return exchange(doors, "GET", f"/api/features/{doors.client_key}")[2]["features"]


def exchange(doors, method, path, body=None, headers=None):
    """Status, headers, JSON."""
    request = urllib.request.Request(doors.url + path, method=method, headers=headers or {},
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=40) as reply:
            text = reply.read()
            return reply.status, reply.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, error.headers, json.loads(text) if text[:1] in (b"{", b"[") else None


def refusals(report, doors):
    """Keys that are wrong, too mighty, or not mighty enough; requests that are the same as before."""
    path = f"/api/features/{doors.client_key}"
    status, headers, _ = exchange(doors, "GET", path)
    again = exchange(doors, "GET", path, headers={"If-None-Match": headers["ETag"]})
    report.equal("features that are known are not sent again", (status, again[0]), (200, 304))
    bulk = exchange(doors, "POST", "/ofrep/v1/evaluate/flags", {"context": {"targetingKey": "u1"}},
                    {"Authorization": f"Bearer {doors.reader}"})
    again = exchange(doors, "POST", "/ofrep/v1/evaluate/flags", {"context": {"targetingKey": "u1"}},
                     {"Authorization": f"Bearer {doors.reader}", "If-None-Match": bulk[1]["ETag"]})
    report.check("all flags at once are those that run, and are not sent again either",
                 {flag["key"] for flag in bulk[2]["flags"]} == set(doors.experiments) - {"resting", "draft"}
                 and again[0] == 304, bulk[2])
    for what, key, expected in [("a wrong key", "gy_live_wrong", 401),
                                ("a key that may do more than may be public", doors.brand.key, 403),
                                ("a key that may only evaluate", doors.remote_key, 403)]:
        report.equal(f"features by {what}", exchange(doors, "GET", f"/api/features/{key}")[0], expected)
    report.equal("evaluation by a key that may only read rules",
                 exchange(doors, "POST", f"/api/eval/{doors.client_key}", {"attributes": {"id": "u1"}})[0], 403)
    for key, expected in [(None, 401), ("gy_live_wrong", 401), (doors.client_key, 403)]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        status, _, answer = exchange(doors, "POST", "/ofrep/v1/evaluate/flags/plain", {}, headers)
        report.check(f"OFREP answers {expected} to {'no key' if key is None else 'a key that may not'}, with details",
                     status == expected and answer["errorDetails"], (status, answer))
    forced = exchange(doors, "POST", f"/api/eval/{doors.remote_key}", {
        "attributes": {"id": "u1"}, "forcedVariations": {"plain": 1}, "forcedFeatures": [["part", "mine"]],
        "url": "https://shop.example/?edited=0#x"})[2]["features"]
    report.check("remote evaluation takes forced variations, forced features and what the page's URL asks for",
                 forced["plain"]["rules"][0]["force"] == "new" and forced["part"] == {"defaultValue": "mine"}
                 and forced["edited"]["rules"][0]["force"] == "control", forced)
    for body in [b"{", b"[]", b'{"attributes": 5}', b'{"forcedVariations": {"plain": "x"}}']:
        request = urllib.request.Request(f"{doors.url}/api/eval/{doors.remote_key}", data=body)
        try:
            urllib.request.urlopen(request, timeout=40)
            report.check(f"{body} is refused", False)
        except urllib.error.HTTPError as error:
            report.equal(f"remote evaluation refuses {body.decode()}", error.code, 400)


def changes(report, doors):
    """Streams tell of changes, and end when their key is revoked."""
    book = doors.growthbook(client_key=doors.client_key, streaming=True)
    remote = Stream(doors, f"/sub/{doors.remote_key}")
    bulk = exchange(doors, "POST", "/ofrep/v1/evaluate/flags", {"context": {"targetingKey": "u1"}},
                    {"Authorization": f"Bearer {doors.reader}"})
    flags = Stream(doors, bulk[2]["eventStreams"][0]["endpoint"]["requestUri"])
    try:
        report.equal("a client that listens has the features", book.eval_feature("resting").source, "unknownFeature")
        remote.until("features-updated")
        first = json.loads(flags.until("message")["data"])
        doors.step("resume", "resting")
        second = json.loads(flags.until("message")["data"])
        report.check("where OFREP's answer says, without a header, changes of the flags are told",
                     first["type"] == second["type"] == "refetchEvaluation" and first["etag"] != second["etag"],
                     (first, second))
        book.set_attributes({"id": "u1"})
        wait_for(lambda: book.eval_feature("resting").source == "experiment", what="the change in GrowthBook's client")
        report.check("GrowthBook's client is told of a resumed experiment, with the features", True)
        report.equal("a key that may only evaluate is told that there is something new",
                     remote.until("features-updated")["data"], "{}")
        started = time.monotonic()
        doors.suite.gyre("keys", "revoke", doors.remote_key_id)
        report.check("a revoked key's stream ends", remote.ends(), None)
        report.check(f"within {time.monotonic() - started:.1f} s", time.monotonic() - started < 10)
        report.equal("and it opens nothing any more",
                     exchange(doors, "POST", f"/api/eval/{doors.remote_key}", {})[0], 401)
    finally:
        book.destroy(timeout=2)
        remote.close()
        flags.close()


class Stream:
    """A stream of events, read line by line."""

    def __init__(self, doors, path):
        self.reply = urllib.request.urlopen(f"{doors.url}{path}", timeout=40)

    def until(self, name):
        event = {}
        while True:
            line = self.reply.readline()
            if not line:
                raise AssertionError("the stream ended")
            text = line.decode().rstrip("\n")
            if not text and event.get("event") == name:
                return event
            if not text:
                event = {}
            elif not text.startswith(":"):
                field, _, value = text.partition(":")
                event[field] = value.lstrip(" ")

    def ends(self):
        try:
            while self.reply.readline():
                pass
            return True
        except OSError:
            return False

    def close(self):
        self.reply.close()


def limits(report, programs, directory):
    """Who asks too often is told when to come again, and the provider pauses."""
    suite = Suite(programs, directory / "limiting", GYRE_CLIENT_ADDRESS_RATE=5)
    suite.up()
    try:
        brand = Brand(suite, "Limited")
        doors = Doors(suite, brand)
        doors.create("plain", [("control", 5_000), ("new", 5_000)])
        doors.reader, _ = brand.new_key("slow", "assignments:read", rate=1)
        doors.evaluated({"id": "u1"}, "plain")
        late, default = doors.evaluated({"id": "u1"}, "plain")
        report.check("beyond its key's rate OpenFeature's provider gets the code's default",
                     late.value == default and "Rate limited" in (late.error_message or ""), late)
        paused, _ = doors.evaluated({"id": "u1"}, "plain")
        report.check("and it does not ask again before it may", "paused" in (paused.error_message or ""), paused)
        answers = [exchange(doors, "GET", f"/api/features/{doors.client_key}")[:2] for _ in range(20)]
        refused = [headers for status, headers in answers if status == 429]
        report.check("an address with a client key has a rate of its own, and is told when to come again",
                     answers[0][0] == 200 and refused and all(int(headers["Retry-After"]) >= 1 for headers in refused),
                     [status for status, _ in answers])
    finally:
        suite.clean_up()
