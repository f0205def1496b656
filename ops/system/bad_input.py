"""What is wrong is refused with its declared error, which names place and remedy; nothing is half applied, and the
connection, the import or the suite goes on."""

import json
import os
import subprocess
import time

import purchases
from crashing import all_signals
from suite import Brand, Connection, Suite, wait_for


def run(report, suite, brand, other, directory):
    before = brand.totals()
    lines(report, suite, brand)
    parameters(report, brand)
    keys(report, suite, brand, other)
    report.equal("of all that was refused, nothing was applied", brand.totals(), before)
    bad_rows(report, suite, brand, other, directory)
    same_directory(report, suite)
    beside(report, suite, directory)
    commands(report, suite, directory)
    over_http(report, suite, brand)


def lines(report, suite, brand):
    """Lines that are no requests."""
    good = {"event": "Bad Input", "messageId": "never"}
    deep = b'{"jsonrpc":"2.0","id":1,"method":"actors.count","params":' + b"[" * 70 + b"]" * 70 + b"}"
    with brand.connect() as connection:
        wrong = {
            "no JSON": (b'{"jsonrpc": "2.0", "id": 1,', -32700),
            "no UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
            "a name twice": b'{"jsonrpc":"2.0","id":1,"id":2,"method":"actors.count"}',
            "NaN": b'{"jsonrpc":"2.0","id":1,"method":"actors.count","params":{"a":NaN}}',
            "70 levels": deep,
            "no request": (b'{"hello": "there"}', -32600),
            "another version": (b'{"jsonrpc":"1.0","id":1,"method":"actors.count"}', -32600),
            "an empty batch": (b"[]", -32600),
            "a batch of 101": (b"[" + b",".join([b"1"] * 101) + b"]", -32600),
            "a context of its own": (json.dumps({
                "jsonrpc": "2.0", "id": 1, "method": "signals.track", "params": good,
                "context": {"principal": "admin", "brand": brand.id}}).encode(), -32600),
            "an over-long line": (connection.request("signals.track", {
                **good, "properties": {"a": "x" * (1 << 20)}}), -32007),
        }
        for name, line in wrong.items():
            line, code = line if isinstance(line, tuple) else (line, -32700)
            error = connection.exchange(line).get("error", {})
            report.check(f"{name}: {code}", error.get("code") == code and error.get("message"), error)
        exact = connection.request("signals.batch", {"items": "x"})
        padding = b" " * ((1 << 20) - len(exact))
        report.equal("a line of exactly 1 MiB is read", connection.exchange(exact + padding)["error"]["code"], -32602)
        report.equal("a line of one byte more is not",
                     connection.exchange(exact + padding + b" ")["error"]["code"], -32007)
        report.check("after all this the same connection still works", connection.call("actors.count")["actors"] >= 0)
    with Connection(suite.socket) as connection:
        connection.socket.sendall(b'{"jsonrpc":"2.0","id":1,"method":"rpc.dis')
        time.sleep(0.05)
        connection.socket.sendall(b'cover"}\n')
        report.check("a line may come in pieces", "result" in connection.receive())


def parameters(report, brand):
    """Requests whose parameters break their contract."""
    with brand.connect() as connection:
        wrong = [
            ("a wrong type", "signals.track", {"event": 5}, "/params/event"),
            ("an unknown field", "signals.track", {"event": "x", "colour": "red"}, "/params/colour"),
            ("a missing field", "signals.track", {"userId": "1"}, "/params/event"),
            ("a text too long", "signals.track", {"event": "x" * 201}, "/params/event"),
            ("an amount with five decimals", "signals.track", {"event": "x", "revenue": "1.00001"}, "/params/revenue"),
            ("a number for an amount", "signals.track", {"event": "x", "revenue": 1.5}, "/params/revenue"),
            ("no such day", "signals.track", {"event": "x", "timestamp": "2026-02-30T00:00:00Z"}, "/params/timestamp"),
            ("a bad identifier", "signals.track", {"event": "x", "identifiers": [{"type": "E", "value": "1"}]},
             "/params/identifiers/0/type"),
            ("a limit past its end", "signals.list", {"limit": 501}, "/params/limit"),
            ("an id that is none", "actors.get", {"id": "x"}, "/params/id"),
            ("a mapping without an event", "imports.create",
             {"source": "x", "mapping": {"kind": "signals", "source_fields": {"a": "timestamp"}}}, "/params/mapping"),
        ]
        for name, method, params, pointer in wrong:
            error = connection.refusal(method, params)
            seen = error and (error.code, error.message, error.data)
            report.check(f"{name}: {pointer}", error and error.code == -32602 and pointer in error.message
                         and error.data["pointer"] == pointer, seen)
        error = connection.refusal("signals.forget", {})
        report.check("an unknown method", error and error.code == -32601, error)
        error = connection.refusal("brandFiles.create", {"brand": brand.id})
        report.check("a method for services only does not exist for clients", error and error.code == -32601, error)
        error = connection.refusal("signals.list", {"cursor": "nonsense"})
        report.check("a cursor of one's own making", error and error.code == -32016, error)


