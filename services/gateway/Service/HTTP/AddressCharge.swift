import Hummingbird

/// Charges whatever the world asks for to its address, save for calls, which the gate charges.
struct AddressCharge: RouterMiddleware {
    let door: HTTPDoor

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let isCall = Self.isCall(request.method.rawValue, request.uri.path)
        if !isCall || request.head.authority == HTTPHost.unclear, let refusal = await door.charge(context.address) {
            return refusal
        }
        return try await next(request, context)
    }

    /// Whether a request is nothing but a call.
    static func isCall(_ method: String, _ path: String) -> Bool {
        path == "/rpc" || method == "POST" && path.hasPrefix(OFREPDoor.prefix)
    }
}
