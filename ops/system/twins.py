"""Brands that hold the same names for everything: whichever method one of them calls with whichever id of another, no
byte of the other comes back, and what belongs to another is answered exactly like what does not exist.

The methods and the places for ids are read from the contracts: a new method is called without a change here. It fails
here when it has no example to build a call from, or when its own brand's ids are answered like ids that do not exist:
then `plant` has to bring about what the method is about.
"""

import copy
import hashlib
import json
import pathlib
import re
import secrets
import time

import purchases
from suite import Brand, Connection, Refused, wait_for

CONTRACTS = pathlib.Path(__file__).resolve().parents[2] / "proto-json"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
CODE = re.compile(r'(?<="verificationCode": ")\d+')
# What moves while nobody does anything: when a thing was written down, how often somebody was told in vain.
MOVING = re.compile(r'"(attempts|nextAttemptAt|generatedAt)": ("[^"]*"|\d+),? ?')
# What comes last with a brand's own ids, because it takes away what others are about.
ENDS = {"cancel", "delete", "deny", "end", "erase", "remove", "revoke"}
# What comes before other writes, because some of them leave something under whatever id they are given.
BEGINNINGS = {"beliefs.withdraw"}
RATE_LIMITED, FORBIDDEN, METHOD_NOT_FOUND = -32029, -32003, -32601
# Where the administrator may ask about any brand.
PLATFORM_WIDE = {"auditEntries.list", "keys.list"}
PASSWORD = "correct horse battery staple"
BATCH = 50


class Method:
    """A method as its contract tells of it, with the places in its parameters where ids stand."""

    def __init__(self, contract, common, entry):
        self.contract, self.common = contract, common
        self.name, self.kind = entry["name"], entry["x-kind"]
        self.callers = entry.get("x-callers", ["public"])
        self.scope = entry.get("x-scope")
        self.required = [param["name"] for param in entry["params"] if param.get("required")]
        # Nobody waits for what may happen.
        self.nothing = {param["name"]: 0 for param in entry["params"] if param["name"] == "waitMilliseconds"}
        examples = sorted(entry.get("examples", []), key=lambda example: "result" not in example)
        self.examples = [{param["name"]: param["value"] for param in example["params"]} | self.nothing
                         for example in examples]
        self.places = [path for param in entry["params"] for path in self.uuids(param["schema"], [param["name"]])]

    def uuids(self, schema, path, depth=0):
        """Paths to ids; those inside of arrays lead to the first element."""
        if depth > 6:
            return
        document = self.contract
        while "$ref" in schema:
            file, _, name = schema["$ref"].partition("#/")
            document = self.common if file else document
            schema = document["components"]["schemas"][name.removeprefix("components/schemas/")]
        if schema.get("format") == "uuid":
            yield path
        for name, inner in schema.get("properties", {}).items():
            yield from self.uuids(inner, path + [name], depth + 1)
        if "items" in schema:
            yield from self.uuids(schema["items"], path + [0], depth + 1)
        for inner in schema.get("oneOf", []):
            yield from self.uuids(inner, path, depth + 1)

    @property
    def example(self):
        return self.examples[0]

    def calls(self, place, value):
        """Parameters with an id at a place: in each example, in each without one thing that need not be there, which the
        id may take the place of, and in only what must be there."""
        bare = {name: value for name, value in self.example.items() if name in self.required}
        fewer = [{name: value for name, value in example.items() if name != left_out} for example in self.examples
                 for left_out in example if left_out not in self.required]
        found = [self.with_id(params, place, value) for params in [bare, *self.examples, *fewer]]
        return [params for index, params in enumerate(found) if params is not None and params not in found[:index]]

    @staticmethod
    def with_id(params, place, value):
        """None where the parameters do not lead to the place."""
        params = copy.deepcopy(params)
        target = params
        for here, further in zip(place, place[1:]):
            if isinstance(here, int) and len(target) <= here or isinstance(target, dict) and here not in target:
                if not isinstance(further, int):
                    return None
                target[here] = []
            target = target[here]
        if isinstance(place[-1], int):
            target[:] = [value]
        else:
            target[place[-1]] = value
        return params

    @property
    def is_end(self):
        return self.name.split(".")[1] in ENDS