def keys(report, suite, brand, other):
    """Calls without the right key."""
    def refusal(key, method="actors.count", params=None):
        meta = {"key": key} if key else {}
        with Connection(suite.socket, **meta) as connection:
            return connection.refusal(method, params)

    changed = brand.key[:-1] + ("0" if brand.key[-1] != "0" else "1")
    for name, key in (("no key", None), ("no key of ours", "hello"), ("a mistyped key", changed)):
        error = refusal(key)
        report.check(f"{name}: unauthenticated", error and error.code == -32001, error)
    narrow, _ = brand.new_key("narrow", "signals:write")
    error = refusal(narrow)
    report.check("a key without the scope: forbidden", error and error.code == -32003, error)
    error = refusal(brand.key, "brands.list", {})
    report.check("a key at the platform's methods: refused", error and error.code in (-32003, -32601), error)

    leaked, leaked_id = brand.new_key("leaked")
    with Connection(suite.socket, key=leaked) as connection:
        connection.call("actors.count")
        suite.gyre("keys", "revoke", leaked_id, "--reason", "leaked")
        error = connection.refusal("actors.count")
        report.check("a revoked key is refused by the very next call on an open connection",
                     error and error.code == -32001, error)
    again = suite.run("keys", "revoke", leaked_id)
    report.check("a second revocation is a conflict that says when the first one was",
                 again.returncode != 0 and "revoked" in again.stderr, again.stderr)
    slow, _ = brand.new_key("slow", rate=5)
    with Connection(suite.socket, key=slow) as connection:
        errors = [connection.refusal("actors.count") for _ in range(12)]
        limited = [error for error in errors if error]
        report.check("a key past its rate: rateLimited, with when to come back",
                     limited and all(error.code == -32029 and error.data["retryAfterMilliseconds"] > 0
                                     for error in limited) and errors[0] is None, errors)
    theirs = other.call("signals.track", {"event": "Theirs", "userId": "theirs"})
    error = refusal(brand.key, "actors.get", {"id": theirs["actorId"]})
    report.check("a key of another brand finds nothing", error and error.code == -32004, error)


def bad_rows(report, suite, brand, other, directory):
    """A file with bad rows: the good ones are in, the bad ones are listed, corrected, and taken once."""
    path, mapping = directory / "bad.csv", directory / "bad.yaml"
    path.write_text("customer_id,date,quantity,amount_usd\n"
                    "b-1,1997-01-01,1,10.00\n"
                    "b-2,1997-02-30,1,10.00\n"
                    'b-3,"1997-01-03",1,10.00\n'
                    "b-4,1997-01-04,1\n"
                    "b-5,1997-01-05,1,ten\n"
                    ",1997-01-06,1,10.00\n"
                    "b-7,1997-01-07,1,0.25\n")
    mapping.write_text(purchases.MAPPING.replace("source: cdnow", "source: bad-rows"))
    before = brand.totals()
    outcome = suite.gyre_json("import", path, "--mapping", mapping, "--key", brand.key)
    result, rejected = outcome["import"], outcome["rejectedRows"]
    report.equal("of 7 rows taken and set aside", (result["rows"], result["accepted"], result["rejected"]), (7, 3, 4))
    report.equal("the bad ones by line", [row["line"] for row in rejected], [3, 5, 6, 7])
    report.check("each with its reason", all(row["reason"] for row in rejected),
                 [(row["line"], row["reason"]) for row in rejected])
    for row in rejected:
        report.say(f"line {row['line']}: {row['reason']}")
    text = suite.gyre("import", path, "--mapping", mapping, "--key", brand.key)
    report.check("gyre import shows them to people, and how to go on",
                 "LINE" in text and "rejectedRows.replay" in text, text)
    fixed = {3: "b-2,1997-02-28,1,10.00", 5: "b-4,1997-01-04,1,10.00", 6: "b-5,1997-01-05,1,10.00"}
    with brand.connect() as connection:
        for line, row in fixed.items():
            connection.call("rejectedRows.replay", {"importId": result["id"], "line": line, "row": row})
        again = connection.call("rejectedRows.replay", {"importId": result["id"], "line": 3, "row": fixed[3]})
        report.equal("three corrected, one of them sent twice: taken and left",
                     (again["accepted"], again["rejected"]), (6, 1))
        error = connection.refusal("rejectedRows.replay", {"importId": result["id"], "line": 7, "row": "x,y,z,1"})
        report.check("a correction that is no better is refused, and the row stays",
                     error and error.code == -32602, error)
    report.equal("signals that the file added", brand.totals()[1] - before[1], 6)
    no_such_column(report, suite, brand, directory, path)
    wrong_mapping(report, suite, brand, other, directory)


