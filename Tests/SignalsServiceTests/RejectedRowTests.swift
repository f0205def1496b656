import CommonAPI
import JSON
import JSONRPC
import ServiceKit
import SignalsAPI
import Testing

@Suite struct RejectedRowTests {
    private let header = "customer_id,date,quantity,amount_usd\n"

    private func replay(
        _ service: SignalsUnderTest, _ begun: Import, _ line: Int, _ row: String
    ) async throws -> Import {
        try await service.rejectedRows.replay(
            RejectedRows.Replay.Params(importId: begun.id, line: line, row: row), for: service.call)
    }

    @Test("Bad rows are listed with line and reason, and the rest of the file is taken")
    func listed() async throws {
        try await withSignals { service in
            let text =
                header + """
                    1,1997-01-01,1,1.00
                    2,1997-02-30,1,1.00
                    3,1997-01-01,1,one
                    4,1997-01-01
                    ,1997-01-01,1,1.00
                    5,2097-01-01,1,1.00
                    6,1997-01-01,1,"1"00
                    7,1997-01-01,1,1.00
                    """
            let done = try await service.load(Array(text.utf8), cut: [30])
            #expect([done.rows, done.accepted, done.rejected] == [8, 2, 6])
            let rows = try await service.rejected(by: done)
            #expect(rows.map(\.line) == [3, 4, 5, 6, 7, 8])
            #expect(rows[0].row == "2,1997-02-30,1,1.00" && rows[0].reason.hasPrefix("date is not a timestamp"))
            #expect(rows[1].reason.hasPrefix("amount_usd is not an amount of money"))
            #expect(rows[2].reason == "has 2 fields where the header has 4")
            #expect(rows[3].reason == "identifier is missing: every column that holds one is empty")
            #expect(rows[4].reason == "timestamp must be at most 24 hours ahead of now")
            #expect(rows[5].reason.hasPrefix("has text between a closing quote"))
            let page = try await service.rejectedRows.list(
                RejectedRows.List.Params(importId: done.id, cursor: "5", limit: 2), for: service.call)
            #expect(page.items.map(\.line) == [6, 7] && page.nextCursor == "7")
        }
    }

    @Test("A corrected row is taken once, however often it is sent, and the whole corrected file adds nothing then")
    func replay() async throws {
        try await withSignals { service in
            let bad = header + "1,1997-01-01,1,1.00\n1,1997-01-01,1,1.0O\n2,1997-01-01,1\n"
            let done = try await service.load(Array(bad.utf8))
            #expect(done.rejected == 2)
            let first = try await replay(service, done, 3, "1,1997-01-01,1,1.00")
            #expect([first.accepted, first.rejected, first.rows] == [2, 1, 3])
            #expect(try await replay(service, done, 3, "1,1997-01-01,1,1.00") == first)
            #expect(try await replay(service, done, 3, "1,1997-01-01,1,1.00\n") == first)
            let second = try await replay(service, done, 4, "\"2\",1997-01-01,1,2.50\r\n")
            #expect([second.accepted, second.rejected] == [3, 0])
            #expect(try await service.rejected(by: done).isEmpty)

            let good = header + "1,1997-01-01,1,1.00\n1,1997-01-01,1,1.00\n2,1997-01-01,1,2.50\n"
            let again = try await service.load(Array(good.utf8))
            #expect([again.accepted, again.duplicates] == [0, 3])
            #expect(try await service.summary().revenue.map(\.amount) == [Amount("4.50")])
        }
    }

    @Test("A correction that is wrong itself says why, and the row stays set aside")
    func wrong() async throws {
        try await withSignals { service in
            let done = try await service.load(Array((header + "1,1997-01-01,1\n").utf8))
            for (row, message) in [
                ("1,1997-01-01,1", "/params/row: has 3 fields where the header has 4"),
                ("1,1997-01-01,1,x", "/params/row: amount_usd is not an amount of money"),
                ("1,1997-01-01,1,1\n2,1997-01-01,1,1", "/params/row: must be one row and goes on behind it"),
                ("\n", "/params/row: must be a row"),
                ("\"1", "/params/row: opens a quote that is never closed"),
            ] {
                let error = try await failure { try await replay(service, done, 2, row) }
                #expect(error?.code == RPCError.Code.invalidParams)
                #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "accepted")")
            }
            for line in [1, 3] {
                let error = try await failure { try await replay(service, done, line, "1,1997-01-01,1,1.00") }
                #expect(error?.code == RPCError.Code.notFound)
            }
            #expect(try await service.rejected(by: done).count == 1)
            #expect(try await service.summary().signals == 0)
        }
    }

    @Test("A row may be replayed while its own import goes on, not while another of its source does")
    func whileReceiving() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let bad = try await service.append(Array((header + "1,1997-01-01,1\n").utf8), to: begun)
            let replayed = try await replay(service, begun, 2, "1,1997-01-01,1,1.00")
            #expect(replayed.accepted == 1)
            let rest = try await service.append(
                Array("1,1997-01-01,1,1.00\n2,x,1,1\n".utf8), to: bad, last: true)
            #expect([rest.accepted, rest.duplicates, rest.rejected] == [2, 0, 1])
            let other = try await service.begin()
            let error = try await failure { try await replay(service, begun, 4, "2,1997-01-01,1,1.00") }
            #expect(error?.code == RPCError.Code.conflict)
            #expect(error?.message.contains("\(other.id)") == true)
        }
    }

    @Test("10,000 bad rows are kept, the last one says so, and further ones are counted")
    func limit() async throws {
        try await withSignals { service in
            let rows = (1...10_002).map { "\($0),never,1,1.00\n" }.joined()
            let done = try await service.load(Array((header + rows).utf8), cut: [100_000])
            #expect([done.rows, done.rejected] == [10_002, 10_002])
            #expect(try await service.number("SELECT count(*) FROM rejected_rows") == 10_000)
            let last = try await service.rejectedRows.list(
                RejectedRows.List.Params(importId: done.id, cursor: "9999"), for: service.call)
            #expect(last.items.map(\.line) == [10_000, 10_001])
            #expect(last.items.map { $0.reason.contains("This is the 10000th bad row") } == [false, true])
        }
    }

    @Test("Of somebody who was erased, a row leaves nothing but its line")
    func suppressed() async throws {
        try await withSignals { service in
            try await service.erase(Identifier(type: "customerId", value: "gone"))
            let done = try await service.load(
                Array((header + "gone,1997-01-01,1,1.00\n1,1997-01-01,1,1.00\n").utf8))
            #expect([done.accepted, done.rejected] == [1, 1])
            #expect(
                try await service.rejected(by: done) == [
                    RejectedRow(
                        line: 2,
                        reason: "The person with this customerId was erased on request and is refused from then on.",
                        row: "")
                ])
            let error = try await failure { try await replay(service, done, 2, "gone,1997-01-01,1,1.00") }
            #expect(error?.code == RPCError.Code.suppressed)
        }
    }
}
