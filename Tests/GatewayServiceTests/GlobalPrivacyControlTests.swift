import JSON
import JSONRPC
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

@Suite struct GlobalPrivacyControlTests {
    @Test(
        "Sec-GPC: 1 travels with the call, whatever the page's own meta says; any other value means nothing",
        arguments: [
            ("Sec-GPC: 1\r\n", "", true), ("sec-gpc: 1\r\n", "", true), ("", "", false),
            ("Sec-GPC: 0\r\n", "", false), ("Sec-GPC: yes\r\n", "", false),
            ("", #","meta":{"globalPrivacyControl":true}"#, true),
            ("Sec-GPC: 1\r\n", #","meta":{"globalPrivacyControl":false}"#, true),
            ("", #","meta":{"globalPrivacyControl":false}"#, false),
        ])
    func header(header: String, meta: String, expected: Bool) async throws {
        let key = TestKey(1)
        let seen = Mutex<[String]>([])
        let gateway = try await GatewayUnderTest(keys: [key], contexts: { text in seen.withLock { $0.append(text) } })
        let stream = RawStream(port: try await gateway.httpPort)
        let body = #"{"jsonrpc":"2.0","id":1,"method":"signals.track","params":{}"# + meta + "}"
        await stream.send(
            "POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer \(key.key.text)\r\n"
                + header + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
        let reply = await stream.read() ?? "nothing"
        #expect(reply.hasPrefix("HTTP/1.1 200"), "\(reply)")
        let contexts = try seen.withLock(\.self).map { try CallContext(json: $0) }
        #expect(contexts.map(\.globalPrivacyControl) == [expected])
        try await gateway.stop()
    }
}
