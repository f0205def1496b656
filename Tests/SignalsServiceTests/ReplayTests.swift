import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct ReplayTests {
    private let header = "customer_id,date,quantity,amount_usd\n"
    /// Dates as this mapping reads them make every row of ``german(_:)`` bad under the usual one.
    private let corrected = ImportedFile.mapping.replacing("yyyy-MM-dd", with: "dd.MM.yyyy")

    private func german(_ count: Int) -> String {
        header + (0..<count).map { "\($0),0\($0 % 9 + 1).01.1997,1,1.00\n" }.joined()
    }

    private func replay(
        _ service: SignalsUnderTest, _ begun: Import, _ mapping: String? = nil
    ) async throws -> Imports.Replay.Reply {
        try await service.imports.replay(
            Imports.Replay.Params(id: begun.id, mapping: try mapping.map { try JSONRaw(validating: $0) }),
            for: service.call)
    }

    @Test("All bad rows go in through a corrected mapping, and a whole import of the corrected file adds nothing then")
    func corrected() async throws {
        try await withSignals { service in
            // One more than two pieces.
            let count = 2 * ReplayWork.rowsInPiece + 1
            let done = try await service.load(Array(german(count).utf8))
            #expect([done.accepted, done.rejected] == [0, count])
            let job = try await replay(service, done, corrected)
            #expect(job.kind == "replay" && job.total == count && job.unit == "rows")
            let ended = try await service.end(of: job.id)
            #expect(ended.status == .completed && ended.done == count && ended.problem == nil)
            let after = try await service.imports.get(Imports.Get.Params(id: done.id), for: service.call)
            #expect([after.rows, after.accepted, after.duplicates, after.rejected] == [count, count, 0, 0])
            #expect(try await service.rejected(by: done).isEmpty)
            let again = try await service.load(Array(german(count).utf8), mapping: corrected)
            #expect([again.accepted, again.duplicates] == [0, count])
        }
    }

    @Test("Rows that are still bad stay, with the new reason; equal rows count as often as they stand there")
    func partly() async throws {
        try await withSignals { service in
            let text = header + "1,01.01.1997,1,1.00\n1,01.01.1997,1,1.00\n2,01.01.1997,1,one\n3,1997-01-01,1,1.00\n"
            let done = try await service.load(Array(text.utf8))
            #expect([done.accepted, done.rejected] == [1, 3])
            _ = try await service.end(of: try await replay(service, done, corrected).id)
            let rows = try await service.rejected(by: done)
            #expect(rows.map(\.line) == [4] && rows[0].reason.hasPrefix("amount_usd is not an amount of money"))
            #expect(try await service.summary().revenue.map(\.amount) == [Amount("3.00")])
        }
    }

    @Test("Without a mapping the import's own is used, and an empty list is done at once")
    func own() async throws {
        try await withSignals { service in
            let done = try await service.load(Array((header + "1,1997-01-01,1,1.00\n").utf8))
            let ended = try await service.end(of: try await replay(service, done).id)
            #expect(ended.status == .completed && ended.done == 0)
            let bad = try await service.load(Array(german(3).utf8), source: "web")
            _ = try await service.end(of: try await replay(service, bad).id)
            #expect(try await service.rejected(by: bad).count == 3)
        }
    }

    @Test("A mapping that does not fit changes nothing and says where it is wrong")
    func unfit() async throws {
        try await withSignals { service in
            let done = try await service.load(Array(german(3).utf8))
            let missing = try await failure {
                try await replay(service, done, corrected.replacing("\"amount_usd\"", with: "\"price\""))
            }
            #expect(missing?.code == RPCError.Code.invalidParams)
            #expect(missing?.message.hasPrefix("/params/mapping: does not fit the file: ") == true)
            let unknown = try await failure {
                try await replay(service, done, "{\"source_fields\": {\"date\": \"what\"}}")
            }
            #expect(unknown?.message.hasPrefix("/params/mapping/source_fields/date: ") == true)
            #expect(try await service.number("SELECT count(*) FROM jobs WHERE kind = 'replay'") == 0)
            _ = try await service.end(of: try await replay(service, done, corrected).id)
            #expect(try await service.rejected(by: done).isEmpty)
        }
    }

    @Test("Nothing else of the source comes in while rows are tried again, and they wait for what is coming in")
    func oneAtATime() async throws {
        try await withSignals { service in
            let done = try await service.load(Array(german(3).utf8))
            let other = try await service.begin()
            let early = try await failure { try await replay(service, done, corrected) }
            #expect(early?.code == RPCError.Code.conflict && early?.message.contains("\(other.id)") == true)
            try await service.cancel(other.id)
            // Both in one transaction, so that the replay cannot have ended in between.
            let services = ImportsService(
                intake: SignalIntake(
                    tombstones: service.tombstones, specialFields: SpecialFieldCache(), followers: EventFollowers()))
            let mapping = try JSONRaw(validating: ImportedFile.mapping)
            let call = service.call
            let late = try await failure {
                try await service.write { transaction throws(RPCError) in
                    _ = try services.replay(Imports.Replay.Params(id: done.id), in: transaction, for: call)
                    _ = try services.create(
                        Imports.Create.Params(source: "shop", mapping: mapping), in: transaction, for: call)
                }
            }
            #expect(late?.code == RPCError.Code.conflict && late?.message.contains("\(done.id)") == true)
        }
    }

    @Test("Of somebody who was erased, a replay brings nothing back")
    func suppressed() async throws {
        try await withSignals { service in
            let rows = ["anna", "bert", "carl"].map { "\($0),01.01.1997,1,1.00\n" }.joined()
            let done = try await service.load(Array((header + rows).utf8))
            try await service.erase(Identifier(type: "customerId", value: "anna"))
            let kept = try await service.load(
                Array((header + "anna,01.01.1997,1,1.00\n").utf8), source: "web", mapping: corrected)
            #expect(kept.rejected == 1)
            _ = try await service.end(of: try await replay(service, done, corrected).id)
            _ = try await service.end(of: try await replay(service, kept).id)
            #expect(try await service.rejected(by: kept).map(\.row) == [""])
            #expect(try await service.summary().signals == 2)
        }
    }
}
