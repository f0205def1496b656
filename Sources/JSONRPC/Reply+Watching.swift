extension Reply {
    /// A reply that goes where another one goes; somebody sees it first.
    ///
    /// - Parameters:
    ///   - original: nil for a notification, which is answered all the same, to nobody.
    ///   - see: gets what follows the id, `,"result":…}` or `,"error":…}`, on the thread that answers; valid only during
    ///     the call.
    public static func watching(
        _ original: Reply?, _ see: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) -> Reply {
        Reply(to: original?.id ?? .null, over: ReplyWatch(original, see))
    }
}

/// Stands between a reply and where it goes.
private final class ReplyWatch: ReplyChannel {
    private let original: Reply?
    private let see: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ original: Reply?, _ see: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.original = original
        self.see = see
    }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let id = original?.id ?? .null
        let rest = UnsafeRawBufferPointer(
            rebasing: message[(Reply.head.utf8CodeUnitCount + id.json.utf8.count)...])
        see(rest)
        original?.splice(afterID: rest)
    }

    var isClosed: Bool { original?.isAbandoned ?? false }
    var connection: ObjectIdentifier { original?.connection ?? ObjectIdentifier(self) }
}
