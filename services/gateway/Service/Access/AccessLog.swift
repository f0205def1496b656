import JSON
import JSONRPC
import Logging
import ServiceContract
import ServiceKit
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A line of JSON for each request that a client or the administrator made: when, through which door, which method, for
/// which brand, by which key or user, with what outcome, in what time.
///
/// No parameters, no addresses, no identifiers of data subjects: what is in a line says nothing about a person but ids
/// of keys and of staff. A name of a method that there is none of is not written either.
///
/// Lines wait in memory, at most ``maximumWaiting`` bytes of them, and are written five times a second: what a killed
/// gateway had not written is lost, for this is no audit. While the disk does not take them they are counted, not kept.
/// The file has a limit; when it is full it is renamed to `access.log.1`, in place of the one before.
final class AccessLog: Service {
    /// Bytes that may wait.
    static let maximumWaiting = 8 << 20
    private static let flushMilliseconds: Int64 = 200

    private struct Waiting: ~Copyable {
        var lines = JSONWriter(capacity: 64 << 10)
        /// The second that `secondText` says.
        var second = Int64.min
        /// `"2026-01-01T00:00:00.`
        var secondText = ""
        /// Lines for which there was no room.
        var dropped = 0
    }

    private let path: String
    private let clock: Clock
    private let waiting = Mutex(Waiting())
    private let file: Mutex<LogPieces>
    private let logger = Logger(label: "access")

    /// - Parameter maximumBytes: after which a new file is begun.
    init(path: String, maximumBytes: Int, clock: Clock) {
        self.path = path
        self.clock = clock
        file = Mutex(LogPieces(path: path, maximumBytes: maximumBytes))
    }

    /// Adds one line.
    ///
    /// - Parameters:
    ///   - code: of the error; 0 for a result, nil for a notification, which is not answered.
    ///   - microseconds: until the reply was made.
    func add(_ request: AccessRecord, code: Int?, microseconds: Int64) {
        let now = clock.now().microseconds
        waiting.withLock { waiting in
            guard waiting.lines.count < Self.maximumWaiting else { return waiting.dropped += 1 }
            let (second, rest) = now.quotientAndRemainder(dividingBy: 1_000_000)
            if second != waiting.second {
                waiting.second = second
                waiting.secondText = "{\"time\":\"\(Timestamp(microseconds: second * 1_000_000))".dropLast() + "."
            }
            waiting.lines.verbatim(waiting.secondText)
            let milliseconds = rest / 1_000
            if milliseconds < 100 { waiting.lines.verbatim("0") }
            if milliseconds < 10 { waiting.lines.verbatim("0") }
            waiting.lines.verbatim("\(milliseconds)")
            waiting.lines.verbatim("Z\",\"door\":\"")
            waiting.lines.verbatim(request.door)
            waiting.lines.verbatim("\"")
            request.method.withUnsafeBytes { waiting.lines.verbatim($0) }
            request.caller.withUnsafeBytes { waiting.lines.verbatim($0) }
            if let code {
                waiting.lines.verbatim(",\"code\":")
                waiting.lines.verbatim("\(code)")
            }
            waiting.lines.verbatim(",\"microseconds\":")
            waiting.lines.verbatim("\(microseconds)")
            waiting.lines.verbatim(",\"bytes\":")
            waiting.lines.verbatim("\(request.bytes)")
            if let trace = request.trace {
                waiting.lines.verbatim(",\"trace\":\"\(trace.traceID)\",\"parent\":\"\(trace.parentID)\"")
                waiting.lines.verbatim(",\"span\":\"\(trace.spanID)\"")
            }
            waiting.lines.verbatim("}")
            waiting.lines.newline()
        }
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(Self.flushMilliseconds))
                self.flush()
            }
        }
        flush()
    }

    /// Writes what waits.
    private func flush() {
        let (lines, dropped) = waiting.withLock { waiting in
            defer {
                waiting.lines.removeAll(keepingCapacity: waiting.lines.count < 1 << 20)
                waiting.dropped = 0
            }
            return (waiting.lines.bytes(), waiting.dropped)
        }
        guard !lines.isEmpty else { return }
        if dropped > 0 { logger.warning("lines of the access log are missing", metadata: ["count": "\(dropped)"]) }
        let isNewProblem = file.withLock { $0.append(lines) }
        if isNewProblem { logger.error("the access log cannot be written", metadata: ["path": "\(path)"]) }
    }
}

/// A file that is begun anew when it is full; the one before it is kept beside it.
private struct LogPieces: ~Copyable {
    private let path: String
    private let maximumBytes: Int
    private var descriptor: Int32 = -1
    private var bytes = 0
    private var isFailing = false

    init(path: String, maximumBytes: Int) {
        self.path = path
        self.maximumBytes = maximumBytes
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// - Returns: whether it went wrong, when it went well before.
    mutating func append(_ lines: [UInt8]) -> Bool {
        let wasFailing = isFailing
        isFailing = !write(lines)
        return isFailing && !wasFailing
    }

    private mutating func write(_ lines: [UInt8]) -> Bool {
        // Somebody may have removed or renamed the file.
        if descriptor >= 0, access(path, F_OK) != 0 { closeFile() }
        guard descriptor >= 0 || openFile() else { return false }
        if bytes >= maximumBytes {
            closeFile()
            guard rename(path, path + ".1") == 0, openFile() else { return false }
        }
        var written = 0
        while written < lines.count {
            let count = lines[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        bytes += written
        return true
    }

    private mutating func openFile() -> Bool {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return false }
        bytes = Int(status.st_size)
        return true
    }

    private mutating func closeFile() {
        close(descriptor)
        descriptor = -1
    }
}
