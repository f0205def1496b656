import AuditProof
import CommonAPI
import JSON
import OpenSSL
import ServiceKit
import Synchronization

/// The key that signs heads of the audit log, and while it is being replaced the one that comes next.
///
/// A rotation is in a file and in the database. The next key's file comes first; then the transaction by which the log
/// names it, and from which on it signs; then it takes the old one's place. Wherever a crash comes between, the database
/// says which of the two signs.
///
/// Beside the key lies how it came to be it: each signature by which a key named the next. A log that was restored from a
/// backup does not know its newest keys, and those before are gone; so it is told again (``successions(since:)``).
final class AuditLogKeys: Sendable {
    private static let file = "audit-log"
    private static let nextFile = "audit-log.next"
    private static let successionsFile = "audit-log.successions"
    /// Successions that are kept: the newest. A notice to witnesses holds as many.
    static let maximumSuccessions = 100

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

    /// Keeps that a key named the next; before the log does, whose database may be put back to an earlier state.
    func keep(_ succession: KeySuccession) throws {
        var kept = keptSuccessions
        guard !kept.contains(succession) else { return }
        kept.append(succession)
        let lines = kept.suffix(Self.maximumSuccessions).flatMap { $0.json() + [UInt8(ascii: "\n")] }
        guard FileBytes.writeDurably(lines, to: directory + "/" + Self.successionsFile) else {
            throw SecretFileError(description: "The file \(directory)/\(Self.successionsFile) cannot be written.")
        }
    }

    /// How a key became the current one, oldest first; none where it is the current one, or where no chain of signatures
    /// leads from it.
    func successions(since publicKey: String) -> [KeySuccession] {
        var key = Hexadecimal.encode(keys.withLock(\.current).publicKey.rawRepresentation)
        var chain: [KeySuccession] = []
        for succession in keptSuccessions.reversed() where key != publicKey {
            guard succession.publicKey == key, succession.isSigned else { continue }
            chain.insert(succession, at: 0)
            key = succession.previousKey
        }
        return key == publicKey ? chain : []
    }

    /// Oldest first; a line that is none is left out.
    private var keptSuccessions: [KeySuccession] {
        let bytes = FileBytes.read(directory + "/" + Self.successionsFile) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? KeySuccession(json: Array($0)) }
    }

    /// Puts the next key in the place of the current one, if the log has named it.
    func settle(_ publicKey: [UInt8]?) throws {
        let next = keys.withLock(\.next)
        guard let next, next.publicKey.rawRepresentation == publicKey else { return }
        try SecretFile.replace(Self.file, by: Self.nextFile, in: directory)
        keys.withLock { $0 = Keys(current: next) }
    }
}
