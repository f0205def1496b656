import Foundation
import JSON
import JSONRPC
import JSONRPCUnixSocket
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct UnixSocketTests {
    private let group = MultiThreadedEventLoopGroup.singleton
    private let path = NSTemporaryDirectory() + "gyre-\(UInt32.random(in: 0...UInt32.max)).sock"

    private func client() -> UnixSocketClient {
        UnixSocketClient(path: path, name: "test", on: group.next())
    }

    @Test("A thousand concurrent calls get each its own reply")
    func concurrency() async throws {
        let server = try await serve(Echo())
        let client = client()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<1_000 {
                tasks.addTask {
                    let params = Array("{\"n\":\(number)}".utf8)
                    let reply = try await client.call("echo", params: params, context: nil)
                    #expect(reply == params)
                }
            }
            try await tasks.waitForAll()
        }
        await client.close()
        try await server.close()
    }

    @Test("Requests of one connection reach the handler in the order in which they were sent")
    func order() async throws {
        let log = Log()
        let server = try await serve(log)
        let stream = try await RawConnection(path, group)
        var text = ""
        for number in 0..<5_000 { text += #"{"jsonrpc":"2.0","id":\#(number),"method":"m\#(number)"}"# + "\n" }
        await stream.send(text)
        _ = try await stream.lines(5_000)
        #expect(log.methods == (0..<5_000).map { "m\($0)" })
        try await stream.close()
        try await server.close()
    }

    @Test("A handler never has more requests than the limit, and all are answered in the end")
    func backpressure() async throws {
        let slow = Held()
        let server = try await serve(slow, limits: UnixSocketLimits(lineBytes: 1_000, requestsInFlight: 10))
        let stream = try await RawConnection(path, group)
        await stream.send((0..<100).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"m"}"# + "\n" }.joined())
        try await Task.sleep(for: .milliseconds(200))
        #expect(slow.heldCount == 10)
        while slow.answered < 100 {
            #expect(slow.heldCount <= 10)
            slow.answerOne()
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try await stream.lines(100).count == 100)
        try await stream.close()
        try await server.close()
    }

    @Test("Whatever threads answer, at the limit no request is left lying", arguments: [1, 2, 10])
    func answersFromOtherThreads(limit: Int) async throws {
        let server = try await serve(
            Elsewhere(group), limits: UnixSocketLimits(lineBytes: 1_000, requestsInFlight: limit))
        let stream = try await RawConnection(path, group)
        await stream.send((0..<5_000).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"m"}"# + "\n" }.joined())
        let lines = try await stream.lines(5_000)
        #expect(Set(lines).count == 5_000)
        try await stream.close()
        try await server.close()
    }

    @Test("A line over the limit, a bad line and an empty one leave the connection usable")
    func badLines() async throws {
        let server = try await serve(Echo(), limits: UnixSocketLimits(lineBytes: 100, requestsInFlight: 10))
        let stream = try await RawConnection(path, group)
        await stream.send(
            String(repeating: "x", count: 5_000) + "\nno json\n\n" + #"{"jsonrpc":"2.0","id":1,"method":"e"}"# + "\n")
        let lines = try await stream.lines(3)
        #expect(lines[0].contains("-32007") && lines[1].contains("-32700") && lines[2].contains("\"id\":1,\"result\""))
        try await stream.close()
        try await server.close()
    }

    @Test("A line that does not end in its time ends the connection, and nobody else's")
    func slowLine() async throws {
        let server = try await serve(
            Echo(), limits: UnixSocketLimits(lineBytes: 100, requestsInFlight: 10, lineTime: .milliseconds(300)))
        let slow = try await RawConnection(path, group)
        let idle = try await RawConnection(path, group)
        for _ in 0..<6 {
            await slow.send("x")
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await slow.isAtEnd())
        await idle.send(#"{"jsonrpc":"2.0","id":1,"method":"e"}"# + "\n")
        #expect(try await idle.lines(1).count == 1)
        try await idle.close()
        try await server.close()
    }

    @Test("A client that never reads is closed after a while, whatever it sends", arguments: [true, false])
    func neverReads(isBadLine: Bool) async throws {
        let server = try await serve(
            Echo(), limits: UnixSocketLimits(lineBytes: 1 << 20, requestsInFlight: 256, unreadTime: .milliseconds(300)))
        let client = Deaf(path)
        let text =
            isBadLine
            ? String(repeating: "x\n", count: 100_000)
            : #"{"jsonrpc":"2.0","id":1,"method":"e","params":["\#(String(repeating: "y", count: 60_000))"]}"# + "\n"
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < 64 << 20, client.send(bytes) { sent += bytes.count }
        // Long before that its lines are no longer read.
        #expect(sent < 8 << 20)
        #expect(client.isClosed)
        try await server.close()
    }

    @Test("Replies that nobody reads are so many bytes at most: more close the connection", arguments: [false, true])
    func unsentBytes(isTooMuch: Bool) async throws {
        let held = Held()
        let most = 64 * 60_000
        let server = try await serve(
            held,
            limits: UnixSocketLimits(
                lineBytes: 1 << 20, requestsInFlight: 64, unsentBytes: isTooMuch ? most / 2 : most * 2))
        let client = Deaf(path)
        let request = Array((#"{"jsonrpc":"2.0","id":1,"method":"e"}"# + "\n").utf8)
        for _ in 0..<64 { #expect(client.send(request)) }
        while held.heldCount < 64 { try await Task.sleep(for: .milliseconds(5)) }
        held.answerAll(String(repeating: "y", count: 60_000))
        try await Task.sleep(for: .milliseconds(300))
        _ = client.send(request)
        #expect(client.isClosed == isTooMuch)
        try await server.close()
    }

    @Test("A stream without a line end is refused once, holds no memory, and the connection lives on")
    func noLineEnd() async throws {
        let server = try await serve(
            Echo(), limits: UnixSocketLimits(lineBytes: 1 << 20, requestsInFlight: 10))
        let stream = try await RawConnection(path, group)
        let chunk = String(repeating: "z", count: 1 << 20)
        for _ in 0..<64 { await stream.send(chunk) }
        await stream.send("\n" + #"{"jsonrpc":"2.0","id":1,"method":"e"}"# + "\n")
        let lines = try await stream.lines(2)
        #expect(lines.count == 2 && lines[0].contains("-32007") && lines[1].contains("\"id\":1,\"result\""))
        try await stream.close()
        try await server.close()
    }

    @Test("A peer that has said all it wants to say still gets its replies, and then the end")
    func halfClosure() async throws {
        let server = try await serve(Echo())
        let stream = try await RawConnection(path, group)
        await stream.send(#"{"jsonrpc":"2.0","id":1,"method":"e","params":{"a":1}}"#)
        try await stream.closeOutput()
        #expect(try await stream.lines(1) == [#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#])
        #expect(try await stream.isAtEnd())
        try await server.close()
    }

    @Test("The kernel tells who is at the other end")
    func credentials() async throws {
        let seen = Mutex<PeerCredentials?>(nil)
        let server = try await UnixSocketServer.bind(to: path, on: group) { peer in
            seen.withLock { $0 = peer }
            return Echo()
        }
        let client = client()
        _ = try await client.call("echo", params: Array("{}".utf8), context: nil)
        #expect(seen.withLock(\.self)?.userID == getuid())
        #expect(seen.withLock(\.self)?.processID == getpid())
        await client.close()
        try await server.close()
    }

    @Test("A call waits for a server that starts late")
    func lateServer() async throws {
        let client = client()
        async let reply = client.call("echo", params: Array("{}".utf8), context: nil)
        try await Task.sleep(for: .milliseconds(150))
        let server = try await serve(Echo())
        #expect(try await reply == Array("{}".utf8))
        await client.close()
        try await server.close()
    }

    @Test("A call that passes its deadline ends then, and its request is withdrawn")
    func deadlines() async throws {
        let held = Held()
        let server = try await serve(held)
        let client = client()
        let context = CallContext(principal: "test", deadlineMilliseconds: 100)
        await #expect(throws: RPCError.deadlineExceeded) {
            try await client.call("never", params: Array("{}".utf8), context: context)
        }
        try await Task.sleep(for: .milliseconds(100))
        #expect(held.cancelled == 1)
        held.answerAll()
        await client.close()
        try await server.close()
    }

    @Test("A cancelled task gives its call up and tells the server")
    func cancellation() async throws {
        let held = Held()
        let server = try await serve(held)
        let client = client()
        // Unstructured, so that it can be cancelled while it waits.
        let task = Task { try await client.call("never", params: Array("{}".utf8), context: nil) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: RPCError.cancelled) { try await task.value }
        try await Task.sleep(for: .milliseconds(100))
        #expect(held.cancelled == 1)
        held.answerAll()
        await client.close()
        try await server.close()
    }

    @Test("At the limit of pending calls one more is told busy")
    func pendingLimit() async throws {
        let held = Held()
        let server = try await serve(held)
        let client = client()
        await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<UnixSocketClient.maximumPendingCalls + 1 {
                tasks.addTask {
                    do throws(RPCError) {
                        _ = try await client.call("held", params: Array("{}".utf8), context: nil)
                        return false
                    } catch {
                        return error.code == RPCError.Code.busy
                    }
                }
            }
            let first = await tasks.next()
            #expect(first == true)
            while held.heldCount < UnixSocketClient.maximumPendingCalls { try? await Task.sleep(for: .milliseconds(5)) }
            held.answerAll()
            while let busy = await tasks.next() { #expect(!busy) }
        }
        await client.close()
        try await server.close()
    }

    @Test("When the connection is lost, calls under way fail at once and the next one gets a new connection")
    func reconnection() async throws {
        let dropper = Dropper()
        let server = try await serve(dropper)
        let client = client()
        _ = try await client.call("echo", params: Array("{}".utf8), context: nil)
        try await server.close()
        // Only the listening socket is gone: the open connection lives on, as with a server that drains.
        #expect(try await client.call("echo", params: Array("{}".utf8), context: nil) == Array("{}".utf8))
        await client.close()
    }

    @Test("A socket path may have 103 bytes, and the error for 104 says what to do")
    func longPaths() async throws {
        let long = "/tmp/" + String(repeating: "x", count: 99)
        await #expect(throws: UnixSocketError.pathTooLong(long)) {
            try await UnixSocketServer.bind(to: long, on: group) { _ in Echo() }
        }
        let longest = "/tmp/" + String(repeating: "y", count: 98)
        let server = try await UnixSocketServer.bind(to: longest, on: group) { _ in Echo() }
        try await server.close()
        unlink(longest)
    }

    private func serve(
        _ handler: any RequestHandler, limits: UnixSocketLimits = .betweenServices
    ) async throws -> UnixSocketServer {
        try await UnixSocketServer.bind(to: path, on: group, limits: limits) { _ in handler }
    }
}

/// Answers with its parameters.
private struct Echo: RequestHandler {
    func handle(_ request: borrowing Request, _ reply: Reply?) {
        let params = request.paramsBytes
        reply?.succeed { $0.rawBytes(params) }
    }
}

private typealias Dropper = Echo

/// Answers half of the requests at once, the others on some thread of a group.
private struct Elsewhere: RequestHandler {
    let group: MultiThreadedEventLoopGroup

    init(_ group: MultiThreadedEventLoopGroup) {
        self.group = group
    }

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        if Bool.random() {
            reply?.succeed { $0.null() }
        } else {
            group.next().execute { reply?.succeed { $0.null() } }
        }
    }
}

/// Answers at once and remembers which methods were called.
private final class Log: RequestHandler {
    private let names = Mutex<[String]>([])

    var methods: [String] { names.withLock(\.self) }

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        let name = request.method
        names.withLock { $0.append(name) }
        reply?.succeed { $0.null() }
    }
}

/// Keeps requests until the test answers them.
private final class Held: RequestHandler {
    private struct State {
        var replies: [Reply] = []
        var answered = 0
        var cancelled = 0
    }

    private let state = Mutex(State())

    var heldCount: Int { state.withLock(\.replies.count) }
    var answered: Int { state.withLock(\.answered) }
    var cancelled: Int { state.withLock(\.cancelled) }

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        if let reply { state.withLock { $0.replies.append(reply) } }
    }

    func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {
        if id != nil { state.withLock { $0.cancelled += 1 } }
    }

    func answerOne(_ text: String? = nil) {
        let reply = state.withLock { state -> Reply? in
            guard !state.replies.isEmpty else { return nil }
            state.answered += 1
            return state.replies.removeFirst()
        }
        reply?.succeed { writer in
            if let text { writer.string(text) } else { writer.null() }
        }
    }

    func answerAll(_ text: String? = nil) {
        while heldCount > 0 { answerOne(text) }
    }
}

/// A connection that sends what it is told and collects lines.
private final class RawConnection: Sendable {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let received = Mutex(ByteBuffer())
    private let ended = Mutex(false)
    private let reader = Mutex<Task<Void, any Error>?>(nil)

    init(_ path: String, _ group: any EventLoopGroup) async throws {
        channel = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        // Ends with the connection.
        let task = Task {
            try await channel.executeThenClose { inbound, outbound in
                for try await bytes in inbound {
                    var bytes = bytes
                    _ = self.received.withLock { $0.writeBuffer(&bytes) }
                }
                self.ended.withLock { $0 = true }
            }
        }
        reader.withLock { $0 = task }
    }

    func send(_ text: String) async {
        try? await channel.channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    func closeOutput() async throws {
        try await channel.channel.close(mode: .output).get()
    }

    func close() async throws {
        try await channel.channel.close().get()
    }

    /// The first `count` lines, within ten seconds.
    func lines(_ count: Int) async throws -> [String] {
        for _ in 0..<2_000 {
            let lines = received.withLock { String(buffer: $0) }.split(separator: "\n").map(String.init)
            if lines.count >= count { return lines }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("\(count) lines did not come")
        return []
    }

    func isAtEnd() async throws -> Bool {
        for _ in 0..<400 {
            if ended.withLock(\.self) { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

/// A client that sends and never reads; a send that gets nowhere for two seconds has failed.
private final class Deaf {
    private let descriptor: Int32
    /// Whether the server has ended the connection.
    private(set) var isClosed = false

    init(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                isClosed = errno == EPIPE || errno == ECONNRESET
                return false
            }
            sent += count
        }
        return true
    }
}
