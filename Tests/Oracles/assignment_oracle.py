"""GrowthBook's Python SDK as a judge of hashes, ranges, conditions, experiments and sticky buckets.

    assignment_oracle.py corpus [units]     prints cases of its own, with fixed seed, a JSON object a line
    assignment_oracle.py evaluate           reads features and units, prints what the SDK decides

Needs the PyPI package `growthbook` 4.0.0 or later of that generation (`pip install growthbook==4.0.0`; it stands in
requirements.txt, which `ops/test --full` installs). Lines of the corpus:

    {"t": "hash", "cases": [[seed, value, number of version 1, number of version 2], …]}
    {"t": "groups", "groups": {id: [values]}}
    {"t": "condition", "condition": …, "cases": [[attributes, whether it holds], …]}
    {"t": "experiment", "experiment": {…}, "cases": [[attributes, variation or -1, number hashed to or null], …]}
    {"t": "sticky", "experiment": {…}, "cases": [[attributes, {bucket version: variant}, the same under the fallback,
                                                   variant or null], …]}
    {"t": "number", "cases": [[number, its text], …]}
    {"t": "pattern", "cases": [[pattern, text, whether it matches, whether it does ignoring case], …]}

`evaluate` reads {"features": {…}, "feature": its key, "units": [attributes, …]} a line, where the values are the
variants' keys, and prints [variant or null, …] for each.

Where SDKs differ, and what the kernel does. "Strict" is the generation of PyPI 4.0, "coercing" the JavaScript SDK
before it (1.x). The corpus leaves out what is marked with a star, since there the kernel does not decide as this SDK.

    hash                     UTF-16 code units everywhere but in Python before 4.0, which hashed UTF-8: UTF-16
    unit named by true       coercing: "true"; strict: no unit: no unit
    literals and $lt …       coercing: "5" equals 5, a missing value is less than 10; strict: kinds never mix: strict
    $v… of a missing value   coercing: it is version 0; strict: only $vne holds: strict
    $elemMatch               coercing: leaves out 0, "" and false; strict: only null: strict
    an empty object          coercing: equals {}; strict: no operators, holds: strict
    $regex of a number       coercing: of its text; strict: never matches: strict
    sticky, no fallback      JavaScript also looks under "id" when no fallback is named; Python does not: as Python
    sticky, fallback         Python writes what it found under the fallback into the other document, JavaScript copies:
                             neither is written, the caller stores what was decided
    * sticky in rules        filters and prerequisites, in Python also conditions, are checked before what was kept; of
                             experiments that are run without a rule, after: after
    * dotted hash attribute  JavaScript: the name as a whole, else the path; Python: only the name: as JavaScript
    * integers beyond 2^53   doubles in JavaScript, exact in Python: doubles
    * words and digits       \\d, \\w and \\b are ASCII in JavaScript, Unicode in Python: ASCII
    * $ and . in patterns    the very end, and not U+2028, in JavaScript; also before a last line feed, and U+2028, in
                             Python: as JavaScript
    * above U+FFFF           two characters to a pattern in JavaScript, one in Python: one
    * digits in versions     ASCII in JavaScript, Unicode in Python: ASCII
    * order within versions  UTF-16 in JavaScript, scalars in Python (texts of $lt in UTF-16 in both): UTF-16
    * unknown operators      coercing: false, so $not of it holds; strict: neither holds: refused when compiled, and so
                             are operands of the wrong kind, patterns that are none, and groups that do not exist
    * impossible weights     not adding up to 1: equal weights in both; negative: used in JavaScript, equal weights in
                             Python: refused
    * halves of surrogates   texts in both: refused by the reader of JSON
"""

import json
import random
import sys

from growthbook import Experiment, GrowthBook
from growthbook.core import evalCondition, gbhash
from growthbook.core import _js_number_to_string as js_number
from growthbook.growthbook import InMemoryStickyBucketService

SEED = 4918
ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz0123456789-_", "abcXYZ 0189_.:|{}\"\\/%\t\n", "äöüßéèñçåøÅÉŽžğİıſ",
    "αβγδεζηθΣςσΑΩжшщЯдЖ", "日本語中文한국어ไทย", "😀🎉👩‍👩‍👧‍👦🏳️‍🌈𝒳𐍈", "e\u0301a\u0308\u200d\ufeff\u00a0\u2028",
]


def text(r, longest=24):
    if r.random() < 0.005:
        longest = 3_000
    alphabet = r.choice(ALPHABETS[:2]) if r.random() < 0.5 else "".join(r.sample(ALPHABETS, 3))
    return "".join(r.choice(alphabet) for _ in range(r.randint(1, longest)))


def line(value):
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


# Hashes and numbers.

