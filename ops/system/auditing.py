"""The audit log is whole after its services were killed, and a changed row is found, by Gyre and without it."""

import json
import pathlib
import random
import sqlite3
import subprocess
import sys

from suite import Brand, Suite, wait_for

VERIFIER = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Oracles" / "audit_verify.py"
COLUMNS = "leaf_index, id, at, service, principal, brand, method, ids, fields, next_key"


def run(report, suite, directory):
    brand = Brand(suite, "Audited")
    answered = 1
    rotated = rotate(report, suite)
    for process in ("tenancy", "signals", "experiments", "stimuli", "gateway"):
        answered += keys(suite, brand, process, "before")
        pid = suite.kill(process)
        wait_for(lambda: suite.pid(process) not in (None, pid), what=f"a new {process}")
        answered += keys(suite, brand, process, "after")
    verdict = wait_for(lambda: covered(suite), what="a head over all entries")
    report.check("the log agrees with every head, witnessed by all other services",
                 verdict["witnesses"] == ["experiments", "gateway", "signals", "stimuli"] and verdict["heads"] > 2, verdict)
    report.equal("signed by the key that was rotated in", suite.gyre_json("audit", "head")["keyId"], rotated)
    entries = suite.gyre_json("audit", "list", "--brand", brand.id, "--last", 1_000)["items"]
    made = sum(entry["method"] == "keys.create" for entry in entries)
    report.equal("every answered call is in it once", made, answered)
    report.equal("without Gyre it verifies too", both(suite, directory), (0, 0))
    tamper(report, suite, directory, verdict["covered"])
    report.equal("with all rows as they were it verifies again", both(suite, directory), (0, 0))
    older(report, suite.program.parent, directory)


def older(report, programs, directory):
    """A suite goes back to a backup from before its log's key was rotated, then loses the key."""
    suite = Suite(programs, directory / "older")
    home = directory / "older-files"
    home.mkdir()
    try:
        suite.up()
        Brand(suite, "Older")
        wait_for(lambda: covered(suite), what="a head over all entries")
        suite.gyre("backup", home / "backup")
        for _ in range(2):
            newest = suite.gyre_json("audit", "rotate-key")["keyId"]
        suite.down()
        suite.gyre("restore", home / "backup", "--replace")
        suite.up()
        wait_for(lambda: covered(suite), what="a head over all entries")
        Brand(suite, "Restored")
        wait_for(lambda: covered(suite), what="a head over all entries")
        report.equal("after a restore from before two rotations the log verifies, by both", both(suite, home), (0, 0))
        report.equal("and the newest key signs", suite.gyre_json("audit", "head")["keyId"], newest)
        report.equal("gyre doctor finds no problem", suite.run("doctor").returncode, 0)
        lost(report, suite, home)
    finally:
        suite.clean_up()


def lost(report, suite, home):
    """Without the key's file the log has another key: witnesses refuse its heads, and say so everywhere."""
    suite.down()
    (suite.directory / "secrets" / "audit-log").unlink()
    suite.up()
    Brand(suite, "Lost")
    wait_for(lambda: refused(suite), what="heads that are refused")
    report.equal("a key that nothing leads to: neither verifies it", both(suite, home), (1, 1))
    doctor, status = suite.run("doctor"), suite.run("status")
    report.check("gyre doctor and gyre status say that witnesses refuse its heads",
                 doctor.returncode == 1 and all("of the audit log" in said for said in (doctor.stdout, status.stdout)),
                 (doctor.stdout, status.stdout))
    report.check("without a reason nobody vouches for it", suite.run("audit", "adopt-key").returncode != 0)
    reason = "Ada Miller: the file was removed"
    taken = suite.gyre_json("audit", "adopt-key", "--reason", reason)["items"]
    report.check("by order of the platform each witness takes it, with the reason",
                 [head["adoptionReason"] for head in taken] == [reason] * 4, taken)
    Brand(suite, "Found")
    wait_for(lambda: covered(suite), what="a head over all entries")
    report.equal("nothing is wrong then, and by neither it is good", both(suite, home), (2, 2))
    verdict = covered(suite)
    report.check("they name the break: five times, with who and why",
                 len(verdict["breaks"]) == 5 and not verdict["problems"] and not verdict["verified"]
                 and sum(reason in text for text in verdict["breaks"]) == 4, verdict)
    report.check("the witnesses' alarm ends, and gyre doctor's",
                 refused(suite) is None and suite.run("doctor").returncode == 0, suite.run("doctor").stdout)
    suite.gyre("audit", "rotate-key")
    wait_for(lambda: covered(suite), what="a head over all entries")
    report.equal("after the next rotation it is the same", both(suite, home), (2, 2))


