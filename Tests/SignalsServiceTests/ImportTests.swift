import CommonAPI
import JSON
import JSONRPC
import SignalsAPI
import Testing

@Suite struct ImportTests {
    @Test(
        "All rows count, equal ones too; and imported again, shuffled and cut anywhere, nothing is added",
        arguments: 0..<6 as Range<UInt64>)
    func again(seed: UInt64) async throws {
        try await withSignals { service in
            let file = ImportedFile(generated: 400, seed: seed)
            let first = try await service.load(file.bytes, cut: [512])
            #expect(first.status == .completed && first.receivedBytes == file.bytes.count)
            #expect([first.rows, first.accepted, first.duplicates, first.rejected] == [420, 420, 0, 0])
            let summary = try await service.summary()
            #expect(summary.signals == 420 && summary.actors == file.people)
            #expect(summary.revenue == [Sum(currency: "USD", amount: file.sum)])

            var generator = SeededGenerator(seed: seed)
            for round in 1...3 {
                let sizes = (0..<9).map { _ in Int.random(in: 1...700, using: &generator) }
                let again = try await service.load(file.shuffled(seed: seed + UInt64(round)).bytes, cut: sizes)
                #expect([again.rows, again.accepted, again.duplicates] == [420, 0, 420])
            }
            #expect(try await service.summary() == summary)
            #expect(try await service.number("SELECT count(*) FROM identifiers") == Int64(file.people))
        }
    }

    @Test("Where a file is cut makes no difference to what is taken, at any byte")
    func cuts() async throws {
        let text = """
            \u{FEFF}customer_id,date,quantity,amount_usd\r
            "1",1997-01-01,1,"11.77"\r
            "x ""y"", é
            z",1997-01-02,2,3\r

            1,1997-01-03,nonsense,4
            2,1997-01-04,1
            1,1997-01-01,1,11.77
            last,1997-01-05,1,5
            """
        let bytes = Array(text.utf8)
        func outcome(_ sizes: [Int]) async throws -> [[String]] {
            var rows: [[String]] = []
            try await withSignals { service in
                let done = try await service.load(bytes, cut: sizes)
                #expect([done.rows, done.accepted, done.duplicates, done.rejected] == [6, 4, 0, 2])
                rows = try await service.rows(
                    """
                    SELECT hex(message_id), actor, occurred_at, revenue, properties FROM signals
                    UNION ALL SELECT line, reason, row, '', '' FROM rejected_rows
                    UNION ALL SELECT type, value, actor, '', '' FROM identifiers ORDER BY 1
                    """)
            }
            return rows
        }
        let whole = try await outcome([bytes.count])
        #expect(whole.contains(["7", "has 3 fields where the header has 4", "2,1997-01-04,1", "", ""]))
        #expect(whole.contains { $0[0] == "6" && $0[2] == "1,1997-01-03,nonsense,4" })
        for cut in stride(from: 1, to: bytes.count, by: 7) {
            #expect(try await outcome([cut, bytes.count]) == whole)
        }
        #expect(try await outcome([1]) == whole)
    }

    @Test("A thousand equal rows all count, in whatever chunks, and a second import of 1,200 of them adds 200")
    func equalRows() async throws {
        try await withSignals { service in
            func rows(_ count: Int) -> [UInt8] {
                let row = "1,1997-01-01,1,1.00\n"
                return Array(("customer_id,date,quantity,amount_usd\n" + String(repeating: row, count: count)).utf8)
            }
            let first = try await service.load(rows(1_000), cut: [900, 333])
            #expect(first.accepted == 1_000)
            let fewer = try await service.load(rows(700), cut: [4_000])
            #expect([fewer.accepted, fewer.duplicates] == [0, 700])
            let more = try await service.load(rows(1_200), cut: [2_500])
            #expect([more.accepted, more.duplicates] == [200, 1_000])
            #expect(try await service.summary().revenue.map(\.amount) == [Amount("1200")])
        }
    }

