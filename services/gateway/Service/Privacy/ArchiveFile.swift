import JSON
import JSONRPC
import OpenSSL
import PersonArchive
import ServiceKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An archive that is being written: it appears under its name when it is whole.
final class ArchiveFile {
    private let path: String
    private let descriptor: Int32
    private let seconds: Int64
    private var seal: ArchiveSeal
    private var hash = SHA256()
    private var bytes = 0

    /// - Parameters:
    ///   - header: its first line.
    ///   - dataKey: what the header keeps.
    ///   - time: when its files were changed last.
    init(_ path: String, header: String, dataKey: [UInt8], at time: Timestamp) throws(RPCError) {
        self.path = path
        seconds = time.microseconds / 1_000_000
        do {
            seal = try ArchiveSeal(key: dataKey)
        } catch {
            throw .internalError("The archive \(path) cannot be sealed: \(error)")
        }
        descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        try write(Array(header.utf8))
    }

    deinit { close(descriptor) }

    func add(_ file: TapeArchive.File) throws(RPCError) {
        try put(TapeArchive.entry(file, seconds: seconds))
    }

    /// Ends the archive, and puts it on the disk.
    func finish() throws(RPCError) -> (bytes: Int, sha256: String) {
        try put(TapeArchive.end)
        do {
            try write(try seal.finish())
        } catch let error as RPCError {
            throw error
        } catch {
            throw .internalError("The archive \(path) cannot be sealed: \(error)")
        }
        guard fsync(descriptor) == 0, rename(path + ".new", path) == 0, FileBytes.syncDirectory(of: path) else {
            throw Self.failure(path)
        }
        var whole = SHA256()
        swap(&whole, &hash)
        return (bytes, whole.finish().description)
    }

    private func put(_ plain: [UInt8]) throws(RPCError) {
        let sealed: [UInt8]
        do {
            sealed = try seal.add(plain)
        } catch {
            throw .internalError("The archive \(path) cannot be sealed: \(error)")
        }
        try write(sealed)
    }

    private func write(_ sealed: [UInt8]) throws(RPCError) {
        var written = 0
        while written < sealed.count {
            let count = sealed[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            written += count
        }
        hash.update(sealed)
        bytes += sealed.count
    }

    private static func failure(_ path: String) -> RPCError {
        errno == ENOSPC || errno == EDQUOT
            ? .storageFull
            : .internalError("The archive \(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
