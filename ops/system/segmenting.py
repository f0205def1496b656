"""Customers in groups by a rule: held against the file they came from, and right on the very next read."""

import time
from collections import defaultdict
from decimal import Decimal

import purchases
from suite import wait_for

# Of so many customers one is taken.
OF = 10


def run(report, suite, brand, directory):
    file = purchases.Purchases(directory)
    chosen = set(sorted({row.split(",")[0] for row in file.rows})[::OF])
    rows = [row for row in file.rows if row.split(",")[0] in chosen]
    part = directory / "segmented.csv"
    part.write_text("\n".join([file.header, *rows]) + "\n")
    suite.gyre("import", part, "--mapping", file.mapping, "--key", brand.key)
    orders, spent = defaultdict(int), defaultdict(Decimal)
    for customer, _, _, amount in (row.split(",") for row in rows):
        orders[customer] += 1
        spent[customer] += Decimal(amount)
    whole = len(orders)

    rule = '{"event": "Order Completed", "times": {"atLeast": 4}}'
    regular = {customer for customer, times in orders.items() if times >= 4}
    shown = suite.gyre_json("segments", "preview", "--rule", rule, "--key", brand.key)
    report.equal("gyre segments preview counts those who ordered four times, of all",
                 (shown["people"], shown["everybody"]), (len(regular), whole))
    suite.gyre("segments", "create", "regulars", "--rule", rule, "--key", brand.key)
    members, seconds = everybody_in(brand, "regulars")
    report.check(f"segments.members lists {len(members)} of {whole:,} people, the same as the file says: {seconds:.2f} s",
                 members == regular, members ^ regular)
    limit = sorted(spent.values())[-whole // 10]
    file = directory / "spenders.yaml"
    file.write_text("all:\n  - {segment: regulars}\n"
                    f"  - {{event: Order Completed, revenue: {{atLeast: '{limit}'}}, currency: USD}}\n")
    made = suite.gyre("segments", "create", "spenders", "--file", file, "--key", brand.key)
    report.check("a rule of a file of YAML is told in words", f"is at least {limit}" in made, made)
    members, seconds = everybody_in(brand, "spenders")
    expected = {customer for customer in regular if spent[customer] >= limit}
    report.check(f"who spent {limit} dollars and more, to the cent: {len(expected)} people, {seconds:.2f} s",
                 members == expected, members ^ expected)
    wait_for(lambda: brand.call("segments.sizes", {"key": "spenders"})["items"], what="the size of a segment")
    sizes = suite.gyre_json("segments", "sizes", "spenders", "--key", brand.key)["items"]
    report.equal("gyre segments sizes has counted them", [(size["people"], size["everybody"]) for size in sizes],
                 [(len(expected), whole)])
    wrong = suite.run("segments", "create", "wrong", "--rule", '{"all": [{"trait": "city", "equals": "x"}]}',
                      "--key", brand.key)
    report.check("a rule that is none is refused at its place",
                 wrong.returncode != 0 and "/rule/all/0/equals" in wrong.stderr, wrong.stderr)
    newcomer(report, suite, brand)


def newcomer(report, suite, brand):
    """One event through the gateway makes somebody a member, and an erasure ends it."""
    person = {"type": "email", "value": "newcomer@example.org"}
    with brand.connect() as connection:
        rule = {"all": [{"event": "Signed Up", "withinDays": 1}, {"trait": "city", "is": "Berlin"}]}
        connection.call("segments.create", {"key": "newcomers", "name": "Newcomers", "rule": rule})

        def members():
            return [actor["id"] for actor in connection.call("segments.members", {"key": "newcomers"})["items"]]

        connection.call("signals.identify", {"identifiers": [person], "traits": {"city": "Berlin"}})
        report.equal("nobody is a member before the event", members(), [])
        made = connection.call("signals.track", {"event": "Signed Up", "identifiers": [person]})
        report.equal("the very next read has whom one event made a member", members(), [made["actorId"]])
        found = connection.call("segments.memberships", {"identifier": person})["items"]
        report.equal("who is in it by the other question, too", [segment["key"] for segment in found], ["newcomers"])
        connection.call("signals.identify", {"identifiers": [person], "traits": {"city": "Bonn"}})
        report.equal("and no longer after the next statement", members(), [])
        connection.call("signals.identify", {"identifiers": [person], "traits": {"city": "Berlin"}})
        connection.call("restrictions.place", {"identifier": person, "kind": "restriction"})
        report.equal("nobody whose data is restricted is in it", members(), [])
        connection.call("restrictions.lift", {
            "identifier": person, "kind": "restriction", "noticeGivenAt": "2026-01-01T00:00:00Z"})
        report.equal("until that is lifted", members(), [made["actorId"]])
        suite.gyre("privacy", "erase", "--brand", brand.id, "--regulation", "gdpr", f"email={person['value']}")
        report.equal("nor who was erased", members(), [])


def everybody_in(brand, key):
    """The customers in a segment, page by page, and how long that took."""
    found, cursor, begun = set(), {}, time.monotonic()
    with brand.connect() as connection:
        while cursor is not None:
            page = connection.call("segments.members", {"key": key, "limit": 500, **cursor})
            found |= {actor["identifiers"][0]["value"] for actor in page["items"]}
            cursor = {"cursor": page["nextCursor"]} if "nextCursor" in page else None
    return found, time.monotonic() - begun
