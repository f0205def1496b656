import JSON
import JSONRPC
import ServiceKit
import SignalsAPI
import Testing

@Suite struct TrackTests {
    @Test("A signal is kept as it was sent, and makes the person it names")
    func kept() async throws {
        try await withSignals { service in
            let receipt = try await service.track(
                "Order Completed", "00001", id: "m-1", at: "1997-01-01T00:00:00Z", revenue: "11.7701", currency: "USD",
                properties: #"{"quantity":1}"#)
            #expect(receipt.status == .accepted)
            let list = try await service.signals.list(Signals.List.Params(), for: service.call)
            #expect(
                list.items == [
                    Signal(
                        sequence: 1, messageId: "m-1", event: "Order Completed", actorId: receipt.actorId,
                        timestamp: try #require(Timestamp("1997-01-01T00:00:00Z")), receivedAt: service.now,
                        revenue: Amount("11.7701"), currency: Currency("USD"),
                        properties: try JSONRaw(validating: #"{"quantity":1}"#), source: "api")
                ])
            #expect(try await service.actor("00001").id == receipt.actorId)
        }
    }

    @Test("Without identifiers a signal is about nobody; without a message id every call is a new signal")
    func nobody() async throws {
        try await withSignals { service in
            let first = try await service.track("Page Viewed")
            let second = try await service.track("Page Viewed")
            #expect(first.actorId == nil)
            #expect(first.messageId != second.messageId)
            #expect(try await service.number("SELECT count(*) FROM signals WHERE actor IS NULL") == 2)
            #expect(try await service.number("SELECT count(*) FROM actors") == 0)
        }
    }

    @Test("Sent ten thousand times, a signal is there once and every receipt is the same")
    func resent() async throws {
        try await withSignals { service in
            let first = try await service.track("Order Completed", "00001", id: "m-1", revenue: "1.00", currency: "EUR")
            #expect(first.status == .accepted)
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<1_250 {
                            let receipt = try await service.track(
                                "Order Completed", "00001", id: "m-1", revenue: "1.00", currency: "EUR")
                            #expect(receipt.status == .duplicate && receipt.actorId == first.actorId)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await service.number("SELECT count(*) FROM signals") == 1)
        }
    }

    @Test(
        "A message id that names another signal is a conflict that says what differs, and changes nothing",
        arguments: [
            ("event", #""event":"B","userId":"1","timestamp":"2025-01-01T00:00:00Z","revenue":"1""#),
            ("person", #""event":"A","userId":"2","timestamp":"2025-01-01T00:00:00Z","revenue":"1""#),
            ("person", #""event":"A","timestamp":"2025-01-01T00:00:00Z","revenue":"1""#),
            ("person", #""event":"A","userId":"1","anonymousId":"2","timestamp":"2025-01-01T00:00:00Z","revenue":"1""#),
            ("timestamp", #""event":"A","userId":"1","revenue":"1""#),
            ("revenue", #""event":"A","userId":"1","timestamp":"2025-01-01T00:00:00Z","revenue":"2""#),
            ("revenue", #""event":"A","userId":"1","timestamp":"2025-01-01T00:00:00Z""#),
            ("event, timestamp, revenue", #""event":"B","userId":"1""#),
        ])
    func conflicts(differences: String, members: String) async throws {
        try await withSignals { service in
            let rest = #""messageId":"m","currency":"EUR","properties":{"a":1}"#
            _ = try await service.call(
                "signals.track",
                #"{"event":"A","userId":"1","timestamp":"2025-01-01T00:00:00Z","revenue":"1",\#(rest)}"#)
            let error = try await failure { try await service.call("signals.track", "{\(members),\(rest)}") }
            #expect(error?.code == RPCError.Code.conflict)
            let beginning = "The messageId 'm' names another signal, with a different \(differences); "
            #expect(error?.message.hasPrefix(beginning) == true, "\(error?.message ?? "accepted")")
            #expect(try await service.number("SELECT count(*) FROM signals") == 1)
            #expect(try await service.number("SELECT count(*) FROM actors") == 1)
            #expect(try await service.number("SELECT count(*) FROM identifiers") == 1)
        }
    }

    @Test("A currency or properties that differ are a conflict, too")
    func otherConflicts() async throws {
        try await withSignals { service in
            try await service.track("A", id: "m", revenue: "1", currency: "EUR", properties: #"{"a":1}"#)
            let currency = try await failure {
                try await service.track("A", id: "m", revenue: "1", currency: "USD", properties: #"{"a":1}"#)
            }
            #expect(currency?.message.contains("different currency;") == true)
            let properties = try await failure {
                try await service.track("A", id: "m", revenue: "1", currency: "EUR", properties: #"{"a":2}"#)
            }
            #expect(properties?.message.contains("different properties;") == true)
            let none = try await failure { try await service.track("A", id: "m", revenue: "1", currency: "EUR") }
            #expect(none?.message.contains("different properties;") == true)
        }
    }

    @Test("The same properties in another order, and the same time in another zone, are the same signal")
    func sameInOtherWords() async throws {
        try await withSignals { service in
            try await service.track("A", id: "m", at: "2025-01-01T12:00:00Z", properties: #"{"a":1,"b":[2]}"#)
            let again = try await service.track(
                "A", id: "m", at: "2025-01-01T13:00:00+01:00", properties: #"{ "b" : [2], "a" : 1 }"#)
            #expect(again.status == .duplicate)
        }
    }

    @Test("A signal without a time, sent again later, is the same signal")
    func withoutTime() async throws {
        try await withSignals { service in
            try await service.track("A", "1", id: "m")
            service.advance(milliseconds: 60_000)
            #expect(try await service.track("A", "1", id: "m").status == .duplicate)
        }
    }

    @Test("A time up to 24 hours ahead is taken, a microsecond more is not")
    func ahead() async throws {
        try await withSignals { service in
            #expect(try await service.track("A", at: "2026-01-02T00:00:00Z").status == .accepted)
            let error = try await failure { try await service.track("A", at: "2026-01-02T00:00:00.000001Z") }
            #expect(error?.code == RPCError.Code.invalidParams)
            #expect(error?.message == "/params/timestamp: must be at most 24 hours ahead of now")
        }
    }

    @Test("Message ids of any spelling come back as they were sent, and differ where their text does")
    func messageIDs() async throws {
        try await withSignals { service in
            let ids = [
                "01930000-0000-7000-8000-0000000000ff", "01930000-0000-7000-8000-0000000000FF",
                "00000000-0000-0000-0000-000000000000", "0193000000007000800000000000 00ff", "sixteen bytes 16",
                "é", "1", "\u{0}\u{1}", "ffffffff-ffff-ffff-ffff-ffffffffffff", "01930000-0000-7000-8000-0000000000f-",
            ]
            for id in ids { #expect(try await service.track("A", id: id).messageId == id) }
            for id in ids { #expect(try await service.track("A", id: id).status == .duplicate) }
            let list = try await service.signals.list(Signals.List.Params(), for: service.call)
            #expect(list.items.map(\.messageId) == ids)
        }
    }

    @Test(
        "What breaks the contract is refused with its place",
        arguments: [
            (#"{}"#, "/params/event: is required"),
            (#"{"event": ""}"#, "/params/event: must not be empty"),
            (#"{"event": 1}"#, "/params/event: must be a string"),
            (#"{"event": "A", "userId": "  "}"#, "/params/userId: must not be blank"),
            (#"{"event": "A", "anonymousId": "\u00a0"}"#, "/params/anonymousId: must not be blank"),
            (
                #"{"event": "A", "identifiers": [{"type": "email", "value": "nobody"}]}"#,
                "/params/identifiers/0/value: must be an e-mail address"
            ),
            (
                #"{"event": "A", "identifiers": [{"type": "phone", "value": "12"}]}"#,
                "/params/identifiers/0/value: must be a telephone number of 3 to 20 digits"
            ),
            (
                #"{"event": "A", "identifiers": [{"type": "Email", "value": "a@example.org"}]}"#,
                "/params/identifiers/0/type: must match ^[a-z][A-Za-z0-9_]{0,39}$"
            ),
            (#"{"event": "A", "timestamp": "yesterday"}"#, "/params/timestamp: "),
            (#"{"event": "A", "revenue": "1.23456"}"#, "/params/revenue: "),
            (#"{"event": "A", "revenue": 1.5}"#, "/params/revenue: "),
            (#"{"event": "A", "currency": "euro"}"#, "/params/currency: "),
            (#"{"event": "A", "properties": []}"#, "/params/properties: must be an object"),
        ])
    func refused(params: String, message: String) async throws {
        try await withSignals { service in
            let error = try await failure { try await service.call("signals.track", params) }
            #expect(error?.code == RPCError.Code.invalidParams)
            #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "accepted")")
            #expect(try await service.number("SELECT count(*) FROM signals") == 0)
        }
    }

    private func properties(_ bytes: Int) -> String { #"{"a":""# + String(repeating: "x", count: bytes - 8) + #""}"# }

    @Test("Properties of 32,768 bytes are taken, one more is not; so with the lengths of texts")
    func limits() async throws {
        try await withSignals { service in
            let full = try await service.track("A", properties: properties(32_768))
            #expect(full.status == .accepted)
            #expect(try await failure { try await service.track("A", properties: properties(32_769)) } != nil)
            let long = String(repeating: "é", count: 257)
            #expect(try await service.track(String(long.prefix(200))).status == .accepted)
            #expect(try await failure { try await service.track(String(long.prefix(201))) } != nil)
            #expect(try await service.track("A", String(long.prefix(256))).status == .accepted)
            #expect(try await failure { try await service.track("A", long) } != nil)
            #expect(try await service.track("A", id: String(long.prefix(100))).status == .accepted)
            #expect(try await failure { try await service.track("A", id: String(long.prefix(101))) } != nil)
        }
    }

    @Test("An event that is tracked cannot look like a statement about somebody")
    func reservedEvent() async throws {
        try await withSignals { service in
            let error = try await failure { try await service.track("$identify", "u-1") }
            #expect(error == .invalidParams(at: "/params/event", "is the name of what signals.identify states"))
            #expect(try await service.number("SELECT count(*) FROM signals") == 0)
        }
    }
}
