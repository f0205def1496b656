import ExperimentsAPI
import JSON
import JSONRPC
import JSONRPCUnixSocket
import NIOCore
import NIOPosix
import ServiceKit
import Synchronization

/// The experiments service beside a gateway: answers from a closure, and remembers what it was asked.
final class FakeExperiments: Sendable {
    typealias Answer = @Sendable (_ method: String, _ params: JSONValue) throws(RPCError) -> JSONValue

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let server: UnixSocketServer
    private let log = Log()

    init(beside gateway: GatewayUnderTest, _ answer: @escaping Answer) async throws {
        let configuration = ServiceConfiguration(dataDirectory: gateway.directory)
        server = try await UnixSocketServer.bind(to: configuration.socketPath(of: "experiments"), on: group) {
            [log] _ in Handler(log: log, answer: answer)
        }
    }

    /// The methods that were called, in their order.
    var calls: [String] { log.calls.withLock(\.self) }

    func close() async throws {
        try await server.close()
        try await group.shutdownGracefully()
    }

    private final class Log: Sendable {
        let calls = Mutex<[String]>([])
    }

    private struct Handler: RequestHandler {
        let log: Log
        let answer: Answer

        func handle(_ request: borrowing Request, _ reply: Reply?) {
            let method = request.method
            log.calls.withLock { $0.append(method) }
            do throws(RPCError) {
                let value = try answer(method, (try? JSONValue(parsing: Array(request.paramsBytes))) ?? .null)
                reply?.succeed { value.write(to: &$0) }
            } catch {
                reply?.fail(error)
            }
        }
    }
}

/// One HTTP request to a gateway, and its answer.
struct HTTPExchange {
    let status: Int
    /// By their names in lower case.
    let headers: [String: String]
    let body: String

    var json: JSONValue? { try? JSONValue(parsing: Array(body.utf8)) }

    init(
        _ gateway: GatewayUnderTest, _ method: String, _ path: String, _ headers: [String: String] = [:],
        body: String = ""
    ) async throws {
        let stream = RawStream(port: try await gateway.httpPort)
        let fields = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        await stream.send(
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(fields)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let text = await stream.read() ?? ""
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (parts.first ?? "").split(separator: "\r\n")
        status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
        self.headers = Dictionary(
            lines.dropFirst().compactMap { line -> (String, String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return (line[..<colon].lowercased(), String(value))
            }, uniquingKeysWith: { first, _ in first })
        self.body = parts.count > 1 ? String(parts[1]) : ""
    }
}
