import CommonAPI
import OpenSSL
import ServiceKit
import Synchronization

/// The key that signs heads of the audit log, and while it is being replaced the one that comes next.
///
/// A rotation is in a file and in the database. The next key's file comes first; then the transaction by which the log
/// names it, and from which on it signs; then it takes the old one's place. Wherever a crash comes between, the database
/// says which of the two signs.
final class AuditLogKeys: Sendable {
    private static let file = "audit-log"
    private static let nextFile = "audit-log.next"

    private struct Keys {
        var current: Ed25519.PrivateKey
        var next: Ed25519.PrivateKey?
    }

    private let directory: String
    private let keys: Mutex<Keys>

    /// - Parameter directory: where the files lie, or the first is made.
    init(directory: String) throws {
        self.directory = directory
        let current = try Self.key(named: Self.file, in: directory)
        let isRotating = FileBytes.names(in: directory).contains(Self.nextFile)
        let next = try isRotating ? Self.key(named: Self.nextFile, in: directory) : nil
        keys = Mutex(Keys(current: current, next: next))
    }

    private static func key(named name: String, in directory: String) throws -> Ed25519.PrivateKey {
        try Ed25519.PrivateKey(rawRepresentation: SecretFile.key(named: name, in: directory))
    }

    /// The key that signs.
    ///
    /// - Parameter publicKey: the one that the log named last; nil: it has named none. Of one whose other half is not
    ///   here, as after the secrets were put back, the key that is here: its heads are refused, and that is told.
    func signing(_ publicKey: [UInt8]?) -> Ed25519.PrivateKey {
        keys.withLock { keys in
            guard let next = keys.next, next.publicKey.rawRepresentation == publicKey else { return keys.current }
            return next
        }
    }

    /// The key that comes next; made unless an earlier attempt has left one.
    func prepareNext() throws -> Ed25519.PrivateKey {
        let next = try Self.key(named: Self.nextFile, in: directory)
        keys.withLock { $0.next = next }
        return next
    }

    /// Puts the next key in the place of the current one, if the log has named it.
    func settle(_ publicKey: [UInt8]?) throws {
        let next = keys.withLock(\.next)
        guard let next, next.publicKey.rawRepresentation == publicKey else { return }
        try SecretFile.replace(Self.file, by: Self.nextFile, in: directory)
        keys.withLock { $0 = Keys(current: next) }
    }
}
