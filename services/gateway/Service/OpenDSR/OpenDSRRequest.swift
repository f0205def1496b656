import CommonAPI
import GatewayAPI
import JSON

/// The body of a request as OpenDSR 2.0 has it (section 7.1). Members that it does not name are ignored.
struct OpenDSRRequest: JSONReadable {
    /// Bytes of a body.
    static let maximumBytes = 64 << 10
    /// Identities in one place; each may become two identifiers, and a request has 64 at most.
    static let maximumIdentities = 16
    static let maximumCallbackURLs = 5
    /// Where the URLs of callbacks stand.
    static let callbackURLs = "/status_callback_urls"

    let id: String
    let kind: PrivacyKind
    let regulation: Regulation
    let submittedAt: Timestamp
    let identities: [OpenDSRIdentity]
    /// Those of its extensions, by the processor they are for.
    let extensions: [String: [OpenDSRIdentity]]
    let callbackURLs: [String]

    init(from reader: inout JSONReader) throws(JSONError) {
        var seen: UInt64 = 0
        var id: String?
        var kind: PrivacyKind?
        var regulation = Regulation.none
        var submittedAt: Timestamp?
        var identities: [OpenDSRIdentity] = []
        var extensions: [String: [OpenDSRIdentity]] = [:]
        var callbackURLs: [String] = []
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "subject_request_id":
                try reader.once(&seen, 0)
                id = try Self.readID(&reader)
            case "subject_request_type":
                try reader.once(&seen, 1)
                kind = try Self.readKind(&reader)
            case "regulation":
                try reader.once(&seen, 2)
                regulation = try Self.readRegulation(&reader)
            case "submitted_time":
                try reader.once(&seen, 3)
                submittedAt = try Self.readTime(&reader)
            case "subject_identities":
                try reader.once(&seen, 4)
                if try !reader.readNull() { identities = try Self.readIdentities(&reader) }
            case "extensions":
                try reader.once(&seen, 5)
                if try !reader.readNull() { extensions = try Self.readExtensions(&reader) }
            case "status_callback_urls":
                try reader.once(&seen, 6)
                if try !reader.readNull() { callbackURLs = try Self.readURLs(&reader) }
            case "api_version":
                try reader.once(&seen, 7)
                try Self.readVersion(&reader)
            default:
                try reader.unknownMember()
            }
        }
        guard let id else { throw reader.missing("subject_request_id") }
        guard let kind else { throw reader.missing("subject_request_type") }
        guard let submittedAt else { throw reader.missing("submitted_time") }
        self.id = id
        self.kind = kind
        self.regulation = regulation
        self.submittedAt = submittedAt
        self.identities = identities
        self.extensions = extensions
        self.callbackURLs = callbackURLs
    }

    /// The request as Gyre knows it.
    ///
    /// - Parameter domain: the processor's, whose extension counts; others' are not for it.
    /// - Returns: nil when nothing points to a person.
    func submission(to domain: String) -> PrivacyRequests.Submit.Params? {
        var identifiers: [Identifier] = []
        for identity in identities + (extensions[domain] ?? []) {
            for identifier in identity.identifiers where !identifiers.contains(identifier) {
                identifiers.append(identifier)
            }
        }
        guard !identifiers.isEmpty else { return nil }
        return PrivacyRequests.Submit.Params(
            identifiers: identifiers, kind: kind, regulation: regulation, callbackUrls: callbackURLs, reference: id,
            submittedAt: submittedAt)
    }

    // MARK: Members

    /// A UUID of version 4, in lower case whatever it was sent in: programs differ there, and mean the same.
    static func id(_ text: String) -> String? {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard groups.map(\.count) == [8, 4, 4, 4, 12], groups.allSatisfy({ $0.allSatisfy(isHexadecimal) }) else {
            return nil
        }
        let lower = text.lowercased()
        let digits = Array(lower.utf8)
        guard digits[14] == UInt8(ascii: "4"), "89ab".utf8.contains(digits[19]) else { return nil }
        return lower
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func readID(_ reader: inout JSONReader) throws(JSONError) -> String {
        guard let id = id(try reader.readString()) else {
            throw reader.fail(.constraint, "must be a UUID of version 4")
        }
        return id
    }

    private static func readKind(_ reader: inout JSONReader) throws(JSONError) -> PrivacyKind {
        let text = try reader.readString()
        guard let kind = OpenDSRIdentity.kinds.first(where: { $0.rawValue == text }) else {
            throw reader.fail(.constraint, "must be access, portability or erasure")
        }
        return kind
    }

    private static func readRegulation(_ reader: inout JSONReader) throws(JSONError) -> Regulation {
        switch try reader.readString() {
        case "gdpr": return .gdpr
        case "ccpa": return .ccpa
        default: throw reader.fail(.constraint, "must be gdpr or ccpa")
        }
    }

    /// RFC 3339, or a day alone, which begins in UTC, or a time without its zone, which is UTC's: clients send both.
    private static func readTime(_ reader: inout JSONReader) throws(JSONError) -> Timestamp {
        let text = try reader.readString()
        guard let time = Timestamp(text) ?? Timestamp(text + "Z") ?? Timestamp(text + "T00:00:00Z") else {
            throw reader.fail(.constraint, "must be a time as in RFC 3339, such as 2026-01-31T15:00:00Z")
        }
        return time
    }

    private static func readVersion(_ reader: inout JSONReader) throws(JSONError) {
        if try reader.readNull() { return }
        let text = try reader.readString()
        guard text == "2" || text.hasPrefix("2.") else {
            throw reader.fail(.constraint, "must be 2.0, which is what this endpoint speaks")
        }
    }

    private static func readURLs(_ reader: inout JSONReader) throws(JSONError) -> [String] {
        var urls: [String] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard urls.count < maximumCallbackURLs else {
                throw reader.fail(.constraint, "must have at most \(maximumCallbackURLs) elements")
            }
            urls.append(try reader.readString(lengths: 8...2_048))
        }
        return urls
    }

    private static func readIdentities(_ reader: inout JSONReader) throws(JSONError) -> [OpenDSRIdentity] {
        var identities: [OpenDSRIdentity] = []
        try reader.beginArray()
        while try reader.nextElement() {
            try check(identities, &reader)
            let identity = try OpenDSRIdentity(from: &reader)
            guard OpenDSRIdentity.types.contains(identity.type) else {
                throw reader.fail(.constraint, "has an identity_type that /discovery does not name")
            }
            guard identity.format == "raw" else {
                throw reader.fail(
                    .constraint, "must have the identity_format raw: a hash does not lead to the person's data")
            }
            identities.append(identity)
        }
        return identities
    }

    private static func check(_ identities: [OpenDSRIdentity], _ reader: inout JSONReader) throws(JSONError) {
        guard identities.count < maximumIdentities else {
            throw reader.fail(.constraint, "must have at most \(maximumIdentities) elements")
        }
    }

    private static func readExtensions(
        _ reader: inout JSONReader
    ) throws(JSONError) -> [String: [OpenDSRIdentity]] {
        var extensions: [String: [OpenDSRIdentity]] = [:]
        try reader.beginObject()
        while let domain = try reader.nextMember() {
            let domain = domain.string.lowercased()
            guard try reader.peek() == .object else {
                try reader.skip()
                continue
            }
            extensions[domain] = try readExtension(&reader)
        }
        return extensions
    }

    /// Identities of types that OpenDSR does not know, and mpids: 64-bit numbers with a sign, never rounded.
    private static func readExtension(_ reader: inout JSONReader) throws(JSONError) -> [OpenDSRIdentity] {
        var identities: [OpenDSRIdentity] = []
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "identities":
                try reader.beginArray()
                while try reader.nextElement() {
                    try check(identities, &reader)
                    identities.append(try OpenDSRIdentity(from: &reader))
                }
            case "mpids":
                try reader.beginArray()
                while try reader.nextElement() {
                    try check(identities, &reader)
                    identities.append(OpenDSRIdentity(type: "mpid", value: "\(try reader.readInt64())"))
                }
            default: try reader.skip()
            }
        }
        return identities
    }
}
