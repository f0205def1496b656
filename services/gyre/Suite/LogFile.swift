import CProcess
import Glibc

/// The file that takes what a service says. One that has grown is set aside when the service starts.
enum LogFile {
    /// A longer log becomes `<name>.log.1` before the next start; the one before it goes.
    static let maximumBytes = 64 << 20
    /// How much of a log an error message shows.
    static let shownLines = 8

    /// Opens for appending.
    static func open(_ path: String) throws(CommandFailure) -> Int32 {
        var status = stat()
        if stat(path, &status) == 0, status.st_size > maximumBytes { rename(path, path + ".1") }
        let descriptor = cprocess_open(path, O_WRONLY | O_CREAT | O_APPEND, 0o640)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be written: \(String(cString: strerror(-descriptor))).")
        }
        return descriptor
    }

    /// The last lines, for an error message.
    static func lastLines(_ path: String) -> [String] {
        let descriptor = cprocess_open(path, O_RDONLY, 0)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = pread(descriptor, &bytes, bytes.count, max(0, end - bytes.count))
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return text.split(separator: "\n").suffix(shownLines).map { String($0).withoutControlCharacters }
    }
}
