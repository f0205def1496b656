"""The pages of experiments and of a holdout, as a member of staff meets them: what was planted is there, and seen."""

import random
import re
import time
import xml.etree.ElementTree

from signing_in import PASSWORD, Browser, token
from suite import Brand, Suite, wait_for

DAY = 86_400
DAYS = 12
UNITS = 4_800
BATCH = 500
HOSTILE = "\"\u0301 onload=x <script>alert('Ordering')</script>"


def run(report, programs, directory):
    suite = Suite(programs, directory / "showing")
    try:
        suite.up()
        brand = Brand(suite, "Showing & Sons")
        invite(suite, brand, "owner", "ada@example.org")
        invite(suite, brand, "viewer", "eve@example.org")
        plant(brand)
        look(report, suite, brand)
        look_closer(report, suite, brand)
        look_at_holdout(report, suite, brand)
        without_results(report, suite, brand)
        killed(report, suite, brand)
    finally:
        suite.clean_up()


def invite(suite, brand, role, address):
    invited = suite.gyre_json("users", "invite", address, "--role", role, "--brand", brand.id)
    suite.gyre("users", "accept", invited["token"], "--name", address.split("@")[0].title(), text=PASSWORD + "\n")


# -- what there is


def plant(brand):
    """Three experiments with the same people, and a holdout from one of them: one that is better, one whose split is broken, one whose guardrail is."""
    for key, event, direction in [("orders", "order", "higherIsBetter"), ("searches", "search", "higherIsBetter"),
                                  ("refunds", "refund", "lowerIsBetter")]:
        brand.call("metricDefinitions.create", {"key": key, "name": key.title(), "kind": "proportion", "event": event,
                                                "direction": direction})
    brand.call("metricDefinitions.create", {"key": "basket", "name": "Basket", "kind": "mean", "event": "order",
                                            "valueField": "value"})
    brand.call("metricDefinitions.create", {"key": "calls", "name": "Calls", "kind": "proportion", "event": "call"})
    began = moment(time.time() - DAYS * DAY)
    for key, name, variants in [
            ("checkout", "Free delivery at checkout", ["control", "free-delivery"]),
            ("ordering", HOSTILE, ["control", "new"]),
            ("upsell", "A better offer after the basket", ["control", "one-offer", "three-offers"])]:
        start(brand, draft(brand, key, name, variants), since=began)
    exposures, entries, happened = traffic()
    record(brand, "experimentExposures.record", exposures)
    withhold(brand, began)
    record(brand, "holdoutEntries.record", entries)
    record(brand, "experimentEvents.record", happened)


def draft(brand, key, name, variants):
    share = 10_000 // len(variants)
    made = brand.call("experiments.create", {
        "key": key, "name": name, "unitType": "user", "hypothesis": "Who pays no delivery finishes more orders.",
        "owner": "Ada Lovelace",
        "variants": [{"key": variant, "allocation": share, "isControl": place == 0}
                     for place, variant in enumerate(variants)]})
    brand.call("resultPlans.set", {
        "experimentId": made["id"], "engine": "alwaysValid", "plannedUnits": 20_000, "metrics": [
            {"metric": "orders", "role": "goal", "worthHaving": 0.02}, {"metric": "basket", "role": "secondary", "scale": "absolute"},
            {"metric": "searches", "role": "secondary"}, {"metric": "refunds", "role": "guardrail", "margin": 0.3},
            {"metric": "calls", "role": "secondary"}],
        "dimensions": [{"attribute": "country", "values": ["DE", "AT"]}]})
    return made


def withhold(brand, began):
    """A holdout from one of them, measured by orders."""
    made = brand.call("holdouts.create", {"key": "2027", "name": "Nothing new in 2027", "share": 3_000,
                                          "scope": "experiments", "members": ["upsell"], "startAt": began})
    brand.call("holdoutPlans.set", {"holdoutId": made["id"], "plannedUnits": 20_000,
                                    "metrics": [{"metric": "orders", "role": "goal"}]})


def start(brand, made, **more):
    brand.call("experiments.start", {"id": made["id"], "version": made["version"], **more})


def traffic():
    """Units come over the days; who pays no delivery orders more often, and one split is not as promised."""
    chance = random.Random(4)
    now = time.time()
    exposures, entries, happened = [], [], []
    for number in range(UNITS):
        unit, came = f"u{number}", now - DAYS * DAY + 3_600 + number * (DAYS * DAY - 7_200) / UNITS
        checkout = chance.choice(["control", "free-delivery"])
        ordering = "control" if chance.random() < 0.55 else "new"
        upsell = chance.choice(["control", "one-offer", "three-offers"])
        for experiment, variant in [("checkout", checkout), ("ordering", ordering), ("upsell", upsell)]:
            exposures.append({"experiment": experiment, "unit": unit, "variant": variant, "at": moment(came),
                              "attributes": {"country": ["DE", "AT", "CH"][number % 3]}})
        entries.append({"holdout": "2027", "unit": unit, "at": moment(came)})
        rates = {"order": 0.30 + 0.12 * (checkout == "free-delivery"), "search": 0.5,
                 "refund": 0.2 + 0.14 * (upsell == "three-offers")}
        for event, rate in rates.items():
            if chance.random() < rate:
                happened.append({"type": event, "unitType": "user", "unit": unit, "at": moment(min(now, came + 1_800)),
                                 "metrics": {"value": round(chance.uniform(5, 80), 2)}})
    return exposures, entries, happened


