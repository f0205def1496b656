"""How long the experiment `checkout` takes to decide for a unit, by GrowthBook's SDK or Unleash's native engine.

    evaluations.py growthbook|unleash --seconds S < what the program `evaluations` printed

Both are asked about the units of the Swift program: `checkout` targets two countries of three, needs `delivery`, and
halves who is left. GrowthBook's SDK is asked in Python, which it is written in; Unleash's engine is a native library,
which is asked behind its interface for other languages, with contexts that were written as JSON beforehand. GrowthBook's
SDK has to decide as Gyre does, unit by unit; Unleash's engine has another hash, so of it the same units have to be
targeted, and half of them each have to be in a variant. Prints microseconds, `{"microseconds": 24.5}`.
"""

import ctypes
import json
import sys
import time

SHARE_TOLERANCE = 0.03  # of 6,667 units; five standard errors


def growthbook(features):
    from growthbook import GrowthBook

    client = GrowthBook(features=features)

    def evaluate(unit):
        client.set_attributes(unit)
        return client.eval_feature("checkout").value

    return lambda unit: unit, evaluate, lambda variant: variant


def unleash(_):
    from yggdrasil_engine.engine import UnleashEngine

    def variants(name):
        return [{"name": key, "weight": 500, "stickiness": "userId"} for key in ("control", "new")]

    def feature(name, constraints, **more):
        return {"name": name, "type": "experiment", "enabled": True, "impressionData": False, "strategies": [{
            "name": "flexibleRollout", "constraints": constraints, "variants": variants(name),
            "parameters": {"rollout": "100", "stickiness": "userId", "groupId": name}}], **more}

    engine = UnleashEngine()
    engine.take_state(json.dumps({"version": 2, "features": [
        feature("delivery", []),
        feature("checkout", [{"contextName": "country", "operator": "IN", "values": ["DE", "AT"]}],
                dependencies=[{"feature": "delivery", "enabled": True}])]}))

    library, name = engine.lib, b"checkout"

    def context(unit):
        properties = {"country": unit["country"], "age": str(unit["age"])}
        return json.dumps({"userId": unit["id"], "properties": properties}).encode()

    def evaluate(context):
        pointer = library.check_variant(engine.state, name, context, b"{}")
        answer = ctypes.string_at(pointer)
        library.free_response(pointer)
        return answer

    def variant(answer):
        value = json.loads(answer)["value"]
        return value["name"] if value["enabled"] else None

    return context, evaluate, variant


def main():
    who, _, seconds = sys.argv[1:]
    given = json.load(sys.stdin)
    context, evaluate, variant = {"growthbook": growthbook, "unleash": unleash}[who](given["features"])
    units = [context(unit) for unit in given["units"]]
    decided = [variant(evaluate(unit)) for unit in units]
    if who == "growthbook":
        assert decided == given["variants"], "GrowthBook's SDK decides otherwise"
    else:
        assert [variant is None for variant in decided] == [variant is None for variant in given["variants"]]
        share = decided.count("new") / sum(variant is not None for variant in decided)
        assert abs(share - 0.5) < SHARE_TOLERANCE, f"a half is {share}"
    rounds, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < float(seconds):
        for unit in units:
            evaluate(unit)
        rounds += 1
    print(json.dumps({"microseconds": (time.perf_counter() - begin) / (rounds * len(units)) * 1e6}))


if __name__ == "__main__":
    main()
