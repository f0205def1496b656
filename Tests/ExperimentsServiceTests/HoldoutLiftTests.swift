import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import Randomness
import ServiceContract
import Testing

@testable import ExperimentsService

/// What experiments come to together: those who are admitted against those who are withheld.
@Suite struct HoldoutLiftTests {
    /// A holdout that is measured by what orders were worth.
    private func measured(
        _ service: ExperimentsUnderTest, _ key: String = "h", share: Int = 3_000, more: String = ""
    ) async throws -> String {
        let created = try await service.call(
            "holdouts.create", #"{"key":"\#(key)","name":"\#(key)","share":\#(share)\#(more)}"#)
        let id = try #require(created["id"]?.string)
        if try await service.number("SELECT count(*) FROM metrics") == 0 {
            try await service.call(
                "metricDefinitions.create",
                #"{"key":"spend","name":"spend","kind":"mean","event":"order","source":"client","valueField":"value"}"#)
        }
        try await service.call(
            "holdoutPlans.set",
            #"{"holdoutId":"\#(id)","metrics":[{"metric":"spend","role":"goal"}],"engine":"fixed"}"#)
        return id
    }

    /// What experiments assign to units, by unit; those who are withheld are in nothing.
    private func ask(_ service: ExperimentsUnderTest, _ units: Range<Int>) async throws -> [[String: String]] {
        var found: [[String: String]] = []
        for first in stride(from: units.lowerBound, to: units.upperBound, by: 300) {
            let asked = (first..<min(first + 300, units.upperBound)).map { #"{"targetingKey":"u\#($0)"}"# }
            let reply = try await service.call(
                "assignments.assignMany", #"{"units":[\#(asked.joined(separator: ","))]}"#)
            for item in try #require(reply["items"]?.array) {
                var variants: [String: String] = [:]
                for assignment in try #require(item["assignments"]?.array) {
                    if let key = assignment["experiment"]?.string { variants[key] = assignment["variant"]?.string }
                }
                found.append(variants)
            }
        }
        return found
    }

    private func order(
        _ service: ExperimentsUnderTest, _ units: Range<Int>, _ name: String, _ value: (Int) -> Double
    ) async throws {
        for first in stride(from: units.lowerBound, to: units.upperBound, by: 500) {
            let items = (first..<min(first + 500, units.upperBound)).map {
                #"{"type":"order","unitType":"user","unit":"u\#($0)","messageId":"\#(name)","metrics":{"value":\#(value($0))}}"#
            }
            try await service.call("experimentEvents.record", #"{"items":[\#(items.joined(separator: ","))]}"#)
        }
    }

    /// About normal, with a standard deviation of 2.
    private func noise(_ unit: Int, _ stream: UInt32) -> Double {
        var row = RandomRow(seed: 4_711, stream: stream, row: UInt64(unit))
        return 2 * row.normal()
    }

    private func ship(_ service: ExperimentsUnderTest, _ experiment: Experiment) async throws {
        _ = try await service.experiments.update(
            Experiments.Update.Params(
                id: experiment.id, version: experiment.version,
                variants: ExperimentsUnderTest.variants(["control": 0, "new": 10_000])), for: service.call)
    }

    private func get(_ service: ExperimentsUnderTest, _ id: String) async throws -> JSONValue {
        try await service.call("holdoutResults.get", #"{"holdoutId":"\#(id)"}"#)
    }

    @Test("What two experiments brought, before and after both were shipped, is found as one lift inside its interval")
    func lift() async throws {
        try await withExperiments { service in
            let (a, b) = (try await service.running("a"), try await service.running("b"))
            _ = try await service.draft("never")
            let id = try await measured(service)
            func spend(_ day: UInt32) async throws {
                let units = 0..<3_000
                let variants = try await ask(service, units)
                try await order(service, units, "day \(day)") { unit in
                    let effects = variants[unit].values.filter { $0 == "new" }.count
                    return 10 + noise(unit, day) + Double(effects)
                }
            }
            try await spend(1)
            service.advance(hours: 24)
            try await ship(service, a)
            try await ship(service, b)
            _ = try await service.running("later")
            try await spend(2)

            let results = try await get(service, id)
            #expect(results["split"]?["isBroken"]?.bool == false)
            #expect(results["entered"]?.int64 == 3_000)
            let withheld = try #require(results["split"]?["units"]?[0]?.int64)
            #expect(840..<960 ~= withheld)
            // 20 of those who are withheld; 1 more on the first day and 2 on the second of those who are not, and of
            // "later", which shows half of them something new, another half.
            let lift = try #require(results["metrics"]?[0]?["arms"]?[0]?["relative"])
            let truth = 3.5 / 20
            let (lower, upper) = (
                try #require(lift["interval"]?["lower"]?.number?.double),
                try #require(lift["interval"]?["upper"]?.number?.double)
            )
            #expect(lower < truth && truth < upper && lower > 0.15 && upper < 0.2)
            #expect(results["decision"]?["verdict"]?.string == "keepRunning")
            let spanned = try #require(results["experiments"]?.array)
            #expect(spanned.map { $0["key"]?.string } == ["a", "b", "later"])
            #expect(spanned.map { $0["state"]?.string } == ["shipped", "shipped", "running"])
            #expect(spanned.map { $0["variant"]?.string } == ["new", "new", nil])
            let series = try await service.call(
                "holdoutResults.series", #"{"holdoutId":"\#(id)","metric":"spend"}"#)
            let values = try #require(series["points"]?.array).map { $0["arms"]?[0]?["value"]?.number?.double ?? 0 }
            #expect(values.count == 2 && values[0] > 0.07 && values[0] < 0.13 && values[1] > values[0])
        }
    }

    @Test("Where experiments do nothing, holdouts find nothing more often than they should")
    func nothing() async throws {
        try await withExperiments { service in
            let holdouts = 12
            var ids: [String] = []
            for number in 0..<holdouts {
                _ = try await service.running("e\(number)")
                ids.append(
                    try await measured(
                        service, "h\(number)", share: 4_000, more: #","scope":"experiments","members":["e\#(number)"]"#)
                )
            }
            _ = try await ask(service, 0..<1_000)
            try await order(service, 0..<1_000, "once") { 10 + noise($0, 9) }
            var found = 0
            for id in ids {
                let results = try await get(service, id)
                #expect(results["split"]?["isBroken"]?.bool == false)
                let pValue = try #require(results["metrics"]?[0]?["arms"]?[0]?["pValue"]?.number?.double)
                if pValue < 0.05 { found += 1 }
            }
            // Of 12, with 5 % each, more than 3 with a probability of 0.2 %.
            #expect(found <= 3)
        }
    }

    @Test("A unit enters when it is first asked about, on either side, whatever else keeps it out of the experiment")
    func entry() async throws {
        try await withExperiments { service in
            let early = try await service.running("kept", isSticky: true)
            let sticky = try await service.assign("before", "kept")
            #expect(sticky.isSaved)
            _ = try await service.running("a", condition: #"{"country":"DE"}"#)
            let paused = try await service.running("paused")
            _ = try await service.experiments.pause(
                Experiments.Pause.Params(id: paused.id, version: paused.version), for: service.call)
            _ = try await measured(service, share: 5_000)
            try await service.call("forcedAssignments.set", #"{"experiment":"a","unit":"qa","variant":"new"}"#)
            func count() async throws -> Int64 { try await service.number("SELECT count(*) FROM entries") }
            // Nothing was asked of the holdout: a variant by hand, one kept from before it, an experiment that rests.
            _ = try await service.assign("qa", "a")
            _ = try await service.assign("before", "kept")
            _ = try await service.assign("u1", "paused")
            #expect(try await count() == 0)
            // An exposure is of one side only, and so no entry.
            let exposed = try await service.call(
                "experimentExposures.record", #"{"items":[{"experiment":"kept","unit":"u1","variant":"new"}]}"#)
            #expect(exposed["verdicts"]?[0]?["status"]?.string == "accepted")
            #expect(
                try await service.number(
                    "SELECT count(*) FROM entries JOIN experiments ON number = experiment WHERE holdout IS NOT NULL")
                    == 0)
            // Both sides, though the condition holds for nobody.
            for unit in 0..<40 { _ = try await service.assign("v\(unit)", "a") }
            let sides = try await service.rows(
                """
                SELECT variants.key, count(*) FROM entries JOIN variants ON variants.number = entries.variant
                WHERE variants.key IN ('withheld', 'admitted') GROUP BY 1 ORDER BY 1
                """)
            #expect(sides.map { $0[0] } == ["admitted", "withheld"])
            #expect(sides.compactMap { Int($0[1]) }.reduce(0, +) == 40)
            // What measures it is no experiment that anybody can ask for.
            #expect(early.key == "kept")
            let listed = try await service.call("experiments.list", "{}")
            #expect(listed["items"]?.array?.count == 3)
        }
    }

    @Test("A read says into which holdouts a unit would enter, and what decides by itself reports it")
    func reported() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            _ = try await measured(service)
            func unentered() async throws -> [String]? {
                try await service.assignments.evaluate(
                    Assignments.Evaluate.Params(targetingKey: "u1", experiments: ["a"]), for: service.call
                ).unentered
            }
            #expect(try await unentered() == ["h"])
            service.advance(hours: 2)
            func record(_ at: String) async throws -> String? {
                let reply = try await service.call(
                    "holdoutEntries.record", #"{"items":[{"holdout":"h","unit":"u1","at":"\#(at)"}]}"#)
                return reply["verdicts"]?[0]?["message"]?.string ?? reply["verdicts"]?[0]?["status"]?.string
            }
            #expect(try await record("2025-12-31T23:00:00Z")?.contains("withheld nobody") == true)
            #expect(try await record("2026-01-01T02:06:00Z")?.contains("5 minutes") == true)
            #expect(try await record("2026-01-01T01:00:00Z") == "accepted")
            #expect(try await record("2026-01-01T00:30:00Z") == "duplicate")
            #expect(try await unentered() == nil)
            #expect(
                try await service.rows("SELECT exposed_at FROM entries") == [["1767227400000000"]])
        }
    }

    @Test("Who is withheld only since a holdout was widened counts on neither side, before or after")
    func widened() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            let id = try await measured(service, share: 2_000)
            _ = try await ask(service, 0..<500)
            let before = try await get(service, id)
            service.advance(hours: 24)
            try await service.call("holdouts.update", #"{"id":"\#(id)","version":1,"share":5000}"#)
            try await service.ended("holdoutMoves")
            let moved = try await get(service, id)
            _ = try await ask(service, 0..<500)
            let again = try await get(service, id)
            func units(_ results: JSONValue) -> [Int64] {
                (results["split"]?["units"]?.array ?? []).compactMap(\.int64)
            }
            #expect(units(before).reduce(0, +) == 500)
            // Of the 80 % who were admitted five eighths stay so.
            #expect(units(moved)[0] == units(before)[0] && 210..<290 ~= units(moved)[1])
            #expect(units(again) == units(moved))
            // Who comes now is withheld or not by the new share.
            _ = try await ask(service, 500..<1_000)
            let later = try await get(service, id)
            #expect(210..<290 ~= units(later)[0] - units(moved)[0])
            #expect(later["split"]?["isBroken"]?.bool == false)
            #expect(later["split"]?["phases"]?.array?.count == 2)
        }
    }

    @Test("Nothing of an erased person is left on either side, and nobody enters again")
    func erased() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            _ = try await measured(service, share: 5_000)
            _ = try await ask(service, 0..<20)
            try await order(service, 0..<20, "once") { _ in 10 }
            for unit in 0..<20 { _ = try await service.erase(Identifier(type: "customerId", value: "u\(unit)")) }
            for table: StaticString in [
                "SELECT count(*) FROM entries", "SELECT count(*) FROM experiment_exposures",
                "SELECT count(*) FROM unit_trajectories", "SELECT count(*) FROM units",
            ] { #expect(try await service.number(table) == 0) }
            let evaluated = try await service.assignments.evaluate(
                Assignments.Evaluate.Params(targetingKey: "u1", experiments: ["a"]), for: service.call)
            #expect(evaluated.unentered == nil)
            _ = try await ask(service, 0..<20)
            #expect(try await service.number("SELECT count(*) FROM units") == 0)
        }
    }

    @Test("A holdout that has ended counts nobody any more, and its lift stands")
    func ended() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            let id = try await measured(service)
            _ = try await ask(service, 0..<200)
            service.advance(hours: 1)
            try await service.call("holdouts.end", #"{"id":"\#(id)","version":1}"#)
            _ = try await ask(service, 200..<400)
            let results = try await get(service, id)
            #expect(results["entered"]?.int64 == 200 && results["hasEnded"]?.bool == true)
            #expect(results["status"]?.string == "ended" && results["endedAt"]?.string == "2026-01-01T01:00:00Z")
        }
    }
}
