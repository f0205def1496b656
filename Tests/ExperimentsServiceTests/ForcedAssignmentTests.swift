import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Variants by hand, explanations, many units at once, and what is kept of them.
@Suite struct ForcedAssignmentTests {
    @Test("A unit is where it was put by hand until that expires, and what is forced is never kept")
    func forced() async throws {
        try await withExperiments { service in
            _ = try await service.running(isSticky: true)
            #expect(try await service.evaluate("u1").variant == "control")
            let end = Timestamp(microseconds: service.now.microseconds + 3_600_000_000)
            _ = try await service.forcedAssignments.set(
                ForcedAssignments.Set.Params(experiment: "checkout", unit: "u1", variant: "new", expiresAt: end),
                for: service.call)
            let forced = try await service.assign("u1")
            #expect(forced.variant == "new" && forced.reason == .forced && !forced.isSaved && forced.propensity == nil)
            #expect(try await service.number("SELECT count(*) FROM assignments") == 0)
            #expect(try await service.evaluate("u2").reason == .split)
            service.advance(hours: 1)
            #expect(try await service.evaluate("u1").reason == .split)
            let list = try await service.forcedAssignments.list(ForcedAssignments.List.Params(), for: service.call)
            #expect(list.items.isEmpty)
        }
    }

    @Test("A unit that is kept out is in none, until that is taken back; it is forgotten with the unit")
    func excluded() async throws {
        try await withExperiments { service in
            _ = try await service.running()
            for unit in ["u1", "u2"] {
                _ = try await service.forcedAssignments.set(
                    ForcedAssignments.Set.Params(experiment: "checkout", unit: unit), for: service.call)
            }
            #expect(try await service.evaluate("u1").reason == .excluded)
            _ = try await service.forcedAssignments.remove(
                ForcedAssignments.Remove.Params(experiment: "checkout", unit: "u1"), for: service.call)
            #expect(try await service.evaluate("u1").reason == .split)
            let rows = try await service.erase(Identifier(type: "customerId", value: "u2"))
            #expect(rows["forced_assignments"] == 1)
            let back = try await failure {
                try await service.forcedAssignments.set(
                    ForcedAssignments.Set.Params(experiment: "checkout", unit: "u2"), for: service.call)
            }
            #expect(back?.code == RPCError.Code.suppressed)
        }
    }

    @Test("A call may force variants for itself")
    func givenInTheCall() async throws {
        try await withExperiments { service in
            _ = try await service.running()
            let reply = try await service.assignments.evaluate(
                Assignments.Evaluate.Params(
                    targetingKey: "u1", experiments: ["checkout"], forced: ["checkout": "new"]), for: service.call)
            #expect(reply.assignments.first?.variant == "new" && reply.assignments.first?.reason == .forced)
            #expect(try await service.evaluate("u1").variant == "control")
        }
    }

    @Test("An explanation has each check with the condition's answers, and decides as the evaluation does")
    func explanation() async throws {
        try await withExperiments { service in
            _ = try await service.running(condition: #"{"country":"DE","age":{"$gte":18}}"#)
            let reply = try await service.assignments.explain(
                Assignments.Explain.Params(
                    experiment: "checkout", attributes: try JSONRaw(validating: #"{"country":"DE","age":17}"#),
                    targetingKey: "u1"), for: service.call)
            #expect(reply.assignment.reason == .targeting)
            #expect(reply.steps.map(\.check) == [.forced, .active, .unit, .targeting])
            #expect(reply.steps.last?.isDecisive == true)
            #expect(reply.steps.last?.answers.map(\.holds) == [true, false])
            #expect(reply.steps.last?.answers.map(\.pointer) == ["/country", "/age"])
        }
    }

    @Test("Many units get what each would get alone, and what is sticky is kept; one that was erased is not")
    func many() async throws {
        try await withExperiments { service in
            _ = try await service.running(isSticky: true)
            _ = try await service.assign("u7")
            _ = try await service.erase(Identifier(type: "customerId", value: "u7"))
            let reply = try await service.assignments.assignMany(
                Assignments.AssignMany.Params(
                    units: (0..<20).map { UnitToAssign(targetingKey: "u\($0)") }), for: service.call)
            for (unit, item) in reply.items.enumerated() where unit != 7 {
                #expect(item.assignments.first?.variant == (try await service.evaluate("u\(unit)").variant))
                #expect(item.assignments.first?.isSaved == true)
            }
            #expect(reply.items[7].isErased && reply.items[7].assignments.isEmpty)
            #expect(try await service.number("SELECT count(*) FROM assignments") == 19)
            let keys = (0..<9).map { "k\($0)" }
            for key in keys { _ = try await service.draft(key) }
            let tooMany = try await failure {
                try await service.assignments.assignMany(
                    Assignments.AssignMany.Params(
                        units: (0..<500).map { UnitToAssign(targetingKey: "u\($0)") }, experiments: keys),
                    for: service.call)
            }
            #expect(tooMany?.code == RPCError.Code.invalidParams)
        }
    }

    @Test("What is kept is listed by experiment and by unit, page after page, each once")
    func list() async throws {
        try await withExperiments { service in
            for key in ["a", "b"] { _ = try await service.running(key, isSticky: true) }
            _ = try await service.assignments.assignMany(
                Assignments.AssignMany.Params(units: (0..<10).map { UnitToAssign(targetingKey: "u\($0)") }),
                for: service.call)
            var units: [String] = []
            var cursor: String?
            repeat {
                let page = try await service.assignments.list(
                    Assignments.List.Params(experiment: "a", cursor: cursor, limit: 3), for: service.call)
                units += page.items.map(\.unit)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(units == (0..<10).map { "u\($0)" })
            let one = try await service.assignments.list(
                Assignments.List.Params(unitType: "user", unit: "u3"), for: service.call)
            #expect(one.items.map(\.experiment) == ["a", "b"] && one.items.allSatisfy { $0.propensity == 0.5 })
        }
    }

    @Test("Units are found by the identifier that the brand says their type has")
    func unitTypes() async throws {
        try await withExperiments { service in
            _ = try await service.experiments.create(
                Experiments.Create.Params(
                    key: "h", name: "H", unitType: "home",
                    variants: ExperimentsUnderTest.variants(["control": 5_000, "new": 5_000]), isSticky: true),
                for: service.call)
            let draft = try await service.experiments.get(Experiments.Get.Params(key: "h"), for: service.call)
            _ = try await service.start(draft)
            _ = try await service.assign("h1", "h")
            let nobody = try await failure {
                try await service.unitTypes.set(UnitTypes.Set.Params(type: "home"), for: service.call)
            }
            #expect(nobody?.code == RPCError.Code.conflict)
            _ = try await service.unitTypes.set(
                UnitTypes.Set.Params(type: "home", identifierType: "householdId"), for: service.call)
            #expect(try await service.erase(Identifier(type: "home", value: "h1"))["units"] == nil)
            #expect(try await service.erase(Identifier(type: "householdId", value: "h1"))["units"] == 1)
        }
    }
}
