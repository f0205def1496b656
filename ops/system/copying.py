"""A customer of the real import gets their copy, takes what they gave to another brand, and has an error put right."""

import json
import pathlib
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import purchases
from suite import Brand, Connection, wait_for

ORACLE = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Oracles" / "archive_open.py"
DOWNLOADS = 5
FORBIDDEN, ILLEGAL_TRANSITION = -32003, -32013


def run(report, suite, directory):
    brand = Brand(suite, "Copies")
    bought = purchases.Purchases(directory)
    suite.gyre("import", bought.path, "--mapping", bought.mapping, "--brand", brand.id)
    customer, count = Counter(row.split(",")[0] for row in bought.rows).most_common(1)[0]
    own = [row.split(",") for row in bought.rows if row.split(",")[0] == customer]
    with brand.connect() as connection:
        connection.call("signals.identify", {
            "userId": customer, "identifiers": [{"type": "email", "value": "copy@example.org"}],
            "traits": {"city": "Berm", "note": "a <b>bold</b> & \u00fcber\nlong one"}})
    unapproved(report, suite, brand)
    access(report, suite, brand, directory, customer, own)
    elsewhere(report, suite, brand, directory, count)
    corrected(report, suite, brand)
    interrupted(report, suite, brand, directory)
    erased(report, suite, brand)


def unapproved(report, suite, brand):
    """Whoever may submit for themselves gets nothing out by themselves."""
    key, _ = brand.new_key("self-service", "privacyRequests:write", "privacyRequests:read")
    with Connection(suite.socket, key=key) as connection:
        request = connection.call("privacyRequests.submit", {
            "kind": "access", "identifiers": [{"type": "email", "value": "copy@example.org"}]})
        refusals = [connection.refusal(method, {"id": request["id"]})
                    for method in ("privacyRequests.approve", "privacyRequests.download")]
        status = connection.call("privacyRequests.cancel", {"id": request["id"]})["status"]
    report.equal("a key for self-service can neither approve nor download",
                 [error and error.code for error in refusals], [FORBIDDEN, ILLEGAL_TRANSITION])
    report.equal("what nobody approved can be taken back", status, "cancelled")


def copy(suite, brand, kind, path, *identifiers):
    return suite.gyre_json("privacy", kind, "--brand", brand.id, *(identifiers or ["email=copy@example.org"]),
                           "--regulation", "gdpr", "--approve", "--output", path)


def opened(suite, path, passphrase, directory):
    """What gyre says when it opens an archive without its suite, and the files."""
    done = subprocess.run(
        [str(suite.program), "privacy", "open", str(path), "--output", str(directory), "--json"],
        input=passphrase + "\n", capture_output=True, text=True)
    files = {str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()}
    return done.returncode, files


def rows(files, table):
    return [json.loads(line) for line in files.get(f"data/signals/{table}.ndjson", b"").splitlines()]


def access(report, suite, brand, directory, customer, own):
    path = directory / "access.gyre"
    made = copy(suite, brand, "access", path)
    report.equal("gyre privacy access, approved, ends as", made["request"]["status"], "completed")
    status, files = opened(suite, path, made["passphrase"], directory / "access")
    report.equal("gyre privacy open opens and checks it, with status", status, 0)
    signals = [row for row in rows(files, "signals") if row["event"] == "Order Completed"]
    report.equal(f"customer {customer} finds as many purchases in it as stand in the file", len(signals), len(own))
    report.equal("with their exact sum", sum(Decimal(row["revenue"]) for row in signals),
                 sum(Decimal(row[3]) for row in own))
    report.equal("on the same days", sorted(row["timestamp"][:10] for row in signals), sorted(row[1] for row in own))
    report.check("and nobody else's identifier", {row["value"] for row in rows(files, "identifiers")}
                 == {customer, "copy@example.org"}, rows(files, "identifiers"))
    page = files["index.html"].decode()
    report.check("the page for people shows what was sent as text", "&lt;b&gt;bold" in page and "<b>bold" not in page)
    key = suite.gyre("privacy", "key").strip()
    oracle = subprocess.run([sys.executable, str(ORACLE), str(path), "--key", key, "--json"],
                            input=made["passphrase"] + "\n", capture_output=True, text=True)
    report.equal("a reader in another language opens and verifies it with the suite's key, with status",
                 oracle.returncode, 0)
    report.equal("another passphrase opens nothing, with status",
                 opened(suite, path, "AAAA-" * 5 + "AAAA", directory / "not")[0], 1)
    held = [file for file in suite.directory.rglob("*") if file.is_file() and "archives" in file.parts
            and any(text in file.read_bytes() for text in (b"copy@example.org", b"Order Completed"))]
    report.check("the suite's own file of it can be read by nobody", held == [], held)
    with suite.admin(brand.id) as connection:
        for _ in range(DOWNLOADS - 1):
            connection.call("privacyRequests.download", {"id": made["request"]["id"]})
        error = connection.refusal("privacyRequests.download", {"id": made["request"]["id"]})
    report.check(f"after {DOWNLOADS} downloads there are no more", error and "5 times" in error.message, error)


