"""A suite is copied while it is written to, and brought back elsewhere; nobody who was erased comes back with it."""

import json
import pathlib
import shutil
import sqlite3
import subprocess
import threading
import time

import erasing
import traces
from suite import Brand, Connection, Suite, wait_for

WRITERS = 4
EVENT = "Backed Up"
PAGE = 500


def run(report, programs, directory, rounds):
    home = directory / "backups"
    home.mkdir()
    suite = Suite(programs, directory / "origin", GYRE_LEDGER_REPLICA=home / "replica")
    foreign = Suite(programs, directory / "foreign")
    try:
        suite.up()
        brand = Brand(suite, "Backed up")
        person = erasing.Person()
        erasing.plant(brand, person)
        brand.leaked_key, brand.leaked_key_id = brand.new_key("leaked")
        staff = Staff(suite, brand)
        brand.gone = Leaver(suite)
        writers = under_load(report, suite, brand, home / "loaded")
        suite.gyre("backup", home / "before")
        erase(report, suite, brand, person, home)
        staff.take_back(suite, brand)
        elsewhere(report, programs, directory, home, suite, brand, writers, person, staff)
        refusals(report, programs, directory, home, suite, foreign)
        killed_backup(report, suite, home, rounds)
        killed_restore(report, programs, directory, home, suite, brand, person, rounds)
    finally:
        suite.clean_up()
        foreign.clean_up()


class Leaver:
    """A brand that leaves after the backup, with what services keep of it outside its own files."""

    def __init__(self, suite):
        self.suite = suite
        self.brand = Brand(suite, "Leaver")
        self.marks = ["staff@leaver.example", "customer@leaver.example"]
        with suite.admin(self.brand.id) as connection:
            connection.call("users.invite", {"email": self.marks[0], "role": "viewer"})
        self.brand.call("privacyRequests.submit", {
            "identity": "code", "identifiers": [{"type": "email", "value": self.marks[1]}]})

    def leave(self):
        with self.suite.admin() as connection:
            connection.call("brands.erase", {"id": self.brand.id, "name": self.brand.name})
        wait_for(lambda: self.status(self.suite) == "erased", seconds=60, what="the end of a brand")

    def status(self, suite):
        with suite.admin() as connection:
            return connection.call("brands.get", {"id": self.brand.id})["status"]

    def check(self, report, restored):
        wait_for(lambda: self.status(restored) == "erased", seconds=60, what="a brand that is erased again")
        found, _, _ = traces.search(restored.directory, self.marks)
        report.check("of a brand that was erased since nothing is left, not in the services' own files either",
                     not found, found)


class Staff:
    """Whose access is taken back after a backup: a user who is removed, one who may less, a key that may less."""

    def __init__(self, suite, brand):
        self.invited = {}
        with brand.connect() as connection:
            for name in ("removed", "lowered"):
                user = connection.call("users.invite", {"email": f"{name}@staff.example", "role": "admin"})["user"]
                self.invited[name] = user["id"]
        _, self.key = brand.new_key("narrowed")

    def take_back(self, suite, brand):
        with brand.connect() as connection:
            connection.call("users.remove", {"id": self.invited["removed"]})
            connection.call("users.update", {"id": self.invited["lowered"], "version": 1, "role": "viewer"})
        with suite.admin() as connection:
            connection.call("keys.update", {"id": self.key, "version": 1, "scopes": ["actors:read"]})

    def check(self, report, restored, brand):
        with restored.admin() as connection:
            key = connection.call("keys.get", {"id": self.key})
        report.equal("a key that was narrowed since the backup stays narrow", key["scopes"], ["actors:read"])
        users = {user["id"]: user["role"]
                 for user in restored.gyre_json("users", "list", "--brand", brand.id)["items"]}
        report.equal("who was removed since stays removed, who may less does not get it back",
                     (users.get(self.invited["removed"]), users.get(self.invited["lowered"])), (None, "viewer"))


class Writer(threading.Thread):
    """Sends numbered signals, each after the answer to the one before: what is stored at any moment is a beginning."""

    def __init__(self, brand, name):
        super().__init__(daemon=True)
        self.brand, self.name = brand, name
        self.answered, self.goes_on, self.problem = 0, True, None

    def run(self):
        try:
            with self.brand.connect() as connection:
                while self.goes_on:
                    number = self.answered + 1
                    connection.call("signals.track", {
                        "event": EVENT, "userId": f"{self.name}-{number % 20}", "revenue": "0.01", "currency": "USD",
                        "messageId": f"{self.name}-{number}"})
                    self.answered = number
        except Exception as problem:
            self.problem = repr(problem)


