"""Each process dies at each step of an erasure, just before the step is on disk and just after: the end is the same."""

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

SERVICES = ["gateway", "signals", "tenancy"]
# After so many deaths the suite is started anew: its supervisor waits ever longer with a process that dies soon.
ROUNDS_OF_SUITE = 4
ENDED = "completed"


class Receiver:
    """Another company's endpoint for callbacks."""

    def __init__(self):
        told = self.told = []
        # Answers with a status that means: not now.
        self.refuses = False
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not receiver.refuses:
                    told.append((json.loads(body), body, dict(self.headers)))
                self.send_response(503 if receiver.refuses else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def statuses(self, reference):
        """What was told of a request, in its order; what was told again in a row counts once."""
        statuses = [body["request_status"] for body, _, _ in self.told if body["subject_request_id"] == reference]
        return [status for index, status in enumerate(statuses) if index == 0 or statuses[index - 1] != status]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def run(report, programs, directory):
    marks = directory / "failpoints"
    marks.mkdir()
    receiver = Receiver()
    suite = Suite(programs, directory / "failing", GYRE_FAILPOINTS=marks, GYRE_CALLBACK_PRIVATE_HOSTS="127.0.0.1")
    suite.up()
    try:
        steps = {service: (marks / f"{service}.steps").read_text().split() for service in SERVICES
                 if (marks / f"{service}.steps").exists()}
        if not steps:
            report.say("these programs are of a release build, which has no failpoints: nothing to do")
            return
        report.equal("the services that have steps to die at", sorted(steps), SERVICES)
        brand = Brand(suite, "Failing")
        go_through(report, suite, brand, receiver, marks, steps, directory)
    finally:
        suite.clean_up()
        receiver.close()


def go_through(report, suite, brand, receiver, marks, steps, directory):
    expected = outcome(report, suite, brand, receiver, directory)
    report.say(f"undisturbed, an erasure ends so: {expected}")
    report.equal("the other company is told", expected["told"], ["pending", "in_progress", "completed"])
    deaths = [(service, step, moment) for service in SERVICES for step in steps[service]
              for moment in ("before", "after")]
    different, unreached = [], []
    for number, (service, step, moment) in enumerate(deaths):
        if number and number % ROUNDS_OF_SUITE == 0:
            suite.down()
            suite.up()
        mark = marks / f"{service}.{step}.{moment}"
        mark.touch()
        result = outcome(report, suite, brand, receiver, directory)
        if mark.exists():
            unreached.append(mark.name)
            mark.unlink()
        if result != expected:
            different.append((mark.name, result))
    report.check(f"{len(deaths)} deaths, each where it was meant: the steps of every service, before and after",
                 not unreached, unreached)
    report.check("after every one of them the end is the same: nothing lost, nothing doubled", not different, different)


def outcome(report, suite, brand, receiver, directory):
    """Plants a person and erases them; what came of it, without what differs from time to time."""
    person, reference = Person(), str(uuid.uuid4())
    before = brand.totals()
    brand.call("signals.identify", {
        "userId": person.id, "identifiers": person.identifiers, "traits": {"contact": person.email}})
    for _ in range(2):
        brand.call("signals.track", {"event": "Order Completed", "userId": person.id, "messageId": secrets.token_hex(8)})
    request = patiently(suite, brand, "privacyRequests.submit", {
        "identifiers": [{"type": "email", "value": person.email}], "regulation": "gdpr", "reference": reference,
        "callbackUrls": [receiver.url]})
    wait_for(lambda: patiently(suite, brand, "privacyRequests.get", {"id": request["id"]})["status"] == ENDED,
             what="the end of the erasure")
    certificate = wait_for(lambda: has_certificate(suite, brand, request["id"]), what="the certificate")
    wait_for(lambda: receiver.statuses(reference)[-1:] == [ENDED], what="the last callback")
    path = directory / "failing-certificate.json"
    path.write_text(json.dumps(certificate))
    verified = subprocess.run([str(suite.program), "privacy", "verify", str(path)], capture_output=True)
    found, _, _ = traces.search(suite.directory, person.values)
    rows = {f"{service['service']}.{table['table']}": table["rows"]
            for service in certificate["payload"]["services"] for table in service["rows"] if table["rows"]}
    return {"rows": rows, "told": receiver.statuses(reference), "left": len(found),
            "added": [after - earlier for after, earlier in zip(patient_totals(brand)[:2], before[:2])],
            "certificate": verified.returncode, "hits": sum(
                service.get("scanHits", 0) for service in certificate["payload"]["services"])}


def patiently(suite, brand, method, params):
    """The result of a call that is sent again while a process is away."""
    end = time.monotonic() + 60
    while True:
        try:
            with suite.admin(brand.id) as connection:
                return connection.call(method, params)
        except (OSError, ConnectionError, ValueError):
            if time.monotonic() > end:
                raise
        except Refused as refused:
            if refused.code not in (-32009, -32014, -32096, -32097) or time.monotonic() > end:
                raise
        time.sleep(0.02)


def has_certificate(suite, brand, request):
    try:
        return patiently(suite, brand, "privacyRequests.certificate", {"id": request})
    except Refused:
        return None


def patient_totals(brand):
    return wait_for(lambda: totals(brand), what="an answer")


def totals(brand):
    try:
        return brand.totals()
    except (OSError, ConnectionError, ValueError, Refused):
        return None
