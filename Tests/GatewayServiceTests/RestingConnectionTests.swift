import JSON
import JSONRPC
import Limits
import NIOCore
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

@Suite struct ConnectionCountsTests {
    private let address = BucketName.user(1)

    private func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .milliseconds(1_000 + milliseconds)
    }

    /// Connections by name, with those that were closed for others.
    private final class Door {
        let counts: ConnectionCounts
        var open: [String: ConnectionCounts.Connection] = [:]
        var closed: [String] = []
        private let list: List

        init(maximum: Int = .max, total: Int = .max, spare: Int = 0) {
            let list = List()
            counts = ConnectionCounts(maximum: maximum, total: total, spare: spare, grace: .milliseconds(100)) {
                list.later.append(($0, $1))
            }
            self.list = list
        }

        var later: [(TimeAmount, (NIODeadline) -> Void)] { list.later }

        /// What is to be looked at later, and when.
        private final class List {
            var later: [(TimeAmount, (NIODeadline) -> Void)] = []
        }

        func enter(_ name: String, _ address: BucketName, at time: NIODeadline) -> Bool {
            open[name] = counts.open(address, at: time)
            rest(name, at: time)
            return open[name] != nil
        }

        func rest(_ name: String, at time: NIODeadline) {
            open[name]?.rests(at: time) { [unowned self] in
                closed.append(name)
                open[name] = nil
            }
        }
    }

    @Test("In a full door the one that has rested for longest makes room, and none that works")
    func longestRest() {
        let door = Door(total: 3)
        for (number, name) in ["a", "b", "c"].enumerated() {
            #expect(door.enter(name, address, at: at(Int64(number))))
        }
        door.open["a"]?.works()
        #expect(door.enter("d", .user(2), at: at(200)))
        #expect(door.closed == ["b"])
        // It came to rest after c.
        door.rest("a", at: at(201))
        #expect(door.enter("e", address, at: at(302)))
        #expect(door.closed == ["b", "c"])
        #expect(door.open.count == 3)
    }

    @Test("An address that has its share makes room itself, whoever else rests")
    func share() {
        let door = Door(maximum: 1, total: 3)
        #expect(door.enter("other", .user(2), at: at(0)) && door.enter("a", address, at: at(1)))
        #expect(door.enter("b", address, at: at(101)))
        #expect(door.closed == ["a"])
        door.open["b"]?.works()
        #expect(!door.enter("c", address, at: at(300)))
        #expect(door.closed == ["a"])
    }

    @Test("A connection has its time for a request before another gets its place")
    func grace() {
        let door = Door(total: 1, spare: 1)
        #expect(door.enter("a", address, at: at(0)))
        #expect(!door.counts.hasRoom(at: at(99)))
        // It was accepted already; another one is not let in.
        #expect(door.enter("b", address, at: at(99)))
        #expect(!door.enter("c", address, at: at(99)))
        #expect(door.closed == [])
        #expect(door.counts.hasRoom(at: at(100)))
        #expect(door.enter("d", address, at: at(100)))
        #expect(door.closed == ["a"])
    }

    @Test("Where somebody may wait, whoever comes to rest goes; and who rests, when its time is over")
    func awaited() {
        let door = Door(total: 2)
        #expect(door.enter("a", address, at: at(0)) && door.enter("b", address, at: at(0)))
        door.open["a"]?.works()
        door.open["b"]?.works()
        #expect(!door.counts.hasRoom(at: at(200)) && door.later.isEmpty)
        door.rest("a", at: at(201))
        #expect(door.closed == ["a"])
        #expect(door.counts.hasRoom(at: at(202)))
        #expect(door.enter("c", address, at: at(300)))
        #expect(!door.counts.hasRoom(at: at(310)))
        #expect(door.later.map(\.0) == [.milliseconds(90)])
        door.later[0].1(at(399))
        #expect(door.closed == ["a"] && door.later.map(\.0) == [.milliseconds(90), .milliseconds(1)])
        door.later[1].1(at(400))
        #expect(door.closed == ["a", "c"])
    }

    @Test("Who came in while somebody may wait has its time all the same")
    func newcomer() {
        let door = Door(total: 1, spare: 1)
        #expect(door.enter("a", address, at: at(0)))
        door.open["a"]?.works()
        #expect(!door.counts.hasRoom(at: at(200)) && door.later.isEmpty)
        #expect(door.enter("b", address, at: at(201)))
        #expect(door.closed == [] && door.later.map(\.0) == [.milliseconds(100)])
        door.later[0].1(at(301))
        #expect(door.closed == ["b"])
    }

    @Test("What is gone neither counts nor rests")
    func gone() {
        let door = Door(total: 1)
        for time in 0..<10 as Range<Int64> {
            #expect(door.enter("a", address, at: at(time)))
            door.open["a"] = nil
        }
        #expect(door.closed == [] && door.counts.hasRoom(at: at(0)))
    }
}