def under_load(report, suite, brand, path):
    """A backup while four clients write; returns for each what was answered before and after."""
    writers = [Writer(brand, f"writer{number}") for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    wait_for(lambda: all(writer.answered > 100 for writer in writers), what="a load")
    before = {writer.name: writer.answered for writer in writers}
    begun = time.monotonic()
    made = suite.gyre_json("backup", path)
    seconds = time.monotonic() - begun
    after = {writer.name: writer.answered for writer in writers}
    report.say(f"{made['files']} files, {made['bytes']:,} bytes in {seconds:.2f} s, "
               f"{sum(after.values()) - sum(before.values()):,} writes answered meanwhile")
    wait_for(lambda: all(writer.answered > after[writer.name] + 20 for writer in writers), what="writes that go on")
    for writer in writers:
        writer.goes_on = False
    for writer in writers:
        writer.join(60)
    problems = [writer.problem for writer in writers if writer.problem]
    report.check("writes go well during a backup and after it", not problems, problems)
    names = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    expected = {"manifest.json", "gateway/service.db", "tenancy/service.db", "signals/service.db", "experiments/service.db",
                "stimuli/service.db", f"stimuli/{brand.id}.db", f"stimuli/{brand.gone.brand.id}.db",
                f"experiments/{brand.id}.db", f"experiments/{brand.gone.brand.id}.db",
                f"signals/{brand.id}.db", f"signals/{brand.gone.brand.id}.db"}
    report.check("the backup holds the databases and a manifest, no secrets and no ledger", names == expected, names)
    return {name: (before[name], after[name] + 1) for name in before}


def erase(report, suite, brand, person, home):
    found, _, _ = traces.search(home / "before", person.values)
    report.check("the planted customer is in the backup", {value for _, value, _ in found} == set(person.values), found)
    done = suite.gyre_json("privacy", "erase", "--brand", brand.id, f"email={person.email}")
    report.equal("then they are erased: the request is", done["status"], "completed")
    ledger = (suite.directory / "ledger" / "erasures.ndjson").read_bytes()
    report.check("the erasure is in the ledger, with hashes and ids", ledger.count(b"\n") >= 1 and done["id"].encode() in ledger)
    report.check("the copy of the ledger says the same", (home / "replica" / "erasures.ndjson").read_bytes() == ledger)
    found, _, _ = traces.search(suite.directory / "ledger", person.values)
    report.check("the ledger names nobody", not found, found)
    suite.gyre("keys", "revoke", brand.leaked_key_id)
    brand.gone.leave()


def provide_secrets(origin, target):
    """What the runbook tells people to do: secrets have a copy of their own."""
    target.directory.mkdir(parents=True, exist_ok=True)
    shutil.copytree(origin.directory / "secrets", target.directory / "secrets", dirs_exist_ok=True)


def elsewhere(report, programs, directory, home, suite, brand, writers, person, staff):
    """Both backups are brought back in a directory of their own, while the origin runs on."""
    restored = Suite(programs, directory / "restored")
    provide_secrets(suite, restored)
    missing = restored.run("restore", home / "before")
    report.check("without the erasure ledger a restore is refused, and says what to give",
                 missing.returncode != 0 and "--ledger" in missing.stderr, missing.stderr)
    try:
        restored.gyre("restore", home / "loaded", "--ledger", home / "replica")
        restored.up()
        again = rebrand(brand, restored)
        stored = {}
        total = 0
        for signal in signals(again, EVENT):
            name, number = signal["messageId"].rsplit("-", 1)
            stored.setdefault(name, set()).add(int(number))
            total += 1
        whole = all(numbers == set(range(1, len(numbers) + 1)) for numbers in stored.values())
        report.check(f"of each writer a beginning is there, without a gap: {total:,} signals", whole and len(stored) == WRITERS,
                     {name: len(numbers) for name, numbers in stored.items()})
        within = {name: (low, len(stored.get(name, ())), high) for name, (low, high) in writers.items()}
        report.check("with everything that was answered before the backup began, and nothing from after its end",
                     all(low <= seen <= high for low, seen, high in within.values()), within)
        summary = again.call("signals.summarize")
        report.check("the running totals agree with the rows", summary["signals"] >= total, summary)
        unserved(report, restored, again, person, "a backup from before the erasure, restored")
        brand.gone.check(report, restored)
        with Connection(restored.socket, key=brand.leaked_key) as connection:
            refused = connection.refusal("signals.summarize")
        report.check("a key that was revoked since the backup is refused",
                     refused is not None and "revoked" in refused.message, refused)
        staff.check(report, restored, brand)
        incarnations(report, home / "loaded", restored)
        report.equal("gyre doctor finds no problem with it", restored.run("doctor").returncode, 0)
        restored.down()
        restored.up()
        unserved(report, restored, again, person, "after another restart")
    finally:
        restored.clean_up()


def rebrand(brand, suite):
    """The same brand and key, in another suite."""
    again = object.__new__(Brand)
    again.__dict__.update(brand.__dict__, suite=suite)
    return again


def signals(brand, event):
    with brand.connect() as connection:
        params = {"event": event, "limit": PAGE}
        while True:
            page = connection.call("signals.list", params)
            yield from page["items"]
            if not page.get("nextCursor"):
                return
            params["cursor"] = page["nextCursor"]


def unserved(report, suite, brand, person, what):
    found, files, size = traces.search(suite.directory, person.values)
    report.check(f"{what}: no form of any identifier in {files} files, {size:,} bytes", not found, found)
    with brand.connect() as connection:
        ways = [{"userId": person.id}, {"identifiers": person.identifiers[:1]}, {"identifiers": person.identifiers[1:]}]
        errors = [connection.refusal("signals.track", {"event": "x", **identity}) for identity in ways]
        report.check(f"{what}: every identifier is refused at intake",
                     all(error and error.code == erasing.SUPPRESSED for error in errors), errors)
        for identifier in [{"type": "customerId", "value": person.id}, *person.identifiers]:
            error = connection.refusal("actors.get", {"identifier": identifier})
            if not (error and error.code == -32004):
                report.check(f"{what}: actors.get knows nobody by {identifier['type']}", False, error)


def incarnations(report, backup, suite):
    """No database goes on as the one that the backup was taken of."""
    manifest = json.loads((backup / "manifest.json").read_text())
    old = {copy["incarnation"] for service in manifest["services"] for copy in service["files"]}
    new = []
    for service in manifest["services"]:
        for copy in service["files"]:
            path = suite.directory / service["name"] / copy["file"]
            if path.with_suffix(".erased").exists():
                continue
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                new.append(database.execute("SELECT incarnation FROM ground").fetchone()[0])
    report.check(f"each of {len(new)} databases has an incarnation of its own and a new one",
                 len(set(new)) == len(new) and not old & set(new), new)


def refusals(report, programs, directory, home, suite, foreign):
    running = suite.run("restore", home / "before", "--replace")
    report.check("a restore into a suite that runs is refused", running.returncode != 0 and "already runs" in running.stderr,
                 running.stderr)
    suite.down()
    kept = suite.run("restore", home / "before")
    report.check("databases are replaced only when that is asked for", kept.returncode != 0 and "--replace" in kept.stderr,
                 kept.stderr)
    manifest = json.loads((home / "before" / "manifest.json").read_text())
    before = content(suite.directory)
    for service in manifest["services"]:
        file = service["files"][-1]["file"]
        damaged = home / "damaged"
        shutil.copytree(home / "before", damaged)
        path = damaged / service["name"] / file
        bytes_ = bytearray(path.read_bytes())
        bytes_[len(bytes_) // 2] ^= 1
        path.write_bytes(bytes_)
        refused = suite.run("restore", damaged, "--replace")
        report.check(f"one bit off in {service['name']}/{file}: refused, naming the file",
                     refused.returncode != 0 and f"{service['name']}/{file} is damaged" in refused.stderr, refused.stderr)
        shutil.rmtree(damaged)
    for what, change, says in [
            ("a newer format", lambda m: m.update(format=2), "format 2"),
            ("a newer schema", lambda m: m["services"][1]["files"][-1].update(migration="9999-tomorrow"), "9999-tomorrow"),
            ("a path in place of a file's name", lambda m: m["services"][1]["files"][-1].update(file="../../x.db"), "manifest.json"),
            ("no service.db", lambda m: m["services"][0]["files"].clear(), "service.db")]:
        changed = json.loads(json.dumps(manifest))
        change(changed)
        shutil.copytree(home / "before", home / "damaged")
        (home / "damaged" / "manifest.json").write_text(json.dumps(changed))
        refused = suite.run("restore", home / "damaged", "--replace")
        report.check(f"a manifest with {what} is refused", refused.returncode != 0 and says in refused.stderr, refused.stderr)
        shutil.rmtree(home / "damaged")
    foreign.up()
    foreign.down()
    unnamed = foreign.run("restore", home / "before", "--replace")
    report.check("an installation that was never backed up knows a foreign backup too",
                 unnamed.returncode != 0 and "is of another installation" in unnamed.stderr and "--adopt" in unnamed.stderr,
                 unnamed.stderr)
    foreign.up()
    foreign.gyre("backup", home / "foreign")
    taken = foreign.run("backup", home / "foreign")
    report.check("a second backup does not go over a first", taken.returncode != 0 and "not empty" in taken.stderr, taken.stderr)
    inside = foreign.run("backup", foreign.directory / "signals" / "copy")
    report.check("a backup among the suite's own databases is refused", inside.returncode != 0, inside.stderr)
    refused = suite.run("restore", home / "foreign", "--replace")
    report.check("a backup of another installation is refused, naming --adopt",
                 refused.returncode != 0 and "is of another installation" in refused.stderr
                 and "--adopt" in refused.stderr, refused.stderr)
    report.check("all of these leave every byte as it was", content(suite.directory) == before)
    suite.up()


def content(directory):
    """Every file but logs and what lies in run."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in pathlib.Path(directory).rglob("*")
            if path.is_file() and path.relative_to(directory).parts[0] not in ("logs", "run")}


def killed_backup(report, suite, home, rounds):
    """A backup whose gateway or service is killed is none; one that has a manifest is whole."""
    whole = 0
    for number in range(rounds):
        path = home / f"killed-{number}"
        process = suite.start("backup", path)
        while process.poll() is None and not path.exists():
            time.sleep(0.0002)
        time.sleep(0.004 * (number // 2))
        suite.kill("gateway" if number % 2 else "signals")
        process.wait(60)
        if (path / "manifest.json").exists():
            whole += 1
        else:
            refused = suite.run("restore", path, "--replace")
            if refused.returncode == 0:
                report.check("a backup that was killed is refused", False, refused.stdout)
            shutil.rmtree(path, ignore_errors=True)
        wait_for(lambda: suite.run("status").returncode == 0, what="a suite that is ready again")
    report.check(f"{rounds} backups killed at different moments: {whole} came to their end, the others are no backups", True)
    suite.gyre("backup", home / "after-kills")
    report.check("the next one goes well", (home / "after-kills" / "manifest.json").exists())


def killed_restore(report, programs, directory, home, suite, brand, person, rounds):
    """A restore that is killed leaves what does not start, until one comes to its end."""
    target = Suite(programs, directory / "interrupted")
    provide_secrets(suite, target)
    marker = target.directory / "restoring.json"
    interrupted = 0
    try:
        for number in range(rounds * 10):
            process = target.start("restore", home / "before", "--replace", "--ledger", home / "replica")
            while process.poll() is None and not marker.exists():
                time.sleep(0.0002)
            time.sleep(0.001 * number)
            process.kill()
            process.wait()
            if not marker.exists():
                continue
            interrupted += 1
            refused = target.run("up", "--detach")
            report.check("a suite whose restore was killed does not start, and says why",
                         refused.returncode != 0 and "restore" in refused.stderr, refused.stderr)
            if interrupted == rounds:
                break
        report.check(f"{interrupted} restores were killed in the middle", interrupted > 0)
        target.gyre("restore", home / "before", "--replace", "--ledger", home / "replica")
        killed_services(target, rounds)
        target.up()
        unserved(report, target, rebrand(brand, target), person, "restored at last, its services killed while they began")
        target.down()
    finally:
        target.clean_up()


def killed_services(suite, rounds):
    """Each service is killed while it finishes the restore."""
    for name in ("tenancy", "signals", "experiments", "stimuli", "gateway"):
        for number in range(rounds):
            environment = suite.environment | {"GYRE_DATA_DIRECTORY": str(suite.directory)}
            process = subprocess.Popen([str(suite.program.parent / name)], env=environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.005 + 0.01 * number)
            process.kill()
            process.wait()