def refused(suite):
    """How many heads each witness refuses, as its metric says; nothing before all of them do."""
    counts = []
    for path in ("/metrics", "/metrics/signals", "/metrics/experiments", "/metrics/stimuli"):
        lines = suite.http(path)[1].decode().splitlines()
        counts += [int(float(line.split()[1])) for line in lines if line.startswith("gyre_audit_refused_heads ")]
    return counts if len(counts) == 4 and all(counts) else None


def rotate(report, suite):
    """Replaces the log's key; the id of the new one."""
    wait_for(lambda: suite.run("audit", "head").returncode == 0, what="a head")
    before = suite.gyre_json("audit", "head")["keyId"]
    after = suite.gyre_json("audit", "rotate-key")["keyId"]
    report.check("the audit log's key is replaced, and either is one that must have signed",
                 before != after and all(suite.run("audit", "verify", "--key-id", key).returncode == 0
                                         for key in (before, after)), (before, after))
    return after


def keys(suite, brand, process, when, count=3):
    for number in range(count):
        wait_for(lambda: suite.run("keys", "create", "--brand", brand.id, "--name", f"{process}-{when}-{number}",
                                   "--scope", "audit:read").returncode == 0, what="a key")
    return count


def covered(suite):
    """What the verification says, once a head covers every entry."""
    verdict = json.loads(suite.run("audit", "verify", "--json").stdout)
    return verdict if verdict["covered"] == verdict["entries"] else None


def both(suite, directory):
    """The exit statuses of both verifiers."""
    export = directory / "audit.ndjson"
    mine = suite.run("audit", "verify", "--export", export)
    other = subprocess.run([sys.executable, VERIFIER, export], capture_output=True, timeout=180)
    return mine.returncode, other.returncode


def tamper(report, suite, directory, size):
    """Changes rows in tenancy's database as somebody would who has it open, and takes each change back."""
    chance = random.Random(6962)
    connection = sqlite3.connect(suite.directory / "tenancy" / "service.db", timeout=10, isolation_level=None)
    for trigger in ("appended", "not_changed", "not_removed"):
        connection.execute(f"DROP TRIGGER audit_entries_are_{trigger}")
    rows = connection.execute(f"SELECT {COLUMNS} FROM audit_entries ORDER BY leaf_index").fetchall()
    for change in ("edited", "dropped", "exchanged", "cut off"):
        index, other = sorted(chance.sample(range(size), 2))
        connection.execute("BEGIN IMMEDIATE")
        if change == "edited":
            connection.execute("UPDATE audit_entries SET principal = 'nobody' WHERE leaf_index = ?", (index,))
        elif change == "dropped":
            connection.execute("DELETE FROM audit_entries WHERE leaf_index = ?", (index,))
        elif change == "cut off":
            connection.execute("DELETE FROM audit_entries WHERE leaf_index >= ?", (index,))
        else:
            for row, place in ((index, size + 1_000), (other, index), (size + 1_000, other)):
                connection.execute("UPDATE audit_entries SET leaf_index = ? WHERE leaf_index = ?", (place, row))
        connection.execute("COMMIT")
        said = suite.run("audit", "verify").stdout
        report.check(f"an entry that was {change} is found where it is",
                     both(suite, directory) == (1, 1) and f"entry {index} " in said, said)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM audit_entries")
        connection.executemany(f"INSERT INTO audit_entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    connection.close()
