"""Made-up people come in through the gateway like anybody's customers, once, and are who `gyre population` says."""

import csv
import io
import json
from decimal import Decimal

from suite import Brand, wait_for

PEOPLE, MANY, SEED = 300, 2_000, 7


def run(report, suite, directory):
    brand = Brand(suite, "Populated")
    made = exported(suite, PEOPLE)
    orders, revenue = len(made), sum(Decimal(row["amount_usd"]) for row in made)
    people = [json.loads(suite.gyre_local("population", "show", "--person", n, "--json")) for n in (1, 17, PEOPLE)]

    first = load(suite, brand)
    report.equal("everybody who is made up comes in, with every order", (first["people"], first["orders"]),
                 (counts(new=PEOPLE), counts(new=orders)))
    report.equal("actors, signals and the exact sum are those of the exported file", brand.totals(),
                 (PEOPLE, PEOPLE + orders, f"{revenue:.2f}"))
    report.equal("the sum that it prints is that of the file", Decimal(first["revenue"]), revenue)
    consents = consenting(brand)
    report.check("who agreed to marketing is recorded, and nobody else",
                 len(consents) == first["consents"]["new"] and 0.55 < len(consents) / PEOPLE < 0.65, len(consents))
    again = load(suite, brand)
    report.equal("a second time adds nothing", (again["people"], again["orders"], again["consents"]),
                 (counts(known=PEOPLE), counts(known=orders), counts(known=len(consents))))
    report.equal("still the same actors, signals and sum", brand.totals(), (PEOPLE, PEOPLE + orders, f"{revenue:.2f}"))
    report.check("and one record of each consent", consenting(brand) == consents)
    for person in people:
        same(report, brand, person, consents)
    imported(report, suite, brand, directory, orders)
    more(report, suite, brand, orders)
    refused(report, suite, brand)
    limited(report, suite)
    interrupted(report, suite)
    erased(report, suite, brand)


def load(suite, brand, *options):
    return suite.gyre_json("population", "load", "--people", PEOPLE, "--seed", SEED, "--key", brand.key, *options)


def counts(new=0, known=0, erased=0, refused=0):
    return {"new": new, "known": known, "erased": erased, "refused": refused}


def exported(suite, people):
    text = suite.gyre_local("population", "export", "--people", people, "--seed", SEED, "--format", "csv")
    return list(csv.DictReader(io.StringIO(text)))


def consenting(brand):
    """The actors of whom a consent to marketing is recorded, with how it is."""
    found, cursor = {}, None
    with brand.connect() as connection:
        while True:
            page = connection.call("consents.list", {"purpose": "marketing", "limit": 500}
                                   | ({"cursor": cursor} if cursor else {}))
            found |= {item["actorId"]: item for item in page["items"]}
            cursor = page.get("nextCursor")
            if not cursor:
                return found


def same(report, brand, person, consents):
    """One person, by every identifier, with every order."""
    with brand.connect() as connection:
        actor = connection.call("actors.get", {"identifier": {"type": "customerId", "value": person["userId"]}})
        for kind, value in (("email", person["email"]), ("phone", person["phone"])):
            if value:
                other = connection.call("actors.get", {"identifier": {"type": kind, "value": value}})
                report.equal(f"the {kind} of {person['userId']} leads to them", other["id"], actor["id"])
        signals = connection.call("signals.list", {"actorId": actor["id"], "event": "Order Completed", "limit": 500})
    traits = {name: person[name] for name in ("firstName", "lastName", "city", "timezone", "age", "plan", "household")}
    report.equal(f"what is known of {person['userId']} is what show says", actor["traits"], traits)
    seen = sorted((one["timestamp"], Decimal(one["revenue"])) for one in signals["items"])
    said = sorted((one["orderedAt"], Decimal(one["amount"])) for one in person["orders"])
    report.check("and so are their orders", seen == said, (seen, said))
    report.equal("and whether they agreed", actor["id"] in consents, person["consents"])


def imported(report, suite, brand, directory, orders):
    """The exported file holds the same facts."""
    (directory / "made-up.csv").write_text(
        suite.gyre_local("population", "export", "--people", PEOPLE, "--seed", SEED))
    (directory / "made-up.yaml").write_text(suite.gyre_local("population", "export", "--format", "mapping"))
    result = suite.gyre_json("import", directory / "made-up.csv", "--mapping", directory / "made-up.yaml",
                             "--key", brand.key)["import"]
    report.equal("the exported file, imported, adds nothing", (result["accepted"], result["duplicates"],
                                                               result["rejected"]), (0, orders, 0))


