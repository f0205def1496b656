import CommonAPI
import JSON
import JSONRPC
import OpenSSL
import PlatformAPI
import SQLite
import ServiceContract

/// What a service does with databases that `gyre restore` put into its directory, before it listens.
///
/// `restored.json` beside them says that they are from a backup; it goes when all of this is done, and every step may
/// be repeated, so a crash in the middle is of no consequence.
///
/// - **Incarnations.** A restored database goes back in time and numbers its messages anew, so its recipients must not
///   take them for those they know: it gets a new incarnation. Its recipients were restored from the same backup, some
///   moments before or after it. Their marks are carried over to the new incarnation, which both sides compute, so that
///   nothing in the outbox that was applied is applied again; and never beyond the last message that the restored sender
///   had, so that the ones it writes next are not taken for known.
/// - **The ledger.** Whoever was erased since the backup is erased again, and refused from then on. A brand that was
///   erased since is removed before anything opens it. What else was taken away since, the service takes away again.
struct RestoredDatabases {
    static let markerName = "restored.json"

    private let directory: String
    private let restoration: Restoration

    /// Nil when the databases of `service` were not just restored.
    ///
    /// - Throws: ``StorageError`` while a restore is unfinished.
    static func find(_ service: String, _ configuration: ServiceConfiguration) throws -> RestoredDatabases? {
        guard FileBytes.read(configuration.restoreMarker) == nil else {
            throw StorageError(
                description: """
                    A restore into \(configuration.dataDirectory) was begun and not finished. Run gyre restore again \
                    with the same backup.
                    """)
        }
        let directory = configuration.databaseDirectory(of: service)
        guard let bytes = FileBytes.read(directory + "/" + markerName) else { return nil }
        do throws(JSONError) {
            return RestoredDatabases(
                directory: directory, restoration: try Restoration(json: bytes, unknownMembers: .ignore))
        } catch {
            throw StorageError(
                description: """
                    \(directory)/\(markerName) is damaged (\(error.pointer): \(error.message)). Run gyre restore again.
                    """)
        }
    }

    init(directory: String, restoration: Restoration) {
        self.directory = directory
        self.restoration = restoration
    }

    /// Removes the files of brands that the ledger says are erased.
    func removeErasedBrands(_ ledger: ErasureLedger) throws {
        for record in try ledger.records(of: .brand) {
            // As the erasure itself does: the marker keeps it from being made again.
            guard FileBytes.createDurably([], at: "\(directory)/\(record.brand).erased") else {
                throw StorageError(description: "\(directory)/\(record.brand).erased cannot be written.")
            }
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let path = "\(directory)/\(record.brand).db\(suffix)"
                guard FileBytes.removeDurably(path) else {
                    throw StorageError(description: "\(path) belongs to an erased brand and cannot be removed.")
                }
            }
        }
    }

    /// Makes every file fit to be used, and says so on disk.
    func finish(
        _ databases: BrandDatabases, _ ledger: ErasureLedger, _ brandErasure: SubjectErasure,
        _ serviceErasure: SubjectErasure, _ afterRestore: AfterRestore? = nil, at time: Timestamp
    ) throws {
        let all = try ledger.records()
        let records = all.filter { $0.kind == .subject }
        try finish(databases.openForWriting(databases.serviceFile), records, serviceErasure, at: time) {
            transaction throws(RPCError) in try afterRestore?(all, transaction)
        }
        for brand in databases.all {
            guard let file = databases.file(of: brand) else { continue }
            try finish(databases.openForWriting(file), records.filter { $0.brand == brand }, brandErasure, at: time)
        }
        let marker = directory + "/" + Self.markerName
        guard FileBytes.removeDurably(marker) else {
            throw StorageError(description: "\(marker) cannot be removed.")
        }
    }

    private func finish(
        _ connection: Connection, _ records: [ErasureRecord], _ erasure: SubjectErasure, at time: Timestamp,
        _ afterwards: (borrowing WriteTransaction) throws(RPCError) -> Void = { _ in }
    ) throws {
        let identifiers = MonotonicIdentifiers()
        try connection.transaction {
            let transaction = WriteTransaction(connection, identifiers: identifiers)
            try renewIncarnation(in: transaction)
            try erasure.replay(records, at: time, in: transaction)
            try afterwards(transaction)
        }
        try connection.eraseTraces()
    }

    private func renewIncarnation(in transaction: borrowing WriteTransaction) throws(RPCError) {
        let incarnation = try Outbox.incarnation(in: transaction)
        // Otherwise an earlier attempt has come past here.
        guard restoration.databases.contains(where: { $0.incarnation == incarnation }) else { return }
        try transaction.run(
            "UPDATE ground SET incarnation = :new", [":new": Self.successor(of: incarnation, restoration.id)])
        let marks = try transaction.all("SELECT sender, incarnation, high_water_mark FROM inbox_marks") {
            (sender: $0.text(0), incarnation: $0.text(1), mark: $0.int64(2))
        }
        let lastMessages = Dictionary(
            restoration.databases.map { ($0.incarnation, Int64($0.lastMessage)) }, uniquingKeysWith: { $1 })
        for mark in marks {
            guard let lastMessage = lastMessages[mark.incarnation] else { continue }
            try Inbox.raise(
                to: min(mark.mark, lastMessage), of: mark.sender, Self.successor(of: mark.incarnation, restoration.id),
                in: transaction)
        }
    }

    /// The incarnation that a database has after a restore: senders and recipients compute the same.
    static func successor(of incarnation: String, _ restore: String) -> String {
        String(SHA256.hash(restore + incarnation).description.prefix(32))
    }
}

extension SubjectErasure {
    /// Erases what the ledger says was erased and this database, which is from before, still has.
    ///
    /// The ledger knows hashes only. The directory finds who they belong to; where it does not, no text can be searched
    /// for them, and rows that may mention anybody all go: replies kept for repeated calls, messages and rows that could
    /// not be understood.
    func replay(
        _ records: [ErasureRecord], at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var missing: [[UInt8]: UUIDv7] = [:]
        var actors: Set<UUIDv7> = []
        for record in records {
            var isNew = record.digests.isEmpty
            for digest in record.digests.compactMap(Hexadecimal.decode) {
                guard try !tombstones.contains(digest, in: transaction) else { continue }
                missing[digest] = record.request
                isNew = true
            }
            if isNew { actors.formUnion(record.actors) }
        }
        guard let request = records.last?.request, !missing.isEmpty || !actors.isEmpty else { return }
        let found = try identifiers(among: Set(missing.keys), in: transaction)
        var erasure = self
        erasure.isUnasked = true
        _ = try erasure.erase(
            found, actors: Array(actors), request: request, brand: records.last?.brand, at: time,
            evenIfHeld: true, in: transaction)
        if found.count < missing.count {
            for case (let name, .mentions) in dataMap.tables.map({ ($0.name, $0.subject) }) {
                try transaction.run(sql: "DELETE FROM \(name)")
            }
        }
        for (digest, request) in missing { try tombstones.add(digest, request: request, at: time, in: transaction) }
    }

    private func identifiers(
        among digests: Set<[UInt8]>, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [Identifier] {
        guard let directory, !digests.isEmpty else { return [] }
        return try directory.identifiers(in: transaction) { identifier in
            digests.contains(tombstones.digest(identifier.type, identifier.value))
        }
    }
}