def methods():
    common = json.loads((CONTRACTS / "common.json").read_text())
    found = []
    for path in sorted(CONTRACTS.glob("*.json")):
        if path.name != "common.json":
            contract = json.loads(path.read_text())
            found += [Method(contract, common, entry) for entry in contract["methods"]]
    return sorted(found, key=lambda method: (
        method.is_end, method.kind != "read", method.name not in BEGINNINGS, method.name))


class Twin:
    """One of the brands: a mark that stands in all that is free to differ, and the ids that only it has."""

    def __init__(self, suite, name):
        self.mark = "m" + secrets.token_hex(8)
        self.suite, self.brand = suite, Brand(suite, f"{name} {self.mark}")
        self.texts = plant(self)
        self.key = {"key": self.brand.key}
        self.session = {"key": sign_in(self)}
        self.session_again = sign_in(self)
        self.admin = {"brand": self.brand.id}
        self.ids = set()

    def foreign(self):
        """Everything by which somebody would know this brand."""
        return [self.mark, self.brand.key, *sorted(self.ids)]


def stimuli(call, mark):
    """Plants what the stimuli service keeps: an offer and a template that the contract's examples name, and a campaign."""
    call("offers.create", {"key": "spring-10", "name": mark, "terms": {"kind": "gift", "gift": mark}})
    template = call("templates.create", {"key": "spring", "channel": "mailbox", "body": "Hello {{person.firstName}}"})
    call("campaigns.create", {
        "key": "twin", "name": mark, "audience": {"include": ["twin"]}, "channels": ["mailbox"],
        "arms": [{"key": "only", "share": 10_000, "offer": "spring-10", "templates": [template["id"]]}],
        "outcome": {"event": "Twin", "windowDays": 7}})


def experiments(call, mark):
    """Plants what the experiments service keeps."""
    call("layers.create", {"key": "twin", "name": mark})
    call("holdouts.create", {"key": "twin", "name": mark, "share": 1})
    experiment = call("experiments.create", {"key": "twin", "name": mark, "unitType": "user", "variants": [
        {"key": "control", "allocation": 5000, "isControl": True}, {"key": "new", "allocation": 5000}]})
    call("metricDefinitions.create", {"key": "twin", "name": mark, "kind": "count", "event": "Twin"})
    call("resultPlans.set", {"experimentId": experiment["id"], "metrics": [{"metric": "twin", "role": "goal"}]})
    call("experiments.start", {"id": experiment["id"], "version": 1})
    call("experimentEvents.record", {"items": [
        {"type": "Twin", "unitType": "user", "unit": "twin", "payload": {"note": mark},
         "experiments": [{"experiment": "twin", "variant": "new"}]}]})
    policy = call("policies.create", {"name": "twin", "description": mark})
    version = call("policyVersions.create", {"policyId": policy["id"], "configDefaults": {"temperature": 1}})
    call("promptVersions.create", {"name": "twin", "template": "Hello"})
    call("flows.create", {"name": "twin", "initialState": "a", "states": [{"name": "a"}, {"name": "b", "isTerminal": True}],
                          "transitions": [{"from": "a", "event": "done", "to": "b"}]})
    call("unitTypes.set", {"type": "twin", "identifierType": "twinId"})
    call("savedGroups.set", {"key": "twin", "name": mark, "attribute": "id", "values": ["twin", mark]})
    sticky = call("experiments.create", {
        "key": "twin-sticky", "name": mark, "unitType": "user", "isSticky": True, "variants": [
            {"key": "control", "allocation": 10_000, "isControl": True}]})
    call("experiments.start", {"id": sticky["id"], "version": 1})
    call("assignments.assign", {"targetingKey": "twin", "experiments": ["twin-sticky"]})
    for unit in ("twin", mark):
        call("forcedAssignments.set", {"experiment": "twin", "unit": unit, "variant": "new", "note": mark})
        call("experimentExposures.record", {"items": [{"experiment": "twin", "unit": unit, "variant": "control"}]})
    dataset = call("datasets.create", {"name": "twin", "label": "1", "arms": ["a", "b"], "reward": "orders"})
    call("datasets.append", {"id": dataset["id"], "offset": 0, "rows": [
        {"arm": arm, "propensities": [0.5, 0.5], "reward": reward, "unit": {"type": "user", "id": unit}}
        for arm, reward, unit in (("a", 1, "twin"), ("b", 0, mark))]})
    call("datasets.seal", {"id": dataset["id"]})
    call("replays.create", {"policyVersionId": version["id"], "datasetId": dataset["id"],
                            "target": {"type": "fixed", "arm": "a"}})
    call("bandits.create", {"key": "twin", "policyVersionId": version["id"], "kind": "thompson", "arms": ["a", "b"]})
    for unit in ("twin", mark):
        decided = call("bandits.decide", {"key": "twin", "unit": {"type": "user", "id": unit}, "arms": ["a"]})
        call("bandits.reward", {"decisionId": decided["id"], "reward": 1})
    call("datasets.fromDecisions", {"bandit": "twin", "name": "twin", "label": "2", "reward": mark})


