"""The purchases go in, once, however they are sent, and only into the brand they were sent to."""

import collections
import json
import pathlib
import signal
import subprocess
import time
from decimal import Decimal

import purchases
from suite import Brand, Connection, Refused, wait_for

CONTRACTS = pathlib.Path(__file__).resolve().parents[2] / "proto-json"


def run(report, suite, brand, other, directory):
    file = purchases.Purchases(directory)
    actors, rows, total = file.totals
    if file.is_published:
        report.equal("the published file has the customers, purchases and dollars known of it",
                     (actors, rows, total), purchases.PUBLISHED_TOTALS)
    else:
        report.say(f"the published file is not there; a generated one has {rows:,} rows")
    report.equal("rows that are exactly like another", file.duplicates, purchases.PUBLISHED_DUPLICATES)

    result = suite.gyre_json("import", file.path, "--mapping", file.mapping, "--key", brand.key)["import"]
    report.equal("gyre import takes every row as new, and none as bad",
                 (result["status"], result["rows"], result["accepted"], result["duplicates"], result["rejected"]),
                 ("completed", rows, rows, 0, 0))
    report.equal("actors, signals and the exact sum", brand.totals(), (actors, rows, total))
    if file.is_published and purchases.SUMMARY.exists():
        scored(report, suite, brand, file)
    else:
        report.say("scores are held against what is published of the published file only")

    again(report, suite, brand, file)
    report.equal("still the same actors, signals and sum", brand.totals(), (actors, rows, total))
    isolation(report, suite, brand, other, file)
    broken_off(report, suite, Brand(suite, "Broken Off"), file)


def scored(report, suite, brand, file):
    """Scores are what is published of a sample of the customers, and what the file says of all."""
    customers = {}
    with brand.connect() as connection:
        params = {"limit": 500}
        while params:
            page = connection.call("actors.list", params)
            customers.update((actor["id"], actor["identifiers"][0]["value"]) for actor in page["items"])
            params = page.get("nextCursor") and params | {"cursor": page["nextCursor"]}
        begun, pages, scores = time.monotonic(), 0, {}
        params = {"asOf": purchases.SUMMARY_END, "limit": 1_000}
        while params:
            page = connection.call("scores.list", params)
            pages += 1
            scores.update((customers[item["actorId"]], item) for item in page["items"])
            params = page.get("nextCursor") and params | {"cursor": page["nextCursor"]}
    report.check(f"scores of {len(scores):,} customers, 1,000 a page, with quintiles "
                 f"({(time.monotonic() - begun) / pages * 1_000:.0f} ms a page)", len(scores) == len(customers))
    told = collections.Counter()
    for item in scores.values():
        bought = item["purchases"]
        told[bought["frequency"], round(bought["recencyDays"] / 7, 2), round(bought["ageDays"] / 7, 2)] += 1
    published = collections.Counter(purchases.published_summary())
    report.check(f"up to {purchases.SUMMARY_END} each of the {published.total():,} published ones is a customer's of its own",
                 published <= told, list((published - told).items())[:5])
    paid = {}
    for row in file.rows:
        who, day, _, amount = row.split(",")
        if day <= purchases.SUMMARY_END:
            paid[who] = paid.get(who, 0) + Decimal(amount)
    wrong = [who for who, item in scores.items() if Decimal(item["value"]) != paid.get(who, 0)]
    report.check(f"and what each paid is what the file says, {sum(paid.values()):,} dollars in all", not wrong,
                 wrong[:5])
    told = suite.gyre_json("scores", "show", f"customerId={min(scores)}", "--as-of", purchases.SUMMARY_END, "--key",
                           brand.key)["scores"]
    report.equal("gyre scores show says the same of one of them", told, scores[min(scores)])


def again(report, suite, brand, file):
    """Nothing changes however the same rows are sent again."""
    rows = len(file.rows)
    result = suite.gyre_json("import", file.path, "--mapping", file.mapping, "--key", brand.key)["import"]
    report.equal("the same file again: new and known rows", (result["accepted"], result["duplicates"]), (0, rows))
    mapping = {
        "source_fields": {"customer_id": "identifier.customerId", "date": "timestamp",
                          "quantity": "properties.quantity:number", "amount_usd": "revenue"},
        "constants": {"event": "Order Completed", "currency": "USD"}, "timestamp_format": "yyyy-MM-dd"}
    for seed, largest in ((1, 90_000), (2, 512 << 10)):
        pieces = purchases.cut(file.shuffled(seed), seed, largest)
        with brand.connect() as connection:
            result = purchases.send(connection, "cdnow", mapping, pieces)
        report.equal(f"shuffled, in {len(pieces)} pieces: new, known and bad rows",
                     (result["accepted"], result["duplicates"], result["rejected"]), (0, rows, 0))


