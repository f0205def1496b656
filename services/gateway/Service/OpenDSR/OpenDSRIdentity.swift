import CommonAPI
import GatewayAPI
import JSON

/// What points to a person, as OpenDSR 2.0 has it (section 5).
struct OpenDSRIdentity: JSONReadable, Equatable {
    /// Section 5.1.
    static let types = [
        "android_advertising_id", "android_id", "controller_customer_id", "email", "fire_advertising_id",
        "ios_advertising_id", "ios_vendor_id", "microsoft_advertising_id", "microsoft_publisher_id",
        "roku_advertising_id", "roku_publisher_id",
    ]
    /// The kinds of requests that OpenDSR knows (section 6.2).
    static let kinds: [PrivacyKind] = [.access, .erasure, .portability]

    let type: String
    let value: String
    let format: String

    init(type: String, value: String, format: String = "raw") {
        self.type = type
        self.value = value
        self.format = format
    }

    init(from reader: inout JSONReader) throws(JSONError) {
        var seen: UInt64 = 0
        var type: String?
        var value: String?
        var format = "raw"
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "identity_type":
                try reader.once(&seen, 0)
                type = try reader.readString(lengths: 1...40)
            case "identity_value":
                try reader.once(&seen, 1)
                value = try reader.readString(lengths: 1...256)
            case "identity_format":
                try reader.once(&seen, 2)
                format = try reader.readString()
            default:
                try reader.unknownMember()
            }
        }
        guard let type else { throw reader.missing("identity_type") }
        guard let value else { throw reader.missing("identity_value") }
        guard type.utf8.first.map({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }) == true,
            type.utf8.allSatisfy(Self.isLetterOfType)
        else { throw reader.fail(.constraint, "must have an identity_type of letters, digits and underscores") }
        self.type = type
        self.value = value
        self.format = format
    }

    private static func isLetterOfType(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// As signals may know it: under OpenDSR's name, and under the same in Gyre's manner (`ios_vendor_id`,
    /// `iosVendorId`), for its senders choose.
    var identifiers: [Identifier] {
        if type == "controller_customer_id" { return [Identifier(type: "customerId", value: value)] }
        let words = type.split(separator: "_")
        let camel = words.dropFirst().reduce(String(words.first ?? "")) {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
        return camel == type || camel.isEmpty
            ? [Identifier(type: type, value: value)]
            : [Identifier(type: type, value: value), Identifier(type: camel, value: value)]
    }
}