def plant(twin):
    """Puts something of every kind into a brand: the same names in each, and the brand's mark wherever it is free.

    Returns what each call answered, for a comparison."""
    brand, mark, answers = twin.brand, twin.mark, []

    def call(method, params):
        answers.append(json.dumps([method, connection.call(method, params)], sort_keys=True))
        return json.loads(answers[-1])[1]

    mapping = {"source_fields": {"id": "identifier.customerId", "at": "timestamp", "note": "properties.note"},
               "constants": {"event": "Twin"}, "timestamp_format": "yyyy-MM-dd"}
    with brand.connect() as connection:
        call("signals.identify", {"userId": "twin", "messageId": "twin-1", "traits": {"note": mark}, "identifiers": [
            {"type": "email", "value": "twin@example.org"}]})
        call("signals.track", {"event": "Twin", "userId": "twin", "messageId": "twin-2", "revenue": "1.00",
                               "properties": {"note": mark}})
        call("signals.track", {"event": mark, "userId": mark, "messageId": mark})
        call("signals.batch", {"items": [{"type": "track", "event": "Twin", "messageId": "twin-3",
                                          "identifiers": [{"type": "phone", "value": "+49 30 1234567"}]}]})
        rows = f"id,at,note\ntwin,2026-01-01,{mark}\ntwin,yesterday,{mark}\n".encode()
        done = purchases.send(connection, "twin", mapping, [rows])
        call("imports.replay", {"id": done["id"]})
        call("imports.create", {"source": "twin-half", "mapping": mapping})
        call("imports.create", {"source": mark, "mapping": mapping})
        for name in ("twin", mark):
            call("integrations.create", {"kind": "smtp", "name": name, "credentials": {"password": mark}})
        for identifier in ("gone", mark):
            person = {"type": "customerId", "value": identifier}
            # A name that never leads anywhere.
            call("privacyRequests.submit", {"identity": "code", "identifiers": [person],
                                            "callbackUrls": ["https://twins.invalid/callback"]})
        person = {"type": "customerId", "value": "twin"}
        call("consents.record", {"purpose": "twin", "legalBasis": "contract", "identifier": person,
                                 "proof": {"method": "paper", "source": mark}})
        call("restrictions.place", {"kind": "optOut", "identifier": person})
        call("beliefs.record", {"items": [
            {"offerKind": "gift", "channel": "email", "responded": True, "at": "2026-01-01T00:00:00Z",
             "identifier": {"type": "customerId", "value": name}} for name in ("twin", mark)]})
        told = {"type": "customerId", "value": "told"}
        for name in ("twin", mark):
            recipient = call("recipients.create", {"name": name, "kind": "other", "contact": mark})
            call("disclosures.record", {"recipientId": recipient["id"], "identifier": told, "description": mark,
                                        "purpose": "twin", "accounting": "due", "reference": mark})
        for key in ("twin", mark):
            call("segments.create", {"key": key, "name": mark, "rule": {"trait": "note", "is": mark}})
        experiments(call, mark)
        stimuli(call, mark)
        # Those who have the data are told of it.
        request = call("privacyRequests.submit", {"kind": "restriction", "identifiers": [told]})
        wait_for(lambda: connection.call("privacyNotices.list", {"requestId": request["id"]})["items"],
                 what="the notices of a restriction")
        call("legalHolds.place", {"reason": mark, "identifier": person})
        # Imports stay half in; what experiments began comes to its end.
        wait_for(lambda: all(job["status"] != "running" for job in connection.call("jobs.list")["items"]
                             if job["service"] == "experiments"), what="the end of jobs")
    with brand.suite.admin(brand.id) as connection:
        for email, role in (("twin@example.org", "owner"), (f"{mark}@example.org", "viewer")):
            token = connection.call("users.invite", {"email": email, "role": role})["token"]
            connection.call("users.accept", {"token": token, "name": mark, "password": PASSWORD})
    return answers