def print_hashes(r):
    cases = [["", ""], ["seed", "é"], ["seed", "😀"], ["seed", "e\u0301"], ["", "a" * 100_000], ["", "😀" * 10_000]]
    cases += [["" if r.random() < 0.1 else text(r), "" if r.random() < 0.02 else text(r)] for _ in range(20_000)]
    line({"t": "hash", "cases": [[s, v, gbhash(s, v, 1), gbhash(s, v, 2)] for s, v in cases]})
    numbers = [1, -1, 1.5, 0.1, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 1.5e-7, 5e-324, 1.7976931348623157e308]
    numbers += [r.uniform(-1, 1) * 10.0 ** r.randint(-30, 30) for _ in range(5_000)]
    numbers += [float(r.randint(-10**6, 10**6)) * 10.0 ** r.randint(-3, 20) for _ in range(5_000)]
    line({"t": "number", "cases": [[n, js_number(n)] for n in numbers if n != 0]})


# Conditions.

GROUPS = {
    "vips": ["u1", "u2", "é", "😀", 7, 42.5], "empty": [], "mixed": [True, None, "DE", 0, 1, "1"],
}
WORDS = ["DE", "AT", "de", "At", "", "0", "1", "5", "10", "true", "null", "é", "e\u0301", "É", "ΣΊΣΥΦΟΣ", "σίσυφος",
         "σίσυφοσ", "straße", "STRASSE", "😀", "\ue000", "zebra", "alphabet", "u1", "Android Mobile", "ab", "aab", "İ",
         "i̇"]
VERSIONS = ["1.0.0", "v1.0.0", "1.0.0-beta", "1.0.0-rc.1", "1.10.0", "1.9.0", "2", "2.0", "1.0.0+build.5", "v", "",
            "1.2.3.4", "12345678.0.0", "1.0.0-alpha.beta", "01.0.0", "a.b.c", "1..0"]
NUMBERS = [0, 1, -1, 5, 10, 18, 42.5, 0.1, 0.30000000000000004, 1e21, -0.0, 1e-7, 100, 2]
PATTERNS = ["^u[0-9]+$", "(Mobile|Tablet)", "a+b", "^$", "[^a-z]", "é", "^.$", "^(a|ab)*$", "\\d{2,3}", "\\bMobile\\b",
            "^[A-Z]{2}$", "(?:a{0,2}b)?$", "e\u0301?", "[äöüé]", "z.*a", "x*", "a{2}", "😀", "[^\\d\\s]", "\\.",
            "^\\s*$", "b$", "(a|b|c){1,3}"]
KEYS = ["id", "country", "age", "premium", "tags", "address", "address.city", "address.zip.0", "tags.0", "tags.length",
        "version", "nothing", "0", "name", "address.tags"]


def scalar(r):
    return r.choice([
        lambda: r.choice(WORDS), lambda: r.choice(NUMBERS), lambda: r.choice([True, False]), lambda: None,
        lambda: r.choice(VERSIONS), lambda: r.choice(WORDS)])()


def value(r, depth=0):
    kind = r.random()
    if depth < 2 and kind < 0.15:
        return [value(r, depth + 1) for _ in range(r.randint(0, 4))]
    if depth < 2 and kind < 0.25:
        names = r.sample(["city", "zip", "tags", "0", "1", "10", "a", "name", "age"], r.randint(0, 3))
        return {name: value(r, depth + 1) for name in names}
    return scalar(r)


def attributes(r):
    found = {}
    for key in ("id", "country", "age", "premium", "name", "version", "0", "tags", "address"):
        if r.random() < 0.25:
            continue
        found[key] = {
            "country": lambda: r.choice(WORDS), "age": lambda: r.choice(NUMBERS),
            "premium": lambda: r.choice([True, False]),
            "version": lambda: r.choice(VERSIONS), "tags": lambda: [value(r, 1) for _ in range(r.randint(0, 4))],
            "address": lambda: {"city": value(r, 1), "zip": [value(r, 2)], "tags": [r.choice(WORDS)]},
        }.get(key, lambda: value(r))() if r.random() < 0.8 else value(r)
    return found


def operators(r, depth):
    simple = ["$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$veq", "$vne", "$vlt", "$vlte", "$vgt", "$vgte", "$in",
              "$nin", "$ini", "$nini", "$inGroup", "$notInGroup", "$exists", "$type", "$regex", "$regexi", "$notRegex",
              "$notRegexi"]
    nested = ["$not", "$size", "$all", "$alli", "$elemMatch"]
    found = {}
    for _ in range(r.choice([0, 1, 1, 1, 1, 2])):
        name = r.choice(simple + nested if depth < 3 else simple)
        found[name] = operand(r, name, depth)
    return found


