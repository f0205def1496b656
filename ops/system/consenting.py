"""What data may be used for, what is held, what goes, and the record of it, as a person at a shell meets it."""

import json
import secrets
import sqlite3

import traces
from suite import wait_for

RESTRICTED = -32022
CONSENT_MISSING = -32021


def run(report, suite, brand, other):
    email = f"{secrets.token_hex(8)}@example.org"
    consents(report, suite, brand, email)
    special(report, brand, email)
    signal_of_a_browser(report, suite, brand)
    requests(report, suite, brand)
    holds(report, suite, brand)
    retention(report, suite, brand)
    record(report, suite, brand)
    whole_brand(report, suite, other)


def may_use(suite, brand, purpose, person):
    done = suite.run("consent", "check", "--brand", brand.id, "--purpose", purpose, person, "--json")
    return done.returncode, json.loads(done.stdout)["items"][0]["reason"]


def consents(report, suite, brand, email):
    person = f"email={email}"
    report.equal("nobody may be written to of whom nothing is recorded",
                 may_use(suite, brand, "marketing", person), (1, "unknownPerson"))
    bare = suite.run("consent", "record", person, "--brand", brand.id, "--purpose", "marketing", "--basis", "consent")
    report.check("a consent that cannot be shown is refused, with what is missing",
                 bare.returncode != 0 and "/params/noticeVersion" in bare.stderr, bare.stderr)
    given = suite.gyre_json("consent", "record", person, "--brand", brand.id, "--purpose", "marketing", "--basis",
                            "consent", "--notice", "2026-01", "--method", "doubleOptIn", "--source", "shop.example/n")
    report.equal("a consent with its proof is recorded as", given["status"], "granted")
    report.equal("and holds for the next call", may_use(suite, brand, "marketing", person), (0, "basis"))
    suite.gyre("consent", "withdraw", person, "--brand", brand.id, "--purpose", "marketing")
    report.equal("withdrawn, it ends with the next call", may_use(suite, brand, "marketing", person), (1, "withdrawn"))
    history = suite.gyre_json("consent", "history", person, "--brand", brand.id)
    report.equal("the history keeps both", [entry["status"] for entry in history["items"]], ["granted", "withdrawn"])


def special(report, brand, email):
    with brand.connect() as connection:
        statement = {"identifiers": [{"type": "email", "value": email}], "traits": {"medications": ["zzz-unlikely"]}}
        error = connection.refusal("signals.identify", statement)
        report.check("health data without a basis is refused by name",
                     error and error.code == CONSENT_MISSING and "/params/traits/medications" in error.message, error)
        within = {"identifiers": statement["identifiers"], "traits": {"profile": {"notes": [{"Medications": ["zzz"]}]}}}
        error = connection.refusal("signals.identify", within)
        report.check("and so it is within another trait",
                     error and error.code == CONSENT_MISSING
                     and "/params/traits/profile/notes/0/Medications" in error.message, error)
        connection.call("consents.record", {
            "identifier": {"type": "email", "value": email}, "purpose": "coaching", "legalBasis": "consent",
            "specialCategories": ["health"], "condition": "explicitConsent", "noticeVersion": "1",
            "proof": {"method": "app", "source": "onboarding/3"}})
        connection.call("specialProperties.set", {"name": "mood", "category": "health"})
        kept = {"event": "Diary Kept", "userId": secrets.token_hex(8), "properties": {"pages": [{"Mood": "zzz"}]}}
        error = connection.refusal("signals.track", kept)
        report.check("and so is an event's property that the brand declared, wherever it stands",
                     error and error.code == CONSENT_MISSING and "/params/properties/pages/0/Mood" in error.message,
                     error)
        taken = connection.call("signals.identify", statement)
        report.equal("with one it is taken, by the very next call", taken["status"], "accepted")
        connection.call("consents.withdraw", {
            "identifier": {"type": "email", "value": email}, "purpose": "coaching"})
        actor = connection.call("actors.get", {"id": taken["actorId"]})
        listed = connection.call("signals.list", {"actorId": taken["actorId"]})
        report.check("and withheld from every read when the basis ends",
                     actor["withheldTraits"] == ["medications"] and "zzz-unlikely" not in json.dumps([actor, listed]),
                     (actor, listed))


def signal_of_a_browser(report, suite, brand):
    visitor = secrets.token_hex(8)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "signals.track",
                       "params": {"event": "Page Viewed", "anonymousId": visitor}}).encode()
    status, _ = suite.http("/rpc", body, Authorization=f"Bearer {brand.key}", **{"Sec-GPC": "1"})
    placed = suite.gyre_json("restrictions", f"anonymousId={visitor}", "--brand", brand.id)["items"]
    report.check("Sec-GPC over HTTP opts a visitor out of sale and sharing",
                 status == 200 and [(stop["kind"], stop["source"]) for stop in placed]
                 == [("optOut", "globalPrivacyControl")], placed)


