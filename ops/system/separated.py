"""Each service runs as a user of its own, as under systemd: they reach each other, and nobody speaks for another."""

import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess

from suite import Brand, Suite, wait_for

HERE = pathlib.Path(__file__).resolve().parent
GROUP = 64990
USERS = {"tenancy": 64991, "signals": 64992, "gateway": 64993, "experiments": 64994, "stimuli": 64995}
STRANGER = 64999
FORBIDDEN = -32003
# How a connection ends that is closed before a word is said.
CLOSED = ("closed", "ConnectionResetError", "BrokenPipeError")


def run(report, programs, directory):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        report.skip("services as different users", "that takes root and setpriv")
        return
    directory.chmod(0o711)
    programs = copied(programs, directory / "programs")
    suite = Suite(programs, directory / "separated")
    processes = {}
    try:
        lay_out(suite.directory)
        for name in USERS:
            processes[name] = start(suite, programs, name)
        wait_for(lambda: suite.run("status").returncode == 0, what="services that are ready")
        report.check("services with users of their own reach each other", True)
        brand = Brand(suite, "Separated")
        brand.call("signals.track", {"event": "x", "userId": "1"})
        report.equal("a signal goes the whole way", brand.totals()[1], 1)
        readable(report, suite.directory)
        impostors(report, suite)
        processes["gateway"].kill()
        processes["gateway"].wait()
        processes["gateway"] = start(suite, programs, "gateway")
        wait_for(lambda: suite.run("status").returncode == 0, what="a gateway that is ready again")
        report.check("HTTP goes through its socket, also after the gateway was killed",
                     b"ok" in http(suite.directory / "run" / "http.sock"))
        backup = directory / "separated-backup"
        backup.mkdir()
        os.chown(backup, 0, GROUP)
        backup.chmod(0o2770)
        suite.gyre("backup", backup / "one")
        stop(processes)
        suite.gyre("restore", backup / "one", "--replace")
        for name in USERS:
            processes[name] = start(suite, programs, name)
        wait_for(lambda: suite.run("status").returncode == 0, what="restored services that are ready")
        report.equal("what root restores, the services' users can use", brand.totals()[1], 1)
        readable(report, suite.directory)
    except AssertionError:
        for name in USERS:
            print((suite.directory / "logs" / f"{name}.log").read_text()[-1500:])
        raise
    finally:
        stop(processes)


def copied(programs, target):
    """The programs where every user may run them."""
    target.mkdir()
    for name in ("gyre", *USERS):
        shutil.copy(pathlib.Path(programs) / name, target / name)
    return target


def lay_out(data):
    """The directories as ops/systemd/gyre.tmpfiles describes them."""
    users = {"root": 0, **{f"gyre-{name}": user for name, user in USERS.items()}}
    for line in (HERE.parent / "systemd" / "gyre.tmpfiles").read_text().splitlines():
        match = re.match(r"([df]) /var/lib/gyre(\S*) +(\d+) (\S+) +gyre", line)
        if not match:
            continue
        kind, path, mode, user = match.groups()
        path = pathlib.Path(f"{data}{path}")
        path.mkdir() if kind == "d" else path.touch()
        os.chown(path, users[user], GROUP)
        path.chmod(int(mode, 8))
    (data / "logs").mkdir()
    key = data / "secrets" / "tombstones"
    key.write_bytes(os.urandom(32))
    os.chown(key, USERS["tenancy"], GROUP)
    key.chmod(0o640)


def start(suite, programs, name):
    table = ",".join(f"{service}:{user}" for service, user in USERS.items())
    environment = suite.environment | {
        "GYRE_DATA_DIRECTORY": str(suite.directory), "GYRE_PEER_USERS": table,
        "GYRE_HTTP_SOCKET": str(suite.directory / "run" / "http.sock")}
    with open(suite.directory / "logs" / f"{name}.log", "ab") as log:
        return subprocess.Popen(
            ["setpriv", f"--reuid={USERS[name]}", f"--regid={GROUP}", "--clear-groups", str(programs / name)],
            env=environment, stdout=log, stderr=log, cwd="/")


def stop(processes):
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def http(path):
    """The answer to GET /healthz over a Unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(4_096), b""))


def readable(report, data):
    """No service can open what belongs to another."""
    shared = [data / name for name in USERS if stat.S_IMODE((data / name).stat().st_mode) & 0o077
              or (data / name).stat().st_uid != USERS[name]]
    report.check("each service's databases are its own user's alone", not shared, shared)


ASK = """
import json, socket, sys
path, principal = sys.argv[1:]
try:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(path)
        connection.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "health.check", "params": {},
                                       "context": {"principal": principal}}).encode() + b"\\n")
        line = connection.makefile().readline()
        print(line.strip() or '"closed"')
except OSError as problem:
    print(json.dumps(type(problem).__name__))
"""


def ask(path, principal, user, group=GROUP):
    """What a process of some user gets from a service's socket."""
    done = subprocess.run(
        ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "/usr/bin/python3", "-c", ASK, str(path), principal],
        capture_output=True, text=True, cwd="/")
    return json.loads(done.stdout)


def impostors(report, suite):
    target = suite.directory / "run" / "signals.sock"
    honest = ask(target, "service:gateway", USERS["gateway"])
    report.check("the gateway's user is believed to be the gateway", "result" in honest, honest)
    lie = ask(target, "service:gateway", USERS["tenancy"])
    report.check("another service's user is not", isinstance(lie, dict) and lie["error"]["code"] == FORBIDDEN, lie)
    key = ask(target, "key:1", USERS["tenancy"])
    report.check("nor may it speak for a key", isinstance(key, dict) and key["error"]["code"] == FORBIDDEN, key)
    member = ask(target, "service:gateway", STRANGER)
    report.check("a stranger in the group is not answered at all", member in CLOSED, member)
    outside = ask(target, "service:gateway", STRANGER, STRANGER)
    report.equal("a stranger outside of it does not reach the socket", outside, "PermissionError")
    admin = ask(suite.admin_socket, "admin", USERS["signals"])
    report.check("the platform's own door is closed to another service", admin in CLOSED, admin)
