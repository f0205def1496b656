import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import TenancyAPI
import Testing

@testable import GatewayService

@Suite struct DoorTests {
    @Test("Every method that clients can call has a route, and no method of siblings has one")
    func routes() throws {
        let routes = try Routes()
        let names = Set(routes.methods.map(\.name))
        for method in SignalsContract.methods + TenancyContract.methods + GatewayContract.methods {
            #expect(names.contains(method.name) == method.isPublic, "\(method.name)")
        }
        #expect(routes["signals.track"]?.method.name == "signals.track")
        #expect(routes["keys.verify"] == nil)
        #expect(routes["subjects.erase"] == nil)
        #expect(routes["messages.deliver"] == nil)
    }

    @Test("A batch costs as much as its items, and at least one")
    func cost() throws {
        let batch = Signals.Batch.method
        for (params, cost) in [
            (#"{"items":[1,2,3]}"#, 3), (#"{"items":[]}"#, 1), (#"{}"#, 1), (#"{"items":{"a":1}}"#, 1),
            (#"{"x":[1,2],"items":[[1,2],[3]]}"#, 2),
        ] {
            #expect(Array(params.utf8).withUnsafeBytes { Routes.cost(of: batch, $0) } == Int64(cost * batch.cost))
        }
    }

    @Test(
        "What meta may not hold is refused with its place",
        arguments: [
            (#"{"key":1}"#, "/key"), (#"{"kee":"x"}"#, "/kee"),
            (#"{"deadlineMilliseconds":0}"#, "/deadlineMilliseconds"),
            (#"{"deadlineMilliseconds":300001}"#, "/deadlineMilliseconds"),
            (#"{"idempotencyKey":""}"#, "/idempotencyKey"),
            (#"{"key":"a","key":"b"}"#, "/key"),
            (#"{"globalPrivacyControl":1}"#, "/globalPrivacyControl"),
        ])
    func meta(text: String, place: String) {
        let error = #expect(throws: RPCError.self) {
            _ = try Array(text.utf8).withUnsafeBytes { try RequestMeta($0) }
        }
        #expect(error?.message.contains("meta" + place) == true)
    }

    @Test("Pretty-printed parameters become one line")
    func oneLine() {
        let pretty = "{\n  \"a\": [\n 1\n]\n}"
        var writer = JSONWriter()
        Array(pretty.utf8).withUnsafeBytes { writer.verbatimOnOneLine($0) }
        #expect(String(decoding: writer.bytes(), as: UTF8.self) == "{   \"a\": [  1 ] }")
    }

    @Test(
        "Only this machine's own names pass as a host",
        arguments: [
            ("127.0.0.1", true), ("127.0.0.1:8080", true), ("localhost:1", true), ("[::1]:9", true), ("[::1]", true),
            ("evil.example", false), ("127.0.0.1.evil.example:80", false), ("localhost.evil.example", false),
            ("", false),
            ("[::2]:9", false),
        ])
    func hosts(authority: String, isLoopback: Bool) {
        #expect(LoopbackOnly<TestContext>.isLoopback(authority) == isLoopback)
    }

    @Test(
        "Large numbers are grouped by thousands",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (69_659, "69,659"), (1_234_567, "1,234,567")])
    func grouping(number: Int, text: String) {
        #expect(StatusPage.grouped(number) == text)
    }
}
