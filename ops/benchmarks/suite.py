"""The suite under test: started as a person would start it, spoken to through its sockets."""

import json
import pathlib
import socket
import urllib.parse
import urllib.request

import machine

# Requests a second that no benchmark sends: limits are on and charged, but do not refuse.
UNREACHED_RATE = 1_000_000
START_SECONDS = 120
PEOPLE = 10_000  # whom the lines of load.c are about, each in turn
HERE = pathlib.Path(__file__).resolve().parent


class CallFailed(Exception):
    """The suite answered a call with an error."""


class Suite:
    """`gyre up --demo --detach` in a directory of its own."""

    def __init__(self, bench, name):
        self.bench = bench
        self.gyre = bench.suite_programs / "gyre"
        self.directory = bench.workshop.directory / name
        bench.workshop.closers.append(self.down)
        bench.call(self.gyre, "up", "--data", self.directory, "--demo", "--detach", seconds=START_SECONDS)
        ready = json.loads((self.directory / "run" / "ready.json").read_text())
        self.socket, self.admin_socket = ready["socket"], ready["adminSocket"]
        self.url = ready["url"]
        self.signals_socket = self.directory / "run" / "signals.sock"
        self.brands_made = 0
        self.brands = {}  # (how many, history) -> [(brand, key)]

    def down(self):
        """Ends the suite; what ignores the request is ended by its process id."""
        pids = self.pids() if self.directory.exists() else {}
        if not pids:
            return
        try:
            self.bench.call(self.gyre, "down", "--data", self.directory, seconds=30)
        finally:
            for pid in pids.values():
                if machine.is_alive(pid):
                    machine.end_process(pid)

    def pids(self):
        """Process ids by service, the supervisor's too."""
        found = {path.stem: int(path.read_text()) for path in (self.directory / "run").glob("*.pid")}
        return {name: pid for name, pid in found.items() if machine.is_alive(pid)}

    def resident_mebibytes(self):
        return machine.resident_mebibytes(self.pids().values())

    def call(self, method, params, to=None, **members):
        """One JSON-RPC call over a connection of its own, the admin socket's where none is named."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **members}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(to or self.admin_socket))
            connection.sendall(json.dumps(request).encode() + b"\n")
            reply = json.loads(connection.makefile("rb").readline())
        if "error" in reply:
            raise CallFailed(f"{method}: {json.dumps(reply['error'])}")
        return reply["result"]

    def post(self, path, key, body):
        """What HTTP answers, as JSON."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, body.encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    # --- brands and the lines that reach them

    def new_brand(self, rate=UNREACHED_RATE):
        """A brand and a key that may do everything in it, so often a second."""
        self.brands_made += 1
        brand = self.call("brands.provision", {"name": f"Bench {self.brands_made}"})["id"]
        key = self.call("keys.create", {
            "brandId": brand, "name": "bench", "scopes": ["*:*"], "ratePerSecond": rate, "burst": rate})["key"]
        return brand, key

    def public_lines(self, brands=1, history=0, template="track"):
        """Lines that the gateway takes, spread over so many brands that hold `history` signals together."""
        return self.lines(template, self.brands_with(brands, history), f"public-{brands}-{history}")

    def direct_lines(self, history=0, template="track"):
        """Lines that the service takes from the gateway, for the same brand: two files of different sizes would be
        compared otherwise."""
        context = '"context":{{"brand":"{}","principal":"key:bench","scopes":["*:*"]}}'
        return self.lines(template, self.brands_with(1, history), f"direct-{history}", context)

    def refused_lines(self):
        """Lines of a key that may do nothing now: what it may spend in a second is spent."""
        return self.lines("track", [self.new_brand(rate=1)], "refused")

    def consent_lines(self, history=0):
        """The same lines for two brands that hold `history` signals each: one that says a property of theirs is specially
        protected, and has the consent of everybody in them, and one that says nothing."""
        brands = [self.new_brand(), self.new_brand()]
        needing, free = (self.lines("track", [brand], name) for brand, name in zip(brands, ("consent", "free")))
        for lines in (needing, free) if history else ():
            self.bench.load(self.socket, lines, connections=8, depth=64, check="yes", count=history)
        consents = self.lines("consent", brands[:1], "consent")
        self.bench.load(self.socket, consents, depth=64, check="yes", count=PEOPLE)  # one connection takes all in turn
        self.call("specialProperties.set", {"name": "loyaltyPoints", "category": "health"}, to=self.socket,
                  meta={"key": brands[0][1]})
        return needing, free

    def flags(self):
        """Where HTTP is, a key, and contexts for an experiment `checkout` that targets some and needs another: each of
        them is in a variant."""
        _, key = self.new_brand()
        half = [{"key": "control", "allocation": 5000, "isControl": True}, {"key": "new", "allocation": 5000}]
        for name, more in [("delivery", {}), ("checkout", {
                "condition": {"country": {"$in": ["DE", "AT"]}}, "prerequisites": [{"experiment": "delivery"}]})]:
            made = self.call("experiments.create", {
                "key": name, "name": name, "unitType": "user", "variants": half, **more}, self.socket, meta={"key": key})
            self.call("experiments.start", {"id": made["id"], "version": 1}, self.socket, meta={"key": key})
        lines = self.directory / "flags.jsonl"
        lines.write_text('{"context":{"targetingKey":"user-{{user}}","country":"DE","age":30}}\n')
        answer = self.post("/ofrep/v1/evaluate/flags/checkout", key, lines.read_text())
        if answer.get("reason") != "SPLIT" or answer.get("variant") not in ("control", "new"):
            raise CallFailed(f"a flag is answered with {answer}")
        return urllib.parse.urlparse(self.url).netloc, key, lines

    def brands_with(self, count, history):
        """So many brands that hold `history` signals together; the same ones whenever they are asked for."""
        if (count, history) not in self.brands:
            made = [self.new_brand() for _ in range(count)]
            if history:
                lines = self.lines("track", made, f"history-{count}-{history}")
                self.bench.load(self.socket, lines, connections=8, depth=64, check="yes", count=history)
            self.brands[count, history] = made
        return self.brands[count, history]

    def lines(self, template, brands, name, caller='"meta":{{"key":"{1}"}}'):
        """A file of requests, one for each brand and its key; `caller` is the member that says who calls."""
        path = self.directory / f"{template}-{name}.jsonl"
        if not path.exists():
            line = (HERE / "inputs" / f"{template}.jsonl").read_text().strip()
            path.write_text("".join(
                line.replace('"meta":{"key":"{{key}}"}', caller.format(*brand)).replace("{{key}}", brand[1]) + "\n"
                for brand in brands))
        return path
