"""A suite of its own for a test: started as a person would start it, spoken to through its sockets."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

UNREACHED_RATE = 1_000_000
CALL_SECONDS = 40
LINE_BYTES = 1 << 20


class Refused(Exception):
    """The suite answered a call with an error."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.message, self.data = error["code"], error["message"], error.get("data")


class Connection:
    """One connection to a socket of the suite."""

    def __init__(self, path, **meta):
        self.meta = meta
        self.number = 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(CALL_SECONDS)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.lines.close()
        self.socket.close()

    def send(self, line):
        """Sends bytes as they are, with a line end."""
        self.socket.sendall(line + b"\n")

    def receive(self):
        """The next line as JSON; raises ConnectionError at the end of the connection."""
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the connection was closed")
        return json.loads(line)

    def exchange(self, line):
        self.send(line)
        return self.receive()

    def request(self, method, params=None, **meta):
        """The line of one call."""
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params or {}}
        if self.meta or meta:
            request["meta"] = {**self.meta, **meta}
        return json.dumps(request).encode()

    def call(self, method, params=None, **meta):
        """The result of one call; raises Refused."""
        reply = self.exchange(self.request(method, params, **meta))
        if reply.get("id") != self.number:
            raise AssertionError(f"reply to {self.number} has id {reply.get('id')}")
        if "error" in reply:
            raise Refused(reply["error"])
        return reply["result"]

    def refusal(self, method, params=None, **meta):
        """The error that a call gets; None when it goes well."""
        try:
            self.call(method, params, **meta)
            return None
        except Refused as refused:
            return refused


class Brand:
    """A brand of the suite, and a key that may do everything in it."""

    def __init__(self, suite, name):
        self.suite, self.name = suite, name
        self.id = suite.gyre_json("brands", "provision", name, "--industry", "retail")["id"]
        self.key, self.key_id = self.new_key("test")

    def new_key(self, name, *scopes, rate=UNREACHED_RATE):
        arguments = [part for scope in scopes or ["*:*"] for part in ("--scope", scope)]
        made = self.suite.gyre_json("keys", "create", "--brand", self.id, "--name", name, *arguments,
                                    "--rate", rate, "--burst", rate)
        return made["key"], made["record"]["id"]

    def connect(self):
        """A connection through the gateway, with the brand's key."""
        return Connection(self.suite.socket, key=self.key)

    def call(self, method, params=None):
        with self.connect() as connection:
            return connection.call(method, params)

    def totals(self):
        """Actors, signals, and the exact sum of revenue in dollars."""
        summary = self.call("signals.summarize")
        sums = {entry["currency"]: entry["amount"] for entry in summary["revenue"]}
        return self.call("actors.count")["actors"], summary["signals"], sums.get("USD", "0.00")


class Suite:
    """`gyre up --detach` in a directory of its own."""

    PROCESSES = ["tenancy", "signals", "experiments", "stimuli", "gateway", "gyre"]

    def __init__(self, programs, directory, **settings):
        self.settings = settings
        self.program = pathlib.Path(programs).resolve() / "gyre"
        self.directory = pathlib.Path(directory)
        self.socket = self.directory / "run" / "gateway.sock"
        self.admin_socket = self.directory / "run" / "admin.sock"
        self.url = None

    def run(self, *arguments, text=None):
        """Runs gyre about this suite; the finished process."""
        return subprocess.run(
            [str(self.program), *map(str, arguments), "--data", str(self.directory)],
            capture_output=True, text=True, input=text or "", timeout=180, env=self.environment)

    def start(self, *arguments):
        """Starts gyre about this suite, for a test that does not wait for its end."""
        return subprocess.Popen(
            [str(self.program), *map(str, arguments), "--data", str(self.directory)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)

    @property
    def environment(self):
        """Nothing of the tester's own settings."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("GYRE_")}
        return own | {name: str(value) for name, value in self.settings.items()}

    def gyre(self, *arguments, text=None):
        """What gyre prints; raises when it fails."""
        done = self.run(*arguments, text=text)
        if done.returncode != 0:
            raise AssertionError(f"gyre {' '.join(map(str, arguments))} failed: {done.stderr or done.stdout}")
        return done.stdout

    def gyre_local(self, *arguments):
        """What gyre prints without any suite; raises when it fails."""
        return subprocess.run([str(self.program), *map(str, arguments)], capture_output=True, text=True, check=True,
                              timeout=180, env=self.environment).stdout

    def gyre_json(self, *arguments, text=None):
        return json.loads(self.gyre(*arguments, "--json", text=text))

    def up(self, *options):
        ready = self.gyre_json("up", "--detach", *options)
        self.url = ready["url"]
        return ready

    def down(self):
        self.gyre("down")

    def admin(self, brand=None):
        """A connection to the platform's own door."""
        return Connection(self.admin_socket, **({"brand": brand} if brand else {}))

    def http(self, path, body=None, **headers):
        """An HTTP request; status and body."""
        request = urllib.request.Request(self.url.rstrip("/") + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def pid(self, process):
        """The id of a running process of the suite; None while there is none."""
        try:
            pid = int((self.directory / "run" / f"{process}.pid").read_text())
            return pid if is_alive(pid) else None
        except (FileNotFoundError, ValueError):
            return None

    def kill(self, process):
        """SIGKILL; returns the id that is gone."""
        pid = wait_for(lambda: self.pid(process))
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid))
        return pid

    def clean_up(self):
        """Ends whatever is left of it, for the end of a test."""
        try:
            self.run("down")
        finally:
            for process in self.PROCESSES:
                pid = self.pid(process)
                if pid:
                    os.kill(pid, signal.SIGKILL)


def is_alive(pid):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(condition, seconds=30, what="a condition"):
    """The condition's first true value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds} s")
