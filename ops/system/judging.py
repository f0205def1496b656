"""A policy on its way to people, as its owner goes: logged decisions from a file into a dataset, versions judged on them,
the better one promoted, and no other."""

import json
import random

from suite import Brand

ROWS, BROKEN, UNKNOWN = 3_000, 1_203, 1_711
# What each arm brings a row, and how often it was done.
WORTH, SHARES = {"plain": 1.0, "spicy": 1.5, "burnt": 0.2}, {"plain": 0.5, "spicy": 0.3, "burnt": 0.2}


def run(report, suite, directory):
    brand = Brand(suite, "Judging")

    def gyre(*arguments):
        return suite.run(*arguments, "--key", brand.key)

    def answer(*arguments):
        return suite.gyre_json(*arguments, "--key", brand.key)

    answer("policies", "create", "menu", "--requires-replay")
    versions = [answer("policies", "add", "menu", "--defaults", json.dumps(
        {"decision_rule": {"type": "fixed", "arm": arm}}))["id"] for arm in ("plain", "spicy", "burnt")]
    dataset, rows = fill(report, gyre, answer, directory)
    found = judge(report, answer, dataset, versions, rows)
    promote(report, gyre, answer, dataset, versions, found)


def logged():
    """Rows of a file as somebody's log would have them."""
    chance = random.Random(3)
    arms = list(SHARES)
    rows = []
    for number in range(ROWS):
        arm = chance.choices(arms, weights=SHARES.values())[0]
        rows.append({"unit": {"type": "user", "id": f"guest-{number % 900}"}, "features": [chance.randrange(9)],
                     "arm": arm, "propensities": list(SHARES.values()),
                     "reward": round(WORTH[arm] + chance.uniform(-1, 1), 4)})
    return rows


def fill(report, gyre, answer, directory):
    """The dataset, sealed, and its rows; at first the file has two bad lines."""
    rows = logged()
    lines = [json.dumps(row) for row in rows]
    path = directory / "decisions.jsonl"
    dataset = answer("datasets", "create", "menus", "2026-01", *(part for arm in SHARES for part in ("--arm", arm)),
                     "--feature", "visits", "--reward", "what a guest spent", "--metric", "tips")["id"]
    bad = list(lines)
    bad[BROKEN - 1] = bad[BROKEN - 1][:-9]
    bad[UNKNOWN - 1] = json.dumps(rows[UNKNOWN - 1] | {"arm": "raw"})
    command = ("datasets", "append", dataset, path, "--seal")
    for line, hint in ((BROKEN, ""), (UNKNOWN, "arm")):
        path.write_text("\n".join(bad) + "\n")
        done = gyre(*command)
        report.check(f"a file with a bad line is refused with its number, {line}, and its name",
                     done.returncode != 0 and f"ine {line} of {path.name}:" in done.stderr and hint in done.stderr, done.stderr)
        bad[line - 1] = lines[line - 1]
    told = answer("datasets", "show", dataset)
    report.check(f"it is not sealed, and has rows from before the bad line: {told['rows']:,}",
                 told["status"] == "filling" and 0 < told["rows"] < UNKNOWN, told)
    path.write_text("\n".join(bad) + "\n")
    done = answer(*command)
    report.equal("the same command goes on when the file is right, and seals it", (done["rows"], done["status"]),
                 (ROWS, "sealed"))
    more = directory / "more.jsonl"
    more.write_text(lines[0] + "\n")
    late = gyre("datasets", "append", dataset, more, "--from", ROWS)
    report.check("a sealed dataset takes nothing more", late.returncode != 0 and "sealed" in late.stderr, late.stderr)
    return dataset, rows


def judge(report, answer, dataset, versions, rows):
    """What replays found: spicy against plain, and burnt against spicy."""
    plain, spicy, burnt = versions
    better = answer("replays", "run", spicy, dataset, "--baseline-version", plain)
    report.equal("the better one is found better", (better["status"], better["results"]["isBetterThanBaseline"]),
                 ("completed", True))
    worse = answer("replays", "run", burnt, dataset, "--baseline-version", spicy)
    report.equal("the worse one worse", worse["results"]["isBetterThanBaseline"], False)
    told = {estimate["estimator"]: estimate for estimate in better["results"]["estimates"]}
    expected = sum(row["reward"] / SHARES["spicy"] for row in rows if row["arm"] == "spicy") / len(rows)
    report.check(f"ips says what the file says: {expected:.4f}",
                 abs(told["ips"]["target"]["value"] - expected) < 1e-9 * expected, told["ips"])
    inside = [name for name, estimate in told.items() if name != "directMethod"
              and not estimate["target"]["lower"] <= WORTH["spicy"] <= estimate["target"]["upper"]]
    report.check(f"what spicy brings, {WORTH['spicy']}, lies in the intervals of {len(told)} estimators",
                 not inside and len(told) == 8, told)
    return better["id"], worse["id"]


def promote(report, gyre, answer, dataset, versions, found):
    plain, spicy, burnt = versions
    better, worse = found

    def refused(what, *arguments, naming):
        done = gyre("policies", "promote", "menu", *arguments)
        report.check(f"{what} is not promoted, and that says why", done.returncode != 0 and naming in done.stderr,
                     done.stderr)

    refused("a version without a replay", 2, naming="behind a replay only")
    # Nobody wrote down tips.
    failed = gyre("replays", "run", spicy, dataset, "--baseline-version", plain, "--metric", "tips", "--direction",
                  "higherIsBetter", "--json")
    replay = json.loads(failed.stdout)
    report.check("a replay on what no row says fails, and keeps its error",
                 failed.returncode != 0 and replay["status"] == "failed" and "tips" in replay["errorMessage"]
                 and answer("replays", "show", replay["id"])["errorMessage"] == replay["errorMessage"], failed.stdout)
    shown = gyre("replays", "show", replay["id"])
    report.check("gyre replays show tells it", replay["errorMessage"] in shown.stdout, shown.stdout)
    refused("one behind a replay that failed", 2, "--replay", replay["id"], naming="is failed")
    alone = answer("replays", "run", spicy, dataset)
    refused("one that was compared with nothing", 2, "--replay", alone["id"], naming="no other version")
    refused("one behind a replay of another", 1, "--replay", better, naming="There is no replay")
    refused("one that was found worse", 3, "--replay", worse, naming="worse than its baseline")
    current = answer("policies", "promote", "menu", 2, "--replay", better)
    report.check("the better one is, behind its replay", current["isCurrent"] and current["version"] == 2, current)
    listed = [one["version"] for one in answer("policies", "versions", "menu")["items"] if one["isCurrent"]]
    report.equal("and is the only current one", listed, [2])