    @Test("The same rows of another source are other rows; how a row is quoted is not part of it")
    func identity() async throws {
        try await withSignals { service in
            let header = "customer_id,date,quantity,amount_usd\n"
            try await service.load(Array((header + "1,1997-01-01,1,1.00\n").utf8))
            let other = try await service.load(Array((header + "1,1997-01-01,1,1.00\n").utf8), source: "web")
            #expect(other.accepted == 1)
            let quoted = try await service.load(Array((header + "\"1\",1997-01-01,\"1\",1.00\r\n").utf8))
            #expect(quoted.duplicates == 1)
            let sources = try await service.signals.list(Signals.List.Params(), for: service.call).items.map(\.source)
            #expect(sources == ["shop", "web"])
        }
    }

    @Test("A row may bring a message id of its own: then that is what makes it one")
    func ownMessageID() async throws {
        let mapping = """
            {"source_fields": {"id": "messageId", "who": "identifier.customerId", "at": "timestamp", "sum": "revenue"},
             "constants": {"event": "Order Completed"}}
            """
        try await withSignals { service in
            try await service.track("Order Completed", "7", id: "o-1", at: "2025-01-01T00:00:00Z", revenue: "5")
            let text = """
                id,who,at,sum
                o-1,7,2025-01-01T00:00:00Z,5.00
                o-1,7,2025-01-01T00:00:00Z,6.00
                o-2,8,2025-01-01T00:00:00Z,7
                o-2,9,2025-01-01T00:00:00Z,7
                """
            let done = try await service.load(Array(text.utf8), mapping: mapping)
            #expect([done.accepted, done.duplicates, done.rejected] == [1, 1, 2])
            let reasons = try await service.rejected(by: done).map(\.reason)
            #expect(reasons[0].contains("different revenue") && reasons[1].contains("different person"))
            // Nobody was made for the row that was refused.
            #expect(try await service.number("SELECT count(*) FROM actors") == 2)
        }
    }

    @Test("Rows of actors state traits; of two lines about one person the later one holds")
    func actors() async throws {
        let mapping = """
            {"kind": "actors", "source_fields": {"email": "identifier.email", "plan": "traits.plan", "age": "traits.age:number"}}
            """
        try await withSignals { service in
            let text = """
                email,plan,age
                Ann@example.org,gold,30
                nobody,silver,1
                ann@example.org,platinum,
                """
            let bytes = Array(text.utf8)
            let done = try await service.load(bytes, mapping: mapping, cut: [20])
            #expect([done.accepted, done.rejected] == [2, 1])
            #expect(
                try await service.rejected(by: done).map(\.reason) == ["identifier.email must be an e-mail address"])
            let actor = try await service.actors.get(
                Actors.Get.Params(identifier: Identifier(type: "email", value: "ann@example.org")), for: service.call)
            #expect(actor.traits.description == #"{"age":30,"plan":"platinum"}"#)
            service.advance(milliseconds: 1_000)
            let again = try await service.load(bytes, mapping: mapping)
            #expect([again.accepted, again.duplicates] == [0, 2])
        }
    }

    @Test("The purchases of CDNOW: 69,659 signals of 23,570 people, 2,500,315.63 dollars, and again nothing more")
    func cdnow() async throws {
        let cdnow = ImportedFile.cdnow()
        let file = cdnow ?? ImportedFile(generated: 2_000, seed: 1)
        try await withSignals { service in
            let first = try await service.load(file.bytes, source: "cdnow")
            #expect(first.accepted == file.rows.count && first.rejected == 0)
            let summary = try await service.summary()
            #expect(summary.actors == file.people)
            #expect(summary.revenue == [Sum(currency: "USD", amount: file.sum)])
            if cdnow != nil {
                #expect(summary.signals == 69_659 && summary.actors == 23_570)
                #expect(summary.revenue.map(\.amount) == [Amount("2500315.63")])
            }
            let again = try await service.load(file.shuffled(seed: 2).bytes, source: "cdnow", cut: [300_000, 77_777])
            #expect([again.accepted, again.duplicates] == [0, file.rows.count])
            #expect(try await service.summary() == summary)
        }
    }
}
