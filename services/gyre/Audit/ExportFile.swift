import CProcess
import Glibc

/// A file that is written line by line, and appears under its name when it is complete.
final class ExportFile {
    private static let bufferBytes = 256 << 10

    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isFinished = false

    private var temporary: String { path + ".new" }

    /// - Throws: when the file cannot be made.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        unlink(path + ".new")
        descriptor = cprocess_open(path + ".new", O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, -descriptor) }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(temporary) }
    }

    func write(_ line: [UInt8]) throws(CommandFailure) {
        buffer += line
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Gives the file its name.
    func finish() throws(CommandFailure) {
        try flush()
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.failure(path, errno) }
        isFinished = true
    }

    private func flush() throws(CommandFailure) {
        var written = 0
        while written < buffer.count {
            let count = buffer[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path, errno) }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String, _ code: Int32) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(code))).")
    }
}