def sign_in(twin):
    return patiently(lambda: twin.brand.call("sessions.create", {
        "brandId": twin.brand.id, "email": "twin@example.org", "password": PASSWORD}))["token"]


def patiently(call):
    """Signing in is limited: comes back when it is told to."""
    for _ in range(100):
        try:
            return call()
        except Refused as refused:
            if refused.code != RATE_LIMITED:
                raise
            time.sleep(refused.data["retryAfterMilliseconds"] / 1_000)
    raise AssertionError("a limit never let a call pass")


def ask(path, meta, calls, context=None):
    """The answers to many calls, each as text: its result or its error."""
    answers = []
    with Connection(path) as connection:
        for start in range(0, len(calls), BATCH):
            requests = []
            for number, (method, params) in enumerate(calls[start:start + BATCH]):
                request = {"jsonrpc": "2.0", "id": number, "method": method.name, "params": params}
                requests.append(request | ({"context": context} if context else {"meta": meta}))
            replies = connection.exchange(json.dumps(requests).encode())
            replies.sort(key=lambda reply: reply["id"])
            answers += [json.dumps(reply.get("result", reply.get("error")), sort_keys=True) for reply in replies]
    return answers


def plain(answer, sent, mark=""):
    """An answer without the id that was sent, and without what no two calls have in common."""
    answer = answer.replace(sent, "ID") if sent else answer
    answer = answer.replace(mark, "MARK") if mark else answer
    answer = CODE.sub("CODE", answer)
    return TIME.sub("TIME", UUID.sub("SOME", answer))


def code(answer):
    value = json.loads(answer)
    return value.get("code") if isinstance(value, dict) and "message" in value else None


def missing_id(beside):
    """An id that nothing has, made at the same moment as another: in every order it stands beside it. Always the same
    one, for calls that leave something under an id of their caller's."""
    return beside[:-6] + hashlib.sha256(beside.encode()).hexdigest()[:6]


class Probe:
    """Calls all methods as one brand with ids of another, or of its own."""

    def __init__(self, path, meta, methods, context=None):
        self.path, self.meta, self.methods, self.context = path, meta, methods, context

    def run(self, ids):
        """For each method that takes ids: the method, the id, its answer as it was, the same made plain, and the plain
        answer to an id beside it that nothing has."""
        for method in self.methods:
            # To sign in is limited.
            chosen = sorted(ids)[:2] if "anyone" in method.callers else sorted(ids)
            for place in method.places:
                calls = [(value, one, other) for value in chosen for beside in [missing_id(value)]
                         for one, other in zip(method.calls(place, value), method.calls(place, beside))]
                there = ask(self.path, self.meta, [(method, one) for _, one, _ in calls], self.context)
                gone = ask(self.path, self.meta, [(method, other) for _, _, other in calls], self.context)
                for (value, _, other), answer, missing in zip(calls, there, gone):
                    beside = next(found for found in UUID.findall(json.dumps(other)) if found[:-6] == value[:-6])
                    yield method, value, answer, plain(answer, value), plain(missing, beside)


