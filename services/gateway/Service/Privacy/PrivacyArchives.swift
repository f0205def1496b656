import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import PersonArchive
import ServiceContract
import ServiceKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The copies that people get of their data: one file each, beside the gateway's database and in no backup.
///
/// A file is written under a key of its own, which is forgotten as soon as it is whole; its header keeps that key for
/// whoever has the passphrase. So nobody here can read it, and when the header goes, nobody can.
struct PrivacyArchives: Sendable {
    /// How long a file stays.
    static let validDays = 7
    /// Bytes of one part of a download.
    static let partBytes = 512 << 10

    let runtime: ServiceRuntime
    /// Where the files lie.
    let directory: String
    /// What signs them: the key of the certificates.
    let key: Ed25519.PrivateKey
    private let archives = PrivacyArchiveStore()

    init(runtime: ServiceRuntime, directory: String, key: Ed25519.PrivateKey) {
        self.runtime = runtime
        self.directory = directory
        self.key = key
    }

    func path(of request: UUIDv7) -> String { "\(directory)/\(request).gyre" }

    /// What a new archive begins with, and the passphrase that nothing keeps.
    static func begin() throws(RPCError) -> (passphrase: String, header: String, dataKey: [UInt8]) {
        do {
            let dataKey = try SecureRandom.bytes(AES256GCM.keyByteCount)
            let passphrase = try ArchiveHeader.newPassphrase()
            let header = try ArchiveHeader(wrapping: dataKey, passphrase: passphrase)
            return (passphrase, String(decoding: header.line, as: UTF8.self), dataKey)
        } catch {
            throw .internalError("No passphrase could be made: \(error)")
        }
    }

    func find(_ request: UUIDv7) async throws(RPCError) -> StoredArchive? {
        try await runtime.read(runtime.databases.serviceFile) { [archives] transaction throws(RPCError) in
            try archives.find(request, in: transaction)
        }
    }

    /// Says that a file is whole, and forgets its key.
    func keep(_ file: (bytes: Int, sha256: String), of request: UUIDv7) async throws(RPCError) {
        let now = runtime.clock.now()
        let expiresAt = Timestamp(microseconds: now.microseconds + Int64(Self.validDays) * 24 * 3_600 * 1_000_000)
        let written = StoredArchive.Written(bytes: file.bytes, sha256: file.sha256, expiresAt: expiresAt)
        Failpoint.archived.before(runtime.name)
        try await runtime.write(runtime.databases.serviceFile) { [archives] transaction throws(RPCError) in
            try archives.keep(written, of: request, in: transaction)
        }
        Failpoint.archived.after(runtime.name)
    }

    // MARK: Downloads

    /// A part of a file, which is counted.
    ///
    /// - Parameter archive: of a request of the caller's brand.
    func part(
        of archive: StoredArchive, from offset: Int, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> PrivacyRequests.Download.Reply {
        guard let written = archive.written else { throw .illegalTransition("The archive is not written yet.") }
        if archive.removedAt != nil || now >= written.expiresAt {
            throw .illegalTransition(
                "The archive was deleted at \(archive.removedAt ?? written.expiresAt); submit another request.")
        }
        guard offset < written.bytes else {
            throw .invalidParams(at: "/params/offset", "must be below \(written.bytes), the archive's length")
        }
        let count = min(Self.partBytes, written.bytes - offset)
        guard archive.served + count <= StoredArchive.downloads * written.bytes else {
            throw .conflict(
                "The archive was downloaded \(StoredArchive.downloads) times, and may not be any more; submit another "
                    + "request.")
        }
        let path = path(of: archive.request)
        guard access(path, F_OK) == 0 else {
            throw .illegalTransition(
                "The archive is gone, as after a restore: no backup has it. Submit another request.")
        }
        guard let bytes = Self.read(path, from: offset, count: count) else {
            throw .internalError("The archive of \(archive.request) cannot be read.")
        }
        try archives.serve(count, of: archive.request, in: transaction)
        var served = archive
        served.served += count
        guard let reply = served.reply else { throw .internalError("The archive of \(archive.request) is none.") }
        return PrivacyRequests.Download.Reply(data: Base64.encode(bytes), archive: reply)
    }

    private static func read(_ path: String, from offset: Int, count: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    // MARK: Removal

    /// Removes what has expired, and what is of brands that were erased.
    func expire() async throws(RPCError) {
        let now = runtime.clock.now()
        try await remove { [databases = runtime.databases] archive, brand, _ in
            databases.isErased(brand) || archive.written.map { now >= $0.expiresAt } ?? false
        }
    }

    /// Removes all copies for a person.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func remove(of actors: [UUIDv7], _ brand: UUIDv7) async throws(RPCError) -> Int {
        try await remove { _, owner, subjects in owner == brand && subjects.contains { actors.contains($0) } }
    }

    /// The database forgets first how a file opens: whatever crashes, nobody opens it any more.
    @discardableResult
    private func remove(
        _ isMeant: @escaping @Sendable (StoredArchive, UUIDv7, [UUIDv7]) -> Bool
    ) async throws(RPCError) -> Int {
        let file = runtime.databases.serviceFile
        let there = try await runtime.read(file) { [archives] transaction throws(RPCError) in
            try archives.there(in: transaction)
        }
        let meant = there.filter { isMeant($0.archive, $0.brand, $0.actors) }.map(\.archive.request)
        if !meant.isEmpty {
            let now = runtime.clock.now()
            try await runtime.write(file) { [archives] transaction throws(RPCError) in
                for request in meant { try archives.remove(request, at: now, in: transaction) }
            }
        }
        let left = Set(there.map(\.archive.request)).subtracting(meant)
        // Also what an earlier process left when it died, files half written among them.
        for name in FileBytes.names(in: directory) {
            if let request = UUIDv7(String(name.prefix { $0 != "." })), left.contains(request) { continue }
            unlink("\(directory)/\(name)")
        }
        return meant.count
    }
}
