import JSON
public import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes each log entry as one line of JSON to standard error, in one system call.
///
/// Log ids, counts and causes; never names, addresses or values that somebody sent.
public struct StructuredLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    /// Of this logger alone; nil: as much as the process.
    private var ownLevel: Logger.Level?
    private let processLevel: LogLevel
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let service: String
    private let clock: Clock

    init(label: String, service: String, level: LogLevel, clock: Clock = .system) {
        self.label = label
        self.service = service
        self.clock = clock
        processLevel = level
    }

    public var logLevel: Logger.Level {
        get { ownLevel ?? processLevel.current }
        set { ownLevel = newValue }
    }

    /// Makes this the handler of all loggers of the process. Call once, first thing.
    public static func bootstrap(service: String, level: LogLevel) {
        LoggingSystem.bootstrap { StructuredLogHandler(label: $0, service: service, level: level) }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var writer = line(
            level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:])
        writer.newline()
        // A log that cannot be written has nowhere to say so.
        writer.withBytes { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    func line(level: Logger.Level, message: String, metadata entry: Logger.Metadata) -> JSONWriter {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("time")
        clock.now().write(to: &writer)
        writer.key("level")
        writer.string(level.rawValue)
        writer.key("service")
        writer.string(service)
        writer.key("label")
        writer.string(label)
        writer.key("message")
        writer.string(message)
        let all = metadata.merging(entry) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            writer.string("\(value)")
        }
        writer.endObject()
        return writer
    }
}
