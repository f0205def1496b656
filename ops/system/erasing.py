"""A customer is planted everywhere, erased, looked for in every byte, and refused from then on."""

import json
import pathlib
import secrets
import subprocess
import sys

import purchases
import traces
from participating import Participation
from suite import Refused, wait_for

SUPPRESSED = -32020
ORACLES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Oracles"


class Person:
    """Somebody whose identifiers are found nowhere by chance."""

    def __init__(self):
        self.id = secrets.token_hex(16)
        self.email = f"{secrets.token_hex(6)}+{secrets.token_hex(3)}@example.org"
        self.phone = f"+49/{secrets.randbelow(10**12):012}"
        # Telephone numbers are kept in the one form that all their spellings have in common, too.
        self.values = [self.id, self.email, self.phone, "".join(filter(str.isdigit, self.phone))]

    @property
    def identifiers(self):
        return [{"type": "email", "value": self.email}, {"type": "phone", "value": self.phone}]


MAPPING = {
    "source_fields": {"id": "identifier.customerId", "email": "identifier.email", "phone": "properties.phone",
                      "at": "timestamp", "amount": "revenue"},
    "constants": {"event": "Order Completed"}, "timestamp_format": "yyyy-MM-dd"}
HEADER = "id,email,phone,at,amount\n"


def run(report, suite, brand, other, directory):
    person, experiments = Person(), Participation(brand)
    plant(brand, person)
    experiments.plant(person)
    before, of_many = brand.totals(), experiments.of_many()
    found, files, size = traces.search(suite.directory, person.values)
    report.check(f"the planted customer is found in {len({where for where, _, _ in found})} of {files} files, "
                 "so that looking for them proves something",
                 {value for _, value, _ in found} == set(person.values), found)

    request = suite.gyre_json("privacy", "erase", "--brand", brand.id, "--regulation", "gdpr",
                              f"email={person.email}")
    report.equal("gyre privacy erase, given the e-mail address alone, ends as", request["status"], "completed")
    rows = {f"{service['service']}.{table['table']}": table["rows"]
            for service in request["services"] for table in service["rows"] if table["rows"]}
    report.check(f"the certificate says what was erased: {rows}", sum(rows.values()) >= 4, rows)
    report.check("the certificate names nobody", not any(value in str(request) for value in person.values), request)
    nothing_left(report, suite, person, "after the erasure")
    after = brand.totals()
    report.equal("one actor fewer than before", before[0] - after[0], 1)
    experiments.erased(report, person, of_many, rows)

    refused(report, suite, brand, person)
    experiments.refused(report, person)
    nothing_left(report, suite, person, "after the customer was sent again, by every way in")
    suite.down()
    suite.up()
    with brand.connect() as connection:
        error = connection.refusal("signals.track", {"event": "x", "identifiers": person.identifiers[:1]})
        report.check("a restart does not forget the refusal", error and error.code == SUPPRESSED, error)
    nothing_left(report, suite, person, "after a restart")
    known_by_a_trait(report, suite, brand)
    certified(report, suite, brand, directory)
    interrupted(report, suite, brand)
    taken = other.call("signals.track", {"event": "x", "identifiers": person.identifiers})
    report.equal("another brand, which erased nobody, takes the same customer as", taken["status"], "accepted")


def plant(brand, person):
    """Puts the customer wherever data can be: tables, open-ended members, bad rows, a file that is half in."""
    row = f"{person.id},{person.email},{person.phone},2026-01-01,1.00\n"
    with brand.connect() as connection:
        connection.call("signals.identify", {
            "userId": person.id, "identifiers": person.identifiers, "messageId": f"{secrets.token_hex(8)}-identify",
            "traits": {"contact": person.email, "note": f"call {person.phone}"}})
        connection.call("signals.track", {
            "event": "Order Completed", "userId": person.id, "revenue": "12.00",
            "properties": {"deliverTo": {"email": person.email, "phones": [person.phone]}, "customer": person.id}})
        connection.call("signals.batch", {"items": [
            {"type": "track", "event": "Order Completed", "userId": person.id, "messageId": secrets.token_hex(8)},
            {"type": "track", "event": "Somebody Else", "anonymousId": "visitor-1"}]})
        bad = f"{person.id},{person.email},{person.phone},yesterday,1.00\n"
        purchases.send(connection, "planted", MAPPING, [(HEADER + row + bad).encode()])
        # A file whose last chunk ends inside the customer's row.
        half = connection.call("imports.create", {"source": "half-in", "mapping": MAPPING})
        purchases.append(connection, half["id"], 0, (HEADER + row[:-6]).encode(), False)


