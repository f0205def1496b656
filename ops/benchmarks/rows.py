"""The rows of the table: what is measured, against what, and how far apart they may be."""

import dataclasses
import json
import statistics
import time
import typing

import experiments
import machine
import purchases
import timing
from harness import HERE, Bench, NotMeasured
from tls import TLSServers

FLOOD_HEAD_START = 1  # seconds
SETTLE_SECONDS = 3  # caches that are cleared by a timer are


@dataclasses.dataclass(frozen=True)
class Aim:
    """A limit for a row's ratio; for our own figure where that has this unit, or where there is no yardstick."""
    sign: str
    limit: float
    unit: str = ""

    def is_met(self, value):
        return {"≥": value >= self.limit, "≤": value <= self.limit, "<": value < self.limit}[self.sign]

    def __str__(self):
        return f"{self.sign} {self.limit:g}{self.unit}"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    against: str
    unit: str
    aim: Aim
    measure: typing.Callable[[Bench], tuple]

    def is_met(self, ours, ratio):
        is_figure = ratio is None or self.aim.unit.strip() == self.unit
        return self.aim.is_met(ours if is_figure else ratio)


ROWS: list[Row] = []


def row(name, title, against, unit, aim):
    """Adds a function that returns (ours, yardstick, ratio) to the table."""
    def add(measure):
        ROWS.append(Row(name, title, against, unit, aim, measure))
        return measure
    return add


def at_least(limit, unit=""):
    return Aim("≥", limit, unit)


def at_most(limit, unit=""):
    return Aim("≤", limit, unit)


# --- libraries

def faster(result):
    """Times turned into how many times faster: the ratio of a row whose aim is a speed-up."""
    ours, yardstick, ratio = result
    return ours, yardstick, 1 / ratio


@row("json-read", "reading a signals.track line into its generated type, all checks on",
     "JSONDecoder into the same fields", "µs", at_least(8, " ×"))
def json_read(bench):
    return faster(bench.rounds(lambda: bench.json_times("read")))


@row("json-write", "writing a reply of about 300 bytes", "JSONEncoder", "µs", at_least(15, " ×"))
def json_write(bench):
    return faster(bench.rounds(lambda: bench.json_times("write")))


def echo(bench, depth, figure):
    lines = HERE / "inputs" / "echo.jsonl"
    ours = lambda: bench.load(bench.echo_service, lines, depth=depth)[figure]
    yardstick = lambda: bench.load(bench.echo_server, lines, depth=depth)[figure]
    return bench.pairs(ours, yardstick)


@row("echo-64", "echo over a Unix socket through framing and router, 64 in flight", "a C echo server", "msg/s",
     at_least(0.5))
def echo_pipelined(bench):
    return echo(bench, 64, "rate")


@row("echo-1", "the same, one in flight, p50", "a C echo server", "µs", at_most(2))
def echo_alone(bench):
    return echo(bench, 1, "p50")


def tls(bench, measure):
    servers = bench.tls_servers
    return bench.pairs(lambda: measure(servers, servers.ours), lambda: measure(servers, servers.yardstick))


@row("tls-handshakes", "full TLS 1.3 handshakes through our channel handler, one after the other", "openssl s_server",
     "/s", at_least(0.7))
def tls_handshakes(bench):
    return tls(bench, TLSServers.connections)


@row("tls-bulk", "bytes through our TLS channel handler, one connection", "openssl s_server", "MB/s", at_least(0.7))
def tls_bulk(bench):
    return tls(bench, TLSServers.megabytes)


@row("sqlite", "durable transactions of 1,000 rows through SQLite", "a C program, same schema and pragmas", "rows/s",
     at_least(0.9))
def sqlite(bench):
    ours = lambda: bench.sqlite_rows(bench.swift_program("sqlite-rows"), "ours")["rate"]
    return bench.pairs(ours, bench.sqlite_yardstick)


@row("gcra", "a call's check against its four rate limits", "a limit", "ns", at_most(100, " ns"))
def gcra(bench):
    return bench.alone(lambda: bench.gcra_nanoseconds()["four"])


# --- experiments

def evaluations(bench, engine):
    program = bench.swift_program("evaluations")
    asked = bench.call(program, "--seconds", 0)  # the same experiments and units
    return bench.pairs(
        lambda: json.loads(bench.call(program, "--seconds", bench.seconds))["microseconds"],
        lambda: bench.python_yardstick(
            "evaluations.py", engine, "--seconds", bench.seconds, text=asked)["microseconds"])


