import HTTPTypes
import Hummingbird

/// Refuses requests that a page of another site made a browser send: their Host or Origin is not this machine.
struct LoopbackOnly<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let authority = request.head.authority, Self.isLoopback(authority) else {
            return Response(status: .misdirectedRequest)
        }
        if let origin = request.headers[.origin] {
            let authority = origin.split(separator: "/").last ?? ""
            guard Self.isLoopback(String(authority)) else { return Response(status: .forbidden) }
        }
        return try await next(request, context)
    }

    /// `127.0.0.1`, `localhost` or `[::1]`, with or without a port.
    static func isLoopback(_ authority: String) -> Bool {
        let name: Substring
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            name = authority[...end]
        } else {
            name = authority.prefix { $0 != ":" }
        }
        return ["127.0.0.1", "localhost", "[::1]"].contains(name)
    }
}