def more(report, suite, brand, orders):
    """A larger world has the smaller one in it."""
    later = suite.gyre_json("population", "load", "--people", PEOPLE + 50, "--seed", SEED, "--until", "2026-11-15",
                            "--key", brand.key)
    report.check("fifty more people and two more weeks add those alone",
                 later["people"] == counts(new=50, known=PEOPLE) and later["orders"]["known"] == orders
                 and later["orders"]["new"] > 50, later)


def refused(report, suite, brand):
    """Another world under the same names does not come in by mistake."""
    before = brand.totals()
    done = suite.run("population", "load", "--people", 5, "--seed", SEED, "--from", "2025-10-25", "--key", brand.key)
    report.check("people of the same names from another day are refused, and why is said",
                 done.returncode != 0 and "names another signal" in done.stderr, done.stderr)
    report.equal("and nothing of them is in", brand.totals(), before)
    for arguments, naming in ((["--people", 0], "--people"), (["--until", "2025-12-01"], "--until"),
                              (["--until", "2099-01-01", "--from", "2098-01-01"], "future"),
                              (["--from", "yesterday"], "2026-01-31")):
        done = suite.run("population", "load", *arguments, "--key", brand.key)
        report.check(f"load {' '.join(map(str, arguments))} is refused by name",
                     done.returncode != 0 and naming in done.stderr, done.stderr)


def limited(report, suite):
    """A key with the rate that keys have by default is enough, with patience."""
    brand = Brand(suite, "Patient")
    key, _ = brand.new_key("slow", "signals:write", "consents:read", "consents:write", rate=1_000)
    made = suite.gyre_json("population", "load", "--people", PEOPLE, "--key", key)
    report.check("a key of 1,000 units a second brings everybody in too",
                 made["people"] == counts(new=PEOPLE) and not made["reasons"], made)


def interrupted(report, suite):
    """The gateway is killed under a load, which goes on by itself; then gyre is, and the same command goes on."""
    brand = Brand(suite, "Interrupted")
    for kill in ("gateway", "gyre"):
        before = brand.totals()[1]
        # The second one adds as many people again.
        people = MANY if kill == "gateway" else 2 * MANY
        arguments = ["population", "load", "--people", people, "--seed", SEED, "--key", brand.key]
        process = suite.start(*arguments)
        wait_for(lambda: brand.totals()[1] > before + 500, what="people who come in")
        if kill == "gateway":
            pid = suite.kill("gateway")
            wait_for(lambda: suite.pid("gateway") not in (None, pid), what="a new gateway")
            report.equal("a load goes on when the gateway was killed under it", process.wait(120), 0)
        else:
            process.kill()
            process.wait()
            report.say(f"gyre was killed when {brand.totals()[0]:,} of {people:,} people were in")
            suite.gyre(*arguments)
        made = exported(suite, people)
        total = sum(Decimal(row["amount_usd"]) for row in made)
        report.equal(f"after {kill} was killed everything is in once", brand.totals(),
                     (people, people + len(made), f"{total:.2f}"))
        found = consenting(brand)
        with brand.connect() as connection:
            histories = [connection.call("consents.history", {"actorId": actor})["items"] for actor in list(found)[-300:]]
        report.check(f"and so are {people * 6 // 10} consents",
                     len(found) == people * 6 // 10 and all(len(items) == 1 for items in histories), len(found))


def erased(report, suite, brand):
    """Somebody who was erased stays out."""
    person = json.loads(suite.gyre_local("population", "show", "--person", 17, "--json"))
    suite.gyre("privacy", "erase", f"customerId={person['userId']}", "--brand", brand.id)
    before = brand.totals()
    again = load(suite, brand)
    report.equal("somebody who was erased stays out, with all their orders",
                 (again["people"], again["orders"]["erased"], again["orders"]["new"]),
                 (counts(known=PEOPLE - 1, erased=1), len(person["orders"]), 0))
    report.equal("and nothing of them is in", brand.totals(), before)