@Suite(.timeLimit(.minutes(2)), .serialized) struct RestingConnectionTests {
    private static let key = TestKey(1)
    private static let client = TestKey(2, scopes: ["features:read"])
    private static let call = #"{"jsonrpc":"2.0","id":7,"method":"signals.track","params":{}}"#

    private static func get(_ path: String, _ rest: String = "Connection: close\r\n") -> String {
        "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(rest)\r\n"
    }

    private static func post(_ rest: String) -> String {
        "POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(key.key.text)\r\n"
            + "Content-Length: \(call.utf8.count)\r\n\(rest)\r\n"
    }

    @Test("Beside a thousand connections that say nothing, everybody is served, and a call and a stream go on")
    func thousand() async throws {
        let (arrived, arrive) = AsyncStream.makeStream(of: Reply.self)
        let gateway = try await GatewayUnderTest(
            keys: [Self.key, Self.client],
            signals: { _, reply in if let reply { arrive.yield(reply) } }, hasExperiments: false)
        let tag = Mutex("t1")
        let experiments = try await FakeExperiments(beside: gateway) { _, _ throws(RPCError) in
            [
                "tag": .string(tag.withLock(\.self)), "configVersion": 3, "changedAt": "2026-01-01T00:00:00Z",
                "features": [:],
            ]
        }
        let port = try await gateway.httpPort
        let call = RawStream(port: port)
        await call.send(Self.post("") + Self.call)
        var calls = arrived.makeAsyncIterator()
        let reply = await calls.next()
        let stream = RawStream(port: port)
        await stream.send(Self.get("/sub/\(Self.client.key.text)", ""))
        #expect(await stream.read { $0.contains("id: t1\n") } != nil)
        let kept = RawStream(port: port)
        await kept.send(Self.get("/healthz", ""))
        #expect(await kept.read { $0.hasSuffix("ok\n") } != nil)

        var silent: [RawStream] = []
        for number in 0..<1_000 {
            silent.append(RawStream(port: port))
            // Some say something, and not enough.
            if number.isMultiple(of: 3) { await silent[number].send("GET / HTTP/1.1\r\nHost: ") }
        }
        for path in ["/healthz", "/metrics", "/readyz"] {
            let other = RawStream(port: port)
            await other.send(Self.get(path))
            #expect(await other.read()?.hasPrefix("HTTP/1.1 ") == true, "\(path)")
        }
        // So many have made room; the last ones are still there.
        #expect(await kept.read() == "")
        for number in 0..<(silent.count - HTTPServer.maximumConnections) {
            #expect(await silent[number].read() == "", "\(number)")
        }
        await silent[998].send(Self.get("/healthz"))
        #expect(await silent[998].read()?.hasPrefix("HTTP/1.1 200") == true)

        reply?.succeed { $0.emptyObject() }
        #expect(await call.read { $0.contains(#""result":{}"#) }?.hasPrefix("HTTP/1.1 200") == true)
        tag.withLock { $0 = "t2" }
        #expect(await stream.read { $0.contains("id: t2\n") } != nil)
        try await gateway.stop()
        try await experiments.close()
    }

    @Test("Where all have something to answer, a newcomer waits, and comes in with the next reply")
    func allAtWork() async throws {
        let (arrived, arrive) = AsyncStream.makeStream(of: Reply.self)
        let gateway = try await GatewayUnderTest(
            keys: [Self.key], signals: { _, reply in if let reply { arrive.yield(reply) } })
        let port = try await gateway.httpPort
        var calls = arrived.makeAsyncIterator()
        var working: [(RawStream, Reply?)] = []
        for _ in 0..<HTTPServer.maximumConnections {
            let stream = RawStream(port: port)
            await stream.send(Self.post("") + Self.call)
            working.append((stream, await calls.next()))
        }
        func end(_ number: Int) async -> Bool {
            working[number].1?.succeed { $0.emptyObject() }
            let answer = await working[number].0.read { $0.contains(#""result":{}"#) }
            return answer?.hasPrefix("HTTP/1.1 200") == true
        }
        let newcomers = (0...HTTPServer.spareConnections).map { _ in RawStream(port: port) }
        for newcomer in newcomers { await newcomer.send(Self.get("/healthz")) }
        #expect(await end(7))
        for newcomer in newcomers { #expect(await newcomer.read()?.hasPrefix("HTTP/1.1 200") == true) }
        for number in 0..<HTTPServer.maximumConnections where number != 7 { #expect(await end(number), "\(number)") }
        try await gateway.stop()
    }
}