@row("evaluation", "an experiment with targeting and a prerequisite decides for a unit, in process",
     "GrowthBook's Python SDK", "µs", at_most(2, " µs"))
def evaluation(bench):
    return evaluations(bench, "growthbook")


@row("evaluation-native", "the same", "Unleash's native engine", "µs", at_most(2, " µs"))
def evaluation_native(bench):
    return evaluations(bench, "unleash")


@row("effects", "1,000 metrics of 3 arms from sums to effects and decisions, by all four engines",
     "gbstats, by the three that it has", "ms", at_most(50, " ms"))
def effects(bench):
    return experiments.effects(bench)


@row("events", "events of experiments through the gateway into durable sums, each once",
     "DuckDB, from a file of the same events to the same sums, at once", "events/s", at_least(0.5))
def events(bench):
    return experiments.events(bench, "scan")


@row("events-kept", "the same", "DuckDB, as they come: 500 in a transaction, each once", "events/s", at_least(0.5))
def events_kept(bench):
    return experiments.events(bench, "keep")


# --- end to end

FULL = {"connections": 8, "depth": 64}  # what "under load" means in every row below


def track(bench, brands=1, **options):
    """One measurement of `signals.track` through the gateway, into brands with a history."""
    suite = bench.suite()
    lines = suite.public_lines(brands, bench.history)
    return bench.load(suite.socket, lines, check="yes", **FULL, **(options or {"count": bench.messages}))


@row("end-to-end", "client → gateway → signals → disk, 8 connections × 64 in flight, one brand",
     "the C program, rows of 1,000-row transactions", "msg/s", at_least(0.65))
def end_to_end(bench):
    return bench.pairs(lambda: track(bench)["rate"], bench.sqlite_yardstick)


@row("open-loop", "the same in an open loop at 80 % of the rate, p99", "a limit", "ms", Aim("<", 50, " ms"))
def open_loop(bench):
    rate = 0 if bench.calibrates else 0.8 * statistics.median(track(bench)["rate"] for _ in range(3))
    return bench.alone(lambda: track(bench, rate=rate)["p99"] / 1000)


@row("brands-64", "the same spread over 64 brands", "itself with one brand", "msg/s", at_least(0.6))
def many_brands(bench):
    return bench.pairs(lambda: track(bench, brands=64)["rate"], lambda: track(bench)["rate"])


@row("consent", "the same with a property in every signal that needs its person's recorded basis",
     "itself with nothing declared", "msg/s", at_least(0.8))
def consent(bench):
    def tracked(lines):
        return bench.load(bench.suite().socket, lines, check="yes", count=bench.messages, **FULL)["rate"]

    needing, free = bench.suite().consent_lines(bench.history)
    return bench.pairs(lambda: tracked(needing), lambda: tracked(free))


@row("lone-call", "one durable call in flight, p50", "the C program, transactions of one row", "µs", at_most(2))
def lone_call(bench):
    def ours():
        suite = bench.suite()
        return bench.load(suite.socket, suite.public_lines(history=bench.history), check="yes")["p50"]

    return bench.pairs(ours, lambda: bench.sqlite_rows(bench.c_programs / "sqlite-rows", "yardstick", 1)["p50"])


@row("gateway", "through the gateway, keys and limits on", "direct to the service", "msg/s", at_least(0.85))
def gateway(bench):
    def direct():
        suite = bench.suite()
        lines = suite.direct_lines(bench.history)
        return bench.load(suite.signals_socket, lines, check="yes", count=bench.messages, **FULL)["rate"]

    return bench.pairs(lambda: track(bench)["rate"], direct)


@row("gateway-cpu", "CPU time of the gateway a message, under the same load", "a limit", "µs", at_most(8, " µs"))
def gateway_cpu(bench):
    return bench.alone(lambda: gateway_microseconds(bench, bench.suite().public_lines(1, bench.history), check="yes"))


@row("key-check", "CPU time of the gateway for a check of a key it knows, with request and reply", "a limit", "µs",
     at_most(2, " µs"))
def key_check(bench):
    lines = lambda: bench.suite().public_lines(template="authenticate")
    return bench.alone(lambda: gateway_microseconds(bench, lines(), check="yes"))


def gateway_microseconds(bench, lines, **options):
    gateway = bench.suite().pids()["gateway"]
    before = machine.cpu_microseconds(gateway)
    bench.load(bench.suite().socket, lines, count=bench.messages, **FULL, **options)
    return (machine.cpu_microseconds(gateway) - before) / bench.messages


