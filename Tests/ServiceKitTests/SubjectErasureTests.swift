import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit

@Suite struct SubjectErasureTests {
    private static let replies = [
        (key: "hers", reply: #"{"userId":"1","status":"accepted"}"#),
        (key: "beside", reply: #"{"identifiers":["2","1"]}"#),
        (key: "longer", reply: #"{"userId":"11","messageId":"a-1b"}"#),
        (key: "amount", reply: #"{"userId":"2","amount":"12.10"}"#),
        (key: "word", reply: #"{"userId":"customer1"}"#),
    ]

    @Test("Erasing a customer with a short id leaves the replies that others were given")
    func shortIdentifier() async throws {
        try await withService { service in
            try await service.write { transaction throws(RPCError) in
                for (key, reply) in Self.replies {
                    try transaction.run(
                        """
                        INSERT INTO idempotency_replies (principal, method, key, params_hash, reply, created_at)
                        VALUES ('key:1', 'notes.add', :key, x'', :reply, 0)
                        """, [":key": key, ":reply": reply])
                }
            }
            let erasure = SubjectErasure(
                dataMap: .ground, directory: nil, tombstones: try Tombstones(key: Array(repeating: 7, count: 32)))
            let (outcome, left) = try await service.write { transaction throws(RPCError) in
                let outcome = try erasure.erase(
                    [Identifier(type: "customerId", value: "1")], actors: [], request: ServiceFixture.brand,
                    at: Timestamp(microseconds: 0), in: transaction)
                return (
                    outcome, try transaction.all("SELECT key FROM idempotency_replies ORDER BY key") { $0.text(0) }
                )
            }
            #expect(left == ["amount", "longer", "word"])
            #expect(outcome.rows == [TableRows(table: "idempotency_replies", rows: 2)])
        }
    }
}
