import Synchronization

/// The server context of the hour: handshakes that begin take ``current``, and ``reload()`` replaces it, while open
/// connections go on with the one they began with.
///
/// ```swift
/// let contexts = try TLSServerContexts { try TLSServerContext(certificates: [files]) }
/// // for each connection:  TLSHandler(contexts.current)
/// // on SIGHUP:            try contexts.reload()
/// ```
public final class TLSServerContexts: Sendable {
    private let make: @Sendable () throws -> TLSServerContext
    private let context: Mutex<TLSServerContext>

    /// - Parameter make: reads the files; called now and at every reload.
    /// - Throws: what `make` throws.
    public init(_ make: @escaping @Sendable () throws -> TLSServerContext) throws {
        self.make = make
        context = Mutex(try make())
    }

    public var current: TLSServerContext { context.withLock { $0 } }

    /// Reads the files again. Ticket keys change with it, so that calling it daily also rotates them.
    /// - Throws: what `make` throws; the context that was there then stays.
    public func reload() throws {
        let renewed = try make()
        context.withLock { $0 = renewed }
    }
}