def requests(report, suite, brand):
    person = secrets.token_hex(12)
    with brand.connect() as connection:
        connection.call("signals.track", {"event": "Order Completed", "userId": person})
        before = brand.totals()
        done = suite.gyre_json("privacy", "restrict", "--brand", brand.id, "--regulation", "gdpr",
                               f"customerId={person}")
        report.equal("a restriction as a privacy request ends as", done["status"], "completed")
        # It waits for the next head of the audit log.
        certificate = wait_for(lambda: suite.run("privacy", "certificate", done["id"], "--brand", brand.id).stdout,
                               what="the certificate of a restriction")
        report.check("its certificate says that the data stays, and by which law", "Art. 18(1)" in certificate, certificate)
        error = connection.refusal("actors.get", {"identifier": {"type": "customerId", "value": person}})
        report.check("the person is given out no more", error and error.code == RESTRICTED, error)
        report.equal("and still counted", brand.totals(), before)
        silent = suite.run("restrictions", "lift", f"customerId={person}", "--kind", "restriction", "--brand", brand.id)
        report.check("lifting it without telling the person is refused",
                     silent.returncode != 0 and "noticeGivenAt" in silent.stderr, silent.stderr)
        suite.gyre("restrictions", "lift", f"customerId={person}", "--kind", "restriction", "--brand", brand.id,
                   "--told", "2026-01-01T00:00:00Z")
        report.check("and goes well when they were told",
                     connection.call("actors.get", {"identifier": {"type": "customerId", "value": person}}))
    stranger = f"{secrets.token_hex(8)}@example.org"
    suite.gyre("privacy", "opt-out", "--brand", brand.id, "--regulation", "ccpa", f"email={stranger}")
    with brand.connect() as connection:
        connection.call("signals.track", {"event": "x", "identifiers": [{"type": "email", "value": stranger}]})
    report.equal("a stranger's opt-out holds when they come",
                 may_use(suite, brand, "sale", f"email={stranger}"), (1, "optedOut"))


def holds(report, suite, brand):
    person = secrets.token_hex(16)
    with brand.connect() as connection:
        connection.call("signals.track", {"event": "Order Completed", "userId": person})
        hold = suite.gyre_json("privacy", "holds", "place", f"customerId={person}", "--reason", "case 4711",
                               "--brand", brand.id)
        request = suite.gyre_json("privacy", "erase", "--no-wait", "--brand", brand.id, f"customerId={person}")
        waiting = wait_for(lambda: held(suite, brand, request), what="the erasure of a held person")
        report.check("an erasure of a held person waits, and says for what",
                     waiting["status"] == "processing" and waiting["heldBy"] == [hold["id"]], waiting)
        found, _, _ = traces.search(suite.directory / "signals", [person])
        report.check("everything is still there", found)
        error = connection.refusal("actors.get", {"identifier": {"type": "customerId", "value": person}})
        report.check("and not used meanwhile", error and error.code == RESTRICTED, error)
        suite.kill("gateway")
        suite.kill("signals")
        wait_for(lambda: suite.run("status").returncode == 0, what="the suite, after two of its processes were killed")
        report.equal("a crash of both services changes nothing",
                     show(suite, brand, request).get("heldBy"), [hold["id"]])
    suite.gyre("privacy", "holds", "release", hold["id"], "--brand", brand.id)
    wait_for(lambda: show(suite, brand, request)["status"] == "completed", what="the erasure, after the release")
    found, files, size = traces.search(suite.directory, [person])
    report.check(f"released, it goes on by itself: no trace in {files} files, {size:,} bytes", not found, found)
    denied(report, suite, brand)


