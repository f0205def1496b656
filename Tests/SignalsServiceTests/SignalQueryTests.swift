import JSON
import JSONRPC
import ServiceKit
import SignalsAPI
import Testing

@Suite struct SignalQueryTests {
    @Test("Signals are listed in the order of arrival, page by page, by any filter")
    func list() async throws {
        try await withSignals { service in
            var ids: [UUIDv7?] = []
            for index in 0..<20 {
                ids.append(
                    try await service.track(
                        index % 2 == 0 ? "Even" : "Odd", "u-\(index % 3)", id: "m-\(index)",
                        at: Timestamp(microseconds: Int64(20 - index) * 1_000_000).description
                    ).actorId)
            }
            func all(_ params: (String?) -> Signals.List.Params) async throws -> [String] {
                var found: [String] = []
                var cursor: String?
                repeat {
                    let page = try await service.signals.list(params(cursor), for: service.call)
                    #expect(page.items.count <= 3)
                    found += page.items.map(\.messageId)
                    cursor = page.nextCursor
                } while cursor != nil
                return found
            }
            let every = try await all { Signals.List.Params(cursor: $0, limit: 3) }
            #expect(every == (0..<20).map { "m-\($0)" })
            let odd = try await all { Signals.List.Params(event: "Odd", cursor: $0, limit: 3) }
            #expect(odd == stride(from: 1, to: 20, by: 2).map { "m-\($0)" })
            let first = try await all { Signals.List.Params(actorId: ids[1], cursor: $0, limit: 3) }
            #expect(first == stride(from: 1, to: 20, by: 3).map { "m-\($0)" })
            let some = try await all {
                Signals.List.Params(
                    actorId: ids[0], event: "Even", from: Timestamp(microseconds: 2_000_000),
                    to: Timestamp(microseconds: 14_000_000), cursor: $0, limit: 3)
            }
            #expect(some == ["m-12", "m-18"])
            let unknown = try await all { Signals.List.Params(actorId: service.brand, cursor: $0) }
            #expect(unknown.isEmpty)
            let wrong = try await failure {
                try await service.signals.list(Signals.List.Params(cursor: "m-1"), for: service.call)
            }
            #expect(wrong == .invalidCursor)
        }
    }

    @Test("A page of large signals ends before a reply would be too long, and the next one goes on")
    func largePages() async throws {
        try await withSignals { service in
            let properties = #"{"a":""# + String(repeating: "x", count: 32_000) + #""}"#
            for index in 0..<40 { try await service.track("A", id: "\(index)", properties: properties) }
            let first = try await service.signals.list(Signals.List.Params(limit: 500), for: service.call)
            #expect(first.items.count == 17)
            let second = try await service.signals.list(
                Signals.List.Params(cursor: first.nextCursor, limit: 500), for: service.call)
            #expect(second.items.first?.messageId == "17")
        }
    }

