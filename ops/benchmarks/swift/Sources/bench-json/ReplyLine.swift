import JSON
import SignalsAPI

/// A reply line as a service writes it: the envelope and one signal, about 300 bytes.
struct ReplyLine: JSONWritable {
    var id: Int64
    var result: Signal

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        writer.int(id)
        writer.key("result")
        result.write(to: &writer)
        writer.endObject()
    }

    static let example = ReplyLine(
        id: 1_000_000_001,
        result: Signal(
            sequence: 48_213, messageId: "01930000-0000-7000-8000-000000000001", event: "Order Completed",
            actorId: UUIDv7(milliseconds: 1_767_270_896_789, sequence: 1, random: 2),
            timestamp: Timestamp(microseconds: 1_767_270_896_789_000),
            receivedAt: Timestamp(microseconds: 1_767_270_897_001_000), revenue: Amount(tenThousandths: 1_299_000),
            currency: Currency("USD"), source: "api"))
}

/// The same members for Foundation, times and ids as texts that are ready: that spares the yardstick work.
struct FoundationReplyLine: Encodable {
    struct Result: Encodable {
        var sequence: Int
        var messageId: String
        var event: String
        var actorId: String?
        var timestamp: String
        var receivedAt: String
        var revenue: String?
        var currency: String?
        var source: String
    }

    var jsonrpc = "2.0"
    var id: Int64
    var result: Result

    static let example: FoundationReplyLine = {
        let signal = ReplyLine.example.result
        return FoundationReplyLine(
            id: ReplyLine.example.id,
            result: Result(
                sequence: signal.sequence, messageId: signal.messageId, event: signal.event,
                actorId: signal.actorId?.description, timestamp: signal.timestamp.description,
                receivedAt: signal.receivedAt.description, revenue: signal.revenue?.description,
                currency: signal.currency?.description, source: signal.source))
    }()
}