def denied(report, suite, brand):
    """An erasure that a hold keeps whole is refused for good, as GDPR Art. 17(3) has it."""
    person = secrets.token_hex(16)
    with brand.connect() as connection:
        connection.call("signals.track", {"event": "Order Completed", "userId": person})
    hold = suite.gyre_json("privacy", "holds", "place", f"customerId={person}", "--reason", "case 4712",
                           "--brand", brand.id)
    request = suite.gyre_json("privacy", "erase", "--no-wait", "--brand", brand.id, f"customerId={person}")
    wait_for(lambda: held(suite, brand, request), what="the erasure of a held person")

    def deny(reason):
        return suite.run("privacy", "deny", request["id"], "--reason", reason, "--brand", brand.id)

    other = deny("excessive")
    report.check("what a hold keeps is not denied for a reason that is none of holds",
                 other.returncode != 0 and "legalClaims" in other.stderr, other.stderr)
    # While the service is asked again, nobody knows whether it deletes.
    wait_for(lambda: deny("legalClaims").returncode == 0, what="the denial")
    suite.gyre("privacy", "holds", "release", hold["id"], "--brand", brand.id)
    shown = show(suite, brand, request)
    report.equal("denied for the claim that the hold is for, it stays so when the hold is released",
                 (shown["status"], shown["reason"], [part["rows"] for part in shown["services"] if part["rows"]]),
                 ("denied", "legalClaims", []))
    found, _, _ = traces.search(suite.directory / "signals", [person])
    report.check("nothing was deleted", found)
    with brand.connect() as connection:
        error = connection.refusal("actors.get", {"identifier": {"type": "customerId", "value": person}})
    report.check("and nothing but the claim may use it", error and error.code == RESTRICTED, error)


def show(suite, brand, request):
    return suite.gyre_json("privacy", "show", request["id"], "--brand", brand.id)


def held(suite, brand, request):
    shown = show(suite, brand, request)
    return shown if shown.get("heldBy") else None


def retention(report, suite, brand):
    old, new = secrets.token_hex(12), secrets.token_hex(12)
    with brand.connect() as connection:
        connection.call("signals.batch", {"items": [
            {"type": "track", "event": "Ancient", "messageId": f"{old}-{number}", "timestamp": "2001-01-01T00:00:00Z"}
            for number in range(500)]})
        connection.call("signals.track", {"event": "Recent", "messageId": new})
    total = brand.totals()[1]
    preview = suite.gyre_json("privacy", "retention", "preview", "signals.signals", "--days", 3650,
                              "--brand", brand.id)["items"][0]
    report.equal("a dry run counts what would go", (preview["rows"], preview["oldest"]), (500, "2001-01-01T00:00:00Z"))
    report.equal("and lets it stay", brand.totals()[1], total)
    suite.gyre("privacy", "retention", "set", "signals.signals", 3650, "--brand", brand.id)
    jobs = suite.gyre_json("privacy", "retention", "apply", "--brand", brand.id)["items"]
    report.equal("applied, the same goes", [(job["status"], job["done"]) for job in jobs], [("completed", 500)])
    report.equal("and nothing else", brand.totals()[1], total - 500)
    found, files, _ = traces.search(suite.directory / "signals", [old])
    report.check(f"no byte of it is left in {files} files", not found, found)
    bad = suite.run("privacy", "retention", "set", "signals.tombstones", 30, "--brand", brand.id)
    report.check("what never ages takes no rule, and the error says what does",
                 bad.returncode != 0 and "signals, traits" in bad.stderr, bad.stderr)


def record(report, suite, brand):
    text = suite.gyre("privacy", "record", "--brand", brand.id)
    whole = suite.gyre_json("privacy", "record", "--brand", brand.id)
    services = {activity["service"] for activity in whole["activities"]}
    report.check("the record of processing speaks of customers and staff, in all services",
                 services == {"experiments", "signals", "stimuli", "tenancy", "gateway"}
                 and {activity["people"] for activity in whole["activities"]} == {"customers", "staff"}, whole)
    report.check("with the brand's rule, purposes and measures in force",
                 "signals.signals: 3,650 days" in text and "is overwritten" in text and brand.name in text, text)


def whole_brand(report, suite, brand):
    unknown = suite.run("privacy", "holds", "place", "customerId=nobody", "--reason", "x", "--brand", brand.id)
    report.check("nobody who is not known can be held", unknown.returncode != 0 and "no actor" in unknown.stderr,
                 unknown.stderr)
    hold = suite.gyre_json("privacy", "holds", "place", "--whole-brand", "--reason", "tax audit", "--brand", brand.id)
    report.equal("a whole brand is held in", hold["services"], ["experiments", "signals", "stimuli"])
    suite.gyre("brands", "erase", brand.id, "--name", brand.name)
    file = suite.directory / "signals" / f"{brand.id}.db"
    log = suite.directory / "tenancy" / "service.db"
    wait_for(lambda: job_problem(log, hold["id"]), what="the erasure of a held brand, waiting")
    report.check("its erasure waits and names the hold; its file stays", file.exists())
    suite.gyre("privacy", "holds", "release", hold["id"], "--brand", brand.id)
    wait_for(lambda: not file.exists(), what="the erasure of a brand, after the release")
    report.check("released, it is erased", not file.exists())


def job_problem(path, hold):
    """Whether a job of tenancy says that it waits for this hold."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT problem FROM jobs WHERE status = 'running'").fetchall()
    return any(hold in (problem or "") for (problem,) in rows)
