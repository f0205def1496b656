import JSON
import JSONRPC
import JSONRPCInProcess
import Testing

/// The examples of section 7 of the JSON-RPC 2.0 specification, with the methods they presume.
@Suite struct SpecificationExampleTests {
    private let client = InProcessClient(SpecificationMethods.router)

    @Test(
        "The specification's example requests get its example replies",
        arguments: [
            // Positional parameters.
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
                #"{"jsonrpc":"2.0","id":1,"result":19}"#
            ),
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
                #"{"jsonrpc":"2.0","id":2,"result":-19}"#
            ),
            // Named parameters.
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
                #"{"jsonrpc":"2.0","id":3,"result":19}"#
            ),
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
                #"{"jsonrpc":"2.0","id":4,"result":19}"#
            ),
        ])
    func calls(request: String, reply: String) async {
        #expect(await answer(request) == reply)
    }

    @Test(
        "The specification's bad requests get its error codes and ids",
        arguments: [
            // Not there.
            (#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#, -32601, #""1""#),
            // Invalid JSON.
            (#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, -32700, "null"),
            // No valid request object.
            (#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, -32600, "null"),
            // A batch of invalid JSON.
            (
                #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"]"#,
                -32700, "null"
            ),
            // An empty batch.
            ("[]", -32600, "null"),
        ])
    func refusals(request: String, code: Int, id: String) async throws {
        let reply = try #require(await answer(request))
        let value = try JSONValue.parse(reply)
        #expect(value["error"]?["code"] == .number(JSONNumber(Int64(code))))
        #expect(value["id"].map { String(decoding: JSONRaw($0).bytes, as: UTF8.self) } == id)
    }

    @Test("Notifications get no reply, alone and in a batch")
    func notifications() async {
        #expect(await answer(#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#) == nil)
        #expect(await answer(#"{"jsonrpc": "2.0", "method": "foobar"}"#) == nil)
        let batch = """
            [{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, \
            {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]
            """
        #expect(await answer(batch) == nil)
    }

    @Test("A batch that is invalid throughout gets an error for each element")
    func invalidBatches() async throws {
        for (request, count) in [("[1]", 1), ("[1,2,3]", 3)] {
            let elements = try elements(of: await answer(request))
            #expect(elements.count == count)
            #expect(elements.allSatisfy { $0["error"]?["code"] == .number(JSONNumber(-32600)) })
        }
    }

    @Test("A mixed batch gets one reply for each element but its notifications")
    func mixedBatch() async throws {
        let batch = """
            [{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, \
            {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}, \
            {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"}, \
            {"foo": "boo"}, \
            {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, \
            {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]
            """
        let elements = try elements(of: await answer(batch))
        #expect(elements.count == 5)
        func reply(_ id: JSONValue) -> JSONValue? { elements.first { $0["id"] == id } }
        #expect(reply(.string("1"))?["result"] == .number(JSONNumber(7)))
        #expect(reply(.string("2"))?["result"] == .number(JSONNumber(19)))
        #expect(reply(.null)?["error"]?["code"] == .number(JSONNumber(-32600)))
        #expect(reply(.string("5"))?["error"]?["code"] == .number(JSONNumber(-32601)))
        let data = try JSONValue.parse(#"["hello", 5]"#)
        #expect(reply(.string("9"))?["result"] == data)
    }

    private func elements(of reply: String?) throws -> [JSONValue] {
        guard case .array(let elements) = try JSONValue.parse(try #require(reply)) else { throw NoArray() }
        return elements
    }

    private struct NoArray: Error {}

    private func answer(_ request: String) async -> String? {
        await client.send(line: Array(request.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// `subtract`, `sum` and the others that the specification's examples call.
enum SpecificationMethods {
    static var router: Router {
        var router = Router()
        router.register("subtract", Subtract())
        router.register("sum", Sum())
        router.register("update", Silent())
        router.register("notify_sum", Silent())
        router.register("notify_hello", Silent())
        router.register("get_data", GetData())
        return router
    }

    private struct Silent: RequestHandler {
        func handle(_ request: borrowing Request, _ reply: Reply?) {
            reply?.succeed { $0.null() }
        }
    }

    private struct GetData: RequestHandler {
        func handle(_ request: borrowing Request, _ reply: Reply?) {
            reply?.succeed { writer in
                writer.beginArray()
                writer.string("hello")
                writer.int(5)
                writer.endArray()
            }
        }
    }

    private struct Sum: RequestHandler {
        func handle(_ request: borrowing Request, _ reply: Reply?) {
            let total = (try? [Int64](json: Array(request.paramsBytes)))?.reduce(0, +) ?? 0
            reply?.succeed { $0.int(total) }
        }
    }

    private struct Subtract: RequestHandler {
        func handle(_ request: borrowing Request, _ reply: Reply?) {
            do throws(JSONError) {
                let difference = try difference(request.paramsBytes)
                reply?.succeed { $0.int(difference) }
            } catch {
                reply?.fail(.invalidParams(error))
            }
        }

        private func difference(_ params: UnsafeRawBufferPointer) throws(JSONError) -> Int64 {
            var reader = JSONReader(params)
            guard try reader.peek() == .object else {
                let numbers = try [Int64](from: &reader)
                return numbers[0] - numbers[1]
            }
            var minuend: Int64 = 0
            var subtrahend: Int64 = 0
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "minuend": minuend = try reader.readInt64()
                case "subtrahend": subtrahend = try reader.readInt64()
                default: try reader.unknownMember()
                }
            }
            return minuend - subtrahend
        }
    }
}
