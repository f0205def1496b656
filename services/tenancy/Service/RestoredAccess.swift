import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import TenancyAPI

/// Who may what after a restore: a backup brings no access back that was taken away since.
///
/// The ledger has the last word on every user and key that it names: it says what they may since a version of theirs, and
/// one that is older learns it. Sessions all end, for which of them had ended since, nothing says.
struct RestoredAccess {
    private let users = UserStore()
    private let sessions = SessionStore()
    private let keys = KeyStore()

    /// - Parameter records: the ledger's, oldest first. Keys that were revoked are ``KeysService/revokeAgain(_:)``'s.
    func takeBack(_ records: [ErasureRecord], in transaction: borrowing WriteTransaction) throws(RPCError) {
        try sessions.endAll(in: transaction)
        // Of two entries of one version the later one is true: a change that failed has no version of its own.
        var versions: [UUIDv7: Int] = [:]
        for record in records {
            switch record.kind {
            case .user: try takeBack(fromUser: record, &versions, in: transaction)
            case .key: try takeBack(fromKey: record, &versions, in: transaction)
            case .subject, .brand: continue
            }
        }
    }

    private func takeBack(
        fromUser record: ErasureRecord, _ versions: inout [UUIDv7: Int], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let access = record.access else { return try users.remove(record.request, in: transaction) }
        guard let user = try users.find(record.request, of: record.brand, in: transaction) else { return }
        let restored = versions[user.id] ?? user.version
        versions[user.id] = restored
        guard restored < access.version else { return }
        guard let role = access.role.flatMap({ Role(rawValue: $0) }) else {
            throw .internalError("The ledger says of the user \(user.id) a role that this version does not know.")
        }
        if access.mustBeInvited { try users.disarm(user.id, in: transaction) }
        try users.set(role, version: access.version, of: user.id, in: transaction)
    }

    private func takeBack(
        fromKey record: ErasureRecord, _ versions: inout [UUIDv7: Int], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let access = record.access, let key = try keys.find(record.request, in: transaction) else { return }
        let restored = versions[key.id] ?? key.version
        versions[key.id] = restored
        if restored < access.version { try keys.set(access, of: key.id, in: transaction) }
    }
}

extension LedgerAccess {
    /// What a key may.
    init(_ key: Key) {
        self.init(
            version: key.version, scopes: key.scopes, industries: key.allowedIndustries.map(\.rawValue),
            segments: key.allowedSegments, expiresAt: key.expiresAt)
    }
}
