"""Keys that are revoked and rotated under the load of eight connections, while the gateway is killed and comes back."""

import datetime
import json
import socket
import threading
import time

from suite import Connection, wait_for

CONNECTIONS = 8
# Calls on their way on one connection, each wave sent at once.
WAVE = 64
UNAUTHENTICATED, QUOTA_EXHAUSTED, RATE_LIMITED = -32001, -32030, -32029


class Caller(threading.Thread):
    """Sends wave after wave of calls over one connection, which it opens again when it is lost."""

    def __init__(self, suite, key):
        super().__init__(daemon=True)
        self.suite, self.key = suite, key
        # (when it was sent, calls that were admitted, codes of those that were not)
        self.waves = []
        self.goes_on, self.lost, self.problem = True, 0, None

    def run(self):
        connection = None
        try:
            while self.goes_on:
                try:
                    connection = connection or self.connect()
                    self.waves.append(self.wave(*connection))
                except OSError:
                    connection = None
                    self.lost += 1
                    time.sleep(0.005)
        except Exception as problem:
            self.problem = repr(problem)

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(40)
        connection.connect(str(self.suite.socket))
        return connection, connection.makefile("rb")

    def wave(self, connection, lines):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "actors.count", "meta": {"key": self.key}}).encode()
        sent = time.monotonic()
        connection.sendall((line + b"\n") * WAVE)
        admitted, codes = 0, []
        for _ in range(WAVE):
            reply = lines.readline()
            if not reply:
                raise ConnectionError("the connection was closed")
            if b'"result"' in reply:
                admitted += 1
            else:
                codes.append(json.loads(reply)["error"]["code"])
        return sent, admitted, codes

    @property
    def admitted(self):
        return sum(admitted for _, admitted, _ in self.waves)


def run(report, suite, brand, rounds=1):
    for number in range(rounds):
        revoked(report, suite, brand, f"revoked-{number}", lambda: None)
        revoked(report, suite, brand, f"killed-{number}", lambda: suite.kill("gateway"))
    rotated(report, suite, brand)
    slowed(report, suite, brand)


def start(suite, key):
    callers = [Caller(suite, key) for _ in range(CONNECTIONS)]
    for caller in callers:
        caller.start()
    # All of them are at it.
    wait_for(lambda: all(caller.waves or caller.problem for caller in callers), what="eight connections at work")
    return callers


def stop(callers):
    for caller in callers:
        caller.goes_on = False
    for caller in callers:
        caller.join(60)


def revoked(report, suite, brand, name, meanwhile):
    """A key is revoked; what is sent after the reply is refused, whatever happens to the gateway meanwhile."""
    key, key_id = brand.new_key(name)
    callers = start(suite, key)
    begun = time.monotonic()
    wait_for(lambda: sum(caller.admitted for caller in callers) > 10_000, what="ten thousand calls")
    speed = sum(caller.admitted for caller in callers) / (time.monotonic() - begun)
    replied, asking = [], time.monotonic()
    # The gateway may die: tenancy is told by the door that the gateway itself uses.
    asked = threading.Thread(target=lambda: replied.append(revoke(suite, key_id)), daemon=True)
    asked.start()
    meanwhile()
    asked.join(60)
    # So long that every connection was there again and has been refused.
    refused = replied and wait_for(
        lambda: all(any(sent > replied[0] and len(codes) == WAVE for sent, _, codes in caller.waves)
                    for caller in callers), what="refusals on every connection")
    stop(callers)
    late = [wave for caller in callers for wave in caller.waves if replied and wave[0] > replied[0]]
    report.check(f"{name}: {speed:,.0f} calls a second on {CONNECTIONS} connections, and none that was sent after the "
                 f"reply of keys.revoke is admitted ({len(late) * WAVE:,} were)",
                 refused and late and not any(admitted for _, admitted, _ in late),
                 [wave for wave in late if wave[1]][:3])
    early = [wave for caller in callers for wave, further in zip(caller.waves, caller.waves[1:])
             if further[0] < asking and wave[2]]
    report.check("before it was asked for, none was refused", not early, early[:3])
    codes = {code for _, _, codes in late for code in codes}
    # So many refusals are more than one address gets answered; and a gateway that has just begun has to ask first.
    report.check("they are refused as unauthenticated, or told to come back later",
                 UNAUTHENTICATED in codes and codes <= {UNAUTHENTICATED, RATE_LIMITED, -32009, -32014}, codes)
    problems = [caller.problem for caller in callers if caller.problem]
    report.check("and no connection met anything else", not problems, problems)


def revoke(suite, key_id):
    """When the reply to keys.revoke was there."""
    with Connection(suite.directory / "run" / "tenancy.sock") as connection:
        reply = connection.exchange(json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "keys.revoke", "params": {"id": key_id},
            "context": {"principal": "admin"}}).encode())
    assert "result" in reply, reply
    return time.monotonic()


def rotated(report, suite, brand):
    """A key is rotated in the middle of a burst: both go on at once, and together have one quota."""
    quota = 20_000
    while True:
        day = datetime.datetime.now(datetime.timezone.utc).date()
        key, key_id = limited(suite, brand, "rotated", "--daily-quota", quota)
        callers = start(suite, key)
        wait_for(lambda: sum(caller.admitted for caller in callers) > quota // 4, what="a quarter of the quota")
        new = suite.gyre_json("keys", "rotate", key_id, "--overlap-hours", 1)["key"]
        for caller in callers[::2]:
            caller.key = new
        wait_for(lambda: all(QUOTA_EXHAUSTED in codes for caller in callers for _, _, codes in caller.waves[-1:]),
                 what="the end of the quota")
        stop(callers)
        if day == datetime.datetime.now(datetime.timezone.utc).date():
            break
    codes = {code for caller in callers for _, _, codes in caller.waves for code in codes}
    report.check("a key rotated in a burst, half of the connections going over to the new one: no false refusal",
                 codes == {QUOTA_EXHAUSTED} and not any(caller.problem or caller.lost for caller in callers), codes)
    report.equal("calls that old and new key had together", sum(caller.admitted for caller in callers), quota)


def slowed(report, suite, brand):
    """The same with a rate: old and new key share one bucket."""
    rate = 2_000
    key, key_id = limited(suite, brand, "slowed", "--rate", rate, "--burst", rate)
    begun = time.monotonic()
    callers = start(suite, key)
    new = suite.gyre_json("keys", "rotate", key_id, "--overlap-hours", 1)["key"]
    for caller in callers[::2]:
        caller.key = new
    seen = [len(caller.waves) for caller in callers]
    wait_for(lambda: all(len(caller.waves) > count + 10 for caller, count in zip(callers, seen)), what="more waves")
    stop(callers)
    seconds = time.monotonic() - begun
    admitted = sum(caller.admitted for caller in callers)
    codes = {code for caller in callers for _, _, codes in caller.waves for code in codes}
    report.check(f"under a rate of {rate} a second both keys together had {admitted:,} calls in {seconds:.1f} s",
                 rate <= admitted <= rate + rate * seconds + 1, admitted)
    report.equal("and were refused as", codes, {RATE_LIMITED})


def limited(suite, brand, name, *options):
    made = suite.gyre_json("keys", "create", "--brand", brand.id, "--name", name, "--scope", "*:*",
                           *(options if "--rate" in options else ("--rate", 1_000_000, "--burst", 1_000_000, *options)))
    return made["key"], made["record"]["id"]
