import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Lists and conditions that conditions name.
@Suite struct SavedGroupTests {
    @Test("A condition that names a list follows it, and a list in use stays")
    func use() async throws {
        try await withExperiments { service in
            let missing = try await failure { try await service.draft(condition: #"{"id":{"$inGroup":"testers"}}"#) }
            #expect(missing?.code == RPCError.Code.invalidParams)
            #expect(missing?.message.contains("/params/condition/id/$inGroup") == true)
            try await service.group(["u1"])
            _ = try await service.running(condition: #"{"id":{"$inGroup":"testers"}}"#)
            #expect(try await service.evaluate("u1").reason == .split)
            #expect(try await service.evaluate("u2").reason == .targeting)
            try await service.group(["u2"])
            #expect(try await service.evaluate("u1").reason == .targeting)
            #expect(try await service.evaluate("u2").reason == .split)
            let used = try await failure {
                try await service.savedGroups.delete(SavedGroups.Delete.Params(key: "testers"), for: service.call)
            }
            #expect(used?.code == RPCError.Code.conflict)
            #expect(used?.message.contains("checkout") == true && used?.message.contains("$inGroup") == true)
            let turned = try await failure {
                try await service.savedGroups.set(
                    SavedGroups.Set.Params(key: "testers", condition: try JSONRaw(validating: #"{"age":3}"#)),
                    for: service.call)
            }
            #expect(turned?.code == RPCError.Code.conflict, "a list that is named cannot become a condition")
        }
    }

    @Test("Groups that name each other in a circle are refused, and so is one that names what is not there")
    func circle() async throws {
        try await withExperiments { service in
            try await service.group("a", #"{"age":{"$gt":3}}"#)
            try await service.group("b", #"{"$savedGroup":{"id":"a"}}"#)
            let circle = try await failure { try await service.group("a", #"{"$savedGroup":{"id":"b"}}"#) }
            #expect(circle?.message.contains("cycle") == true)
            let missing = try await failure { try await service.group("c", #"{"$savedGroup":{"id":"d"}}"#) }
            #expect(missing?.code == RPCError.Code.invalidParams)
            let used = try await failure {
                try await service.savedGroups.delete(SavedGroups.Delete.Params(key: "a"), for: service.call)
            }
            #expect(used?.message.contains("saved group b") == true)
        }
    }

    @Test("Who is erased is on no list any more, nor comes back onto one, and conditions know at once")
    func erasure() async throws {
        try await withExperiments { service in
            try await service.group(["u1", "u2"])
            _ = try await service.running(condition: #"{"id":{"$inGroup":"testers"}}"#)
            #expect(try await service.evaluate("u1").reason == .split)
            let rows = try await service.erase(Identifier(type: "customerId", value: "u1"))
            #expect(rows["saved_group_entries"] == 1)
            #expect(try await service.evaluate("u1").reason == .targeting)
            #expect(try await service.evaluate("u2").reason == .split)
            let back = try await failure { try await service.group(["u1"]) }
            #expect(back?.code == RPCError.Code.suppressed)
        }
    }
}

extension ExperimentsUnderTest {
    func group(_ values: [String]) async throws {
        _ = try await savedGroups.set(
            SavedGroups.Set.Params(key: "testers", attribute: "id", values: values), for: call)
    }

    func group(_ key: String, _ condition: String) async throws {
        _ = try await savedGroups.set(
            SavedGroups.Set.Params(key: key, condition: try JSONRaw(validating: condition)), for: call)
    }
}