def operand(r, name, depth):
    if name in ("$eq", "$ne"):
        return scalar(r)
    if name in ("$lt", "$lte", "$gt", "$gte"):
        return r.choice([r.choice(WORDS), r.choice(NUMBERS)])
    if name.startswith("$v"):
        return r.choice(VERSIONS) if r.random() < 0.8 else r.choice(NUMBERS)
    if name in ("$in", "$nin", "$ini", "$nini"):
        return [value(r, 1) for _ in range(r.randint(0, 5))]
    if name in ("$inGroup", "$notInGroup"):
        return r.choice(sorted(GROUPS))
    if name == "$exists":
        return r.choice([True, False])
    if name == "$type":
        return r.choice(["string", "number", "boolean", "array", "object", "null"])
    if "egex" in name:
        return r.choice(PATTERNS)
    if name in ("$all", "$alli"):
        return [operators(r, depth + 1) if r.random() < 0.2 else value(r, 1) for _ in range(r.randint(0, 3))]
    if name == "$size":
        return r.choice(NUMBERS[:4] + [2, 3]) if r.random() < 0.5 else operators(r, depth + 1)
    if name == "$elemMatch":
        return operators(r, depth + 1) if r.random() < 0.6 else condition(r, depth + 1)
    return operators(r, depth + 1) if r.random() < 0.8 else scalar(r)


def condition(r, depth=0):
    found = {}
    for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
        if depth < 3 and r.random() < 0.25:
            name = r.choice(["$and", "$or", "$nor", "$not"])
            found[name] = (condition(r, depth + 1) if name == "$not"
                           else [condition(r, depth + 1) for _ in range(r.randint(0, 3))])
        else:
            found[r.choice(KEYS)] = operators(r, depth) if r.random() < 0.75 else value(r)
    return found


def print_conditions(r, count):
    line({"t": "groups", "groups": GROUPS})
    for _ in range(count):
        asked = condition(r)
        units = [attributes(r) for _ in range(8)]
        line({"t": "condition", "condition": asked, "cases": [[a, evalCondition(a, asked, GROUPS)] for a in units]})


def pattern(r, depth=0):
    kind = r.random()
    if depth > 3 or kind < 0.35:
        return r.choice("aaabbcé.") if kind < 0.9 else r.choice(["\\d", "\\s", "\\D", "\\.", "\\/", "😀"])
    if kind < 0.45:
        return r.choice(["[ab]", "[^a]", "[a-c]", "[^a-b1]", "[é-ü]", "[\\d-]", "[a\\]]", "[.]", "[^\\s😀]"])
    if kind < 0.5:
        return r.choice(["^", "$", "\\b", "\\B"])
    if kind < 0.7:
        return r.choice(["(%s)", "(?:%s)", "(?:%s|)"]) % pattern(r, depth + 1)
    if kind < 0.78:
        return "(%s|%s)" % (pattern(r, depth + 1), pattern(r, depth + 1))
    if kind < 0.9:
        repeated = r.choice(["(?:%s)", "(%s)"]) % pattern(r, depth + 1)
        return repeated + r.choice(["*", "+", "?", "*?", "+?", "{2}", "{0,2}", "{1,}", "{1,3}?"])
    return pattern(r, depth + 1) + pattern(r, depth + 1)


def print_patterns(r, count):
    cases = []
    for _ in range(count):
        asked = "".join(pattern(r) for _ in range(r.randint(1, 4)))
        for _ in range(3):
            # In Python words are not ASCII, and an empty text has no \\B.
            places = "\\b" in asked or "\\B" in asked
            subject = "".join(
                r.choice("aabbc1. -A" if places else "aabbc1é. -É😀A") for _ in range(r.randint(places, 8)))
            answers = [evalCondition({"a": subject}, {"a": {name: asked}}) for name in ("$regex", "$regexi")]
            cases.append([asked, subject, *answers])
    line({"t": "pattern", "cases": cases})


# Experiments.

def weights(r, count):
    kind = r.random()
    if kind < 0.3:
        return None
    if kind < 0.6:
        parts = [r.randint(0, 20) for _ in range(count)]
        parts[0] += 100 - sum(parts) % 100 if sum(parts) % 100 else 0
        total = sum(parts) or 1
        return [p / total for p in parts] if sum(parts) else None
    if kind < 0.7:
        return [0.1, 0.2, 0.7][:count] if count == 3 else None
    parts = [r.random() for _ in range(count)]
    return [p / sum(parts) * r.choice([1, 1, 0.9999, 1.005]) for p in parts]


