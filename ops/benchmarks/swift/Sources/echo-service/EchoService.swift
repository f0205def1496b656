import JSON
import JSONRPC
import JSONRPCUnixSocket
import NIOPosix

/// `echo-service SOCKET`: answers every `echo` with its parameters, through the suite's framing, session and router.
@main
struct EchoService {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else { return print("usage: echo-service SOCKET") }
        var router = Router()
        router.register("echo", Echo())
        // One event loop, as every service has.
        let server = try await UnixSocketServer.bind(
            to: CommandLine.arguments[1], on: MultiThreadedEventLoopGroup(numberOfThreads: 1)
        ) { [router] _ in router }
        withExtendedLifetime(server) {}
        // Until the benchmark ends this process.
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}

private struct Echo: RequestHandler {
    func handle(_ request: borrowing Request, _ reply: Reply?) {
        let params = request.paramsBytes
        reply?.succeed { writer in writer.rawBytes(params) }
    }
}