@row("gateway-latency", "what the gateway adds to a read, one in flight, p50", "a limit", "µs", at_most(100, " µs"))
def gateway_latency(bench):
    def added():
        suite = bench.suite()
        through, direct = (
            bench.load(socket, lines(history=bench.history, template="get"), check="yes")["p50"]
            for socket, lines in [(suite.socket, suite.public_lines), (suite.signals_socket, suite.direct_lines)])
        return through - direct

    return bench.alone(added)


@row("ofrep", "a flag by OFREP through the gateway, 2,000 a second in an open loop, p99",
     "a C server that answers everything alike", "ms", at_most(2, " ms"))
def ofrep(bench):
    def p99(place, lines, key=""):
        return bench.load(place, lines, connections=16, rate=2_000, key=key,
                          http="/ofrep/v1/evaluate/flags/checkout")["p99"] / 1000

    place, key, lines = bench.suite().flags()
    return bench.pairs(lambda: p99(place, lines, key), lambda: p99(bench.http_server, lines))


@row("rejections", "calls a second that are refused because a limit is spent", "calls that are carried out", "msg/s",
     at_least(10))
def rejections(bench):
    def refused():
        suite = bench.suite()
        return bench.load(suite.socket, suite.refused_lines(), count=5 * bench.messages, **FULL)["rate"]

    return bench.pairs(refused, lambda: track(bench)["rate"])


@row("fairness", "p99 of a brand that writes 200 signals a second while another floods", "the same brand alone", "ms",
     at_most(2))
def fairness(bench):
    def lines():
        suite = bench.suite()
        calm, flooding = suite.brands_with(2, bench.history)
        return suite, suite.lines("track", [calm], "calm"), suite.lines("track", [flooding], "flooding")

    def alone():
        suite, calm, _ = lines()
        return bench.load(suite.socket, calm, check="yes", rate=200)["p99"] / 1000

    def beside():
        suite, _, flooding = lines()
        seconds = bench.seconds + FLOOD_HEAD_START + 30  # ended before, when the other is measured
        flood = bench.workshop.start(bench.c_programs / "load", suite.socket, "--lines", flooding, "--connections", 8,
                                     "--depth", 64, "--seconds", seconds)
        try:
            time.sleep(FLOOD_HEAD_START)
            return alone()
        finally:
            bench.workshop.stop(flood)

    return bench.pairs(beside, alone)


@row("twins", "time of an answer about another brand's id against one that does not exist, 5 methods", "Welch's t", "|t|",
     Aim("<", timing.MAXIMUM_T))
def twins(bench):
    if bench.calibrates:
        raise NotMeasured("this row has a control of its own")
    return timing.greatest_t(bench, bench.messages), None, None


# --- against other programs

@row("redis", "durable appends, 8 connections × 64 in flight", "Redis XADD, appendfsync always", "msg/s",
     at_least(0.5))
def redis(bench):
    def yardstick():
        lines = HERE / "inputs" / "append.jsonl"  # the same members, without the key
        return bench.load(bench.redis, lines, redis="signals", count=bench.messages, **FULL)["rate"]

    return bench.pairs(lambda: track(bench)["rate"], yardstick)


@row("import", "gyre import of 69,659 purchases", "sqlite3 .import into one table", "rows/s", at_least(0.3))
def csv_import(bench):
    source = purchases.source(bench.workshop.directory)
    return bench.pairs(lambda: purchases.import_with_gyre(bench, source),
                       lambda: purchases.import_with_sqlite(bench, source))


# --- memory: suites of their own, so that what one row did does not count in another

@row("memory-idle", "memory of the whole suite, idle", "a limit", "MiB", at_most(100, " MiB"))
def memory_idle(bench):
    return memory(bench, "idle", lambda suite: None)


@row("memory-million", "the same after a million signals", "a limit", "MiB", at_most(200, " MiB"))
def memory_million(bench):
    return memory(bench, "million", lambda suite: bench.load(
        suite.socket, suite.public_lines(), check="yes", count=1_000_000, **FULL))


@row("memory-brands", "the same with 1,000 brands touched", "a limit", "MiB", at_most(250, " MiB"))
def memory_brands(bench):
    return memory(bench, "brands", lambda suite: bench.load(
        suite.socket, suite.public_lines(brands=1000), check="yes", count=2_000))


def memory(bench, name, use):
    if bench.calibrates:
        raise NotMeasured("this row has no yardstick")
    suite = bench.suite(name)
    use(suite)
    time.sleep(SETTLE_SECONDS)
    figure = suite.resident_mebibytes()
    suite.down()  # so that it does not slow the rows that follow
    return figure, None, None


BY_NAME = {row.name: row for row in ROWS}