def wrong_mapping(report, suite, brand, other, directory):
    """A mapping under which every row is bad: the rows go in through a corrected one, as a job that people can see."""
    path, mapping = directory / "german.csv", directory / "german.yaml"
    rows = "".join(f"g-{number},{number % 28 + 1:02}.01.1997,1,1.50\n" for number in range(1200))
    path.write_text("customer_id,date,quantity,amount_usd\n" + rows)
    wrong = purchases.MAPPING.replace("source: cdnow", "source: german")
    mapping.write_text(wrong)
    result = suite.gyre_json("import", path, "--mapping", mapping, "--key", brand.key)["import"]
    report.equal("under a wrong mapping every row is set aside", (result["accepted"], result["rejected"]), (0, 1200))
    before = brand.totals()
    mapping.write_text(wrong.replace("yyyy-MM-dd", "dd.MM.yyyy"))
    after = suite.gyre_json("imports", "replay", result["id"], "--mapping", mapping, "--key", brand.key)
    report.equal("under a corrected one all are taken", (after["accepted"], after["rejected"]), (1200, 0))
    report.equal("signals that they added", brand.totals()[1] - before[1], 1200)
    jobs = [job for job in suite.gyre_json("jobs", "--key", brand.key)["items"] if job["service"] == "signals"]
    report.equal("the job is listed before the import, both done",
                 [(job["kind"], job["status"], job["done"]) for job in jobs[:2]],
                 [("replay", "completed", 1200), ("import", "completed", path.stat().st_size)])
    with brand.connect() as connection:
        error = connection.refusal("jobs.cancel", {"id": jobs[0]["id"]})
        report.check("a job that has ended cannot be cancelled", error and error.code == -32013, error)
    with other.connect() as connection:
        report.equal("the other brand has no such job", connection.refusal("jobs.get", {"id": jobs[0]["id"]}).code,
                     -32004)


def no_such_column(report, suite, brand, directory, path):
    """Mistakes in a mapping, with the line they stand on; nothing is left in the way of the next attempt."""
    mapping = directory / "wrong.yaml"
    mapping.write_text("source: wrong\nsource_fields:\n  customer: identifier.customerId\n  date: timestamp\n"
                       "constants:\n  event: x\ntimestamp_format: yyyy-MM-dd\n")
    done = suite.run("import", path, "--mapping", mapping, "--key", brand.key)
    report.check("a mapping that names a column the file does not have",
                 done.returncode != 0 and "customer" in done.stderr, done.stderr)
    mapping.write_text("source: wrong\nsource_fields:\n  customer_id: identifier.customerId\n  date: tomestamp\n")
    done = suite.run("import", path, "--mapping", mapping, "--key", brand.key)
    report.check("a target that does not exist, with the mapping's file and line",
                 done.returncode != 0 and "wrong.yaml, line 4" in done.stderr, done.stderr)
    mapping.write_text(purchases.MAPPING.replace("source: cdnow", "source: wrong"))
    result = suite.gyre_json("import", path, "--mapping", mapping, "--key", brand.key)["import"]
    report.equal("the corrected mapping is taken at once", result["accepted"], 3)


def same_directory(report, suite):
    for options in ((), ("--detach",)):
        done = suite.run("up", *options)
        report.check(f"a second suite on the same directory ({' '.join(options) or 'in the foreground'}) is refused, "
                     "and told what to do", done.returncode != 0 and str(suite.directory) in done.stderr
                     and "down" in done.stderr, done.stderr)
    report.equal("the first one runs on", suite.run("status").returncode, 0)


