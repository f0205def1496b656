import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Which unit gets which variant, through the service.
@Suite struct AssignmentTests {
    @Test("A unit is where the published hash puts it, and a sticky unit stays when the shares change")
    func sticky() async throws {
        try await withExperiments { service in
            let experiment = try await service.running(isSticky: true)
            let first = try await service.assign("u1")
            #expect(first.variant == "control" && first.bucket == 3_065 && first.reason == .split && first.isSaved)
            _ = try await service.experiments.update(
                Experiments.Update.Params(
                    id: experiment.id, version: experiment.version,
                    variants: ExperimentsUnderTest.variants(["control": 0, "new": 10_000])), for: service.call)
            let again = try await service.assign("u1")
            #expect(again.variant == "control" && again.reason == .sticky && again.propensity == 0.5)
            #expect(try await service.evaluate("u1").variant == "control")
            #expect(try await service.evaluate("another").variant == "new")
            #expect(try await service.number("SELECT count(*) FROM assignments") == 1)
        }
    }

    @Test("A greater bucket version assigns anew, and a minimum leaves out who is older")
    func bucketVersions() async throws {
        try await withExperiments { service in
            var experiment = try await service.running(isSticky: true)
            #expect(try await service.assign("u1").variant == "control")
            experiment = try await service.experiments.update(
                Experiments.Update.Params(
                    id: experiment.id, version: experiment.version,
                    variants: ExperimentsUnderTest.variants(["control": 0, "new": 10_000]), bucketVersion: 1),
                for: service.call)
            #expect(try await service.assign("u1").variant == "new")
            _ = try await service.experiments.update(
                Experiments.Update.Params(
                    id: experiment.id, version: experiment.version, bucketVersion: 2, minimumBucketVersion: 2),
                for: service.call)
            #expect(try await service.evaluate("u1").reason == .outdated)
        }
    }

    @Test("Evaluating keeps nothing, and neither does assigning where nothing is sticky")
    func keepsNothing() async throws {
        try await withExperiments { service in
            _ = try await service.running()
            _ = try await service.running("kept", isSticky: true)
            #expect(try await service.evaluate("u1", "kept").isSaved == false)
            #expect(try await service.assign("u1").isSaved == false)
            #expect(try await service.number("SELECT count(*) FROM units") == 0)
        }
    }

    @Test("Unless asked about some, a unit is told of all that run")
    func all() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            _ = try await service.draft("b")
            _ = try await service.running("c", condition: #"{"country":"DE"}"#)
            let reply = try await service.assignments.evaluate(
                Assignments.Evaluate.Params(
                    attributes: try JSONRaw(validating: #"{"id":"u9","country":"DE"}"#)), for: service.call)
            #expect(reply.assignments.map(\.experiment) == ["a", "c"])
            #expect(reply.assignments.allSatisfy { $0.reason == .split })
            let unknown = try await failure { try await service.evaluate("u9", "nowhere") }
            #expect(unknown?.code == RPCError.Code.notFound)
        }
    }

    @Test("Who names no unit is in no variant")
    func noUnit() async throws {
        try await withExperiments { service in
            _ = try await service.running()
            let reply = try await service.assignments.evaluate(
                Assignments.Evaluate.Params(experiments: ["checkout"]), for: service.call)
            #expect(reply.assignments.first?.reason == .missingUnit)
        }
    }

    @Test("An erased unit is forgotten, and no sticky assignment brings it back")
    func erasure() async throws {
        try await withExperiments { service in
            _ = try await service.running(isSticky: true)
            _ = try await service.assign("u1")
            _ = try await service.assign("u2")
            let rows = try await service.erase(Identifier(type: "customerId", value: "u1"))
            #expect(rows["assignments"] == 1 && rows["units"] == 1)
            #expect(try await service.number("SELECT count(*) FROM units") == 1)
            let error = try await failure { try await service.assign("u1") }
            #expect(error?.code == RPCError.Code.suppressed)
        }
    }
}
