import JSON
import Logging
import Testing

@testable import ServiceKit

/// The form of the log.
@Suite struct StructuredLogHandlerTests {
    private func handler() -> StructuredLogHandler {
        StructuredLogHandler(
            label: "calls", service: "notes", level: LogLevel(.info),
            clock: MovableClock("2026-01-01T00:00:00.5Z").clock)
    }

    private func line(_ handler: StructuredLogHandler, _ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        String(decoding: handler.line(level: .error, message: message, metadata: metadata).bytes(), as: UTF8.self)
    }

    @Test("An entry is one line of JSON with the time first and its metadata sorted")
    func golden() {
        #expect(
            line(handler(), "call failed", ["method": "notes.add", "code": "-32603"])
                == """
                {"time":"2026-01-01T00:00:00.5Z","level":"error","service":"notes","label":"calls",\
                "message":"call failed","code":"-32603","method":"notes.add"}
                """)
    }

    @Test("Whatever a message holds, it stays one line and one JSON value")
    func escaping() throws {
        let text = "a \"quoted\"\nline\u{2028} \\ \u{0}\t\u{7f} é"
        let line = line(handler(), text, ["cause": "\(text)"])
        #expect(!line.utf8.contains(UInt8(ascii: "\n")))
        let value = try JSONValue.parse(line)
        #expect(value["message"]?.string == text)
        #expect(value["cause"]?.string == text)
    }

    @Test("The process's level may change while loggers are in use; a logger's own stays")
    func level() {
        let level = LogLevel(.info)
        let handler = StructuredLogHandler(label: "calls", service: "notes", level: level)
        var quiet = handler
        quiet.logLevel = .error
        level.current = .debug
        #expect(handler.logLevel == .debug && quiet.logLevel == .error)
    }

    @Test("A configuration that is read again sets the level; one that cannot be read changes nothing")
    func reload() {
        let (level, logger) = (LogLevel(.info), Logger(label: "test"))
        ConfigurationReload(logLevel: level, logger: logger) {
            ServiceConfiguration(dataDirectory: "", logLevel: .debug)
        }.reload()
        #expect(level.current == .debug)
        ConfigurationReload(logLevel: level, logger: logger) {
            throw ConfigurationFileError(description: "Broken on purpose.")
        }.reload()
        #expect(level.current == .debug)
    }

    @Test("An entry's metadata wins over its logger's")
    func metadata() throws {
        var handler = handler()
        handler[metadataKey: "brand"] = "1"
        handler[metadataKey: "method"] = "old"
        #expect(handler[metadataKey: "brand"] == "1")
        let value = try JSONValue.parse(line(handler, "x", ["method": "new"]))
        #expect(value["brand"]?.string == "1")
        #expect(value["method"]?.string == "new")
    }
}
