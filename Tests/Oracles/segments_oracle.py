"""An independent judge of segments: whom a rule holds for, from all that is known of a few people.

Python's own decimals, dates and texts, and no database: each rule asks each person by itself.

Reads from standard input one JSON object: `now` in microseconds, `people` (`id`, `kind`, `traits`, `hidden`, `purposes`,
`events` with `event`, `at`, `revenue` in ten-thousandths and `currency`), `segments` by key, `rules`. Prints for each rule a
line with the ids of those it holds for.

Usage: segments_oracle.py < brand.json
"""

import datetime
import decimal
import json
import re
import sys

DAY = 86_400_000_000
TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?")
ORDER = {
    "is": lambda one, other: one == other,
    "greaterThan": lambda one, other: one > other,
    "atLeast": lambda one, other: one >= other,
    "lessThan": lambda one, other: one < other,
    "atMost": lambda one, other: one <= other,
}


def microseconds(text):
    """When a text is, or None."""
    match = TIME.fullmatch(text)
    if not match:
        return None
    day, time, fraction, zone = match.groups()
    try:
        moment = datetime.datetime.fromisoformat(f"{day}T{time or '00:00:00'}{(zone or 'Z').replace('Z', '+00:00')}")
    except ValueError:
        return None
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(microseconds=1) + int(decimal.Decimal(fraction or 0) * 1_000_000)


def same(one, other):
    return type(one) is type(other) and one == other


def is_scalar(value):
    return isinstance(value, (str, bool, decimal.Decimal))


def test(name, operand, value):
    """Whether a trait, None where there is none, is as asked."""
    if name in ("is", "in"):
        wanted = operand if name == "in" else [operand]
        return is_scalar(value) and any(same(value, one) for one in wanted)
    if name in ("isNot", "notIn"):
        return not test("in" if name == "notIn" else "is", operand, value)
    if name == "exists":
        return (value is not None) == operand
    if name == "contains":
        if isinstance(value, list):
            return any(is_scalar(element) and same(element, operand) for element in value)
        return isinstance(value, str) and isinstance(operand, str) and operand in value
    if name == "startsWith":
        return isinstance(value, str) and value.startswith(operand)
    if isinstance(operand, str):
        time = microseconds(value) if isinstance(value, str) else None
        return time is not None and ORDER[name](time, microseconds(operand))
    return isinstance(value, decimal.Decimal) and ORDER[name](value, operand)


def holds(rule, person, brand):
    if "all" in rule:
        return all(holds(part, person, brand) for part in rule["all"])
    if "any" in rule:
        return any(holds(part, person, brand) for part in rule["any"])
    if "not" in rule:
        return not holds(rule["not"], person, brand)
    if "segment" in rule:
        return holds(brand["segments"][rule["segment"]], person, brand)
    if "trait" in rule:
        value = None if rule["trait"] in person["hidden"] else person["traits"].get(rule["trait"])
        return all(test(name, operand, value) for name, operand in rule.items() if name != "trait")
    if "event" in rule:
        start = brand["now"] - rule["withinDays"] * DAY if "withinDays" in rule else None
        done = [event for event in person["events"]
                if event["event"] == rule["event"] and (start is None or event["at"] >= start)]
        if "times" not in rule and "revenue" not in rule:
            return bool(done)
        total = sum(event["revenue"] for event in done if event.get("currency") == rule.get("currency", ""))
        return (all(ORDER[name](len(done), count) for name, count in rule.get("times", {}).items())
                and all(ORDER[name](total, decimal.Decimal(amount) * 10_000)
                        for name, amount in rule.get("revenue", {}).items()))
    if "kind" in rule:
        return person["kind"] == rule["kind"]
    if "purpose" in rule:
        return rule["purpose"] in person["purposes"]
    end = "firstSeen" if "firstSeen" in rule else "lastSeen"
    times = [event["at"] for event in person["events"]]
    if not times:
        return False
    seen = min(times) if end == "firstSeen" else max(times)
    (how, days), = rule[end].items()
    return (seen >= brand["now"] - days * DAY) == (how == "withinDays")


def main():
    # No number is rounded: not in the reading, and not where two are compared.
    brand = json.load(sys.stdin, parse_int=decimal.Decimal, parse_float=decimal.Decimal)
    for rule in brand["rules"]:
        print(" ".join(person["id"] for person in brand["people"] if holds(rule, person, brand)))


if __name__ == "__main__":
    main()
