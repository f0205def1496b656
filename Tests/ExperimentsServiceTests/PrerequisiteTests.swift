import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Experiments that need others, and that whatever is stored compiles.
@Suite struct PrerequisiteTests {
    @Test("What does not exist, and what closes a circle, is refused with its place")
    func writing() async throws {
        try await withExperiments { service in
            let missing = try await failure {
                try await service.create("b", #""prerequisites":[{"experiment":"a"}]"#)
            }
            #expect(missing?.code == RPCError.Code.invalidParams)
            #expect(missing?.message.contains("/params/prerequisites/0") == true)
            let first = try await service.draft("a")
            _ = try await service.create("b", #""prerequisites":[{"experiment":"a","variants":["new"]}]"#)
            let circle = try await failure {
                try await service.update(first, #""prerequisites":[{"experiment":"b"}]"#)
            }
            #expect(circle?.message.contains("a → b → a") == true || circle?.message.contains("b → a → b") == true)
            let variant = try await failure {
                try await service.update(
                    first,
                    #""variants":[{"key":"control","allocation":1,"isControl":true},{"key":"other","allocation":1}]"#)
            }
            #expect(variant?.code == RPCError.Code.conflict && variant?.message.contains("experiment b") == true)
            #expect(try await service.evaluate("u1", "b").reason == .inactive)
        }
    }

    @Test("Who needs another experiment is named when that one is to be archived")
    func archive() async throws {
        try await withExperiments { service in
            let first = try await service.running("a")
            let second = try await service.create("b", #""prerequisites":[{"experiment":"a"}]"#)
            let completed = try await service.experiments.complete(
                Experiments.Complete.Params(id: first.id, version: first.version), for: service.call)
            let archive = Experiments.Archive.Params(id: completed.id, version: completed.version)
            let needed = try await failure { try await service.experiments.archive(archive, for: service.call) }
            #expect(needed?.code == RPCError.Code.conflict && needed?.message.contains("prerequisite of b") == true)
            _ = try await service.update(second, #""prerequisites":[]"#)
            #expect(try await service.experiments.archive(archive, for: service.call).status == .archived)
        }
    }

    @Test("Whatever is accepted, in any order, what is stored compiles", arguments: 1...4)
    func anything(seed: UInt64) async throws {
        try await withExperiments { service in
            var random = SplitMix(state: seed)
            var accepted = 0
            for _ in 0..<250 {
                if try await service.tryAnything(&random) { accepted += 1 }
                // Throws where anything does not compile, now or when a holdout begins.
                _ = try await service.assignments.evaluate(
                    Assignments.Evaluate.Params(targetingKey: "u1"), for: service.call)
            }
            #expect(accepted > 40 && accepted < 240, "both must happen: \(accepted)")
        }
    }
}

/// Vigna's SplitMix64: enough to choose operations.
private struct SplitMix {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}

extension ExperimentsUnderTest {
    /// One change of any kind, legal or not.
    ///
    /// - Returns: whether it was accepted. What it was refused for must be a declared reason.
    fileprivate func tryAnything(_ random: inout SplitMix) async throws -> Bool {
        func key() -> String { ["a", "b", "c", "d"][random.next(4)] }
        func seed() -> String { #""seed":"\#(["s", "t", key()][random.next(3)])""# }
        func condition() -> String {
            [
                #""condition":{}"#, #""condition":{"id":{"$inGroup":"\#(key())"}}"#,
                #""condition":{"$savedGroup":{"id":"\#(key())","attributeKey":"id"}}"#,
                #""condition":{"age":{"$gtt":1}}"#,
            ][random.next(4)]
        }
        func slot() -> String { #""slot":{"layer":"\#(key())","share":\#(1 + random.next(5_000))}"# }
        func change() -> String {
            switch random.next(5) {
            case 0: return #""prerequisites":[{"experiment":"\#(key())","variants":["new"]}]"#
            case 1: return slot()
            case 2: return #""slot":null"#
            case 3:
                let other = ["new", "old"][random.next(2)]
                return
                    #""variants":[{"key":"control","allocation":5000,"isControl":true},{"key":"\#(other)","allocation":5000}]"#
            default: return condition()
            }
        }
        let all = try await experiments.list(Experiments.List.Params(), for: call).items
        let one = all.isEmpty ? nil : all[random.next(all.count)]
        // Before the first experiment the same goes to one that is not there.
        let place = "\"id\":\"\(one?.id ?? brand)\",\"version\":\(one?.version ?? 1)"
        let error: RPCError?
        switch random.next(10) {
        case 0, 1:
            let name = "\(key())\(random.next(3))"
            let known = random.next(2) == 0 ? name : key()
            let more = [seed(), condition(), slot(), #""isSticky":true"#][random.next(4)]
            error = try await failure { try await create(known, more) }
        case 2, 3, 4:
            let more = change()
            error = try await failure { try await call("experiments.update", "{\(place),\(more)}") }
        case 5:
            let step = ["start", "complete", "archive", "pause", "resume"][random.next(5)]
            error = try await failure { try await call("experiments.\(step)", "{\(place)}") }
        case 6:
            let layer = #"{"key":"\#(key())","name":"L",\#(seed())}"#
            error = try await failure { try await call("layers.create", layer) }
        case 7:
            let scope = ["everything", "layers", "experiments"][random.next(3)]
            let members = scope == "everything" ? "" : #""\#(key())""#
            let start = Timestamp(microseconds: now.microseconds + Int64(random.next(3)) * 3_600_000_000)
            let holdout = """
                {"key":"\(key())\(random.next(9))","name":"H","share":\(1 + random.next(900)),"scope":"\(scope)",
                "members":[\(members)],"startAt":"\(start)",\(seed())}
                """
            error = try await failure { try await call("holdouts.create", holdout) }
        case 8:
            let content = random.next(2) == 0 ? #""values":["u1"]"# : condition()
            let group = #"{"key":"\#(key())",\#(content)}"#
            error = try await failure { try await call("savedGroups.set", group) }
        default:
            if random.next(3) == 0 { advance(hours: 1) }
            let group = #"{"key":"\#(key())"}"#
            error = try await failure { try await call("savedGroups.delete", group) }
        }
        let declared = [
            RPCError.Code.invalidParams, RPCError.Code.conflict, RPCError.Code.notFound,
            RPCError.Code.illegalTransition, RPCError.Code.versionMismatch,
        ]
        #expect(error.map { declared.contains($0.code) } ?? true, "\(error?.message ?? "") \(error?.cause ?? "")")
        return error == nil
    }
}
