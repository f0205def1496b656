/// Where a value of a row goes.
struct MappingTarget: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        case event, timestamp, messageID, revenue, currency
        case identifier(String)
        /// A property of a signal, or a trait of an actor.
        case member(String)
    }

    /// What a property or trait becomes in JSON.
    enum Format: String, Sendable, Hashable, CaseIterable {
        case text, number, boolean, date, timestamp
    }

    let place: Place
    let format: Format

    /// The name without its format, as it is written in the template.
    let name: String

    static let identifierPrefix = "identifier."
    static let propertyPrefix = "properties."
    static let traitPrefix = "traits."

    struct Failure: Error {
        let reason: String
    }

    /// Reads the name of a target.
    /// - Throws: the reason, with the names there are.
    init(_ written: String, of kind: MappingTemplate.Kind) throws(Failure) {
        if let known = kind == .signals ? Self.signalNames[written] : Self.actorNames[written] {
            self.init(known.0, known.1, written)
            return
        }
        if let type = written.suffix(behind: Self.identifierPrefix) {
            guard Self.isIdentifierType(type) else {
                throw Failure(
                    reason:
                        "has the identifier type \(quoted(type)); a type starts with a small letter and has letters, "
                        + "digits and underscores, at most \(MappedRecord.maximumIdentifierTypeLength)")
            }
            self.init(.identifier(String(type)), .text, written)
            return
        }
        let prefix = kind == .signals ? Self.propertyPrefix : Self.traitPrefix
        guard let member = written.suffix(behind: prefix) else { throw Self.unknown(written, kind) }
        let (name, format) = try Self.format(of: member)
        try Self.checkMember(name)
        self.init(.member(String(name)), format, prefix + name)
    }

    /// The target of a group of columns, which becomes one object.
    init(group name: String, of kind: MappingTemplate.Kind) throws(Failure) {
        let prefix = kind == .signals ? Self.propertyPrefix : Self.traitPrefix
        let member = name.suffix(behind: prefix) ?? name[...]
        try Self.checkMember(member)
        self.init(.member(String(member)), .text, prefix + member)
    }

    /// The target of one column of a group: its name there is that of the column.
    /// - Parameter format: nothing, or a colon and a format.
    init(memberOfGroup name: String, format: String) throws(Failure) {
        let (_, format) = try Self.format(of: format[...])
        self.init(.member(name), format, name)
    }

    private init(_ place: Place, _ format: Format, _ name: String) {
        self.place = place
        self.format = format
        self.name = name
    }

    /// Whether only signals have such a target, so that a template which does not say its kind means signals.
    static func isSignalsOnly(_ written: String) -> Bool {
        if written.hasPrefix(propertyPrefix) { return true }
        return signalNames[written] != nil && actorNames[written] == nil
    }

    /// The targets of signals with a name of their own: those of `signals.track`, and of the table of outcomes in the
    /// cross-industry data schema.
    private static let signalNames: [String: (Place, Format)] = [
        "anonymousId": (.identifier("anonymousId"), .text),
        "currency": (.currency, .text),
        "entity_id": (.identifier("customerId"), .text),
        "event": (.event, .text),
        "messageId": (.messageID, .text),
        "outcome_timestamp": (.timestamp, .text),
        "outcome_type": (.event, .text),
        "outcome_value": (.revenue, .text),
        "revenue": (.revenue, .text),
        "timestamp": (.timestamp, .text),
    ]

    /// The targets of actors with a name of their own: the columns of the table of entities in the cross-industry data
    /// schema, which keep their names as traits.
    private static let actorNames: [String: (Place, Format)] = {
        var names: [String: (Place, Format)] = [
            "anonymousId": (.identifier("anonymousId"), .text),
            "entity_id": (.identifier("customerId"), .text),
            "external_id": (.identifier("externalId"), .text),
            "timestamp": (.timestamp, .text),
        ]
        let traits: [Format: [String]] = [
            .text: ["cohort_id", "entity_type", "lifecycle_stage", "segment_id", "subsegment_ids"],
            .number: [
                "current_value_score", "data_quality_score", "engagement_score", "lifetime_value",
                "responsiveness_score", "risk_score", "tenure_days",
            ],
            .date: ["first_interaction_date", "last_interaction_date"],
            .boolean: ["is_active"],
        ]
        for (format, traitNames) in traits {
            for name in traitNames { names[name] = (.member(name), format) }
        }
        return names
    }()

    private static func unknown(_ written: String, _ kind: MappingTemplate.Kind) -> Failure {
        let names = (kind == .signals ? signalNames : actorNames).keys.sorted().joined(separator: ", ")
        let prefix = kind == .signals ? propertyPrefix : traitPrefix
        return Failure(
            reason: "names the target \(quoted(written)), which \(kind.rawValue) do not have; there are "
                + "\(identifierPrefix)<type>, \(prefix)<name>, \(names)")
    }

    /// Cuts `quantity:number` into a name and a format; without a format the value stays a text.
    private static func format(of member: Substring) throws(Failure) -> (Substring, Format) {
        guard let colon = member.lastIndex(of: ":") else { return (member, .text) }
        let written = member[member.index(after: colon)...]
        guard let format = Format(rawValue: String(written)) else {
            let formats = Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(reason: "has the format \(quoted(written)); there are \(formats)")
        }
        return (member[..<colon], format)
    }

    private static func checkMember(_ name: Substring) throws(Failure) {
        let isAllowed = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "." && $0 != ":" }
        guard isAllowed, 1...MappedRecord.maximumMemberNameLength ~= name.unicodeScalars.count else {
            throw Failure(
                reason: "has the name \(quoted(name)); a name has 1 to \(MappedRecord.maximumMemberNameLength) "
                    + "characters, no dot, colon or control character")
        }
    }

    private static func isIdentifierType(_ type: Substring) -> Bool {
        guard let first = type.utf8.first, first &- UInt8(ascii: "a") < 26 else { return false }
        return type.utf8.count <= MappedRecord.maximumIdentifierTypeLength
            && type.utf8.allSatisfy { byte in
                (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
            }
    }
}

extension String {
    /// What follows a prefix; nil if the text does not start with it.
    func suffix(behind prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
