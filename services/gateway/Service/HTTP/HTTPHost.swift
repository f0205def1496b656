import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Which host a request is for: its target's, where the target names one, and otherwise that of its only Host header
/// (RFC 9112, sections 3.2 and 3.2.2).
enum HTTPHost {
    /// In place of the host of a request that names none, more than one, or what is no host. No door takes it.
    static let unclear = ""

    /// Nil where HTTP/1.0 names none.
    static func of(_ head: HTTPRequestHead) -> String? {
        let named = head.headers["Host"]
        guard named.count <= 1 else { return unclear }
        if head.uri.first == "/" || head.uri == "*" {
            return named.first.map(clear) ?? (head.version == .http1_0 ? nil : unclear)
        }
        let parts = head.uri.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, ["http:", "https:"].contains(parts[0].lowercased()) else {
            return unclear
        }
        return clear(String(parts[2].prefix { $0 != "?" && $0 != "#" }))
    }

    /// A name or an address, with or without a port; nobody's password.
    private static func clear(_ host: String) -> String {
        host.utf8.contains { ",/@?#\\ \t".utf8.contains($0) } ? unclear : host
    }
}

/// Leaves a request one host, or none.
final class HTTPHostHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if let host = HTTPHost.of(head) { head.headers.replaceOrAdd(name: "Host", value: host) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}

/// Refuses requests of which nobody can say which host they are for.
struct ClearHostOnly<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.head.authority != HTTPHost.unclear else {
            let text = "A request names the host that it is for, and only one.\n"
            return Response(
                status: .badRequest, headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
        return try await next(request, context)
    }
}