def elsewhere(report, suite, brand, directory, count):
    path = directory / "portability.gyre"
    made = copy(suite, brand, "portability", path)
    _, first = opened(suite, path, made["passphrase"], directory / "portability")
    other = Brand(suite, "Elsewhere")
    taken = suite.gyre_json("privacy", "import-archive", directory / "portability", "--brand", other.id)
    report.equal("what a customer takes along is taken in by an empty brand, signals", taken["accepted"], count + 1)
    again = suite.gyre_json("privacy", "import-archive", directory / "portability", "--brand", other.id)
    report.equal("and once only; another time are known already", again["duplicates"], count + 1)
    made = copy(suite, other, "portability", directory / "again.gyre")
    _, second = opened(suite, directory / "again.gyre", made["passphrase"], directory / "again")
    data = {name: data for name, data in first.items() if name.startswith("data/")}
    report.check(f"which hands over the same bytes: {', '.join(sorted(data))}",
                 data and data == {name: data for name, data in second.items() if name.startswith("data/")},
                 [sorted(first), sorted(second)])


def corrected(report, suite, brand):
    done = suite.gyre_json("privacy", "correct", "--brand", brand.id, "email=copy@example.org", "--trait", "city=Bern",
                           "--wrong", "email=copy@example.org", "--right", "email=right@example.org")
    report.equal("gyre privacy correct says what became of it",
                 [(entry["name"], entry["outcome"]) for entry in done["corrections"]],
                 [("city", "corrected"), ("email", "corrected")])
    profile = brand.call("actors.get", {"identifier": {"type": "email", "value": "right@example.org"}})
    report.equal("the customer lives where they say", profile["traits"]["city"], "Bern")


def interrupted(report, suite, brand, directory):
    """A copy whose gateway is killed right after its approval."""
    with suite.admin(brand.id) as connection:
        request = connection.call("privacyRequests.submit", {
            "kind": "access", "identifiers": [{"type": "email", "value": "right@example.org"}]})
        passphrase = connection.call("privacyRequests.approve", {"id": request["id"]})["passphrase"]
    suite.kill("gateway")

    def status():
        done = suite.run("privacy", "show", request["id"], "--brand", brand.id, "--json")
        return done.returncode == 0 and json.loads(done.stdout)["status"] == "completed"

    wait_for(status, what="the end of the request")
    path = directory / "interrupted.gyre"
    suite.gyre("privacy", "download", request["id"], "--brand", brand.id, "--output", path)
    code, files = opened(suite, path, passphrase, directory / "interrupted")
    report.check("a copy whose gateway dies right after the approval is made all the same",
                 code == 0 and any(row["was"] == "Berm" for row in rows(files, "corrections") if "was" in row),
                 sorted(files))


def erased(report, suite, brand):
    request = suite.gyre_json("privacy", "erase", "--brand", brand.id, "email=right@example.org")
    report.equal("the customer's erasure ends as", request["status"], "completed")
    left = list((suite.directory / "gateway" / "archives").glob("*.gyre"))
    with suite.admin(brand.id) as connection:
        copies = [entry for entry in connection.call("privacyRequests.list")["items"] if "archive" in entry]
    report.check(f"and removes the {len(copies)} copies of the customer that waited here",
                 len(copies) == 3 and all("removedAt" in entry["archive"] for entry in copies) and len(left) == 1, copies)
