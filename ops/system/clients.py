"""Clients that nobody here wrote: web3.py over the Unix socket, and those that read Prometheus' text."""

import importlib.util
import json
import shutil
import subprocess
import urllib.parse
import urllib.request

from suite import wait_for


def run(report, suite, brand, directory):
    web3(report, suite, brand)
    parsed(report, suite)
    checked(report, suite)
    scraped(report, suite, directory)


def web3(report, suite, brand):
    """JSON-RPC as Ethereum's tools speak it over a Unix socket, the normal path: a provider and its requests."""
    if not importlib.util.find_spec("web3"):
        report.skip("JSON-RPC through web3.py", "that takes the Python module web3; ops/test --full installs it")
        return
    from web3 import IPCProvider

    provider = IPCProvider(str(suite.socket), timeout=30)
    bound = provider.make_request("session.authenticate", {"key": brand.key})
    report.equal("web3.py binds its connection with session.authenticate, and is told whose it is",
                 bound.get("result", bound).get("brandId"), brand.id)
    taken = provider.make_request("signals.track", {"event": "Third Party", "userId": "web3", "messageId": "web3-1",
                                                    "properties": {"text": "\u00fc \u2028 \n"}})
    report.equal("its signal is", taken["result"]["status"], "accepted")
    again = provider.make_request("signals.track", {"event": "Third Party", "userId": "web3", "messageId": "web3-1",
                                                    "properties": {"text": "\u00fc \u2028 \n"}})
    report.equal("sent again it is", again["result"]["status"], "duplicate")
    listed = provider.make_request("signals.list", {"event": "Third Party"})["result"]["items"]
    report.equal("and read back whole", [item["properties"]["text"] for item in listed], ["\u00fc \u2028 \n"])
    wrong = provider.make_request("signals.track", {"event": 5})
    report.equal("a mistake is answered with its code", wrong["error"]["code"], -32602)
    long = provider.make_request("signals.batch", {"items": [
        {"type": "track", "event": "Third Party", "properties": {"text": "x" * 1_500}} for _ in range(400)]})
    report.equal("a line of 600 KB goes through", len(long["result"]["verdicts"]), 400)


def parsed(report, suite):
    """The metrics as Prometheus' own Python library reads them."""
    if not importlib.util.find_spec("prometheus_client"):
        report.skip("metrics through prometheus_client",
                    "that takes the Python module prometheus_client; ops/test --full installs it")
        return
    from prometheus_client.parser import text_string_to_metric_families

    _, text = suite.http("/metrics")
    families = list(text_string_to_metric_families(text.decode()))
    names = [family.name for family in families]
    report.check(f"prometheus_client reads {len(families)} families, each once, of a known type and with a help text",
                 len(families) > 5 and len(set(names)) == len(names)
                 and all(family.type != "unknown" and family.documentation for family in families), names)
    samples = [sample for family in families for sample in family.samples]
    series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    report.check(f"and {len(samples)} samples, none of a series twice", len(set(series)) == len(series) > 20, series)


def checked(report, suite):
    """The metrics as promtool judges them."""
    if not shutil.which("promtool"):
        report.skip("metrics through promtool", "that takes promtool, of Debian's package prometheus")
        return
    _, text = suite.http("/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60)
    report.check("promtool check metrics finds nothing to say", done.returncode == 0 and not done.stderr, done.stderr)


def scraped(report, suite, directory):
    """A Prometheus that scrapes the gateway, and is asked what it saw."""
    if not shutil.which("prometheus"):
        report.skip("scraping by Prometheus", "that takes prometheus, of Debian's package prometheus")
        return
    address = urllib.parse.urlparse(suite.url).netloc
    folder = directory / "prometheus"
    folder.mkdir()
    (folder / "prometheus.yml").write_text(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: gyre\n"
        f"    static_configs:\n      - targets: ['{address}']\n")
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             "--web.listen-address=127.0.0.1:0"], stdout=log, stderr=subprocess.STDOUT)
    try:
        port = wait_for(lambda: listening(folder / "log"), what="Prometheus' port")

        def up():
            query = urllib.parse.urlencode({"query": "up{job='gyre'}"})
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=10) as reply:
                    result = json.loads(reply.read())["data"]["result"]
                return result and result[0]["value"][1]
            except OSError:
                return None

        report.equal("Prometheus scrapes the gateway and finds it up", wait_for(up, what="a scrape"), "1")
    finally:
        process.terminate()
        process.wait(30)


def listening(log):
    """The port that Prometheus says it took."""
    for line in log.read_text(errors="replace").splitlines():
        if "127.0.0.1:" in line and ("Listening" in line or "listening" in line):
            digits = line.split("127.0.0.1:")[1].split()[0].strip("\"")
            if digits.isdigit() and digits != "0":
                return int(digits)
    return None
