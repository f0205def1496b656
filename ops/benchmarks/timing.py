"""Whether the time of an answer tells another brand's id from one that does not exist.

After Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?" (DATE 2017): two kinds of calls in random order,
the slowest and fastest percent of each cut off, Welch's t between the rest; beyond 4.5 they can be told apart. A third
kind, ids that do not exist either, is the control: when that one is told apart too, it is the machine that is heard.
"""

import json
import math
import random
import socket
import statistics
import sys
import time

from harness import NotMeasured

MAXIMUM_T = 4.5
TRIMMED = 0.01
WARM_UP = 2_000
KINDS = ("foreign", "absent", "control")


def greatest_t(bench, rounds):
    """The greatest |t| between a foreign id and an absent one, of five methods."""
    suite = bench.suite("twins")
    twin, _ = suite.new_brand()
    _, key = suite.new_brand()
    found = {}
    for method, member, foreign in ids(suite, twin):
        calls = {kind: line(method, member, other, key) for kind, other in zip(KINDS, [foreign, *absent(foreign)])}
        times = measure(suite.socket, calls, rounds)
        control = abs(welch(times["absent"], times["control"]))
        if control >= MAXIMUM_T:
            raise NotMeasured(f"{method}: the control is told apart as well (|t| = {control:.1f})")
        found[method] = abs(welch(times["foreign"], times["absent"]))
        print(f"  {method}: |t| = {found[method]:.2f}, control {control:.2f}", file=sys.stderr, flush=True)
    return max(found.values())


def ids(suite, brand):
    """Methods that take an id, the member that holds it, and one that a brand has: from three services' databases."""
    def made(method, member=None, **params):
        reply = suite.call(method, params, meta={"brand": brand})
        return (reply[member] if member else reply)["id"]

    request = made("privacyRequests.submit", identifiers=[{"type": "email", "value": "a@example.org"}],
                   regulation="gdpr", identity="code")
    integration = made("integrations.create", kind="smtp", name="letters", credentials={"password": "secret"})
    user = made("users.invite", "user", email=f"{brand}@example.org", role="viewer")
    job = made("imports.create", source="shop", mapping={
        "source_fields": {"customer_id": "identifier.customerId", "date": "timestamp"},
        "constants": {"event": "Order Completed"}})
    return [("privacyRequests.get", "id", request), ("integrations.delete", "id", integration),
            ("users.remove", "id", user), ("jobs.get", "id", job), ("imports.get", "id", job)]


def absent(identifier):
    """Two ids beside one that exists, which a search finds missing where the other stands."""
    last = int(identifier[-1], 16)
    return [identifier[:-1] + f"{(last + step) % 16:x}" for step in (1, 2)]


def line(method, member, identifier, key):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {member: identifier},
                       "meta": {"key": key}}).encode() + b"\n"


def measure(path, calls, rounds):
    """Nanoseconds of each kind's calls, in rounds of all kinds in random order."""
    order = random.Random(1)
    times = {kind: [] for kind in calls}
    kinds = list(calls)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(path))
        for number in range(WARM_UP + rounds):
            order.shuffle(kinds)
            for kind in kinds:
                sent = time.perf_counter_ns()
                connection.sendall(calls[kind])
                reply = connection.recv(65536)
                taken = time.perf_counter_ns() - sent
                if b'"code":-32004' not in reply or not reply.endswith(b"\n"):
                    raise NotMeasured(f"not the answer to an id that does not exist: {reply[:300]!r}")
                if number >= WARM_UP:
                    times[kind].append(taken)
    return {kind: trimmed(values) for kind, values in times.items()}


def trimmed(values):
    cut = int(len(values) * TRIMMED)
    return sorted(values)[cut:len(values) - cut]


def welch(left, right):
    """Welch's t: the difference of the means in units of its standard error."""
    error = math.sqrt(statistics.variance(left) / len(left) + statistics.variance(right) / len(right))
    return (statistics.fmean(left) - statistics.fmean(right)) / error if error else 0.0
