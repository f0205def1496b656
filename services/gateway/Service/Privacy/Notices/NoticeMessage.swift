import CommonAPI
import GatewayAPI
import JSON

/// The body of a notice: what became of a person's data, and as whom the recipient knows them; never more.
enum NoticeMessage {
    static func body(
        _ number: Int64, of request: StoredPrivacyRequest, to recipient: SubjectRecipient
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("notice")
        writer.string(request.kind.rawValue)
        writer.key("number")
        writer.int(number)
        writer.key("brandId")
        request.brand.write(to: &writer)
        writer.key("requestId")
        request.id.write(to: &writer)
        if let endedAt = request.endedAt {
            writer.key("completedAt")
            endedAt.write(to: &writer)
        }
        writer.key("references")
        recipient.references.write(to: &writer)
        writer.key("identifiers")
        recipient.identifiers.write(to: &writer)
        writer.key("actorIds")
        recipient.actorIds.write(to: &writer)
        writer.endObject()
        return writer.bytes()
    }
}