    @Test("Sums are exact to the last ten-thousandth, by currency, refunds included")
    func sums() async throws {
        try await withSignals { service in
            let amounts = ["0.0001", "922337203685000", "-0.0002", "99.99", "-1000000000000", "0"]
            for amount in amounts { try await service.track("A", "u", revenue: amount, currency: "USD") }
            try await service.track("A", "v", revenue: "5.50")
            try await service.track("B", "v", revenue: "-1.25", currency: "EUR")
            try await service.track("B")
            let all = try await service.signals.summarize(Signals.Summarize.Params(), for: service.call)
            #expect(all.signals == 9 && all.actors == 2 && all.series == nil)
            #expect(
                all.revenue.map { "\($0.currency) \($0.amount)" } == [
                    " 5.50", "EUR -1.25", "USD 921337203685099.9899",
                ])
            let some = try await service.signals.summarize(Signals.Summarize.Params(event: "B"), for: service.call)
            #expect(some.signals == 2 && some.actors == 1)
            #expect(some.revenue == [Sum(currency: "EUR", amount: try #require(Amount("-1.25")))])
        }
    }

    @Test("A sum that no amount can hold is a conflict; one that comes back into range is a sum")
    func overflow() async throws {
        try await withSignals { service in
            let most = Amount.maximum.description
            try await service.track("A", revenue: most, currency: "USD")
            try await service.track("A", revenue: "0.0001", currency: "USD")
            let error = try await failure {
                try await service.signals.summarize(Signals.Summarize.Params(), for: service.call)
            }
            #expect(error?.code == RPCError.Code.conflict)
            try await service.track("A", revenue: "-0.0001", currency: "USD")
            let sums = try await service.signals.summarize(Signals.Summarize.Params(), for: service.call)
            #expect(sums.revenue.map(\.amount) == [.maximum])
            for _ in 0..<3 { try await service.track("A", revenue: "-" + most, currency: "EUR") }
            let low = try await failure {
                try await service.signals.summarize(Signals.Summarize.Params(), for: service.call)
            }
            #expect(low?.message.hasPrefix("The sum in 'EUR'") == true)
        }
    }

    @Test(
        "A series counts by stretches of UTC, before 1970 too",
        arguments: [
            (
                Signals.Summarize.Params.By.minute,
                [
                    "1969-12-31T23:59:00Z 1", "1970-01-01T00:00:00Z 1", "2024-02-29T23:59:00Z 2",
                    "2024-03-01T00:00:00Z 1",
                ]
            ),
            (
                .hour,
                [
                    "1969-12-31T23:00:00Z 1", "1970-01-01T00:00:00Z 1", "2024-02-29T23:00:00Z 2",
                    "2024-03-01T00:00:00Z 1",
                ]
            ),
            (
                .day,
                [
                    "1969-12-31T00:00:00Z 1", "1970-01-01T00:00:00Z 1", "2024-02-29T00:00:00Z 2",
                    "2024-03-01T00:00:00Z 1",
                ]
            ),
            (
                .month,
                [
                    "1969-12-01T00:00:00Z 1", "1970-01-01T00:00:00Z 1", "2024-02-01T00:00:00Z 2",
                    "2024-03-01T00:00:00Z 1",
                ]
            ),
        ])
    func series(by: Signals.Summarize.Params.By, expected: [String]) async throws {
        try await withSignals { service in
            for time in [
                "2024-02-29T23:59:59.999999Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:00Z",
                "2024-03-01T00:00:00Z",
            ] {
                try await service.track("A", at: time)
            }
            let reply = try await service.signals.summarize(Signals.Summarize.Params(by: by), for: service.call)
            #expect(reply.series?.map { "\($0.from) \($0.signals)" } == expected)
        }
    }

    @Test("A series has at most 1,000 stretches; with one more it says what to do")
    func longSeries() async throws {
        try await withSignals { service in
            let items = (0...1_000).map {
                #"{"type":"track","event":"A","timestamp":"\#(Timestamp(microseconds: Int64($0) * 60_000_000))"}"#
            }
            for start in stride(from: 0, to: items.count, by: 500) {
                let part = items[start..<min(start + 500, items.count)].joined(separator: ",")
                _ = try await service.call("signals.batch", #"{"items":[\#(part)]}"#)
            }
            let long = try await failure {
                try await service.signals.summarize(Signals.Summarize.Params(by: .minute), for: service.call)
            }
            #expect(long?.message.hasPrefix("/params/by: gives more than 1000 stretches") == true)
            let reply = try await service.signals.summarize(
                Signals.Summarize.Params(from: Timestamp(microseconds: 60_000_000), by: .minute), for: service.call)
            #expect(reply.series?.count == 1_000)
        }
    }

    @Test("Arrivals are counted by the minute in which they came, whatever time they tell")
    func arrivals() async throws {
        try await withSignals { service in
            for minute in 0..<5 {
                for _ in 0..<minute { try await service.track("A", at: "1999-01-01T00:00:00Z") }
                service.advance(milliseconds: 60_000)
            }
            func series(_ minutes: Int) async throws -> [String] {
                try await service.signals.arrivals(Signals.Arrivals.Params(minutes: minutes), for: service.call)
                    .series.map { "\($0.from) \($0.signals)" }
            }
            let all = [
                "2026-01-01T00:01:00Z 1", "2026-01-01T00:02:00Z 2", "2026-01-01T00:03:00Z 3", "2026-01-01T00:04:00Z 4",
            ]
            let hour = try await series(60)
            #expect(hour == all)
            #expect(try await series(3) == Array(all.suffix(2)))
            #expect(try await series(1).isEmpty)
        }
    }
}
