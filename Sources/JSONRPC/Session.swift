import JSON

/// The JSON-RPC 2.0 server side of one connection, without its I/O: lines in, handler calls out.
///
/// Confined to one thread. Replies go to the connection's ``ReplyChannel`` from wherever they are made.
///
/// ```swift
/// let session = Session(handler: router, channel: connection)
/// let begun = session.receive(line)   // so many replies will come
/// ```
public final class Session {
    /// Elements in one batch.
    public static let maximumBatch = 100
    /// Bytes in one line of the public edge, its line end not counted; larger bodies travel in chunks.
    public static let maximumLineBytes = 1 << 20
    /// Bytes in one reply.
    public static let maximumReplyBytes = 1 << 20

    private let handler: any RequestHandler
    private let channel: any ReplyChannel

    public init(handler: any RequestHandler, channel: any ReplyChannel) {
        self.handler = handler
        self.channel = channel
    }

    /// Takes one line without its line end and hands every request in it to the handler.
    ///
    /// - Returns: how many requests of this line will be answered.
    public func receive(_ line: UnsafeRawBufferPointer) -> Int {
        do {
            var reader = JSONReader(line)
            if try reader.peek() == .array { return try receiveBatch(line) }
            let request = try Request.parse(from: &reader, in: line)
            try reader.finish()
            deliver(request, over: channel)
            return request.expectsReply ? 1 : 0
        } catch {
            Reply(to: .null, over: channel).fail(.parseError(error))
        }
        return 1
    }

    /// The connection is gone: whatever still works for it may stop.
    public func close() {
        handler.cancel(nil, on: channel.connection)
    }

    private func deliver(_ request: borrowing Request, over channel: any ReplyChannel) {
        if let problem = request.problem {
            Reply(to: request.id ?? .null, over: channel).fail(.invalidRequest(problem))
        } else if let id = request.id {
            handler.handle(request, Reply(to: id, over: channel))
        } else {
            notify(request)
        }
    }

    private func notify(_ request: borrowing Request) {
        guard request.methodName == "rpc.cancel" else { return handler.handle(request, nil) }
        var reader = JSONReader(request.paramsBytes, unknownMembers: .ignore)
        // A malformed cancellation cancels nothing: a notification has no reply to say so.
        if let id = try? Self.cancelledID(&reader, in: request.paramsBytes) {
            handler.cancel(id, on: channel.connection)
        }
    }

    private static func cancelledID(
        _ reader: inout JSONReader, in params: UnsafeRawBufferPointer
    ) throws(JSONError) -> RequestID? {
        var id: RequestID?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "id":
                id = try RequestID.readText(from: &reader).map {
                    RequestID(validated: UnsafeRawBufferPointer(rebasing: params[$0]))
                }
            default: try reader.unknownMember()
            }
        }
        return id
    }

    private func receiveBatch(_ line: UnsafeRawBufferPointer) throws(JSONError) -> Int {
        var reader = JSONReader(line)
        var requests: [Request] = []
        try reader.beginArray()
        while try reader.nextElement() {
            let request = try Request.parse(from: &reader, in: line)
            // A longer batch is refused whole, but read to its end first: it may not even be JSON.
            if requests.count <= Self.maximumBatch { requests.append(request) }
        }
        try reader.finish()
        guard (1...Self.maximumBatch).contains(requests.count) else {
            Reply(to: .null, over: channel).fail(
                .invalidRequest("A batch holds 1 to \(Self.maximumBatch) requests; nothing of this one was done."))
            return 1
        }
        let expected = requests.count(where: \.expectsReply)
        let replies = BatchReplies(requests: expected, over: channel)
        for request in requests { deliver(request, over: replies) }
        return expected
    }
}
