"""Each process dies at each step of each kind of privacy request, just before the step is on disk and just after: the end
is the same. And undisturbed, the steps come in the order that this relies on."""

import base64
import http.server
import json
import secrets
import subprocess
import threading
import time
import uuid

import traces
from erasing import Person
from suite import Brand, Refused, Suite, wait_for

SERVICES = ["experiments", "gateway", "signals", "stimuli", "tenancy"]
# After so many deaths the suite is started anew: its supervisor waits ever longer with a process that dies soon.
ROUNDS_OF_SUITE = 4
ENDED = "completed"
KINDS = ["erasure", "access", "portability", "correction", "restriction", "objection", "optOut"]
COPIES = {"access", "portability"}
# What those are told of to whom the person's data was given.
NOTICED = {"erasure", "correction", "restriction"}
TOLD = ["pending", "in_progress", "completed"]


class Receiver:
    """Another company's endpoint for callbacks."""

    def __init__(self):
        told = self.told = []
        # Notices to a recipient of people's data.
        noticed = self.noticed = []
        # Answers with a status that means: not now.
        self.refuses = False
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not receiver.refuses:
                    (told if self.path == "/hook" else noticed).append((json.loads(body), body, dict(self.headers)))
                self.send_response(503 if receiver.refuses else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.notice_url = f"http://127.0.0.1:{self.server.server_address[1]}/notices"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def statuses(self, reference):
        """What was told of a request, in its order; what was told again in a row counts once."""
        statuses = [body["request_status"] for body, _, _ in self.told if body["subject_request_id"] == reference]
        return [status for index, status in enumerate(statuses) if index == 0 or statuses[index - 1] != status]

    def notices(self, reference):
        """What was told of the person whom the recipient calls so; what was told again counts once."""
        return sorted({body["notice"] for body, _, _ in self.noticed if body["references"] == [reference]})

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def run(report, programs, directory, full=False):
    marks = directory / "failpoints"
    marks.mkdir()
    receiver = Receiver()
    suite = Suite(programs, directory / "failing", GYRE_FAILPOINTS=marks, GYRE_CALLBACK_PRIVATE_HOSTS="127.0.0.1")
    suite.up()
    try:
        steps = {service: [line.split() for line in (marks / f"{service}.steps").read_text().splitlines()]
                 for service in SERVICES if (marks / f"{service}.steps").exists()}
        if not steps:
            report.say("these programs are of a release build, which has no failpoints: nothing to do")
            return
        report.equal("the services that have steps to die at", sorted(steps), SERVICES)
        work = Work(suite, Brand(suite, "Failing"), receiver, marks, directory)
        rounds = 0
        for kind in KINDS:
            rounds = go_through(report, work, kind, deaths(steps, kind, full), rounds)
    finally:
        suite.clean_up()
        receiver.close()


def deaths(steps, kind, full):
    """Service, step and moment of each death that a kind is to survive.

    All of an erasure's; of the others those that are their own, at their end, once. Everything, if that is wanted.
    """
    found = []
    for service in SERVICES:
        for step, *kinds in steps[service]:
            if kind not in kinds:
                continue
            if full or kind == "erasure":
                found += [(service, step, "before"), (service, step, "after")]
            elif kind == kinds[0] and "erasure" not in kinds:
                found.append((service, step, "after"))
    return found


def go_through(report, work, kind, deaths, rounds):
    """- Returns: how often processes died so far."""
    trace = work.marks / "trace"
    trace.touch()
    expected = work.outcome(kind)
    passed = trace.read_text().split()
    trace.unlink()
    report.say(f"undisturbed, a request for {kind} ends so: {expected}")
    report.equal("the other company is told", expected["told"], TOLD)
    wrong = disorder(kind, passed)
    report.check(f"its {len(passed)} steps come in their order", not wrong, (wrong, passed))
    different, unreached = [], []
    for service, step, moment in deaths:
        if rounds and rounds % ROUNDS_OF_SUITE == 0:
            work.suite.down()
            work.suite.up()
        rounds += 1
        mark = work.marks / f"{service}.{step}.{moment}"
        mark.touch()
        result = work.outcome(kind)
        if mark.exists():
            unreached.append(mark.name)
            mark.unlink()
        if result != expected:
            different.append((mark.name, result))
    if not deaths:
        return rounds
    report.check(f"{len(deaths)} deaths of {kind}, each where it was meant", not unreached, unreached)
    report.check("after every one of them the end is the same: nothing lost, nothing doubled", not different, different)
    return rounds


def disorder(kind, passed):
    """What comes before something that has to come after it, in the steps that were passed."""
    def places(step, moment):
        return [place for place, name in enumerate(passed) if name.endswith(f"{step}.{moment}")]

    asked = {"erasure": "marked", "correction": "corrected"} | dict.fromkeys(COPIES, "found")
    # The left one is on disk, for the last time, before the right one begins.
    order = [("begun", asked.get(kind, "restricted")), ("noted", "ended"), ("ended", "certified")]
    if kind in COPIES:
        order += [("approved", "begun"), ("noted", "exported"), ("exported", "archived"), ("archived", "ended")]
    if kind in NOTICED:
        order += [("ended", "noticed")]
    if kind == "erasure":
        order += [("marked", "entered"), ("entered", "searchedBrandFile"), ("entered", "searchedServiceFile"),
                  ("removed", "searched"), ("searchedBrandFile", "ended"), ("searchedServiceFile", "ended"),
                  ("searched", "ended"), ("ended", "reviewed"), ("reviewed", "certified")]
    wrong = [f"{first} before {second}" for first, second in order
             if not (0 <= max(places(f".{first}", "after"), default=-1) < min(places(f".{second}", "before"), default=-1))]
    for service in SERVICES if kind == "erasure" else []:
        for file in ("erasedBrandFile", "erasedServiceFile"):
            begun = entered = False
            for name in passed:
                if name == f"{service}.{file}.before":
                    begun, entered = True, False
                elif name == f"{service}.entered.after":
                    entered = True
                elif name == f"{service}.{file}.after" and not (begun and entered):
                    wrong.append(f"{service}: the ledger before {file}")
    return wrong


class Work:
    """What is done again and again, and what came of it."""

    def __init__(self, suite, brand, receiver, marks, directory):
        self.suite, self.brand, self.receiver, self.marks, self.directory = suite, brand, receiver, marks, directory

    def outcome(self, kind):
        """Plants a person and has a request of theirs carried out; what came of it, without what differs each time."""
        person = Person()
        before = self.totals()
        self.call("signals.identify", {
            "userId": person.id, "identifiers": person.identifiers, "messageId": secrets.token_hex(8),
            "traits": {"contact": person.email, "city": "Berm"}})
        for _ in range(2):
            self.call("signals.track", {
                "event": "Order Completed", "userId": person.id, "messageId": secrets.token_hex(8)})
        named = self.disclosed(person)
        request, reference, passphrase = self.submitted(kind, person)
        wait_for(lambda: self.call("privacyRequests.get", {"id": request})["status"] == ENDED,
                 what=f"the end of the request for {kind}")
        certificate = wait_for(lambda: self.certificate(request), what="the certificate")
        wait_for(lambda: self.receiver.statuses(reference)[-1:] == [ENDED], what="the last callback")
        states = ["byHand", "delivered"] if kind in NOTICED else []
        wait_for(lambda: self.notices(request) == states, what="the notices to recipients")
        path = self.directory / "failing-certificate.json"
        path.write_text(json.dumps(certificate))
        verified = subprocess.run([str(self.suite.program), "privacy", "verify", str(path)], capture_output=True)
        payload = certificate["payload"]
        result = {
            "rows": {f"{service['service']}.{table['table']}": table["rows"]
                     for service in payload["services"] for table in service["rows"] if table["rows"]},
            "kept": sorted(f"{entry['service']}.{entry['table']}" for entry in payload["kept"]),
            "told": self.receiver.statuses(reference), "noticed": self.receiver.notices(named),
            "added": [after - earlier for after, earlier in zip(self.totals(), before)],
            "certificate": verified.returncode}
        if kind == "erasure":
            found, _, _ = traces.search(self.suite.directory, person.values)
            hits = sum(service.get("scanHits", 0) for service in payload["services"])
            return result | {"left": len(found), "hits": hits}
        if kind in COPIES:
            return result | {"opened": self.opened(request, passphrase)}
        who = {"type": "email", "value": person.email}
        if kind == "correction":
            return result | {"outcomes": payload["corrections"],
                             "city": self.call("actors.get", {"identifier": who})["traits"]["city"]}
        items = self.call("restrictions.list", {"identifier": who})["items"]
        return result | {"restrictions": [(item["kind"], item["source"]) for item in items]}

    def disclosed(self, person):
        """The person's data is given to one recipient who is told by the suite, and one who is told by hand.

        - Returns: what the first calls the person.
        """
        ids = {item["name"]: item["id"] for item in self.call("recipients.list", {})["items"]}
        for name, place in (("Told", {"noticeUrl": self.receiver.notice_url}), ("By hand", {"contact": "a post box"})):
            if name not in ids:
                ids[name] = self.call("recipients.create", {"name": name, "kind": "other"} | place)["id"]
        named = "patient-" + secrets.token_hex(8)
        for name, accounting in (("Told", "due"), ("By hand", "notCovered")):
            self.call("disclosures.record", {
                "recipientId": ids[name], "description": "an address", "purpose": "a test", "accounting": accounting,
                "identifier": {"type": "email", "value": person.email},
                **({"reference": named} if name == "Told" else {})})
        return named

    def notices(self, request):
        """How those stand to whom the person's data was given."""
        return sorted(item["state"] for item in self.call("privacyNotices.list", {"requestId": request})["items"])

    def submitted(self, kind, person):
        """The request, what the other company calls it, and the passphrase of a copy."""
        while True:
            reference = str(uuid.uuid4())
            params = {"kind": kind, "identifiers": [{"type": "email", "value": person.email}], "regulation": "gdpr",
                      "reference": reference, "callbackUrls": [self.receiver.url]}
            if kind == "correction":
                params["corrections"] = [{"of": "trait", "name": "city", "value": '"Bern"'}]
            request = self.call("privacyRequests.submit", params)["id"]
            if kind not in COPIES:
                return request, reference, None
            try:
                return request, reference, self.call("privacyRequests.approve", {"id": request})["passphrase"]
            except Refused as refused:
                # The passphrase went down with the process that made it, and nothing else has it: a new request.
                if "its passphrase is shown once" not in str(refused):
                    raise

    def opened(self, request, passphrase):
        """How many rows of each table are in the copy."""
        whole = b""
        while True:
            part = self.call("privacyRequests.download", {"id": request, "offset": len(whole)})
            whole += base64.b64decode(part["data"])
            if len(whole) >= part["archive"]["bytes"]:
                break
        path, files = self.directory / "failing.gyre", self.directory / f"opened-{request}"
        path.write_bytes(whole)
        subprocess.run([str(self.suite.program), "privacy", "open", str(path), "--output", str(files)],
                       input=passphrase + "\n", capture_output=True, text=True, check=True)
        return {str(file.relative_to(files)): len(file.read_bytes().splitlines()) for file in files.rglob("*.ndjson")}

    def call(self, method, params):
        """The result of a call that is sent again while a process is away, or has just come back: then limits count as
        spent for a moment."""
        end = time.monotonic() + 60
        while True:
            try:
                return self.brand.call(method, params)
            except (OSError, ConnectionError, ValueError):
                if time.monotonic() > end:
                    raise
            except Refused as refused:
                if refused.code not in (-32009, -32014, -32029, -32096, -32097) or time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def certificate(self, request):
        try:
            return self.call("privacyRequests.certificate", {"id": request})
        except Refused:
            return None

    def totals(self):
        """Actors and signals."""
        summary = self.call("signals.summarize", {})
        return self.call("actors.count", {})["actors"], summary["signals"]
