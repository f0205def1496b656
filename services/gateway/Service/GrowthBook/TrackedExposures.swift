import ExperimentsAPI
import JSON
import JSONRPC

/// The exposures among the events that GrowthBook's tracking plugins send, with their places.
///
/// They come under two names, with their properties in two manners: `$$experiment_viewed` and `experiment_id` from some
/// languages, `Experiment Viewed` and `experimentId` from JavaScript, whose `variationId` is the variant's key. What is known
/// of the unit stands in `context_json`, but for who it is.
struct TrackedExposures {
    /// Events of one body.
    static let maximumEvents = 1_000
    static let maximumUnitLength = 256
    /// Characters of an attribute's name and of its value, as of a dimension's: longer ones are in no plan.
    static let maximumAttributeLength = 100
    /// Bytes of all attributes of one exposure.
    static let maximumAttributesBytes = 16 << 10
    /// Attributes that plugins put beside the others, and what they call them there.
    private static let attributesBeside = [
        ("utmCampaign", "utm_campaign"), ("utmContent", "utm_content"), ("utmMedium", "utm_medium"),
        ("utmSource", "utm_source"), ("utmTerm", "utm_term"),
    ]

    struct Rejection: Equatable {
        let index: Int
        let message: String
    }

    /// What is to be recorded, and where among the events it stood.
    private(set) var items: [(index: Int, item: ExposureItem)] = []
    /// What cannot be recorded, and why.
    private(set) var rejections: [Rejection] = []
    /// How many others there are: evaluated features, events of the customer's own.
    private(set) var others = 0

    init(_ body: [UInt8]) throws(RPCError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: body)
        } catch {
            throw RPCError(code: RPCError.Code.parseError, message: "The body is no JSON: \(error.message).")
        }
        let events: [JSONValue]
        switch value {
        case .array(let array): events = array
        case .object: events = [value]
        default: throw .invalidParams(at: "", "must be an array of events")
        }
        guard events.count <= Self.maximumEvents else {
            throw .invalidParams(at: "", "must have at most \(Self.maximumEvents) events")
        }
        for (index, event) in events.enumerated() { take(event, index) }
    }

    private mutating func take(_ event: JSONValue, _ index: Int) {
        let name = event["event_name"]?.string
        guard name == "$$experiment_viewed" || name == "Experiment Viewed" else {
            others += 1
            return
        }
        let properties = Self.properties(event["properties_json"])
        let experiment = properties?["experiment_id"] ?? properties?["experimentId"]
        let variant = properties?["variation_key"] ?? properties?["variationId"]
        let unit = properties?["hash_value"] ?? properties?["hashValue"]
        guard let experiment = experiment?.string, Self.isKey(experiment) else {
            return reject(index, "experiment_id must be an experiment's key")
        }
        guard let variant = variant?.string, Self.isKey(variant) else {
            return reject(index, "variation_key must be a variant's key")
        }
        guard let unit = unit?.string ?? unit?.number?.text,
            (1...Self.maximumUnitLength).contains(unit.unicodeScalars.count)
        else { return reject(index, "hash_value must be a unit's id, of 1 to \(Self.maximumUnitLength) characters") }
        items.append(
            (
                index,
                ExposureItem(
                    experiment: experiment, unit: unit, variant: variant, attributes: Self.attributes(of: event))
            ))
    }

    /// What an event says of its unit, as far as a plan's dimensions can ask for it; nil: nothing, or more than fits.
    private static func attributes(of event: JSONValue) -> JSONRaw? {
        let told = properties(event["context_json"])?.object ?? JSONObject()
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        var isEmpty = true
        func take(_ name: String, _ value: JSONValue) {
            guard isAttribute(name, value) else { return }
            writer.key(name)
            value.write(to: &writer)
            isEmpty = false
        }
        for member in told { take(member.name, member.value) }
        for (name, beside) in attributesBeside where told[name] == nil {
            if let value = event[beside] { take(name, value) }
        }
        writer.endObject()
        let bytes = writer.bytes()
        guard !isEmpty, bytes.count <= maximumAttributesBytes else { return nil }
        return try? JSONRaw(validating: bytes)
    }

    private static func isAttribute(_ name: String, _ value: JSONValue) -> Bool {
        let text: String
        switch value {
        case .string(let string): text = string
        case .number(let number): text = number.text
        case .bool: text = ""
        case .null, .array, .object: return false
        }
        return [name, text].allSatisfy { $0.unicodeScalars.count <= maximumAttributeLength }
    }

    mutating func reject(_ index: Int, _ message: String) {
        rejections.append(Rejection(index: index, message: message))
    }

    /// An object, or the text of one.
    private static func properties(_ value: JSONValue?) -> JSONValue? {
        guard let text = value?.string else { return value }
        return try? JSONValue.parse(text)
    }

    private static func isKey(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