def nothing_left(report, suite, person, when):
    found, files, size = traces.search(suite.directory, person.values)
    report.check(f"{when}: no form of any identifier in {files} files, {size:,} bytes", not found, found)


def refused(report, suite, brand, person):
    """Every way in refuses the same customer, whichever identifier they come with."""
    with brand.connect() as connection:
        ways = {"the id": {"userId": person.id}, "the e-mail address": {"identifiers": person.identifiers[:1]},
                "the phone number": {"identifiers": person.identifiers[1:]}}
        for name, identity in ways.items():
            error = connection.refusal("signals.track", {"event": "Order Completed", **identity})
            report.check(f"signals.track with {name} is refused as suppressed", error and error.code == SUPPRESSED, error)
        error = connection.refusal("signals.identify", {"userId": person.id, "traits": {"plan": "gold"}})
        report.check("so is signals.identify", error and error.code == SUPPRESSED, error)
        verdicts = connection.call("signals.batch", {"items": [
            {"type": "track", "event": "Order Completed", "userId": person.id},
            {"type": "track", "event": "Somebody Else", "anonymousId": "visitor-1"}]})["verdicts"]
        report.equal("in a batch the customer's item is refused, the other is taken",
                     [(verdict["status"], verdict.get("code")) for verdict in verdicts],
                     [("rejected", SUPPRESSED), ("accepted", None)])
        rows = [f"{person.id},a@example.org,1,2026-01-01,1.00", f"x,{person.email},1,2026-01-01,1.00",
                "unharmed,,1,2026-01-01,1.00"]
        result = purchases.send(connection, "again", MAPPING, [(HEADER + "\n".join(rows) + "\n").encode()])
        report.equal("in a file the customer's rows are refused, the other is taken",
                     (result["accepted"], result["rejected"]), (1, 2))
        listed = connection.call("rejectedRows.list", {"importId": result["id"]})["items"]
        report.check("the list of bad rows gives their lines and keeps nothing of them",
                     [row["line"] for row in listed] == [2, 3] and all(row["row"] == "" for row in listed), listed)
        missing = connection.refusal("actors.get", {"identifier": {"type": "email", "value": person.email}})
        report.check("actors.get knows nobody by that address", missing and missing.code == -32004, missing)


def known_by_a_trait(report, suite, brand):
    """Whose address is a trait only is found by it, and refused by it; of two with the same nobody is guessed."""
    person, shared = Person(), f"{secrets.token_hex(10)}@example.org"
    first, second = secrets.token_hex(16), secrets.token_hex(16)
    with brand.connect() as connection:
        connection.call("signals.identify", {
            "userId": person.id, "traits": {"email": person.email, "phone": person.phone, "city": "Ulm"}})
        for customer in (first, second):
            connection.call("signals.identify", {"userId": customer, "traits": {"email": shared}})
        request = suite.gyre_json("privacy", "erase", "--brand", brand.id, f"email={person.email.upper()}")
        rows = {table["table"]: table["rows"] for service in request["services"] for table in service["rows"]}
        report.check("somebody whose address is a trait is erased by it, with their identifiers",
                     request["status"] == "completed" and rows.get("actors") == 1 and rows.get("traits") == 3, request)
        # The request itself named them; the certificate comes when that is forgotten, too.
        wait_for(lambda: suite.run("privacy", "certificate", request["id"], "--brand", brand.id).returncode == 0)
        nothing_left(report, suite, person, "after that")
        ways = [("signals.identify", {"userId": person.id}),
                ("signals.identify", {"userId": first, "traits": {"email": person.email}}),
                ("signals.track", {"event": "x", "userId": first, "properties": {"email": person.email}})]
        errors = [connection.refusal(*way) for way in ways]
        report.check("and refused by the address wherever it stands",
                     all(error and error.code == SUPPRESSED for error in errors), errors)
        before = brand.totals()
        for kind in ("erase", "opt-out"):
            done = suite.run("privacy", kind, "--brand", brand.id, f"email={shared}")
            report.check(f"an address that two people have as a trait is nobody's: {kind} is denied, with what to do",
                         done.returncode != 0 and "denied (severalPeople)" in done.stdout
                         and "name each by an identifier" in done.stdout and "Nothing was known" not in done.stdout,
                         (done.stdout, done.stderr))
        report.equal("nothing was erased, and nobody made", brand.totals(), before)
        suite.gyre("privacy", "erase", "--brand", brand.id, f"customerId={first}")
        suite.gyre("privacy", "opt-out", "--brand", brand.id, f"email={shared}")
        stopped = suite.gyre_json("restrictions", f"customerId={second}", "--brand", brand.id)["items"]
        report.equal("when one of them is gone it means the other", [stop["kind"] for stop in stopped], ["optOut"])


