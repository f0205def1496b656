import JSON
import JSONRPC
import JSONRPCInProcess
import Synchronization
import Testing

@Suite struct SessionTests {
    @Test(
        "An id is repeated byte for byte",
        arguments: ["1", "-7", "18446744073709551615", "1.50", #""a""#, #""é\u0041""#, "null"])
    func ids(id: String) async {
        let reply = await send(#"{"jsonrpc":"2.0","id":\#(id),"method":"echo","params":{"a":1}}"#)
        #expect(reply == #"{"jsonrpc":"2.0","id":\#(id),"result":{"a":1}}"#)
    }

    @Test("An id may have 128 bytes of text, and not 129")
    func longIDs() async throws {
        let longest = "\"" + String(repeating: "x", count: RequestID.maximumBytes - 2) + "\""
        #expect(await send(#"{"jsonrpc":"2.0","id":\#(longest),"method":"echo"}"#)?.contains("result") == true)
        let tooLong = "\"" + String(repeating: "x", count: RequestID.maximumBytes - 1) + "\""
        #expect(await send(#"{"jsonrpc":"2.0","id":\#(tooLong),"method":"echo"}"#)?.contains("-32600") == true)
    }

    @Test(
        "What is no request is told what it lacks",
        arguments: [
            (#"{"id":1,"method":"echo"}"#, "'jsonrpc' must be"),
            (#"{"jsonrpc":"1.0","id":1,"method":"echo"}"#, "'jsonrpc' must be"),
            (#"{"jsonrpc":"2.0","id":1}"#, "'method' must be a string"),
            (#"{"jsonrpc":"2.0","id":1,"method":"echo","params":7}"#, "'params' must be an object or an array"),
            (#"{"jsonrpc":"2.0","id":{},"method":"echo"}"#, "'id' must be"),
            (#"{"jsonrpc":"2.0","id":1,"method":"echo","extra":1}"#, "no member 'extra'"),
            (#""echo""#, "A request is a JSON object"),
        ])
    func invalidRequests(line: String, problem: String) async {
        let reply = await send(line) ?? ""
        #expect(reply.contains("-32600"))
        #expect(reply.contains(problem))
    }

    @Test(
        "A line that is not strict JSON gets -32700",
        arguments: [
            #"{"jsonrpc":"2.0","id":1,"method":"echo",}"#, #"{"jsonrpc":"2.0","id":1,"id":2,"method":"echo"}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1,"\u0061":2}}"#, "{", "nul", "{} {}",
            #"{"jsonrpc":"2.0","id":1,"method":"echo","params":[\#(String(repeating: "[", count: 70))"#,
        ])
    func syntax(line: String) async {
        #expect(await send(line)?.contains("-32700") == true)
    }

    @Test("A batch may have 100 elements, and not 101")
    func batchLimit() async throws {
        let element = #"{"jsonrpc":"2.0","id":1,"method":"echo"}"#
        func batch(_ count: Int) -> String {
            "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
        }
        let replies = try JSONValue.parse(try #require(await send(batch(Session.maximumBatch))))
        #expect(replies[Session.maximumBatch - 1] != nil && replies[Session.maximumBatch] == nil)
        let refusal = try #require(await send(batch(Session.maximumBatch + 1)))
        #expect(refusal.contains("-32600") && refusal.contains("1 to 100"))
    }

    @Test("A reply that would pass the limit becomes the error responseTooLarge")
    func replyLimit() async throws {
        let handler = Closure { _, reply in
            reply?.succeed { $0.string(String(repeating: "x", count: Session.maximumReplyBytes)) }
        }
        let reply = try #require(await InProcessClient(handler).send(line: request))
        #expect(String(decoding: reply, as: UTF8.self).contains("-32008"))
    }

    @Test("A request that its handler forgets is answered with an internal error")
    func forgotten() async throws {
        let reply = try #require(await InProcessClient(Closure { _, _ in }).send(line: request))
        #expect(String(decoding: reply, as: UTF8.self).contains("-32603"))
    }

    @Test("A private cause stays private")
    func causes() async throws {
        let handler = Closure { _, reply in reply?.fail(.internalError("the secret cause")) }
        let reply = try #require(await InProcessClient(handler).send(line: request))
        #expect(!String(decoding: reply, as: UTF8.self).contains("secret"))
    }

    @Test("rpc.cancel names the request it withdraws")
    func cancellation() async {
        let handler = CancellationLog()
        let client = InProcessClient(handler)
        _ = await client.send(line: Array(#"{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":"a"}}"#.utf8))
        _ = await client.send(line: Array(#"{"jsonrpc":"2.0","method":"rpc.cancel","params":{}}"#.utf8))
        #expect(handler.cancelled == [#""a""#])
    }

    @Test("An error's place is a JSON Pointer from the request's root")
    func pointers() {
        let error = RPCError.invalidParams(at: "/params/traits/age", "must be at most 150")
        #expect(error.message == "/params/traits/age: must be at most 150")
        #expect(
            error.data.map { String(decoding: $0.bytes, as: UTF8.self) }
                == #"{"pointer":"/params/traits/age","problem":"must be at most 150"}"#)
    }

    private let request = Array(#"{"jsonrpc":"2.0","id":1,"method":"any"}"#.utf8)

    private func send(_ line: String) async -> String? {
        var router = Router()
        router.register(
            "echo",
            Closure { request, reply in
                let params = Array(request.paramsBytes)
                reply?.succeed { writer in params.withUnsafeBytes { writer.rawBytes($0) } }
            })
        return await InProcessClient(router).send(line: Array(line.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
}

struct Closure: RequestHandler {
    let body: @Sendable (borrowing Request, Reply?) -> Void

    init(_ body: @escaping @Sendable (borrowing Request, Reply?) -> Void) {
        self.body = body
    }

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        body(request, reply)
    }
}

private final class CancellationLog: RequestHandler {
    private let ids = Mutex<[String]>([])

    var cancelled: [String] { ids.withLock(\.self) }

    func handle(_ request: borrowing Request, _ reply: Reply?) {}

    func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {
        if let id { ids.withLock { $0.append(id.json) } }
    }
}
