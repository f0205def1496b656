import JSON

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
    private var names = JSONKeyIndex()
    /// By the numbers of their methods' names.
    private var handlers: [any RequestHandler] = []

    public init() {}

    /// The registered methods, sorted.
    public var methods: [String] { names.names.sorted() }

    /// Registers `handler` for `method`. Registering a method twice is a programming error.
    public mutating func register(_ method: String, _ handler: any RequestHandler) {
        precondition(names.insert(method), "The method \(method) is registered twice.")
        handlers.append(handler)
    }

    public func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {
        for handler in handlers { handler.cancel(id, on: connection) }
    }

    public func handle(_ request: borrowing Request, _ reply: Reply?) {
        if let number = names[request.methodName] {
            handlers[number].handle(request, reply)
        } else {
            reply?.fail(.methodNotFound(request.method))
        }
    }
}
