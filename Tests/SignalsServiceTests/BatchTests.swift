import CommonAPI
import JSON
import JSONRPC
import ServiceKit
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct BatchTests {
    private func verdicts(_ service: SignalsUnderTest, _ items: String) async throws -> [Verdict] {
        let reply = try await service.call("signals.batch", #"{"items":[\#(items)]}"#)
        return try Signals.Batch.Reply(json: JSONRaw(reply).bytes).verdicts
    }

    @Test("Each item has a verdict of its own, and a bad one takes nothing else with it")
    func mixed() async throws {
        try await withSignals { service in
            try await service.track("A", "u-2", id: "taken")
            try await service.erase(Identifier(type: "customerId", value: "gone"))
            let verdicts = try await verdicts(
                service,
                """
                {"type":"track","event":"A","userId":"u-1","messageId":"m-1"},
                {"event":"B","type":"track","userId":"u-1","revenue":"1.23456"},
                {"type":"identify","userId":"u-1","traits":{"plan":"gold"}},
                {"type":"track","event":"A","userId":"u-1","messageId":"m-1"},
                {"type":"track","event":"C","messageId":"taken"},
                {"type":"track","event":"C","userId":"u-1","anonymousId":"new","identifiers":[{"type":"customerId","value":"u-2"}]},
                {"type":"track","event":"C","userId":"gone"},
                {"type":"page","name":"C"},
                {"event":"C"},
                42,
                {"type":"track","event":"C","colour":"red"},
                {"type":"identify","traits":{}},
                {"type":"track","event":"C","timestamp":"2026-02-01T00:00:00Z"},
                {"type":"track","event":"D","userId":"u-1"}
                """)
            #expect(verdicts.map(\.index) == Array(0..<14))
            #expect(verdicts.filter { $0.status == .accepted }.map(\.index) == [0, 2, 13])
            #expect(verdicts.filter { $0.status == .duplicate }.map(\.index) == [3])
            let rejected = verdicts.filter { $0.status == .rejected }
            #expect(
                rejected.map(\.code) == [
                    -32602, -32010, -32010, -32020, -32602, -32602, -32602, -32602, -32602, -32602,
                ])
            #expect(rejected[0].message?.hasPrefix("/params/items/1/revenue: ") == true)
            #expect(rejected[4].message == "/params/items/7/type: must be track or identify")
            #expect(rejected[5].message == "/params/items/8/type: is required")
            #expect(rejected[6].message == "/params/items/9: must be an object")
            #expect(rejected[7].message == "/params/items/10/colour: is not a known member")
            #expect(rejected[8].message == "/params/items/11: needs a userId, an anonymousId or identifiers")
            #expect(rejected[9].message == "/params/items/12/timestamp: must be at most 24 hours ahead of now")
            #expect(verdicts[0].messageId == "m-1")
            #expect(try await service.number("SELECT count(*) FROM signals") == 4)
            #expect(try await service.number("SELECT count(*) FROM identifiers") == 2)
            #expect(try await service.number("SELECT count(*) FROM actors") == 2)
        }
    }

    @Test("Members that only a newer release knows are ignored from siblings, and refused from clients")
    func unknownMembers() async throws {
        try await withSignals { service in
            let item = try JSONRaw(validating: #"{"type":"track","event":"A","shade":1}"#)
            let methods = SignalsMethods(
                intake: SignalIntake(
                    tombstones: service.tombstones, specialFields: SpecialFieldCache(), followers: EventFollowers()),
                runtime: service.runtime)
            for (principal, status) in [
                ("key:k", Verdict.Status.rejected), ("admin", .rejected), ("service:x", .accepted),
            ] {
                let call = CallContext(principal: principal, now: service.now)
                let reply = try await service.write { transaction throws(RPCError) in
                    try methods.batch(Signals.Batch.Params(items: [item]), in: transaction, for: call)
                }
                #expect(reply.verdicts.map(\.status) == [status])
            }
        }
    }

    @Test("500 items are taken, 501 and none are refused")
    func limits() async throws {
        try await withSignals { service in
            let items = Array(repeating: #"{"type":"track","event":"A"}"#, count: 501)
            let full = try await verdicts(service, items.prefix(500).joined(separator: ","))
            #expect(full.count == 500 && full.allSatisfy { $0.status == .accepted })
            let many = try await failure { try await verdicts(service, items.joined(separator: ",")) }
            #expect(many?.message == "/params/items: must have at most 500 elements")
            let none = try await failure { try await verdicts(service, "") }
            #expect(none?.message == "/params/items: must not be empty")
            #expect(try await service.number("SELECT count(*) FROM signals") == 500)
        }
    }

    @Test("Items are applied in their order, and the last one sees what the first one did")
    func order() async throws {
        try await withSignals { service in
            let items = (0..<500).map { index in
                #"{"type":"track","event":"E","userId":"u-\#(index % 7)","messageId":"m-\#(index % 400)"}"#
            }
            let verdicts = try await verdicts(service, items.joined(separator: ","))
            #expect(verdicts.prefix(400).allSatisfy { $0.status == .accepted })
            // 400 and 0 are of different people: the message id names another signal.
            #expect(verdicts.dropFirst(400).allSatisfy { $0.status == .rejected && $0.code == RPCError.Code.conflict })
            let list = try await service.signals.list(Signals.List.Params(limit: 500), for: service.call)
            #expect(list.items.map(\.messageId) == (0..<400).map { "m-\($0)" })
        }
    }
}
