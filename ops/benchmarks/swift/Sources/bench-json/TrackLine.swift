import JSON
import SignalsAPI

/// A request line as a service reads it: the envelope, and the parameters into their generated type.
struct TrackLine: JSONReadable {
    var id: Int64 = 0
    var method = ""
    var params: Signals.Track.Params

    init(from reader: inout JSONReader) throws(JSONError) {
        var seen: UInt64 = 0
        var params: Signals.Track.Params?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "jsonrpc":
                try reader.once(&seen, 0)
                guard try reader.readString() == "2.0" else { throw reader.fail(.constraint, "must be \"2.0\"") }
            case "id":
                try reader.once(&seen, 1)
                id = try reader.readInt64()
            case "method":
                try reader.once(&seen, 2)
                method = try reader.readString()
            case "params":
                try reader.once(&seen, 3)
                params = try Signals.Track.Params(from: &reader)
            case "meta":
                try reader.once(&seen, 4)
                try reader.skip()
            default:
                try reader.unknownMember()
            }
        }
        guard let params else { throw reader.missing("params") }
        self.params = params
    }

    /// What the socket client sends (see `inputs/track.jsonl`): 644 bytes.
    static let text = """
        {"jsonrpc":"2.0","id":1000000001,"method":"signals.track","params":{"event":"Order Completed",\
        "userId":"user-004711","anonymousId":"a-004711","messageId":"01930000-0000-7000-8000-000000000001",\
        "timestamp":"2026-01-01T12:34:56.789Z","revenue":"129.90","currency":"USD","properties":{"orderId":"o-48213",\
        "coupon":"SPRING","products":[{"sku":"cd-1042","name":"Kind of Blue","price":"14.99","quantity":2},\
        {"sku":"cd-2201","name":"A Love Supreme","price":"12.49","quantity":1}],"channel":"web",\
        "campaign":"spring-sale","shipping":"standard","giftWrap":false,"loyaltyPoints":130}},\
        "meta":{"key":"gy_live_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"}}
        """
}

/// The same members for Foundation. What the suite reads as a time or an amount is only a text here, and the properties
/// are a struct of their own, not an open tree: both spare the yardstick work.
struct FoundationTrackLine: Decodable {
    struct Params: Decodable {
        var event: String
        var userId: String?
        var anonymousId: String?
        var messageId: String?
        var timestamp: String?
        var revenue: String?
        var currency: String?
        var properties: Properties?
    }

    struct Properties: Decodable {
        var orderId: String
        var coupon: String
        var products: [Product]
        var channel: String
        var campaign: String
        var shipping: String
        var giftWrap: Bool
        var loyaltyPoints: Int
    }

    struct Product: Decodable {
        var sku: String
        var name: String
        var price: String
        var quantity: Int
    }

    struct Meta: Decodable {
        var key: String
    }

    var jsonrpc: String
    var id: Int64
    var method: String
    var params: Params
    var meta: Meta
}
