"""The demo brand: there after one command, the same after the next, and as good as any other brand."""

import json

from suite import Connection, Suite


def run(report, programs, directory):
    suite = Suite(programs, directory / "demo")
    try:
        ready = suite.up("--demo")
        report.check("gyre up --demo --detach leaves the five members of ready.json",
                     sorted(ready) == ["adminSocket", "brand", "key", "socket", "url"], ready)
        report.check("and prints what it leaves",
                     json.loads((suite.directory / "run" / "ready.json").read_text()) == ready)
        report.equal("ready.json is for its owner only", oct((suite.directory / "run" / "ready.json").stat().st_mode)[-3:],
                     "600")
        first = totals(ready)
        report.check("the demo brand has people and orders", first["actors"] == 2_000 and first["signals"] > 6_000, first)
        table = suite.gyre("consent", "list", "--purpose", "marketing")
        report.equal("and 1,200 of them agreed to marketing", table.count("granted"), 1_200)
        commands(report, suite)
        suite.down()
        report.check("a suite that has ended is not ready", not (suite.directory / "run" / "ready.json").exists())
        again = suite.up("--demo")
        report.equal("a second start adds nothing", totals(again), first)
        report.check("and its key is the same", again["key"] == ready["key"])
        suite.gyre("privacy", "erase", "customerId=demo-00001")
        suite.down()
        third = totals(suite.up("--demo"))
        report.check("a demo person who was erased stays erased", third["actors"] == 1_999, third)
    finally:
        suite.clean_up()


def commands(report, suite):
    """The three commands that gyre up ends with."""
    done = suite.gyre("call", "signals.summarize", '{"by": "month"}')
    report.check("gyre call signals.summarize", json.loads(done)["series"])
    person = json.loads(suite.gyre("call", "actors.get", json.dumps(
        {"identifier": {"type": "customerId", "value": "demo-00001"}})))
    report.check("gyre call actors.get", person["traits"]["firstName"], person)
    table = suite.gyre("keys", "list")
    report.check("gyre keys list", "demo" in table and "*:*" in table, table)


def totals(ready):
    with Connection(ready["socket"], key=ready["key"]) as connection:
        return connection.call("signals.summarize")
