import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import Testing

@testable import ExperimentsService

/// Experiments that exclude each other.
@Suite struct LayerTests {
    @Test("Two experiments of a layer never share a unit, and have together what their slots say")
    func exclusion() async throws {
        try await withExperiments { service in
            try await service.layer()
            for key in ["a", "b"] {
                _ = try await service.start(try await service.create(key, #""slot":{"layer":"page","share":4000}"#))
            }
            var counts = [0, 0, 0]
            for unit in 0..<1_000 {
                let reply = try await service.assignments.evaluate(
                    Assignments.Evaluate.Params(targetingKey: "u\(unit)"), for: service.call)
                let inside = reply.assignments.filter { $0.variant != nil }
                #expect(inside.count <= 1)
                #expect(reply.assignments.allSatisfy { $0.variant != nil || $0.reason == .layer })
                counts[inside.first.map { $0.experiment == "a" ? 0 : 1 } ?? 2] += 1
            }
            #expect(counts.allSatisfy { 100..<500 ~= $0 })
            let layer = try await service.layers.get(Layers.Get.Params(key: "page"), for: service.call)
            #expect(layer.slots.map(\.ranges.count) == [1, 1] && layer.free == 2_000)
        }
    }

    @Test("What an experiment wants of a layer must be free, and the error says what is")
    func room() async throws {
        try await withExperiments { service in
            try await service.layer()
            _ = try await service.create("a", #""slot":{"layer":"page","share":6000}"#)
            let tooMuch = try await failure {
                try await service.create("b", #""slot":{"layer":"page","share":5000}"#)
            }
            #expect(tooMuch?.code == RPCError.Code.conflict && tooMuch?.message.contains("4000") == true)
            let taken = try await failure {
                try await service.create("b", #""slot":{"layer":"page","ranges":[{"lower":5999,"upper":6001}]}"#)
            }
            #expect(taken?.code == RPCError.Code.conflict && taken?.message.contains("[5999, 6000)") == true)
            let none = try await failure { try await service.create("b", #""slot":{"layer":"nowhere","share":1}"#) }
            #expect(none?.code == RPCError.Code.invalidParams)
            _ = try await service.create("b", #""slot":{"layer":"page","ranges":[{"lower":6000,"upper":10000}]}"#)
            let refusal = try await failure {
                try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                    try transaction.run("INSERT INTO layer_ranges VALUES (1, 5999, 6001, 2)")
                }
            }
            #expect(refusal != nil)
        }
    }

    @Test("A slot that grows while its experiment runs keeps its units, and opens a phase that remembers it")
    func growth() async throws {
        try await withExperiments { service in
            try await service.layer()
            var experiment = try await service.start(
                try await service.create("a", #""slot":{"layer":"page","share":2000}"#))
            _ = try await service.create("b", #""slot":{"layer":"page","share":2000}"#)
            func inside() async throws -> Set<Int> {
                var units: Set<Int> = []
                for unit in 0..<500 where try await service.evaluate("u\(unit)", "a").variant != nil {
                    units.insert(unit)
                }
                return units
            }
            let before = try await inside()
            experiment = try await service.update(experiment, #""slot":{"layer":"page","share":5000}"#)
            #expect(experiment.phase == 2)
            let after = try await inside()
            #expect(after.isSuperset(of: before) && after.count > before.count)
            experiment = try await service.update(experiment, #""slot":{"layer":"page","share":5000}"#)
            #expect(experiment.phase == 2, "the same slot needs no phase")
            experiment = try await service.update(experiment, #""slot":null"#)
            let phases = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: experiment.id), for: service.call)
            #expect(phases.items.map { $0.slot?.ranges.count } == [1, 2, nil])
            #expect(phases.items.map(\.reason) == [.start, .targeting, .targeting])
        }
    }

    @Test("An experiment that is archived gives its slot back, and only an empty layer can be archived")
    func archive() async throws {
        try await withExperiments { service in
            let layer = try await service.layer()
            let experiment = try await service.start(
                try await service.create("a", #""slot":{"layer":"page","share":10000}"#))
            let archive = Layers.Archive.Params(id: layer.id, version: layer.version)
            let used = try await failure { try await service.layers.archive(archive, for: service.call) }
            #expect(used?.code == RPCError.Code.conflict && used?.message.contains("slots of a") == true)
            let completed = try await service.experiments.complete(
                Experiments.Complete.Params(id: experiment.id, version: experiment.version), for: service.call)
            _ = try await service.experiments.archive(
                Experiments.Archive.Params(id: completed.id, version: completed.version), for: service.call)
            #expect(try await service.layers.archive(archive, for: service.call).isArchived)
            let gone = try await failure { try await service.create("b", #""slot":{"layer":"page","share":1}"#) }
            #expect(gone?.code == RPCError.Code.invalidParams)
        }
    }

    @Test("A layer with the seed of its experiment is refused: variants would depend on slots")
    func seeds() async throws {
        try await withExperiments { service in
            _ = try await service.layers.create(
                Layers.Create.Params(key: "page", name: "Page", seed: "a"), for: service.call)
            let error = try await failure { try await service.create("a", #""slot":{"layer":"page","share":1}"#) }
            #expect(error?.code == RPCError.Code.invalidParams && error?.message.contains("/params/slot") == true)
        }
    }
}

extension ExperimentsUnderTest {
    var layers: Layers.Client { Layers.Client(client) }
    var holdouts: Holdouts.Client { Holdouts.Client(client) }
    var savedGroups: SavedGroups.Client { SavedGroups.Client(client) }
    var unitTypes: UnitTypes.Client { UnitTypes.Client(client) }
    var forcedAssignments: ForcedAssignments.Client { ForcedAssignments.Client(client) }

    @discardableResult
    func layer(_ key: String = "page") async throws -> Layer {
        try await layers.create(Layers.Create.Params(key: key, name: key), for: call)
    }

    /// A draft of two halves, with more members as they are written.
    func create(_ key: String, _ more: String) async throws -> Experiment {
        let reply = try await call(
            "experiments.create",
            """
            {"key":"\(key)","name":"\(key)","unitType":"user","variants":[
                {"key":"control","allocation":5000,"isControl":true},{"key":"new","allocation":5000}],\(more)}
            """)
        return try Experiment(json: reply.jsonText)
    }

    func update(_ experiment: Experiment, _ more: String) async throws -> Experiment {
        let reply = try await call(
            "experiments.update", #"{"id":"\#(experiment.id)","version":\#(experiment.version),\#(more)}"#)
        return try Experiment(json: reply.jsonText)
    }
}
