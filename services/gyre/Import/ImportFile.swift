import CProcess
import Glibc
import OpenSSL

/// A file that is read in pieces, and what tells it apart from its earlier and later states.
final class ImportFile {
    /// Without its directory.
    let name: String
    let size: Int
    private let path: String
    private let modified: timespec
    private let descriptor: Int32

    init(_ path: String) throws(CommandFailure) {
        let descriptor = cprocess_open(path, O_RDONLY, 0)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(-descriptor))).")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CommandFailure("\(path) is no ordinary file: an import may have to go back in it.")
        }
        self.path = path
        self.descriptor = descriptor
        name = String(path.split(separator: "/").last ?? "file")
        size = Int(status.st_size)
        modified = status.st_mtim
    }

    deinit { close(descriptor) }

    /// At most `count` bytes at `offset`; fewer only where the file ends.
    func read(at offset: Int, count: Int) throws(CommandFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(count, max(0, size - offset)))
        var filled = 0
        while filled < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, off_t(offset + filled))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw changed }
            filled += got
        }
        return bytes
    }

    /// Throws when the file is no longer what it was when it was opened.
    func checkUnchanged() throws(CommandFailure) {
        var status = stat()
        let isSame =
            fstat(descriptor, &status) == 0 && Int(status.st_size) == size
            && status.st_mtim.tv_sec == modified.tv_sec && status.st_mtim.tv_nsec == modified.tv_nsec
        guard isSame else { throw changed }
    }

    /// The same for the same state of the same import, and for no other.
    func fingerprint(source: String, mapping: [UInt8]) -> String {
        var hash = SHA256()
        for part in [name, String(size), "\(modified.tv_sec).\(modified.tv_nsec)", source] {
            hash.update(Array("\(part.utf8.count):\(part)".utf8))
        }
        hash.update(mapping)
        return hash.finish().description
    }

    private var changed: CommandFailure {
        CommandFailure(
            "\(path) changed while it was read.",
            remedy: "Import it again once it is complete: rows that are in stay in once.")
    }
}