def record(brand, method, items):
    for start in range(0, len(items), BATCH):
        verdicts = brand.call(method, {"items": items[start:start + BATCH]})["verdicts"]
        refused = [verdict for verdict in verdicts if verdict["status"] != "accepted"]
        if refused:
            raise AssertionError(f"{method}: {refused[0]}")


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# -- what is seen


def look(report, suite, brand):
    browser = Browser(suite)
    report.equal("a viewer signs in", browser.sign_in(brand, "eve@example.org")[:2], (303, "/"))
    report.check("and finds the way to experiments", '<a href="/experiments">' in browser.send("GET", "/")[2])
    status, _, page = browser.send("GET", "/experiments")
    report.check("all of them, with their names and units",
                 status == 200 and "Free delivery at checkout" in page and "4,800" in page and "upsell" in page, page)
    status, _, page = browser.send("GET", "/experiments?key=checkout")
    results = results_of(brand, "checkout")
    report.check("one of them with its hypothesis and owner",
                 status == 200 and "finishes more orders" in page and "Ada Lovelace" in page, page)
    report.check("its split, unit for unit", all(f"{units:,}" in page for units in results["split"]["units"])
                 and "The split is as promised" in page, results["split"])
    recommended = results["recommendation"]
    report.check("the decision with each of its reasons",
                 recommended["verdict"] == "ship" and "Ship: free-delivery" in page
                 and all(reason in page for reason in recommended["reasons"]), recommended)
    drawings = plots(page)
    report.check("plots that are well-formed, each with what it says in words",
                 len(drawings) >= 3 and all(plot.find("desc") is not None for plot in drawings), len(drawings))
    report.check("an interval for each metric that has one, inside its drawing",
                 sum(len(list(plot.iter("rect"))) for plot in drawings)
                 == intervals(results["metrics"]) + intervals(segments(brand, "checkout")) > 0, intervals(results["metrics"]))
    report.check("words for the metric that nobody did anything for", "not enough data yet" in page)
    report.check("the effect over time, day by day", "Over time" in page and len(
        [plot for plot in drawings if any(path.get("class") == "band" for path in plot.iter("path"))]) == 1)
    shown = suite.gyre("experiments", "results", "checkout", "--brand", brand.id)
    effect = next(line.split()[3:5] for line in shown.splitlines() if line.startswith("free-delivery  "))
    report.check("the same figures as gyre prints", " ".join(effect) in page, effect)
    report.check("no script, and nothing from elsewhere", "<script" not in page and "http://" not in page and "https://" not in page)

    _, _, page = browser.send("GET", "/experiments?key=ordering")
    report.check("a broken split is an alarm, above results that are not to be trusted",
                 page.find('class="alarm" role="alert"') < page.find("Not to be trusted") and "doubtful" in page
                 and "Broken: new" in page, page)
    report.check("a name that would be a script is text", "<script" not in page and "\"\u0301" not in page
                 and "&lt;script&gt;" in page and plots(page), page)

    _, _, page = browser.send("GET", "/experiments?key=upsell")
    report.check("a guardrail that is harmed is a reason to roll back", "harmed beyond its margin" in page
                 and "Roll back: three-offers" in page, results_of(brand, "upsell")["decisions"])


def look_closer(report, suite, brand):
    """What stands below: names, days, segments, and what can be found."""
    browser = Browser(suite)
    browser.sign_in(brand, "eve@example.org")
    _, _, page = browser.send("GET", "/experiments?key=checkout")
    report.check("metrics by their names and keys", "<bdi>Orders</bdi> <code>orders</code>, goal" in page, page)
    days = results_of(brand, "checkout")["split"]["days"]
    rows = ["".join(f'<td class="number">{units:,}</td>' for units in day["units"]) for day in days]
    report.check("the split of each day, unit for unit, folded away",
                 len(days) > DAYS / 2 and "<details><summary>The split, day by day</summary>" in page
                 and all(f"<td>{day['day']}</td>{row}" in page for day, row in zip(days, rows)), days)
    shown = suite.gyre("experiments", "segments", "checkout", "country", "--brand", brand.id)
    effects = [line.split()[3:5] for line in shown.splitlines() if line.startswith(("DE ", "AT ", "other "))]
    report.check("the goal by segment, with the figures that gyre prints",
                 len(effects) == 3 and "By <bdi>country</bdi>" in page
                 and all(f'<td class="number">{" ".join(effect)}</td>' in page for effect in effects), shown)
    power = brand.call("experimentPower.get", {"experimentId": brand.call("experiments.get", {"key": "checkout"})["id"]})
    report.check("what it can find, and what is missing",
                 "would have been found by now" in page and power["metrics"][0]["arms"][0]["summary"] in page, power)
    _, _, page = browser.send("GET", "/experiments?key=ordering")
    report.check("by a broken split nothing can be found", "What it can find" not in page and "The split, day by day" in page)


