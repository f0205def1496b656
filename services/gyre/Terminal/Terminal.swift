import CProcess
import Glibc

/// Standard output and standard error, unbuffered, so that what was printed is seen at once wherever it goes.
enum Terminal {
    /// Writes to standard output. When nobody reads it any more, the program ends quietly.
    static func out(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes to standard error.
    static func err(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Columns for tables on standard output; nil when it is no terminal.
    static var width: Int? { columns(of: STDOUT_FILENO) }

    /// Whether a progress line may be drawn over itself on standard error.
    static var showsProgress: Bool { columns(of: STDERR_FILENO) != nil && environment("TERM") != "dumb" }

    /// Whether a person sees what is written there at once.
    static func isForPeople(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func columns(of descriptor: Int32) -> Int? {
        let columns = Int(cprocess_terminal_columns(descriptor))
        return columns > 0 ? columns : nil
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, rest.count > 0 {
                let count = Glibc.write(descriptor, start, rest.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EPIPE { exit(0) }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
