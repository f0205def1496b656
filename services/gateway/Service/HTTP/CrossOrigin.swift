import HTTPTypes
import Hummingbird

/// Lets pages of any site call: what they need stands in the request, and no cookie counts (Fetch Standard, section
/// 3.2).
struct CrossOrigin: RouterMiddleware {
    /// What a page may send, beside what every page may.
    static let allowedHeaders =
        "authorization, cache-control, content-type, if-none-match, last-event-id, traceparent, x-api-key"
    /// What a page may read, beside what every page may.
    static let exposedHeaders = "etag, ratelimit, ratelimit-policy, retry-after, x-sse-support"
    /// Seconds for which browsers need not ask again.
    static let maximumAge = 7_200

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.accessControlAllowOrigin] = "*"
        response.headers[.accessControlExposeHeaders] = Self.exposedHeaders
        return response
    }

    /// What browsers ask before a request that a form could not send.
    static func preflight(_ method: HTTPRequest.Method) -> Response {
        Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: method.rawValue, .accessControlAllowHeaders: allowedHeaders,
                .accessControlMaxAge: String(maximumAge),
            ])
    }
}

extension RouterGroup<HTTPContext> {
    /// A route that pages of any site may call.
    func open(
        _ path: RouterPath, _ method: HTTPRequest.Method,
        _ answer: @escaping @Sendable (Request, HTTPContext) async -> Response
    ) {
        on(path, method: method) { request, context in await answer(request, context) }
        on(path, method: .options) { _, _ in CrossOrigin.preflight(method) }
    }
}