def run(report, suite):
    known = methods()
    lacking = [method.name for method in known if not method.examples]
    report.check(f"each of {len(known)} methods has an example to build a call from", not lacking, lacking)
    with suite.admin() as connection:
        discovered = {entry["name"] for entry in connection.call("rpc.discover")["methods"]} - {"rpc.discover"}
    reachable = {method.name for method in known if set(method.callers) & {"public", "anyone", "admin"}}
    report.equal("methods that one of rpc.discover and the contracts knows, and the other does not",
                 sorted(discovered ^ reachable), [])

    ours, theirs, third = (Twin(suite, name) for name in ("Castor", "Pollux", "Helen"))
    alike = [plain(text, "", ours.mark) for text in ours.texts], [plain(text, "", theirs.mark) for text in theirs.texts]
    report.check("the same names are taken in each brand, and answered alike", alike[0] == alike[1],
                 [pair for pair in zip(*alike) if pair[0] != pair[1]])
    public = [method for method in known if "public" in method.callers or "anyone" in method.callers]
    for twin in (ours, theirs, third):
        collect(twin, public)
    report.equal("ids that two brands have in common", sorted(ours.ids & theirs.ids), [])
    report.say(f"{len(public)} methods for clients; a brand has {len(theirs.ids)} ids that name something of it")
    before = state(suite, theirs, public)

    of_users = user_methods(suite, third, public)
    powerless(report, suite, third, public, of_users)
    for name, path, meta, asked in (
            ("a key", suite.socket, ours.key, public),
            ("the platform's own door, for one brand", suite.admin_socket, ours.admin,
             [method for method in public if method.name not in PLATFORM_WIDE]),
            ("a user", suite.socket, ours.session, of_users)):
        foreign(report, name, [Probe(path, meta, asked)], theirs)
    foreign(report, "a service, for one brand", internal(suite, ours, known), theirs)
    plain_calls(report, suite, ours, theirs, known)
    platform(report, suite, ours, theirs, known)
    with Connection(suite.socket, **ours.key) as connection:
        error = connection.refusal("actors.count", brand=theirs.brand.id)
        report.check("a key that names another brand beside its call is refused", error is not None, error)
    after = state(suite, theirs, public)
    report.check("of all this the other brand has felt nothing", after == before,
                 [(name, before[name], answer) for name, answer in after.items() if answer != before[name]])


def collect(twin, public):
    """Finds the ids of a brand: in what it was answered, and in all that can be read in it."""
    pages = [(method, method.nothing) for method in public if method.kind != "write" and not method.required]
    of_brand = [page for page in pages if page[0].name not in PLATFORM_WIDE]
    texts = twin.texts + ask(twin.suite.socket, twin.key, pages) + ask(twin.suite.admin_socket, twin.admin, of_brand)
    texts += [answer for (method, _), answer in zip(pages, ask(twin.suite.socket, twin.session, pages))
              if method.scope == "sessions:read"]
    # There are very many audit entries: two of the brand's own stand for them.
    twin.ids = {found for text in texts if '"leafIndex"' not in text for found in UUID.findall(text)}
    entries = [item["id"] for text in texts if '"leafIndex"' in text for item in json.loads(text).get("items", [])
               if item.get("brandId") == twin.brand.id]
    twin.ids |= set(entries[:2])
    twin.ids |= {twin.brand.id, twin.brand.key_id}
    twin.ids -= {example for method in public for example in UUID.findall(json.dumps(method.example))}


def user_methods(suite, twin, public):
    """Methods that answer a key's holder that they are for users."""
    asked = [method for method in public if "public" in method.callers]
    answers = ask(suite.socket, twin.key, [(method, method.example) for method in asked])
    return [method for method, answer in zip(asked, answers) if code(answer) == FORBIDDEN]


def powerless(report, suite, twin, public, of_users):
    """With ids of one's own the methods answer otherwise than with ids that do not exist: else nothing is shown."""
    told_apart = set()
    for probe in (Probe(suite.socket, twin.key, [method for method in public if method not in of_users]),
                  Probe(suite.socket, twin.session, of_users)):
        for method, _, _, answer, missing in probe.run(twin.ids):
            if answer != missing:
                told_apart.add(method.name)
    # Who signs in is refused in the same words whatever the brand.
    silent = {method.name for method in public if method.places and "anyone" not in method.callers} - told_apart
    report.equal("methods that take ids and tell none of their own brand's from one that does not exist",
                 sorted(silent), [])


