import Foundation
import Hummingbird
import JSON
import JSONRPC
import Limits
import NIOCore
import Testing

@testable import GatewayService

@Suite(.serialized) struct HostileClientTests {
    @Test("An address has so many connections, and one more when one of them ends")
    func connectionsPerAddress() async throws {
        let counts = ConnectionCounts(maximum: 2)
        var open = [counts.open(.user(1)), counts.open(.user(1))]
        #expect(open.allSatisfy { $0 != nil })
        #expect(counts.open(.user(1)) == nil)
        #expect(counts.open(.user(2)) != nil)
        open.removeLast()
        open.append(counts.open(.user(1)))
        #expect(open[1] != nil)
        #expect(counts.open(.user(1)) == nil)
    }

    @Test("A connection beyond an address's share is closed, and the others are served")
    func oneConnectionTooMany() async throws {
        let gateway = try await GatewayUnderTest(["GYRE_CONNECTIONS_PER_ADDRESS": "2"], keys: [])
        let request = #"{"jsonrpc":"2.0","id":1,"method":"none.none"}"# + "\n"
        let streams = [RawStream(unix: gateway.socket), RawStream(unix: gateway.socket)]
        for stream in streams {
            await stream.send(request)
            #expect(await stream.read { $0.contains("\n") }?.contains("-32601") == true)
        }
        let third = RawStream(unix: gateway.socket)
        await third.send(request)
        #expect(await third.read() == "")
        await streams[0].send(request)
        #expect(await streams[0].read { $0.contains("\n") }?.contains("-32601") == true)
        try await gateway.stop()
    }

    @Test("A batch of a hundred thousand is one error, and costs no more than that")
    func largeBatch() async throws {
        let gateway = try await GatewayUnderTest(keys: [])
        let stream = RawStream(unix: gateway.socket)
        await stream.send("[" + Array(repeating: "{}", count: 100_000).joined(separator: ",") + "]\n")
        let reply = await stream.read { $0.contains("\n") }
        #expect(reply?.contains("-32600") == true)
        #expect(reply?.utf8.count ?? 0 < 400)
        await stream.send(#"{"jsonrpc":"2.0","id":1,"method":"none.none"}"# + "\n")
        #expect(await stream.read { $0.contains("\n") }?.contains("-32601") == true)
        try await gateway.stop()
    }

    @Test("Bodies and headers over their limits are refused over HTTP")
    func http() async throws {
        let gateway = try await GatewayUnderTest(keys: [])
        let port = try await gateway.httpPort
        let body = RawStream(port: port)
        let head = "POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1048577\r\n\r\n"
        await body.send(head + String(repeating: " ", count: 1_048_577))
        #expect(await body.read { $0.contains("\r\n") }?.hasPrefix("HTTP/1.1 413") == true)
        let headers = RawStream(port: port)
        let long = String(repeating: "x", count: HTTPServer.maximumHeaderBytes + 1)
        await headers.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \(long)\r\n\r\n")
        let answer = await headers.read { $0.contains("\r\n") }
        #expect(answer?.contains(" 200 ") != true)
        let fine = RawStream(port: port)
        await fine.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        #expect(await fine.read()?.hasPrefix("HTTP/1.1 200") == true)
        try await gateway.stop()
    }

    @Test("An HTTP connection has its time for a head, for an answer and to read it")
    func httpPatience() {
        func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + seconds) }
        var patience = HTTPPatience(HTTPPatience.Limits(), at: at(0))
        #expect(!patience.isExhausted(at: at(59)))
        #expect(patience.isExhausted(at: at(60)))
        patience.began(at: at(50))
        patience.began(at: at(300))
        #expect(!patience.isExhausted(at: at(379)))
        #expect(patience.isExhausted(at: at(380)))
        patience.wrote(at: at(60))
        patience.ended(at: at(61))
        #expect(!patience.rests && !patience.isExhausted(at: at(390)))
        #expect(patience.isExhausted(at: at(391)))
        patience.ended(at: at(62))
        #expect(patience.rests && !patience.isExhausted(at: at(121)))
        #expect(patience.isExhausted(at: at(122)))
        patience.began(at: at(110))
        patience.becameWritable(false, at: at(111))
        #expect(!patience.isExhausted(at: at(140)))
        #expect(patience.isExhausted(at: at(141)))
        patience.becameWritable(true, at: at(141))
        #expect(!patience.isExhausted(at: at(142)))
        patience.ended(at: at(142))
        patience.ended(at: at(143))
        patience.began(at: at(144))
        #expect(!patience.rests)
    }
}
