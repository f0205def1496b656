import CProcess
import Glibc

/// Whole files of a few kilobytes: process ids, ports, the ready file.
enum SmallFile {
    /// No file that is read here is longer, unless a caller says so.
    static let maximumBytes = 1 << 20

    /// Nil when there is no such file, or it cannot be read.
    static func read(_ path: String, maximumBytes: Int = SmallFile.maximumBytes) -> [UInt8]? {
        let descriptor = cprocess_open(path, O_RDONLY, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < maximumBytes {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// The text without white space around it.
    static func text(_ path: String) -> String? {
        guard let bytes = read(path) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).drop(while: \.isWhitespace)
        return String(text.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Replaces the file as a whole: whoever reads it sees the old bytes or the new ones.
    ///
    /// - Parameter mode: who may read it, from the first moment on.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o640) throws(CommandFailure) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = cprocess_open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode)
        guard descriptor >= 0 else { throw failure(path, -descriptor) }
        let isWritten = bytes.withUnsafeBytes { writeAll($0, to: descriptor) } && fsync(descriptor) == 0
        let error = errno
        close(descriptor)
        guard isWritten else {
            unlink(temporary)
            throw failure(path, error)
        }
        guard rename(temporary, path) == 0 else { throw failure(path, errno) }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private static func failure(_ path: String, _ code: Int32) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(code))).")
    }
}
