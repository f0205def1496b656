/// Handles one method, or all of them.
public protocol RequestHandler: Sendable {
    /// Takes over one request.
    ///
    /// - Parameters:
    ///   - request: valid only during this call.
    ///   - reply: the duty to answer; nil for a notification.
    func handle(_ request: borrowing Request, _ reply: Reply?)

    /// The caller withdraws a request that it sent over `connection`, or, with nil, all of them: it is gone.
    func cancel(_ id: RequestID?, on connection: ObjectIdentifier)
}

extension RequestHandler {
    public func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {}
}

/// Finds the handler of a method by its name.
public struct Router: RequestHandler {
    private var handlers: [String: any RequestHandler] = [:]

    public init() {}

    /// The registered methods, sorted.
    public var methods: [String] { handlers.keys.sorted() }

    /// Registers `handler` for `method`. Registering a method twice is a programming error.
    public mutating func register(_ method: String, _ handler: any RequestHandler) {
        let previous = handlers.updateValue(handler, forKey: method)
        precondition(previous == nil, "The method \(method) is registered twice.")
    }

    public func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {
        for handler in handlers.values { handler.cancel(id, on: connection) }
    }

    public func handle(_ request: borrowing Request, _ reply: Reply?) {
        if let handler = handlers[request.method] {
            handler.handle(request, reply)
        } else {
            reply?.fail(.methodNotFound(request.method))
        }
    }
}
