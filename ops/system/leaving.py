"""A brand is erased while everybody works in it: nothing revives it, then or later."""

import json
import secrets
import threading
import time

import purchases
import traces
from erasing import HEADER, MAPPING
from suite import Brand, Connection, Refused, wait_for

CONFLICT, NOT_FOUND, UNAUTHENTICATED = -32010, -32004, -32001


class Worker(threading.Thread):
    """Does one thing again and again over a connection that it opens again when it is lost."""

    def __init__(self, connect, work):
        super().__init__(daemon=True)
        self.connect, self.work = connect, work
        self.goes_on, self.problem = True, None
        # (when it was sent, whether it was done)
        self.done = []

    def run(self):
        connection, number = None, 0
        try:
            while self.goes_on:
                number += 1
                sent = time.monotonic()
                try:
                    connection = connection or self.connect()
                    self.work(connection, number)
                    self.done.append((sent, True))
                except Refused:
                    self.done.append((sent, False))
                    time.sleep(0.002)
                except (OSError, ValueError):
                    connection = None
                    time.sleep(0.01)
        except Exception as problem:
            self.problem = repr(problem)


def run(report, suite):
    mark = secrets.token_hex(12)
    brand = Brand(suite, f"Leaving {secrets.token_hex(4)}")
    organization = suite.gyre_json("brands", "list")["items"]
    organization = next(item["organizationId"] for item in organization if item["id"] == brand.id)
    provision = {"name": brand.name, "organizationId": organization, "industry": "retail"}

    def track(connection, number):
        connection.call("signals.track", {"event": "Leaving", "userId": f"{mark}-{number % 100}",
                                          "properties": {"note": mark}})

    def bring_in(connection, number):
        row = f"{mark},{mark}@example.org,+4930123456,2026-01-01,1.00\n"
        purchases.send(connection, f"leaving-{number}", MAPPING, [HEADER.encode() + row.encode() * 50])

    workers = [Worker(brand.connect, track) for _ in range(4)] + [Worker(brand.connect, bring_in)]
    revivers = [Worker(suite.admin, lambda connection, number: connection.call("brands.provision", provision)),
                Worker(suite.admin, lambda connection, number: connection.call("keys.create", {
                    "brandId": brand.id, "name": "late", "scopes": ["*:*"]})),
                Worker(lambda: Connection(suite.directory / "run" / "signals.sock"),
                       lambda connection, number: create_file(connection, brand.id))]
    brand.call("privacyRequests.submit", {"identity": "code", "identifiers": [{"type": "customerId", "value": mark}]})
    brand.call("experimentEvents.record", {"items": [{"type": "Leaving", "unitType": "user", "unit": mark}]})
    brand.call("integrations.create", {"kind": "smtp", "name": mark, "credentials": {"password": mark}})
    with suite.admin(brand.id) as connection:
        connection.call("users.invite", {"email": f"{mark}@example.org", "role": "viewer"})
    for worker in workers + revivers:
        worker.start()
    wait_for(lambda: all(len(worker.done) > 20 for worker in workers), what="work in the brand")
    found, _, _ = traces.search(suite.directory, [mark])
    services = {file.split("/")[0] for file, _, _ in found} & set(suite.PROCESSES)
    report.equal("what is looked for later stands in the databases of", sorted(services),
                 ["experiments", "gateway", "signals", "tenancy"])
    with suite.admin() as connection:
        connection.call("brands.erase", {"id": brand.id, "name": brand.name})
    erased = time.monotonic()
    for process in ("signals", "experiments", "stimuli", "gateway", "tenancy"):
        pid = suite.kill(process)
        wait_for(lambda: suite.pid(process) not in (None, pid), what=f"a new {process}")
    wait_for(lambda: status(suite, brand) == "erased", seconds=60, what="the end of the erasure")
    counts = [len(worker.done) for worker in workers + revivers]
    wait_for(lambda: all(len(worker.done) > count + 20 for worker, count in zip(workers + revivers, counts)),
             what="further attempts")
    for worker in workers + revivers:
        worker.goes_on = False
    for worker in workers + revivers:
        worker.join(60)
    before = sum(done for worker in workers for sent, done in worker.done)
    late = [done for worker in workers for sent, done in worker.done if sent > erased]
    report.check(f"of {len(late):,} calls into a brand that were sent after the reply of brands.erase none is done, of "
                 f"{before:,} before many", before > 100 and late and not any(late), sum(late))
    problems = [worker.problem for worker in workers + revivers if worker.problem]
    report.check("and nobody met anything else", not problems, problems)
    gone(report, suite, brand, mark, "while the brand left, and after services were killed on the way")
    suite.down()
    suite.up()
    gone(report, suite, brand, mark, "after a restart")
    again = next(item for item in suite.gyre_json("brands", "list")["items"] if item["name"] == brand.name)
    report.check("a brand of the same name, which was asked for all the time, is another one", again["id"] != brand.id,
                 again)
    with suite.admin(again["id"]) as connection:
        report.equal("nobody is in it", connection.call("actors.count")["actors"], 0)


def create_file(connection, brand):
    reply = connection.exchange(json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "brandFiles.create", "params": {"brand": brand},
        "context": {"principal": "service:tenancy", "brand": brand}}).encode())
    if "error" in reply:
        raise Refused(reply["error"])


def status(suite, brand):
    try:
        with suite.admin() as connection:
            return connection.call("brands.get", {"id": brand.id})["status"]
    except (OSError, ValueError, Refused):
        return None


def gone(report, suite, brand, mark, when):
    left = [str(path) for path in suite.directory.rglob(f"{brand.id}*") if not path.name.endswith(".erased")]
    report.check(f"{when}: no file of it but the markers", not left, left)
    found, files, size = traces.search(suite.directory, [mark])
    report.check(f"no byte of what was in it in {files} files, {size:,} bytes", not found, found[:5])
    with brand.connect() as connection:
        error = connection.refusal("actors.count")
        report.check("its key is refused", error and error.code == UNAUTHENTICATED, error)
    with Connection(suite.directory / "run" / "signals.sock") as connection:
        try:
            create_file(connection, brand.id)
            refused = None
        except Refused as error:
            refused = error
        report.check("its file cannot be made again", refused and refused.code == CONFLICT, refused)
    with suite.admin(brand.id) as connection:
        error = connection.refusal("actors.count")
        report.check("and to the administrator it is not there", error and error.code == NOT_FOUND, error)
