import Foundation
import JSON
import JSONRPC
import ServiceKit
import Testing

@testable import GatewayService

/// The access log, and the traces that its lines belong to.
@Suite struct AccessLogTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let traceparent = "00-\(trace)-00f067aa0ba902b7-01"

    @Test("A traceparent is taken as the standard says, and the next one names the gateway's span")
    func traceContext() throws {
        let context = try #require(TraceContext(Self.traceparent, span: 0xabc))
        #expect(context.traceID == Self.trace && context.parentID == "00f067aa0ba902b7")
        #expect(context.traceparent == "00-\(Self.trace)-0000000000000abc-01")
        #expect(TraceContext(Self.traceparent)?.spanID != TraceContext(Self.traceparent)?.spanID)
        // A later version may have more to say.
        #expect(TraceContext("01-\(Self.trace)-00f067aa0ba902b7-01-more")?.traceID == Self.trace)
        for wrong in [
            "", String(Self.traceparent.dropLast()), Self.traceparent + "-more", Self.traceparent + "x",
            "ff" + Self.traceparent.dropFirst(2), Self.traceparent.uppercased(),
            "00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01", "00-\(Self.trace)-0000000000000000-01",
            Self.traceparent.replacingOccurrences(of: "-", with: "_"), "01-\(Self.trace)-00f067aa0ba902b7-01more",
        ] {
            #expect(TraceContext(wrong) == nil, "\(wrong)")
        }
    }

    /// What the log of a gateway that has ended holds.
    private func lines(_ gateway: GatewayUnderTest) throws -> [JSONValue] {
        let text = try String(contentsOfFile: gateway.directory + "/gateway/access.log", encoding: .utf8)
        return try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    @Test("Each request is a line with its outcome and without anything it said; one of no method has no name")
    func lines() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key]) { params, reply in
            if params.contains("wrong") { return reply?.fail(.conflict("no")) ?? () }
            reply?.succeed { $0.emptyObject() }
        }
        _ = try await gateway.call("signals.track", #"{"userId":"ada@example.org"}"#, key: key)
        _ = try await gateway.call("signals.track", #"{"event":"wrong"}"#, key: key)
        _ = try await gateway.call("ada.lovelace", key: key)
        _ = try await gateway.call("signals.track", key: nil)
        _ = try await gateway.call("system.status", key: nil, door: "admin")
        _ = try await gateway.call("limits.get", key: key)
        try await gateway.stop()

        let lines = try lines(gateway)
        #expect(
            lines.map { $0["method"]?.string } == [
                "signals.track", "signals.track", nil, "signals.track", "system.status", "limits.get",
            ])
        #expect(
            lines.map { $0["code"]?.int } == [
                0, RPCError.Code.conflict, RPCError.Code.methodNotFound, RPCError.Code.unauthenticated, 0, 0,
            ])
        #expect(lines.map { $0["door"]?.string } == ["socket", "socket", "socket", "socket", "admin", "socket"])
        #expect(
            lines.map { $0["principal"]?.string } == [
                "key:\(key.id)", "key:\(key.id)", "key:\(key.id)", nil, "admin", "key:\(key.id)",
            ])
        #expect(lines[0]["brand"]?.string == "\(key.brand)")
        for line in lines {
            #expect(line["time"]?.string.flatMap { Timestamp($0) } != nil)
            #expect(try #require(line["microseconds"]?.int) >= 0)
            #expect(try #require(line["bytes"]?.int) > 40)
        }
        let text = try String(contentsOfFile: gateway.directory + "/gateway/access.log", encoding: .utf8)
        #expect(!text.contains("ada") && !text.contains("event"))
    }

    @Test("A trace goes on behind the gateway, over a socket and over HTTP; one that is wrong is refused or left aside")
    func traces() async throws {
        let key = TestKey(1)
        let seen = Seen()
        let gateway = try await GatewayUnderTest(keys: [key], contexts: { seen.add($0) })
        let stream = RawStream(unix: gateway.socket)
        func send(_ traceparent: String) async -> String {
            await stream.send(
                #"{"jsonrpc":"2.0","id":1,"method":"signals.track","params":{},"meta":{"key":"\#(key.key.text)","#
                    + #""traceparent":"\#(traceparent)"}}"# + "\n")
            return await stream.read { $0.contains("\n") } ?? ""
        }
        #expect(await send(Self.traceparent).contains("result"))
        #expect(await send("00-\(Self.trace)-xxf067aa0ba902b7-01").contains("traceparent"))
        let http = RawStream(port: try await gateway.httpPort)
        let body = #"{"jsonrpc":"2.0","id":1,"method":"signals.track","params":{}}"#
        await http.send(
            "POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer \(key.key.text)\r\n"
                + "Traceparent: nonsense\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        #expect(await http.read()?.hasPrefix("HTTP/1.1 200") == true)
        try await gateway.stop()

        let lines = try lines(gateway)
        let span = try #require(lines[0]["span"]?.string)
        #expect(lines[0]["trace"]?.string == Self.trace && lines[0]["parent"]?.string == "00f067aa0ba902b7")
        #expect(seen.contexts[0].contains(#""traceparent":"00-\#(Self.trace)-\#(span)-01""#))
        #expect(seen.contexts.count == 2 && !seen.contexts[1].contains("traceparent"))
        #expect(lines.map { $0["door"]?.string } == ["socket", "socket", "http"])
    }

    @Test("A full file is begun anew, and the one before it is kept; switched off there is none")
    func pieces() async throws {
        let directory = "/tmp/gyre-access-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for round in 1...3 {
            let log = AccessLog(path: directory + "/access.log", maximumBytes: 1_000, clock: .system)
            let record = AccessRecord(log, door: "socket", over: nil, bytes: round)
            for _ in 0..<20 { record.noteUnanswered() }
            // Its last work is to write what waits.
            let running = Task { try await log.run() }
            running.cancel()
            try await running.value
        }
        let now = try String(contentsOfFile: directory + "/access.log", encoding: .utf8)
        let before = try String(contentsOfFile: directory + "/access.log.1", encoding: .utf8)
        #expect(now.split(separator: "\n").count == 20 && now.contains(#""bytes":3}"#))
        #expect(before.split(separator: "\n").count == 20 && before.contains(#""bytes":2}"#))

        let gateway = try await GatewayUnderTest(["GYRE_ACCESS_LOG": "off"], keys: [])
        _ = try await gateway.call(key: nil)
        try await gateway.stop()
        #expect(!FileManager.default.fileExists(atPath: gateway.directory + "/gateway/access.log"))
    }
}

/// The contexts that a sibling was sent.
private final class Seen: @unchecked Sendable {
    // Unchecked: written on the one event loop of the test's servers, read when they have ended.
    private(set) var contexts: [String] = []

    func add(_ context: String) { contexts.append(context) }
}

extension JSONValue {
    fileprivate var int: Int? {
        if case .number(let number) = self { Int("\(number)") } else { nil }
    }
}
