public import JSON
public import JSONRPC

/// A method call whose parameters have been read: what is left is to run it where its kind says.
///
/// Each closure writes its reply as one JSON value.
public enum Work: Sendable {
    case read(
        @Sendable (borrowing ReadTransaction, CallContext, inout JSONWriter) throws(RPCError) -> Void)
    case write(
        @Sendable (borrowing WriteTransaction, CallContext, inout JSONWriter) throws(RPCError) -> Void)
    case flow(@Sendable (CallContext) async throws(RPCError) -> any JSONWritable)
}

/// One method: its description, and how its parameters become work.
public struct Method: Sendable {
    public let description: MethodDescription
    /// Reads and checks the parameters. `reader` stands at them and is read to their end.
    public let prepare: @Sendable (inout JSONReader) throws(JSONError) -> Work

    public init(
        description: MethodDescription, prepare: @escaping @Sendable (inout JSONReader) throws(JSONError) -> Work
    ) {
        self.description = description
        self.prepare = prepare
    }
}

/// The methods a service implements, by name. Generated `registerMethods(with:)` fill it.
public struct MethodTable: Sendable {
    public private(set) var methods: [String: Method] = [:]

    public init() {}

    public mutating func add(_ method: Method) {
        let previous = methods.updateValue(method, forKey: method.description.name)
        precondition(previous == nil, "The method \(method.description.name) is registered twice.")
    }

    /// Registers a method that reads.
    @inlinable
    public mutating func read<Params: JSONReadable & Sendable, Reply: JSONWritable & SendableMetatype>(
        _ description: MethodDescription,
        _ body: @escaping @Sendable (Params, borrowing ReadTransaction, CallContext) throws(RPCError) -> Reply
    ) {
        add(
            Method(description: description) { reader throws(JSONError) in
                let params = try Params(from: &reader)
                return .read { transaction, call, writer throws(RPCError) in
                    try body(params, transaction, call).write(to: &writer)
                }
            })
    }

    /// Registers a method that writes.
    @inlinable
    public mutating func write<Params: JSONReadable & Sendable, Reply: JSONWritable & SendableMetatype>(
        _ description: MethodDescription,
        _ body: @escaping @Sendable (Params, borrowing WriteTransaction, CallContext) throws(RPCError) -> Reply
    ) {
        add(
            Method(description: description) { reader throws(JSONError) in
                let params = try Params(from: &reader)
                return .write { transaction, call, writer throws(RPCError) in
                    try body(params, transaction, call).write(to: &writer)
                }
            })
    }

    /// Registers a method that takes several steps.
    @inlinable
    public mutating func flow<Params: JSONReadable & Sendable, Reply: JSONWritable & Sendable>(
        _ description: MethodDescription,
        _ body: @escaping @Sendable (Params, CallContext) async throws(RPCError) -> Reply
    ) {
        add(
            Method(description: description) { reader throws(JSONError) in
                let params = try Params(from: &reader)
                return .flow { call throws(RPCError) in try await body(params, call) }
            })
    }
}
