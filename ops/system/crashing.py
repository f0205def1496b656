"""Eight clients write while one process after the other is killed; every answered write is there once."""

import collections
import threading
import time

import purchases
from suite import Refused, wait_for

CLIENTS = 8
# What a client may be told while a process is away; then it sends the same signal again.
PASSING = {-32009, -32014, -32096, -32097}
PAGE = 500


class Client(threading.Thread):
    """Sends one signal after the other, each until it is answered, over a connection it opens again when it is lost."""

    def __init__(self, suite, brand, name):
        super().__init__(name=name, daemon=True)
        self.suite, self.brand = suite, brand
        self.answered, self.repeated, self.problem = [], 0, None
        self.goes_on = True

    def run(self):
        connection, number = None, 0
        try:
            while self.goes_on:
                number += 1
                message = f"crash-{self.name}-{number}"
                connection = self.write(connection, message, number)
                if connection is None:
                    return
                self.answered.append(message)
        except Exception as problem:
            self.problem = repr(problem)

    def write(self, connection, message, number):
        """Sends a signal until it is answered; the connection that did it."""
        params = {"event": "Crash Test", "userId": f"writer-{number % 50}", "messageId": message, "revenue": "0.01"}
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                connection = connection or self.brand.connect()
                connection.call("signals.track", params)
                return connection
            except Refused as refused:
                if refused.code not in PASSING:
                    raise
            except (OSError, ValueError):
                connection = None
            self.repeated += 1
            time.sleep(0.02)
        self.problem = f"{message} was not answered within 60 s"
        return None


def run(report, suite, brand, rounds=1):
    before = brand.totals()
    clients = [Client(suite, brand, str(number)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for process in suite.PROCESSES * rounds:
        time.sleep(0.7)
        count = sum(len(client.answered) for client in clients)
        pid = suite.kill(process)
        if process == "gyre":
            wait_for(lambda: not any(suite.pid(name) for name in suite.PROCESSES), what="the services' end")
            report.check("the services die with their supervisor", True)
            suite.up()
        else:
            wait_for(lambda: suite.pid(process) not in (None, pid), what=f"a new {process}")
        wait_for(lambda: sum(len(client.answered) for client in clients) > count + CLIENTS * 5,
                 what="writes that go on")
        report.say(f"killed {process} (process {pid}); writes go on, {count:,} were answered before")
    time.sleep(0.5)
    for client in clients:
        client.goes_on = False
    for client in clients:
        client.join(70)
    problems = [client.problem for client in clients if client.problem]
    report.check("no client got an error that does not pass", not problems, problems)
    answered = [message for client in clients for message in client.answered]
    stored = collections.Counter(
        signal["messageId"] for signal in all_signals(brand, "Crash Test"))
    report.say(f"{len(answered):,} signals answered, {sum(client.repeated for client in clients):,} sent again")
    missing = [message for message in answered if stored[message] == 0]
    report.check("every answered signal is there", not missing, missing[:20])
    twice = [message for message, count in stored.items() if count > 1]
    report.check("no signal is there twice", not twice, twice[:20])
    strangers = set(stored) - set(answered)
    report.check("nothing else is there but what a client was about to be told", len(strangers) <= CLIENTS,
                 sorted(strangers)[:20])
    after = brand.totals()
    report.equal("the count of signals grew by as many", after[1] - before[1], len(stored))


def all_signals(brand, event):
    """Every signal of an event, page after page."""
    with brand.connect() as connection:
        params = {"event": event, "limit": PAGE}
        while True:
            page = connection.call("signals.list", params)
            yield from page["items"]
            if not page.get("nextCursor"):
                return
            params["cursor"] = page["nextCursor"]


def importing(report, suite, brand, directory):
    """An import whose service is killed under it still ends with every row once."""
    file = purchases.Purchases(directory)
    result, failure = [], []

    def send():
        try:
            result.append(suite.gyre_json("import", file.path, "--mapping", file.mapping, "--key", brand.key)["import"])
        except Exception as problem:
            failure.append(problem)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    for process in ("signals", "gateway"):
        before = received(brand)
        try:
            wait_for(lambda: received(brand) > before or not thread.is_alive(), seconds=20)
        except AssertionError:
            break
        if not thread.is_alive():
            break
        suite.kill(process)
        report.say(f"killed {process} under the import")
    thread.join(150)
    report.check("gyre import goes on by itself", len(result) == 1, failure)
    report.equal("actors, signals and the exact sum", brand.totals(), file.totals)


def received(brand):
    """Bytes of the brand's newest import so far; -1 while nothing answers."""
    try:
        imports = brand.call("imports.list", {"limit": 1})["items"]
        return imports[0]["receivedBytes"] if imports else 0
    except (OSError, ValueError, Refused):
        return -1
