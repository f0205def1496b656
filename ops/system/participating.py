"""A customer who takes part in experiments, datasets and bandits: planted in every table, and gone from all of them,
while what many people did together stays."""

import json

from suite import wait_for

SUPPRESSED = -32020
KINDS = (("taking-part", "user"), ("by-mail", "mailbox"))
# Where the certificate must have found something.
TABLES = ["assignments", "decisions", "dataset_rows", "entries", "experiment_events", "experiment_exposures",
          "forced_assignments", "saved_group_entries", "unit_trajectories", "units"]


class Participation:
    """Experiments of a brand in which others take part already."""

    def __init__(self, brand):
        self.brand = brand
        brand.call("unitTypes.set", {"type": "mailbox", "identifierType": "email"})
        brand.call("metricDefinitions.create", {
            "key": "noted", "name": "Noted", "kind": "mean", "event": "Noted", "valueField": "cents"})
        brand.call("metricDefinitions.create", {
            "key": "bought", "name": "Bought", "kind": "count", "event": "Order Completed", "source": "signals"})
        self.experiments = []
        for key, unit_type in KINDS:
            made = brand.call("experiments.create", {
                "key": key, "name": key, "unitType": unit_type, "isSticky": True, "variants": [
                    {"key": "control", "allocation": 5_000, "isControl": True}, {"key": "new", "allocation": 5_000}]})
            brand.call("resultPlans.set", {"experimentId": made["id"], "metrics": [
                {"metric": metric, "role": "secondary", "scale": "absolute"} for metric in ("noted", "bought")]})
            brand.call("experiments.start", {"id": made["id"], "version": 1})
            self.experiments.append(made["id"])
            for number in range(8):
                self.take_part(key, unit_type, f"somebody-{number}@example.org", number)
        policy = brand.call("policies.create", {"name": "taking-part"})
        self.version = brand.call("policyVersions.create", {"policyId": policy["id"]})["id"]
        brand.call("bandits.create", {"key": "taking-part", "policyVersionId": self.version, "kind": "thompson",
                                      "arms": ["a", "b"]})

    def take_part(self, key, unit_type, unit, number, **more):
        """An assignment, an exposure and an event."""
        self.brand.call("assignments.assign", {"targetingKey": unit, "experiments": [key]})
        verdicts = self.brand.call("experimentExposures.record", {"items": [
            {"experiment": key, "unit": unit, "variant": ("control", "new")[number % 2]}]})["verdicts"]
        verdicts += self.brand.call("experimentEvents.record", {"items": [
            {"type": "Noted", "unitType": unit_type, "unit": unit, "messageId": f"{number}-{unit}",
             "metrics": {"cents": number}, **more}]})["verdicts"]
        return verdicts

    def plant(self, person):
        """Puts the customer wherever experiments keep something of people."""
        told = {"context": {"mail": person.email}, "payload": {"call": [person.phone], "who": person.id}}
        for (key, unit_type), unit in zip(KINDS, (person.id, person.email)):
            verdicts = self.take_part(key, unit_type, unit, 1, **told)
            assert all(verdict["status"] == "accepted" for verdict in verdicts), verdicts
        self.brand.call("forcedAssignments.set", {
            "experiment": "by-mail", "unit": person.email, "variant": "new", "note": f"is {person.id}"})
        self.brand.call("savedGroups.set", self.group(person))
        self.dataset = self.brand.call("datasets.create", {
            "name": "taking-part", "label": "1", "arms": ["a", "b"], "reward": "orders"})["id"]
        self.brand.call("datasets.append", {"id": self.dataset, "offset": 0, "rows": self.rows(person)})
        self.brand.call("datasets.seal", {"id": self.dataset})
        replay = self.brand.call("replays.create", {
            "policyVersionId": self.version, "datasetId": self.dataset, "target": {"type": "uniform"}})["id"]
        wait_for(lambda: self.brand.call("replays.get", {"id": replay})["status"] == "completed", what="a replay")
        self.replay = replay
        for unit in self.units(person):
            decided = self.brand.call("bandits.decide", {"key": "taking-part", "unit": unit})
            self.brand.call("bandits.reward", {"decisionId": decided["id"], "reward": 1})
        wait_for(lambda: any(event["source"] == "signals" for event in self.events(person)),
                 what="an order that came by way of signals")

    def units(self, person):
        return [{"type": "user", "id": person.id}, {"type": "mailbox", "id": person.email}]

    def rows(self, person):
        others = [{"type": "user", "id": f"somebody-{number}"} for number in range(4)]
        return [{"unit": unit, "arm": "ab"[place % 2], "propensities": [0.5, 0.5], "reward": place}
                for place, unit in enumerate(self.units(person) + others)]

    def group(self, person):
        return {"key": "taking-part", "name": "Taking part", "attribute": "id",
                "values": [person.id, person.email, "somebody"]}

    def events(self, person):
        return self.brand.call("experimentEvents.list", {"unitType": "user", "unit": person.id})["items"]

    def of_many(self):
        """What is told of all who took part together, without the moment at which it is told."""
        told = [self.brand.call("experimentResults.get", {"experimentId": one}) | {"at": None}
                for one in self.experiments]
        told += [self.brand.call("experimentAggregates.list", {"experimentId": one}) for one in self.experiments]
        told += [self.brand.call("datasets.get", {"id": self.dataset}) | {"erasedRows": None},
                 self.brand.call("replays.get", {"id": self.replay}),
                 self.brand.call("bandits.get", {"key": "taking-part"})]
        return [json.dumps(one, sort_keys=True) for one in told]

    def erased(self, report, person, before, certified):
        """What is left behind the erasure."""
        missing = [table for table in TABLES if not certified.get(f"experiments.{table}")]
        report.check(f"experiments had the customer in {len(TABLES)} tables", not missing, (missing, certified))
        report.check("results, aggregates, datasets' hashes, replays and bandits are as they were",
                     self.of_many() == before, [pair for pair in zip(before, self.of_many()) if pair[0] != pair[1]][:1])
        dataset = self.brand.call("datasets.get", {"id": self.dataset})
        rows = self.brand.call("datasets.rows", {"id": self.dataset})["items"]
        report.equal("a sealed dataset has lost their rows, and kept the hashes of them",
                     (dataset["erasedRows"], [("body" in row, len(row["hash"])) for row in rows]),
                     (2, [(False, 64)] * 2 + [(True, 64)] * 4))

    def refused(self, report, person):
        """Nothing of the customer comes in again, by their id or their address."""
        for (key, unit_type), unit, named in zip(KINDS, (person.id, person.email), self.units(person)):
            with self.brand.connect() as connection:
                codes = [self.code(connection, method, params) for method, params in (
                    ("experimentExposures.record", {"items": [{"experiment": key, "unit": unit, "variant": "new"}]}),
                    ("experimentEvents.record", {"items": [{"type": "Noted", "unitType": unit_type, "unit": unit}]}),
                    ("forcedAssignments.set", {"experiment": key, "unit": unit, "variant": "new"}),
                    ("bandits.decide", {"key": "taking-part", "unit": named}))]
                assigned = connection.refusal("assignments.assign", {"targetingKey": unit, "experiments": [key]})
            report.equal(f"exposures, events, what is decided by hand and by a bandit are refused for the {unit_type}",
                         codes, [SUPPRESSED] * len(codes))
            report.check("and so are assignments", assigned and assigned.code == SUPPRESSED, assigned)
        dataset = self.brand.call("datasets.create", {
            "name": "taking-part", "label": "2", "arms": ["a", "b"], "reward": "orders"})["id"]
        with self.brand.connect() as connection:
            error = connection.refusal("datasets.append", {"id": dataset, "offset": 0, "rows": self.rows(person)})
        report.check("so are rows about them", error and error.code == SUPPRESSED, error)
        group = self.brand.call("savedGroups.get", {"key": "taking-part"})
        with self.brand.connect() as connection:
            error = connection.refusal("savedGroups.set", self.group(person) | {"version": group["version"]})
        report.check("and a list that they are on", error and error.code == SUPPRESSED, error)
        report.equal("on the list as it was are the others", group["values"], ["somebody"])

    @staticmethod
    def code(connection, method, params):
        """The code with which a call, or its only item, is refused."""
        error = connection.refusal(method, params)
        if error:
            return error.code
        verdict = connection.call(method, params).get("verdicts", [{}])[0]
        return verdict.get("code")
