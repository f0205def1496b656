import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// Privacy requests and how far each service is with them.
struct PrivacyRequestStore {
    func insert(_ request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO privacy_requests
                (id, brand, kind, regulation, status, identity, code_digest, attempts_left, identifiers,
                corrections, received_at, verified_at)
            VALUES (:id, :brand, :kind, :regulation, :status, :identity, :code, :attempts, :identifiers,
                :corrections, :received, :verified)
            """,
            [
                ":id": request.id, ":brand": request.brand, ":kind": request.kind.rawValue,
                ":regulation": request.regulation.rawValue, ":status": request.status.rawValue,
                ":identity": request.identity.rawValue, ":code": request.codeDigest,
                ":attempts": request.attemptsLeft, ":identifiers": request.identifiers.text,
                ":corrections": request.corrections.isEmpty ? nil : request.corrections.text,
                ":received": request.receivedAt, ":verified": request.verifiedAt,
            ])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredPrivacyRequest? {
        try transaction.one(
            """
            SELECT id, brand, kind, regulation, status, reason, identity, code_digest, attempts_left, identifiers,
                actors, received_at, verified_at, time_zone, acknowledge_by, due_at, extended_due_at, extended_at,
                ended_at, approved_at, corrections, outcomes, held_by, deletion,
                (SELECT max(through) FROM privacy_notices WHERE request = privacy_requests.id)
            FROM privacy_requests WHERE id = :id
            """, [":id": id], Self.stored)
    }

    /// A request of a brand. Another brand's is looked for where none is, so that not even the time it takes tells it
    /// from one that does not exist.
    func find(
        _ id: UUIDv7, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredPrivacyRequest? {
        let isTheirs = try transaction.one(
            """
            SELECT 1 FROM privacy_requests INDEXED BY privacy_requests_by_brand WHERE brand = :brand AND id = :id
            """, [":brand": brand, ":id": id]
        ) { _ in true }
        return isTheirs == nil ? nil : try find(id, in: transaction)
    }

    /// The newest requests of a brand that are older than `cursor`.
    func list(
        brand: UUIDv7, status: PrivacyStatus?, before cursor: UUIDv7?, limit: Int64,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredPrivacyRequest] {
        try transaction.all(
            """
            SELECT id, brand, kind, regulation, status, reason, identity, code_digest, attempts_left, identifiers,
                actors, received_at, verified_at, time_zone, acknowledge_by, due_at, extended_due_at, extended_at,
                ended_at, approved_at, corrections, outcomes, held_by, deletion,
                (SELECT max(through) FROM privacy_notices WHERE request = privacy_requests.id)
            FROM privacy_requests
            WHERE brand = :brand AND (:status IS NULL OR status = :status) AND (:cursor IS NULL OR id < :cursor)
            ORDER BY id DESC LIMIT :limit
            """, [":brand": brand, ":status": status?.rawValue, ":cursor": cursor, ":limit": limit], Self.stored)
    }

    /// Those that have not ended, the oldest first.
    func open(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [StoredPrivacyRequest] {
        try transaction.all(
            """
            SELECT id, brand, kind, regulation, status, reason, identity, code_digest, attempts_left, identifiers,
                actors, received_at, verified_at, time_zone, acknowledge_by, due_at, extended_due_at, extended_at,
                ended_at, approved_at, corrections, outcomes, held_by, deletion,
                (SELECT max(through) FROM privacy_notices WHERE request = privacy_requests.id)
            FROM privacy_requests WHERE status IN ('received', 'verified', 'processing') ORDER BY id
            """, [:], Self.stored)
    }

    /// Completed ones that have no certificate yet.
    func uncertified(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredPrivacyRequest] {
        try transaction.all(
            """
            SELECT id, brand, kind, regulation, status, reason, identity, code_digest, attempts_left, identifiers,
                actors, received_at, verified_at, time_zone, acknowledge_by, due_at, extended_due_at, extended_at,
                ended_at, approved_at, corrections, outcomes, held_by, deletion,
                (SELECT max(through) FROM privacy_notices WHERE request = privacy_requests.id)
            FROM privacy_requests WHERE status = 'completed' AND certificate IS NULL ORDER BY id
            """, [:], Self.stored)
    }

    /// Keeps how a request stands. One that has ended forgets whose it was.
    func update(_ request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_requests SET status = :status, reason = :reason, attempts_left = :attempts,
                identifiers = :identifiers, actors = :actors, corrections = :corrections, outcomes = :outcomes,
                verified_at = :verified, approved_at = :approved, time_zone = :zone,
                acknowledge_by = :acknowledge, due_at = :due, extended_due_at = :extendedDue, extended_at = :extended,
                ended_at = :ended, held_by = :holds, deletion = :deletion
            WHERE id = :id
            """,
            [
                ":status": request.status.rawValue, ":reason": request.reason?.rawValue,
                ":attempts": request.attemptsLeft, ":identifiers": request.isOpen ? request.identifiers.text : nil,
                ":actors": request.actors.text,
                ":corrections": request.isOpen && !request.corrections.isEmpty ? request.corrections.text : nil,
                ":outcomes": request.outcomes.text, ":verified": request.verifiedAt, ":approved": request.approvedAt,
                ":zone": request.timeZone, ":acknowledge": request.acknowledgeBy, ":due": request.dueAt,
                ":extendedDue": request.extendedDueAt, ":extended": request.extendedAt, ":ended": request.endedAt,
                ":holds": request.heldBy.text, ":deletion": request.deletion.rawValue, ":id": request.id,
            ])
    }

    // MARK: What services did

    /// The services that have done all that is known now.
    func finished(
        _ request: StoredPrivacyRequest, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<String> {
        Set(
            try transaction.all(
                "SELECT service FROM privacy_request_services WHERE request = :id AND known >= :known",
                [":id": request.id, ":known": request.known]
            ) { $0.text(0) })
    }

    /// Notes what `service` did, all in all: it answers the same when it is asked again.
    ///
    /// - Parameter known: how much it was given.
    func note(
        _ service: String, known: Int64, _ part: ServicePart, of request: UUIDv7,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for row in part.rows {
            try transaction.run(
                """
                INSERT INTO privacy_request_rows (request, service, touched_table, rows)
                VALUES (:id, :service, :table, :rows)
                ON CONFLICT DO UPDATE SET rows = excluded.rows
                """, [":id": request, ":service": service, ":table": row.table, ":rows": Int64(row.rows)])
        }
        try transaction.run(
            """
            INSERT INTO privacy_request_services (request, service, known, scanned_bytes, scan_hits)
            VALUES (:id, :service, :known, :bytes, :hits)
            ON CONFLICT DO UPDATE SET known = excluded.known, scanned_bytes = excluded.scanned_bytes,
                scan_hits = excluded.scan_hits
            """,
            [
                ":id": request, ":service": service, ":known": known, ":bytes": part.scannedBytes ?? 0,
                ":hits": part.scanHits ?? 0,
            ])
    }

    /// Notes that the files of `service` were searched for a request.
    func noteSearch(
        of service: String, bytes: Int, hits: Int, for request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_request_services SET scanned_bytes = :bytes, scan_hits = :hits
            WHERE request = :id AND service = :service
            """, [":id": request, ":service": service, ":bytes": Int64(bytes), ":hits": Int64(hits)])
    }

    /// What each service did for a request, by name.
    func services(
        of request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [ServicePart] {
        let services = try transaction.all(
            """
            SELECT service, scanned_bytes, scan_hits FROM privacy_request_services WHERE request = :id ORDER BY service
            """, [":id": request]
        ) { (name: $0.text(0), bytes: $0.int(1), hits: $0.int(2)) }
        var erasures: [ServicePart] = []
        for service in services {
            let rows = try transaction.all(
                """
                SELECT touched_table, rows FROM privacy_request_rows
                WHERE request = :id AND service = :service ORDER BY touched_table
                """, [":id": request, ":service": service.name]
            ) { TableRows(table: $0.text(0), rows: $0.int(1)) }
            erasures.append(
                ServicePart(
                    service: service.name, rows: rows, scannedBytes: service.bytes, scanHits: service.hits))
        }
        return erasures
    }

    // MARK: Certificates

    func keep(
        _ certificate: (payload: [UInt8], publicKey: [UInt8], signature: [UInt8]), of request: UUIDv7,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_requests SET certificate = :payload, certificate_key = :key,
                certificate_signature = :signature
            WHERE id = :id
            """,
            [
                ":payload": String(decoding: certificate.payload, as: UTF8.self), ":key": certificate.publicKey,
                ":signature": certificate.signature, ":id": request,
            ])
    }

    func certificate(
        of request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> SignedCertificate? {
        try transaction.one(
            """
            SELECT certificate, certificate_key, certificate_signature FROM privacy_requests
            WHERE id = :id AND certificate IS NOT NULL
            """, [":id": request]
        ) { row throws(RPCError) in
            do {
                return SignedCertificate(
                    payload: try JSONRaw(validating: row.text(0)), publicKey: row.bytes(1), signature: row.bytes(2))
            } catch {
                throw .internalError("The certificate of \(request) is no JSON: \(error).")
            }
        }
    }

    // MARK: Brands

    /// Deletes all requests of a brand that is erased, open ones too, with all that is known of them: there is nobody
    /// left to carry them out on.
    func deleteAll(of brand: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM privacy_requests WHERE brand = :brand", [":brand": brand])
    }

    // MARK: Rows

    private static func stored(_ row: Statement) throws(RPCError) -> StoredPrivacyRequest {
        guard let kind = PrivacyKind(rawValue: row.text(2)),
            let regulation = Regulation(rawValue: row.text(3)), let status = PrivacyStatus(rawValue: row.text(4)),
            let identity = IdentityProof(rawValue: row.text(6)), let deletion = Deletion(rawValue: row.text(23))
        else {
            throw .internalError("A privacy request has an unknown kind, regulation, status, identity or deletion.")
        }
        return StoredPrivacyRequest(
            id: row.uuid(0), brand: row.uuid(1), kind: kind, regulation: regulation, status: status,
            reason: row.textOrNil(5).flatMap { DenialReason(rawValue: $0) }, identity: identity,
            codeDigest: row.bytesOrNil(7), attemptsLeft: row.isNull(8) ? nil : row.int(8),
            identifiers: try .init(text: row.textOrNil(9)), actors: try .init(text: row.text(10)),
            heldBy: try .init(text: row.text(22)), deletion: deletion,
            corrections: try .init(text: row.textOrNil(20)), outcomes: try .init(text: row.text(21)),
            receivedAt: row.timestamp(11), verifiedAt: row.timestampOrNil(12), approvedAt: row.timestampOrNil(19),
            timeZone: row.textOrNil(13), acknowledgeBy: row.timestampOrNil(14), dueAt: row.timestampOrNil(15),
            extendedDueAt: row.timestampOrNil(16), extendedAt: row.timestampOrNil(17),
            endedAt: row.timestampOrNil(18), recipientsThrough: row.isNull(24) ? 0 : row.int(24))
    }
}

extension Array where Element: JSONReadable & JSONWritable {
    /// As the text of a JSON array.
    fileprivate var text: String { String(decoding: json(), as: UTF8.self) }

    /// - Parameter text: nil makes an empty list.
    fileprivate init(text: String?) throws(RPCError) {
        guard let text else {
            self = []
            return
        }
        do throws(JSONError) {
            self = try [Element](json: Array<UInt8>(text.utf8))
        } catch {
            throw .internalError("A list of a privacy request is unreadable: \(error.message)")
        }
    }
}
