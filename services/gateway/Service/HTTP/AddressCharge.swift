import Hummingbird

/// Charges whatever the world asks for to its address, save for calls, which the gate charges.
struct AddressCharge: RouterMiddleware {
    let door: HTTPDoor

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        if request.uri.path != "/rpc", let refusal = await door.charge(context.address) { return refusal }
        return try await next(request, context)
    }
}