def beside(report, suite, directory):
    """A second suite in a directory of its own, at the same time."""
    second = Suite(suite.program.parent, directory / "beside")
    try:
        second.up()
        report.check("a second suite runs beside it, on a port of its own", second.url != suite.url, second.url)
        brand = Brand(second, "Beside")
        report.equal("and has nothing of the first", brand.totals(), (0, 0, "0.00"))
        long = Suite(suite.program.parent, directory / ("x" * 90))
        done = long.run("up", "--detach")
        report.check("a path too long for sockets is refused with the length there is room for",
                     done.returncode != 0 and "at most" in done.stderr, done.stderr)
        port = second.url.rstrip("/").rsplit(":", 1)[1]
        done = Suite(suite.program.parent, directory / "third").run("up", "--detach", "--port", port)
        report.check("an occupied port is refused with what to do",
                     done.returncode != 0 and port in done.stderr and "--port" in done.stderr, done.stderr)
    finally:
        second.clean_up()


def commands(report, suite, directory):
    """Mistakes at the command line."""
    for arguments, word in (
            (["call", "actors.count", "{bad"], "JSON"), (["call", "actors.count", "[]"], "object"),
            (["keys", "create", "--brand", "Nobody", "--name", "n", "--scope", "*:*"], "Nobody"),
            (["privacy", "erase", "--brand", "Nobody", "email=x"], "Nobody"),
            (["privacy", "erase", "--key", "k", "nonsense"], "TYPE=VALUE"),
            (["import", directory / "none.csv", "--mapping", directory / "none.yaml"], "none.yaml"),
            (["keys", "create", "--brand", "x", "--name", "n"], "--scope")):
        done = suite.run(*arguments)
        report.check(f"gyre {' '.join(map(str, arguments))[:60]}", done.returncode != 0 and word in done.stderr,
                     done.stderr)


def over_http(report, suite, brand):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "actors.count", "params": {}}).encode()
    json_type = {"Content-Type": "application/json"}
    key = {"Authorization": f"Bearer {brand.key}"}
    report.equal("POST /rpc with a key", suite.http("/rpc", body, **json_type, **key)[0], 200)
    report.equal("without one", suite.http("/rpc", body, **json_type)[0], 401)
    report.equal("with a body that is no JSON", suite.http("/rpc", b"{", **json_type, **key)[0], 400)
    report.equal("from a page of another site",
                 suite.http("/rpc", body, Origin="https://evil.example", **json_type, **key)[0], 403)
    report.equal("under another name", suite.http("/rpc", body, Host="evil.example", **json_type, **key)[0], 421)
    for path in ("/healthz", "/readyz", "/metrics", "/"):
        report.equal(f"GET {path}", suite.http(path)[0], 200)


def full_disk(report, programs, directory):
    """A disk that fills up: refusals that say so, reads that go on, and recovery without a restart."""
    mount = directory / "small"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "gyre-test", str(mount)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return report.skip("a full disk", "no file system can be mounted here: " + done.stderr.strip())
    suite = Suite(programs, mount / "data")
    try:
        suite.up()
        brand = Brand(suite, "Full")
        with brand.connect() as connection:
            connection.call("signals.track", {"event": "Before", "userId": "1", "messageId": "before"})
            fill(mount / "filler", leaving=1 << 20)
            written, error = until_refused(connection)
            report.check("writes are refused as storageFull, which says what to do",
                         error and error.code == -32015 and "space" in error.message, error)
            report.check("reads go on", connection.call("signals.summarize")["signals"] >= 1)
            report.check("the suite says that it is not ready",
                         wait_for(lambda: suite.run("status").returncode != 0, seconds=10))
            report.equal("so does /readyz", suite.http("/readyz")[0], 503)
            os.unlink(mount / "filler")
            wait_for(lambda: suite.run("status").returncode == 0, seconds=10, what="readiness")
            taken = connection.call("signals.track", {"event": "After", "userId": "1", "messageId": "after"})
            report.equal("once there is room again, the same connection writes", taken["status"], "accepted")
            stored = [signal["messageId"] for signal in all_signals(brand, "During")]
            report.check(f"all {len(written)} writes that were answered are there once, the refused one is not",
                         sorted(stored) == sorted(written), stored[-5:])
    finally:
        suite.clean_up()
        subprocess.run(["umount", str(mount)], check=False)


def fill(path, leaving):
    """Leaves a few bytes free."""
    with open(path, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(b"x" * size) < size:
                    size //= 2
            except OSError:
                size //= 2
        file.truncate(file.tell() - leaving)


def until_refused(connection):
    """Writes until the disk is full, for what the database had set aside is used up first: the ids, and the error."""
    written = []
    for number in range(4_000):
        message = f"during-{number}"
        error = connection.refusal("signals.track", {
            "event": "During", "userId": str(number), "messageId": message, "properties": {"a": "x" * 2_000}})
        if error:
            return written, error
        written.append(message)
    return written, None