def broken_off(report, suite, brand, file):
    """An import whose command is killed goes on where it ended when the same command is given again."""
    command = ["import", file.path, "--mapping", file.mapping, "--key", brand.key]
    started = subprocess.Popen([suite.program, *command, "--data", suite.directory], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    wait_for(lambda: any(item["receivedBytes"] > 0 for item in brand.call("imports.list")["items"]))
    started.send_signal(signal.SIGKILL)
    started.wait()
    done = suite.run(*command)
    imports = brand.call("imports.list")["items"]
    report.check("gyre import that was killed goes on where it ended", "Going on at byte" in done.stderr, done.stderr)
    report.equal("as the same import, whose rows are all new",
                 [(item["status"], item["accepted"]) for item in imports], [("completed", len(file.rows))])
    report.equal("with the same actors, signals and sum", brand.totals(), file.totals)


def isolation(report, suite, brand, other, file):
    """The other brand sees nothing of it, by any read method with any id, and no difference to what does not exist."""
    report.equal("the other brand has no actors, signals or revenue", other.totals(), (0, 0, "0.00"))
    customer = file.rows[0].split(",")[0]
    actor = brand.call("actors.get", {"identifier": {"type": "customerId", "value": customer}})
    an_import = brand.call("imports.list", {"limit": 1})["items"][0]
    signal = brand.call("signals.list", {"limit": 1})["items"][0]
    cursors = [page.get("nextCursor") for page in (
        brand.call("signals.list", {"limit": 1}), brand.call("actors.list", {"limit": 1}),
        brand.call("imports.list", {"limit": 1}))]
    foreign = [actor["id"], an_import["id"], brand.id, brand.key_id]
    marks = [*foreign, signal["messageId"], f'"{customer}"']
    asked = leaks = differences = 0
    with other.connect() as connection:
        for method in read_methods():
            for params in questions(method, foreign, customer, [c for c in cursors if c]):
                asked += 1
                answer = answer_of(connection, method["name"], params)
                allowed = json.dumps(params)
                if any(mark in answer and mark not in allowed for mark in marks):
                    leaks += 1
                    report.say(f"{method['name']} {params} answered {answer[:300]}")
                unknown = "01930000-0000-7000-8000-0000000000ff"
                ghost = json.loads(replaced(allowed, foreign, unknown))
                expected = answer_of(connection, method["name"], ghost)
                if replaced(answer, foreign, unknown) != expected:
                    differences += 1
                    report.say(f"{method['name']} {params} answered {answer[:200]}\n        and {expected[:200]}")
    report.check(f"{asked} questions of the other brand, by every read method, show nothing", leaks == 0)
    report.check("and are answered like questions about what does not exist", differences == 0)
    status, body = suite.http("/rpc", json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "actors.get", "params": {"id": actor["id"]}}).encode(),
        **{"Content-Type": "application/json", "Authorization": f"Bearer {other.key}"})
    report.equal("over HTTP the other brand gets 404", status, 404)
    with Connection(suite.socket, key=other.key) as connection:
        refused = connection.refusal("actors.get", {"id": actor["id"]}, brand=brand.id)
        report.check("a client cannot name a brand of its own choice", refused and refused.code == -32600, refused)


def read_methods():
    """Every method that a key opens and that changes nothing, as the contracts say."""
    for path in sorted(CONTRACTS.glob("*.json")):
        for method in json.loads(path.read_text())["methods"]:
            reads = method.get("x-kind") == "read" or method["name"] == "signals.tail"
            if reads and "public" in method.get("x-callers", ["public"]):
                yield method


def questions(method, ids, customer, cursors):
    """Parameters that ask for something of the first brand: every id, identifier and cursor, wherever one may stand."""
    names = {param["name"]: param for param in method["params"]}
    basis = {"waitMilliseconds": 0, "after": 0} if method["name"] == "signals.tail" else {}
    required = [name for name, param in names.items() if param.get("required")]
    asked = [] if required else [basis]
    for name, param in names.items():
        if name == "id" or name.endswith("Id"):
            asked += [{**basis, name: value} for value in ids]
        elif name == "identifier":
            asked.append({**basis, name: {"type": "customerId", "value": customer}})
        elif name == "cursor" and not required:
            asked += [{**basis, name: value} for value in cursors]
        elif name == "by":
            asked.append({**basis, name: "month"})
    return asked


def replaced(text, ids, other):
    for value in ids:
        text = text.replace(value, other)
    return text


def answer_of(connection, method, params):
    try:
        return json.dumps(connection.call(method, params))
    except Refused as refused:
        return json.dumps({"code": refused.code, "message": refused.message, "data": refused.data})
