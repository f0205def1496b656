import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Privacy requests and how far each service is with them.
struct PrivacyRequestStore {
    /// A request that is not completed, with what is known of its subject by now.
    struct Open: Sendable {
        let id: UUIDv7
        let brand: UUIDv7
        var identifiers: [Identifier]
        var actors: [UUIDv7]

        /// Grows with every identifier and actor that a service adds.
        var known: Int64 { Int64(identifiers.count + actors.count) }
    }

    func insert(
        _ id: UUIDv7, _ params: PrivacyRequests.Submit.Params, brand: UUIDv7, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO privacy_requests (id, brand, kind, regulation, status, identifiers, received_at)
            VALUES (:id, :brand, :kind, :regulation, 'received', :identifiers, :time)
            """,
            [
                ":id": id, ":brand": brand, ":kind": params.kind.rawValue, ":regulation": params.regulation.rawValue,
                ":identifiers": params.identifiers.text, ":time": time,
            ])
    }

    func find(
        _ id: UUIDv7, brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> PrivacyRequest? {
        let request = try transaction.one(
            """
            SELECT id, brand, kind, regulation, status, received_at, completed_at FROM privacy_requests
            WHERE id = :id AND brand = :brand
            """, [":id": id, ":brand": brand], Self.request)
        guard let request else { return nil }
        return try withServices(request, in: transaction)
    }

    /// The newest requests of a brand that are older than `cursor`.
    func list(
        brand: UUIDv7, before cursor: UUIDv7?, limit: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [PrivacyRequest] {
        let requests = try transaction.all(
            """
            SELECT id, brand, kind, regulation, status, received_at, completed_at FROM privacy_requests
            WHERE brand = :brand AND (:cursor IS NULL OR id < :cursor) ORDER BY id DESC LIMIT :limit
            """, [":brand": brand, ":cursor": cursor, ":limit": limit], Self.request)
        var complete: [PrivacyRequest] = []
        for request in requests { complete.append(try withServices(request, in: transaction)) }
        return complete
    }

    // MARK: The saga

    func open(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [Open] {
        try transaction.all(
            "SELECT id, brand, identifiers, actors FROM privacy_requests WHERE status <> 'completed' ORDER BY id"
        ) { row throws(RPCError) in
            Open(
                id: row.uuid(0), brand: row.uuid(1), identifiers: try [Identifier](text: row.text(2)),
                actors: try UUIDv7.list(row.text(3)))
        }
    }

    func begin(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE privacy_requests SET status = 'processing' WHERE id = :id AND status = 'received'", [":id": id])
    }

    /// The services that have done all that is known now.
    func finished(
        _ request: Open, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<String> {
        Set(
            try transaction.all(
                "SELECT service FROM privacy_request_services WHERE request = :id AND known >= :known",
                [":id": request.id, ":known": request.known]
            ) { $0.text(0) })
    }

    /// Notes that `service` has done its part, and whatever else it knew of the subject.
    ///
    /// - Parameter known: what it was given.
    func note(
        _ service: String, known: Int64, rows: [ErasedRows], _ request: Open,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for row in rows {
            try transaction.run(
                """
                INSERT INTO privacy_request_rows (request, service, erased_table, rows)
                VALUES (:id, :service, :table, :rows)
                ON CONFLICT DO UPDATE SET rows = rows + excluded.rows
                """, [":id": request.id, ":service": service, ":table": row.table, ":rows": Int64(row.rows)])
        }
        try transaction.run(
            """
            INSERT INTO privacy_request_services (request, service, known) VALUES (:id, :service, :known)
            ON CONFLICT DO UPDATE SET known = excluded.known
            """, [":id": request.id, ":service": service, ":known": known])
        try transaction.run(
            "UPDATE privacy_requests SET identifiers = :identifiers, actors = :actors WHERE id = :id",
            [
                ":identifiers": request.identifiers.text,
                ":actors": String(decoding: request.actors.json(), as: UTF8.self), ":id": request.id,
            ])
    }

    /// Closes a request and forgets whose it was.
    func complete(_ id: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_requests SET status = 'completed', identifiers = NULL, completed_at = :time WHERE id = :id
            """, [":id": id, ":time": time])
    }

    // MARK: Rows

    private static func request(_ row: Statement) throws(RPCError) -> PrivacyRequest {
        guard let kind = PrivacyRequest.Kind(rawValue: row.text(2)),
            let regulation = PrivacyRequest.Regulation(rawValue: row.text(3)),
            let status = PrivacyRequest.Status(rawValue: row.text(4))
        else { throw .internalError("A privacy request has an unknown kind, regulation or status.") }
        return PrivacyRequest(
            id: row.uuid(0), brandId: row.uuid(1), kind: kind, regulation: regulation, status: status,
            receivedAt: row.timestamp(5), completedAt: row.timestampOrNil(6), services: [])
    }

    private func withServices(
        _ request: PrivacyRequest, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> PrivacyRequest {
        let services = try transaction.all(
            "SELECT service FROM privacy_request_services WHERE request = :id ORDER BY service", [":id": request.id]
        ) { $0.text(0) }
        var erasures: [ServiceErasure] = []
        for service in services {
            let rows = try transaction.all(
                """
                SELECT erased_table, rows FROM privacy_request_rows
                WHERE request = :id AND service = :service ORDER BY erased_table
                """, [":id": request.id, ":service": service]
            ) { ErasedRows(table: $0.text(0), rows: Int($0.int64(1))) }
            erasures.append(ServiceErasure(service: service, rows: rows))
        }
        return PrivacyRequest(
            id: request.id, brandId: request.brandId, kind: request.kind, regulation: request.regulation,
            status: request.status, receivedAt: request.receivedAt, completedAt: request.completedAt,
            services: erasures)
    }
}

extension [Identifier] {
    /// As the JSON text of an array of `{"type", "value"}`.
    fileprivate var text: String {
        String(decoding: json(), as: UTF8.self)
    }

    fileprivate init(text: String) throws(RPCError) {
        do throws(JSONError) {
            self = try [Identifier](json: [UInt8](text.utf8))
        } catch {
            throw .internalError("The identifiers of a privacy request are unreadable: \(error.message)")
        }
    }
}

extension UUIDv7 {
    fileprivate static func list(_ text: String) throws(RPCError) -> [UUIDv7] {
        do throws(JSONError) {
            return try [UUIDv7](json: Array(text.utf8))
        } catch {
            throw .internalError("The actors of a privacy request are unreadable: \(error.message)")
        }
    }
}
