import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Units that are withheld from experiments.
@Suite struct HoldoutTests {
    @Test("Withheld units are in no experiment of the scope, more of them when it is widened, none when it has ended")
    func life() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            func withheld() async throws -> Set<Int> {
                var units: Set<Int> = []
                for unit in 0..<500 where try await service.evaluate("u\(unit)", "a").reason == .holdout {
                    units.insert(unit)
                }
                return units
            }
            var holdout = try await service.holdouts.create(
                Holdouts.Create.Params(key: "h", name: "H", share: 1_000), for: service.call)
            let first = try await withheld()
            #expect(30..<80 ~= first.count)
            holdout = try await service.holdouts.update(
                Holdouts.Update.Params(id: holdout.id, version: holdout.version, share: 3_000), for: service.call)
            let second = try await withheld()
            #expect(second.isSuperset(of: first) && 110..<190 ~= second.count)
            let narrower = try await failure {
                try await service.holdouts.update(
                    Holdouts.Update.Params(id: holdout.id, version: holdout.version, share: 2_999), for: service.call)
            }
            #expect(narrower?.code == RPCError.Code.conflict)
            let refusal = try await failure {
                try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                    try transaction.run("UPDATE holdouts SET share = 1")
                }
            }
            #expect(refusal != nil)
            holdout = try await service.holdouts.end(
                Holdouts.End.Params(id: holdout.id, version: holdout.version), for: service.call)
            #expect(try await withheld().isEmpty && holdout.status == .ended)
        }
    }

    @Test("A holdout begins and ends by itself when it was told when")
    func schedule() async throws {
        try await withExperiments { service in
            _ = try await service.running("a")
            let start = Timestamp(microseconds: service.now.microseconds + 3_600_000_000)
            let end = Timestamp(microseconds: start.microseconds + 3_600_000_000)
            _ = try await service.holdouts.create(
                Holdouts.Create.Params(key: "h", name: "H", share: 10_000, startAt: start, endAt: end),
                for: service.call)
            #expect(try await service.evaluate("u1", "a").reason == .split)
            service.advance(hours: 1)
            #expect(try await service.evaluate("u1", "a").reason == .holdout)
            service.advance(hours: 1)
            #expect(try await service.evaluate("u1", "a").reason == .split)
        }
    }

    @Test("A holdout of a layer withholds from its experiments, those to come as well, and from no others")
    func scope() async throws {
        try await withExperiments { service in
            try await service.layer()
            _ = try await service.holdouts.create(
                Holdouts.Create.Params(key: "h", name: "H", share: 10_000, scope: .layers, members: ["page"]),
                for: service.call)
            _ = try await service.running("outside")
            _ = try await service.start(try await service.create("inside", #""slot":{"layer":"page","share":10000}"#))
            #expect(try await service.evaluate("u1", "inside").reason == .holdout)
            #expect(try await service.evaluate("u1", "outside").reason == .split)
            let layer = try await service.layers.get(Layers.Get.Params(key: "page"), for: service.call)
            let used = try await failure {
                try await service.layers.archive(
                    Layers.Archive.Params(id: layer.id, version: layer.version), for: service.call)
            }
            #expect(used?.code == RPCError.Code.conflict)
        }
    }

    @Test("A holdout with the seed of an experiment is refused, and so is an experiment with that of a holdout")
    func seeds() async throws {
        try await withExperiments { service in
            _ = try await service.draft("a")
            let error = try await failure {
                try await service.holdouts.create(
                    Holdouts.Create.Params(key: "h", name: "H", share: 1, seed: "a"), for: service.call)
            }
            #expect(error?.code == RPCError.Code.invalidParams && error?.message.contains("/params/seed") == true)
            let start = Timestamp(microseconds: service.now.microseconds + 3_600_000_000)
            _ = try await service.holdouts.create(
                Holdouts.Create.Params(key: "h", name: "H", share: 1, seed: "b", startAt: start), for: service.call)
            let later = try await failure { try await service.draft("b") }
            #expect(later?.code == RPCError.Code.conflict && later?.message.contains("holdout h") == true)
        }
    }
}
