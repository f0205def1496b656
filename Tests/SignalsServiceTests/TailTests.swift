import CommonAPI
import JSON
import JSONRPC
import ServiceKit
import SignalsAPI
import Testing

@Suite struct TailTests {
    private func tail(
        _ service: SignalsUnderTest, after: Int? = nil, limit: Int = 100, wait: Int
    ) async throws -> Signals.Tail.Reply {
        try await service.signals.tail(
            Signals.Tail.Params(after: after, limit: limit, waitMilliseconds: wait), for: service.call)
    }

    @Test("What is there already is answered at once, as much as was asked for")
    func there() async throws {
        try await withSignals { service in
            for index in 0..<5 { try await service.track("A", id: "\(index)") }
            let first = try await tail(service, after: 0, limit: 2, wait: 25_000)
            #expect(first.items.map(\.messageId) == ["0", "1"] && first.last == 2)
            let rest = try await tail(service, after: first.last, wait: 25_000)
            #expect(rest.items.map(\.messageId) == ["2", "3", "4"] && rest.last == 5)
        }
    }

    @Test("A follower is answered soon after something arrives")
    func arrival() async throws {
        try await withSignals { service in
            try await service.track("A", id: "before")
            async let reply = tail(service, after: 1, wait: 25_000)
            try await Task.sleep(for: .milliseconds(200))
            try await service.track("A", id: "after")
            let news = try await reply
            #expect(news.items.map(\.messageId) == ["after"] && news.last == 2)
        }
    }

    @Test("When nothing arrives the wait ends, with where to go on")
    func nothing() async throws {
        try await withSignals { service in
            let empty = try await tail(service, wait: 0)
            #expect(empty.items.isEmpty && empty.last == 0)
            try await service.track("A")
            let clock = ContinuousClock()
            let start = clock.now
            let reply = try await tail(service, wait: 300)
            #expect(reply.items.isEmpty && reply.last == 1)
            #expect(start.duration(to: clock.now) >= .milliseconds(300))
        }
    }

    @Test("The wait ends before the deadline of the call")
    func deadline() async throws {
        try await withSignals { service in
            var call = service.call
            call.deadlineMilliseconds = 400
            let reply = try await service.signals.tail(Signals.Tail.Params(waitMilliseconds: 25_000), for: call)
            #expect(reply.items.isEmpty)
        }
    }

    @Test("A place in the order of arrival is never given out again, not even that of a signal that was erased")
    func erased() async throws {
        try await withSignals { service in
            try await service.track("A", "u")
            try await service.track("A", "gone")
            try await service.erase(Identifier(type: "customerId", value: "gone"))
            let reply = try await tail(service, after: 1, wait: 0)
            #expect(reply.items.isEmpty && reply.last == 2)
            try await service.track("A", "u")
            #expect(try await tail(service, after: 2, wait: 0).items.map(\.sequence) == [3])
        }
    }

    @Test("Nor are places given out again when all signals are erased, or the last one again and again")
    func allErased() async throws {
        try await withSignals { service in
            for _ in 0..<3 { try await service.track("A", "gone") }
            try await service.erase(Identifier(type: "customerId", value: "gone"))
            #expect(try await tail(service, wait: 0).last == 3)
            for place in 4...6 {
                try await service.track("A", "gone \(place)")
                try await service.erase(Identifier(type: "customerId", value: "gone \(place)"))
                #expect(try await tail(service, wait: 0).last == place)
            }
            try await service.track("A", "u")
            try await service.track("A", "v")
            try await service.erase(Identifier(type: "customerId", value: "u"))
            #expect(try await tail(service, after: 0, wait: 0).items.map(\.sequence) == [8])
            try await service.track("A", "v")
            #expect(try await tail(service, after: 8, wait: 0).items.map(\.sequence) == [9])
        }
    }

    @Test("Nobody follows a brand that is not here")
    func otherBrand() async throws {
        try await withSignals { service in
            var call = service.call
            call.brand = CountedIdentifiers.id(99)
            let error = try await failure { [call] in
                try await service.signals.tail(Signals.Tail.Params(waitMilliseconds: 0), for: call)
            }
            #expect(error?.code == RPCError.Code.notFound)
        }
    }
}