def foreign(report, name, probes, theirs):
    asked, leaks, differing = 0, [], []
    for method, value, raw, answer, missing in (found for probe in probes for found in probe.run(theirs.ids)):
        asked += 1
        leaks += [(method.name, raw) for trace in theirs.foreign() if trace in raw.replace(value, "")]
        if answer != missing:
            differing.append((method.name, value, answer, missing))
    report.check(f"{name}: {asked:,} calls with ids of the other brand, not a byte of it in their answers",
                 asked and not leaks, leaks[:3])
    report.check("and each answered exactly like an id that does not exist", not differing, differing[:3])


def plain_calls(report, suite, ours, theirs, known):
    """Every method that clients reach, as its example shows it, and with the other brand's names in place of texts."""
    calls = []
    for method in known:
        if "anyone" in method.callers:
            continue
        calls.append((method, method.example))
        if method.kind != "write" and not method.required:
            calls.append((method, method.nothing))
        if method.kind == "read":
            calls += [(method, with_text(method.example, name, text)) for text in (theirs.mark, "twin")
                      for name, value in method.example.items() if isinstance(value, (str, dict))]
    for name, path, meta in (("a key", suite.socket, ours.key), ("a user", suite.socket, ours.session)):
        answers = ask(path, meta, calls)
        leaks = [(method.name, answer) for (method, params), answer in zip(calls, answers)
                 if theirs.mark not in json.dumps(params)
                 and any(trace in answer for trace in theirs.foreign())]
        report.check(f"{name}: {len(calls)} plain calls, not a byte of the other brand", not leaks, leaks[:3])
        lost = "m" + secrets.token_hex(8)
        named = [(method, params) for method, params in calls if theirs.mark in json.dumps(params)]
        there = ask(path, meta, named)
        gone = ask(path, meta, [(method, json.loads(json.dumps(params).replace(theirs.mark, lost)))
                                for method, params in named])
        differing = [(method.name, one, other) for (method, _), one, other in zip(named, there, gone)
                     if plain(one, theirs.mark) != plain(other, lost)]
        report.check(f"{name}: {len(named)} calls with names of the other brand, answered like names that nobody has",
                     not differing, differing[:3])


def with_text(params, name, text):
    """Parameters with a text in place of the one at `name`, or of each value inside an identifier."""
    params = copy.deepcopy(params)
    if isinstance(params[name], str):
        params[name] = text
    elif "value" in params[name]:
        params[name]["value"] = text
    return params


def platform(report, suite, ours, theirs, known):
    """What is not for clients answers a client nothing, whatever ids it is asked with."""
    closed = [method for method in known if not {"public", "anyone"} & set(method.callers)]
    wrong = []
    for meta in (ours.key, ours.session):
        for method in closed:
            values = [theirs.brand.id, theirs.brand.key_id, missing_id(theirs.brand.id)]
            for place in method.places or [None]:
                calls = [(method, method.calls(place, value)[-1] if place else method.example) for value in values]
                answers = ask(suite.socket, meta, calls)
                if len({plain(answer, value) for value, answer in zip(values, answers)}) != 1 or any(
                        code(answer) not in (FORBIDDEN, METHOD_NOT_FOUND) for answer in answers):
                    wrong.append((method.name, answers))
    report.check(f"{len(closed)} methods of the platform and between services are closed to clients, for any id",
                 not wrong, wrong[:3])


def internal(suite, ours, known):
    """Calls between services about one brand, each with the service that may make them."""
    for method in known:
        services = [caller for caller in method.callers if caller.startswith("service:")]
        if services and "admin" not in method.callers and method.kind != "flow":
            # What all services answer is asked of the one that has databases of brands.
            service = method.contract["x-service"].replace("platform", "signals")
            yield Probe(suite.directory / "run" / f"{service}.sock", None, [method],
                        {"brand": ours.brand.id, "principal": services[0]})


def state(suite, twin, public):
    """All that can be read of a brand without naming anything; the audit log is everybody's."""
    calls = [(method, method.nothing) for method in public
             if method.kind != "write" and not method.required and method.scope not in (None, "audit:read")
             and method.name not in PLATFORM_WIDE]
    answers = ask(suite.admin_socket, twin.admin, calls)
    return {method.name: MOVING.sub("", answer) for (method, _), answer in zip(calls, answers)}