def certified(report, suite, brand, directory):
    """What was done is signed, and can be checked without the suite; a code stands between a stranger and an erasure."""
    person = Person()
    plant_one(brand, person)
    with suite.admin(brand.id) as connection:
        request = connection.call("privacyRequests.submit", {
            "identifiers": [{"type": "email", "value": person.email}], "regulation": "gdpr", "identity": "code"})
        code = request["verificationCode"]
        wrong = connection.call("privacyRequests.verify", {"id": request["id"], "code": f"{(int(code) + 1) % 10**8:08}"})
        report.equal("a wrong code costs an attempt and does nothing else", (wrong["status"], wrong["attemptsLeft"]),
                     ("received", 4))
        error = connection.refusal("privacyRequests.certificate", {"id": request["id"]})
        report.check("there is no certificate yet", error and error.code == -32013, error)
        connection.call("privacyRequests.verify", {"id": request["id"], "code": code})
    report.equal("with the code it is carried out", wait_until_completed(suite, brand, request["id"]), "completed")
    path = directory / "certificate.json"
    wait_for(lambda: suite.run("privacy", "certificate", request["id"], "--brand", brand.id).returncode == 0)
    path.write_text(suite.gyre("privacy", "certificate", request["id"], "--brand", brand.id))
    payload = json.loads(path.read_text())["payload"]
    report.check("the certificate counts rows and the bytes that were searched in vain",
                 sum(rows["rows"] for service in payload["services"] for rows in service["rows"]) >= 3
                 and all(service["scannedBytes"] > 0 and service["scanHits"] == 0 for service in payload["services"]),
                 payload["services"])
    report.check("and names nobody", not any(value in path.read_text() for value in (person.id, person.email)))
    key = suite.gyre("privacy", "key").strip()
    check = [str(suite.program), "privacy", "verify", str(path), "--key", key]
    report.equal("gyre privacy verify finds it whole", subprocess.run(check, capture_output=True).returncode, 0)
    oracle = [sys.executable, str(ORACLES / "certificate_verify.py"), str(path), "--key", key, "--audit-key-id",
              suite.gyre_json("audit", "head")["keyId"]]
    told = subprocess.run(oracle, capture_output=True, text=True)
    report.equal("so does a program that knows Gyre by its specification only", (told.returncode, told.stderr), (0, ""))
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    report.equal("laid out anew as well", subprocess.run(check, capture_output=True).returncode, 0)
    path.write_text(path.read_text().replace(request["id"], brand.id))
    report.equal("but not changed", subprocess.run(check, capture_output=True).returncode, 1)
    report.equal("and the other program says so too", subprocess.run(oracle, capture_output=True).returncode, 1)
    nothing_left(report, suite, person, "after it")


def interrupted(report, suite, brand):
    """An erasure whose gateway is killed at once is carried out all the same."""
    person = Person()
    plant_one(brand, person)
    with suite.admin(brand.id) as connection:
        request = connection.call("privacyRequests.submit", {
            "identifiers": [{"type": "customerId", "value": person.id}], "regulation": "ccpa"})
    suite.kill("gateway")
    status = wait_until_completed(suite, brand, request["id"])
    report.equal("an erasure whose gateway dies right after its receipt still ends as", status, "completed")
    nothing_left(report, suite, person, "after it")


def plant_one(brand, person):
    with brand.connect() as connection:
        connection.call("signals.identify", {
            "userId": person.id, "identifiers": person.identifiers, "traits": {"contact": person.email}})


def wait_until_completed(suite, brand, request_id):
    seen = {"status": "unknown"}

    def is_completed():
        try:
            with suite.admin(brand.id) as connection:
                seen.update(connection.call("privacyRequests.get", {"id": request_id}))
        except (OSError, ConnectionError, Refused, ValueError):
            pass
        return seen["status"] == "completed"

    try:
        wait_for(is_completed)
    except AssertionError:
        pass
    return seen["status"]