def experiment(r, number):
    count = r.randint(2, 6)
    found = {"key": "exp-%d" % number, "variations": list(range(count))}
    if r.random() < 0.5:
        found["seed"] = text(r)
    if r.random() < 0.7:
        found["hashVersion"] = r.choice([1, 2, 2])
    if r.random() < 0.3:
        found["hashAttribute"] = r.choice(["device", "company"])
    asked = weights(r, count)
    if asked:
        found["weights"] = asked
    if r.random() < 0.6:
        found["coverage"] = r.choice([0, 1, 0.5, 0.1, 0.33, 0.01, 0.0001, r.random()])
    if r.random() < 0.15:
        cuts = sorted(r.sample(range(10_001), 2 * count))
        found["ranges"] = [[cuts[2 * i] / 10_000, cuts[2 * i + 1] / 10_000] for i in range(count)]
        r.shuffle(found["ranges"])
    if r.random() < 0.25:
        low = r.random() * 0.6
        found["namespace"] = [text(r), round(low, r.randint(1, 6)), low + r.random() * 0.4]
    if r.random() < 0.2:
        found["filters"] = [
            {"seed": text(r), "attribute": r.choice(["id", "device"]), "hashVersion": r.choice([1, 2]),
             "ranges": [[r.random() * 0.5, 0.5], [0.6, 0.6 + r.random() * 0.4]]}
            for _ in range(r.randint(1, 2))]
    if r.random() < 0.4:
        found["condition"] = condition(r, 1)
    return found


def unit(r):
    found = attributes(r) if r.random() < 0.5 else {}
    for key in ("id", "device", "company"):
        kind = r.random()
        if kind < 0.9:
            found[key] = text(r)
        elif kind < 0.95:
            found[key] = r.choice([0, 1, 17, 3.25, 1e21, 123456789012, -4, True, False, None, "", [], {}, ["u1"]])
        else:
            found.pop(key, None)
    return found


def decide(gb, found, attributes_):
    gb.set_attributes(attributes_)
    return gb.run(Experiment(**found))


def print_experiments(r, units):
    gb = GrowthBook(saved_groups=GROUPS)
    for number in range(max(1, units // 300)):
        found = experiment(r, number)
        cases = []
        for attributes_ in [unit(r) for _ in range(300)]:
            result = decide(gb, found, attributes_)
            cases.append([attributes_, result.variationId if result.inExperiment else -1, result.bucket])
        line({"t": "experiment", "experiment": found, "cases": cases})


def print_sticky(r, count):
    for number in range(count):
        variants = ["control", "é", "b"][:r.randint(2, 3)]
        found = {
            "key": "sticky-%d" % number, "variations": list(range(len(variants))),
            "meta": [{"key": key} for key in variants],
            "hashVersion": r.choice([1, 2]), "bucketVersion": r.randint(0, 3), "coverage": r.choice([1, 0.5, 0.2])}
        found["minBucketVersion"] = r.randint(0, found["bucketVersion"]) if r.random() < 0.6 else 0
        if r.random() < 0.6:
            found["fallbackAttribute"] = "device"
        if r.random() < 0.4:
            found["condition"] = {"country": "DE"}
        cases = []
        for _ in range(60):
            attributes_ = {"country": r.choice(["DE", "AT"])}
            for key in ("id", "device"):
                if r.random() < 0.8:
                    attributes_[key] = r.choice([text(r), 12, 1.5])
            stored = [
                {str(r.randint(0, 3)): r.choice(variants + ["gone"]) for _ in range(r.randint(0, 2))} for _ in range(2)]
            service = InMemoryStickyBucketService()
            for key, assignments in zip(("id", "device"), stored):
                if key in attributes_ and assignments:
                    of = attributes_[key]
                    service.save_assignments({
                        "attributeName": key, "attributeValue": of if isinstance(of, str) else js_number(of),
                        "assignments": {"%s__%s" % (found["key"], v): variant for v, variant in assignments.items()}})
            gb = GrowthBook(
                attributes=attributes_, sticky_bucket_service=service,
                sticky_bucket_identifier_attributes=["id", "device"])
            gb.refresh_sticky_buckets()
            result = gb.run(Experiment(**found))
            cases.append([attributes_, *stored, variants[result.variationId] if result.inExperiment else None])
        line({"t": "sticky", "experiment": found, "cases": cases})


def corpus(units):
    r = random.Random(SEED)
    print_hashes(r)
    print_conditions(r, 4_000)
    print_patterns(r, 10_000)
    print_experiments(r, units)
    print_sticky(r, 120)


def evaluate():
    """As a client does: by features, whose values are the variants' keys."""
    for row in sys.stdin:
        asked = json.loads(row)
        gb = GrowthBook(features=asked["features"])
        answers = []
        for attributes_ in asked["units"]:
            gb.set_attributes(attributes_)
            feature = gb.eval_feature(asked["feature"])
            result = feature.experimentResult
            if result and result.key != feature.value:
                sys.exit("%r has the value %r" % (result.key, feature.value))
            answers.append(feature.value)
        line(answers)


if __name__ == "__main__":
    if sys.argv[1:2] == ["evaluate"]:
        evaluate()
    elif sys.argv[1:2] == ["corpus"]:
        corpus(int(sys.argv[2]) if len(sys.argv) > 2 else 120_000)
    else:
        sys.exit(__doc__)
