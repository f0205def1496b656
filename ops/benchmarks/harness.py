"""One run of the benchmark: its programs, its rounds, the suite under test."""

import functools
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys

import machine
from suite import Suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCHEMA = ROOT / "services" / "signals" / "Migrations" / "schema.sql"
MAXIMUM_STOLEN_SHARE = 0.05
ROUNDS_PER_PAIR = 4  # tries, before a machine counts as too busy
BUILD_SECONDS = 3600
LOAD_SECONDS = 1800


class NotMeasured(Exception):
    """A row cannot be measured here, and why."""


class Bench:
    """What a row needs to measure itself. Programs are built and servers started when they are first asked for."""

    def __init__(self, workshop, arguments):
        self.workshop = workshop
        self.pairs_wanted = arguments.pairs
        self.seconds = arguments.seconds
        self.messages = arguments.messages
        self.history = arguments.history
        self.events = arguments.events
        self.calibrates = arguments.calibrate
        self.built = {}
        self.suites = {}

    # --- rounds

    def rounds(self, measure):
        """Medians of (ours, yardstick, ratio) over quiet rounds; `measure` makes one and returns (ours, yardstick)."""
        quiet, tries = [], self.pairs_wanted * ROUNDS_PER_PAIR
        for _ in range(tries):
            if len(quiet) == self.pairs_wanted:
                break
            stopwatch = machine.Stopwatch()
            ours, yardstick = measure()
            stolen = stopwatch.stolen()
            keeps = stolen <= MAXIMUM_STOLEN_SHARE
            shown = f"{ours:12,.1f}" + ("" if yardstick is None else f" {yardstick:12,.1f} {ours / yardstick:8.3f}")
            print(f"  {shown}  {stolen:5.1%} stolen{'' if keeps else ', discarded'}", file=sys.stderr, flush=True)
            if keeps:
                quiet.append((ours, yardstick))
        if not quiet:
            raise NotMeasured(f"other guests took more than {MAXIMUM_STOLEN_SHARE:.0%} of the CPU in {tries} rounds")
        if len(quiet) < self.pairs_wanted:
            print(f"  only {len(quiet)} quiet rounds of {tries}", file=sys.stderr)
        ours = statistics.median(pair[0] for pair in quiet)
        if quiet[0][1] is None:
            return ours, None, None
        yardstick = statistics.median(pair[1] for pair in quiet)
        # Of the rounds' ratios: both halves of a round met the same weather.
        return ours, yardstick, statistics.median(pair[0] / pair[1] for pair in quiet)

    def pairs(self, ours, yardstick):
        """Rounds of two measurements, A B A B."""
        if self.calibrates:
            ours = yardstick
        return self.rounds(lambda: (ours(), yardstick()))

    def alone(self, ours):
        """Rounds of a figure that has a limit, not a yardstick."""
        if self.calibrates:
            raise NotMeasured("this row has no yardstick")
        return self.rounds(lambda: (ours(), None))

    # --- programs

    @functools.cached_property
    def c_programs(self):
        self.build("make", "--silent", "-C", HERE / "yardsticks")
        return HERE / ".build"

    @functools.cached_property
    def suite_programs(self):
        """The folder of the suite's own executables, built for release."""
        self.build("swift", "build", "-c", "release", "--package-path", ROOT)
        return self.products_of(ROOT)

    @functools.cached_property
    def python(self):
        """Python with the modules by others that yardsticks are, in a virtual environment of the benchmark's own."""
        place = HERE / ".build" / "python"
        python = place / "bin" / "python3"
        if not python.exists():
            self.build(sys.executable, "-m", "venv", place)
        self.build(python, "-m", "pip", "install", "--quiet", "--requirement", HERE / "yardsticks" / "requirements.txt")
        return python

    def python_yardstick(self, name, *arguments, **options):
        """What a Python program of the yardsticks prints, which is JSON."""
        return json.loads(self.call(self.python, HERE / "yardsticks" / name, *arguments, **options))

    def swift_program(self, name):
        """An executable of the nested package, which links the suite's libraries."""
        package = HERE / "swift"
        if name not in self.built:
            self.build("swift", "build", "-c", "release", "--package-path", package, "--product", name)
            self.built[name] = self.products_of(package) / name
        return self.built[name]

    def products_of(self, package):
        shown = self.call("swift", "build", "-c", "release", "--package-path", package, "--show-bin-path")
        return pathlib.Path(shown.strip())

    def build(self, *command):
        print(f"  building: {' '.join(str(part) for part in command)}", file=sys.stderr, flush=True)
        self.call(*command, seconds=BUILD_SECONDS)

    def call(self, *command, seconds=120, text=None):
        """Runs a program to its end and returns what it printed."""
        try:
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds,
                                  input=text, cwd=self.workshop.directory)
        except FileNotFoundError:
            raise NotMeasured(f"{command[0]} is not installed") from None
        except subprocess.TimeoutExpired:
            raise NotMeasured(f"{command[0]} did not end within {seconds} s") from None
        if done.returncode != 0:
            output = (done.stderr.strip() or done.stdout.strip())[-2000:]
            raise NotMeasured(f"{pathlib.Path(str(command[0])).name} failed ({done.returncode}): {output}")
        return done.stdout

    # --- measurements that several rows share

    def load(self, place, lines, connections=1, depth=1, seconds=None, **options):
        """Runs the socket client. Every error reply counts against the measurement: it ends it."""
        command = [self.c_programs / "load", place, "--lines", lines, "--connections", connections, "--depth", depth]
        if "count" not in options:
            command += ["--seconds", seconds or self.seconds]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", value]
        printed = json.loads(self.call(*command, seconds=LOAD_SECONDS))
        if printed["errors"]:
            raise NotMeasured(f"{printed['errors']} of {printed['count']} replies were errors: {printed['firstError']}")
        return printed

    def json_times(self, what):
        """Microseconds a message, (ours, Foundation's), for "read" or "write"."""
        if self.calibrates:
            raise NotMeasured("one program measures both halves of this row")
        times = json.loads(self.call(self.swift_program("bench-json"), what, "--seconds", self.seconds))
        return times["ours"], times["yardstick"]

    def gcra_nanoseconds(self):
        """Nanoseconds of a check of rate limits, of "one" bucket and of "four"."""
        return json.loads(self.call(self.swift_program("gcra"), "--seconds", self.seconds))

    def sqlite_rows(self, program, database, rows_per_transaction=1000):
        """Rows written through SQLite by `program`, the C one or ours, from the same SQL."""
        directory = self.workshop.directory / database
        files = ["--insert", HERE / "inputs" / "insert.sql", "--properties", HERE / "inputs" / "properties.json"]
        # The module SQLite has its own pragmas; these give the C program the same.
        setup = ["--pragmas", HERE / "inputs" / "pragmas.sql", "--schema", SCHEMA]
        if not directory.exists():
            directory.mkdir()
            self.call(self.c_programs / "sqlite-rows", directory / "rows.db", *setup, *files, "--rows", self.history,
                      seconds=600)
        if program == self.c_programs / "sqlite-rows":
            files += setup
        # So many rows, not so many seconds: what is faster must not have to fill a larger index.
        length = ["--rows", self.messages] if rows_per_transaction > 1 else ["--seconds", self.seconds]
        return json.loads(self.call(
            program, directory / "rows.db", *files, "--rows-per-transaction", rows_per_transaction, *length))

    def sqlite_yardstick(self):
        """Rows a second of the C program, 1,000 a transaction."""
        return self.sqlite_rows(self.c_programs / "sqlite-rows", "yardstick")["rate"]

    # --- servers

    @functools.cached_property
    def echo_server(self):
        """The socket of the C echo server."""
        path = self.workshop.directory / "echo-server.sock"
        self.workshop.start_listening(path, self.c_programs / "echo-server", path)
        return path

    @functools.cached_property
    def echo_service(self):
        """The socket of a server made of our framing and router."""
        path = self.workshop.directory / "echo-service.sock"
        self.workshop.start_listening(path, self.swift_program("echo-service"), path)
        return path

    @functools.cached_property
    def http_server(self):
        """The address of the C server that answers everything alike: as Gyre answers for a flag."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        reply = self.workshop.directory / "flag.json"
        reply.write_text(json.dumps({"key": "checkout", "value": "control", "variant": "control", "reason": "SPLIT",
                                     "metadata": {"bucket": 1234, "phase": 1, "version": 2}}))
        self.workshop.start_listening(port, self.c_programs / "http-server", port, reply)
        return f"127.0.0.1:{port}"

    @functools.cached_property
    def redis(self):
        """The socket of a Redis that answers an append when it is on disk."""
        if not shutil.which("redis-server"):
            raise NotMeasured("redis-server is missing: apt-get install --no-install-recommends redis-server")
        path, data = self.workshop.directory / "redis.sock", self.workshop.directory / "redis"
        data.mkdir()
        self.workshop.start_listening(
            path, "redis-server", "--port", 0, "--unixsocket", path, "--dir", data, "--daemonize", "no",
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", 0)
        return path

    @functools.cached_property
    def tls_servers(self):
        """Our TLS server and OpenSSL's, with one certificate."""
        # Here, because that module needs this one.
        from tls import TLSServers
        return TLSServers(self)

    def suite(self, name="shared"):
        """A running suite; rows that name the same one share it."""
        if name not in self.suites:
            self.suites[name] = Suite(self, name)
        return self.suites[name]