def look_at_holdout(report, suite, brand):
    browser = Browser(suite)
    browser.sign_in(brand, "eve@example.org")
    report.check("a holdout is on the list", '<a href="/holdouts?key=2027"><bdi>Nothing new in 2027</bdi></a>'
                 in browser.send("GET", "/experiments")[2])
    status, _, page = browser.send("GET", "/holdouts?key=2027")
    made = brand.call("holdouts.get", {"key": "2027"})
    results = brand.call("holdoutResults.get", {"holdoutId": made["id"]})
    report.check("its share and who entered", status == 200 and "30.0 % of all units" in page and "4,800" in page, page)
    report.check("its split, unit for unit", all(f'<td class="number">{units:,}</td>' in page for units in results["split"]["units"])
                 and "The split is as promised" in page, results["split"])
    report.check("what follows, in the service's words", results["words"] in page
                 and all(reason in page for reason in results["decision"]["reasons"]), results)
    shown = suite.gyre("holdouts", "results", "2027", "--brand", brand.id)
    lift = next(line.split()[3:5] for line in shown.splitlines() if line.startswith("admitted  ") and "%" in line)
    report.check("the lift that gyre prints, in a drawing and over time",
                 " ".join(lift) in page and len(plots(page)) == 2 and "Over time" in page, lift)
    report.check("and what it was withheld from", '<a href="/experiments?key=upsell">' in page, page)
    status, _, page = browser.send("GET", "/holdouts?key=nobody")
    report.check("a holdout that is not there", status == 404 and "There is no holdout nobody" in page, page)


def plots(page):
    """The drawings of a page as trees; raises where one is not well-formed."""
    figures = [part.split("</figure>")[0] for part in page.split("<figure>")[1:]]
    return [xml.etree.ElementTree.fromstring(figure[figure.index("<svg"):]) for figure in figures]


def results_of(brand, key):
    made = brand.call("experiments.get", {"key": key})
    return brand.call("experimentResults.get", {"experimentId": made["id"]})


def intervals(metrics):
    return sum(1 for metric in metrics for arm in metric["arms"] if (arm.get(metric["scale"]) or {}).get("interval"))


def segments(brand, key):
    """The goal in each segment, as metrics of their own."""
    made = brand.call("experiments.get", {"key": key})
    found = brand.call("experimentResults.segments", {"experimentId": made["id"], "attribute": "country"})["metrics"][0]
    return [{"scale": found["scale"], "arms": segment["arms"]} for segment in found["segments"]]


def without_results(report, suite, brand):
    browser = Browser(suite)
    browser.sign_in(brand, "ada@example.org")
    draft(brand, "later", "For later", ["control", "new"])
    start(brand, draft(brand, "empty", "Nobody yet", ["control", "new"]))
    brand.call("experiments.create", {"key": "bare", "name": "Bare", "unitType": "user", "variants": [
        {"key": "control", "allocation": 5_000, "isControl": True}, {"key": "new", "allocation": 5_000}]})
    for key, sentence in [("later", "It has not been started"), ("empty", "Nobody has met a variant yet"),
                          ("bare", "nothing is measured in it yet")]:
        status, _, page = browser.send("GET", f"/experiments?key={key}")
        report.check(f"{key}: a sentence and no empty drawing", status == 200 and sentence in page and not plots(page), page)
    status, _, page = browser.send("GET", "/experiments?key=nobody")
    report.check("an experiment that is not there", status == 404 and "There is no experiment nobody" in page, page)
    other = Brand(suite, "Elsewhere")
    invite(suite, other, "owner", "bob@example.org")
    stranger = Browser(suite)
    stranger.sign_in(other, "bob@example.org")
    report.equal("another brand's staff do not find it", stranger.send("GET", "/experiments?key=checkout")[0], 404)
    status, _, page = stranger.send("GET", "/experiments")
    report.check("nor is it on their list", status == 200 and "There are no experiments yet" in page and "Free delivery" not in page, page)
    guest = Browser(suite)
    status, location, _ = guest.send("GET", "/experiments?key=checkout")
    report.equal("nobody sees it without a session", (status, location), (303, "/sign-in?to=/experiments?key=checkout"))
    form = guest.send("GET", location)[2]
    report.equal("and who signs in then is led to it", guest.send("POST", "/sign-in", {
        "token": token(form), "to": re.search('name="to" value="([^"]+)"', form).group(1), "brand": brand.id,
        "email": "ada@example.org", "password": PASSWORD})[:2], (303, "/experiments?key=checkout"))


def killed(report, suite, brand):
    """The page is there again once the service is, without signing in anew."""
    browser = Browser(suite)
    browser.sign_in(brand, "ada@example.org")
    suite.kill("experiments")
    wait_for(lambda: "Ship: free-delivery" in browser.send("GET", "/experiments?key=checkout")[2], what="the page")
    report.check("the page is there again after the service was killed", True)
