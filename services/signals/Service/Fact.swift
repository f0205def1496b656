import CommonAPI
import JSON
import JSONRPC
import ServiceKit
import SignalsAPI

/// Something stated by a sender, with identifiers in their canonical form: what a call, an item of a batch and a row of a
/// file have in common, before it is known whom it is about.
struct Fact: Sendable {
    /// The event of a signal that states identifiers and traits.
    static let identifyEvent = "$identify"

    let event: String
    let identifiers: [Identifier]
    var messageID: MessageID?
    /// When it happened; nil: now.
    var timestamp: Timestamp?
    var revenue: Amount?
    var currency: Currency?
    /// A JSON object: properties, or for a statement its traits as they were sent.
    var properties: [UInt8]?
    var traits: [StatedTrait] = []
    /// The number of the import it comes from.
    var importNumber: Int64?
    let place: Place

    /// Where it stands in what was sent, for errors.
    enum Place: Sendable, Equatable {
        case call
        case item(Int)
        case row

        /// What an error calls a member.
        ///
        /// - Parameter member: relative to the fact, such as `/traits/plan`.
        func name(of member: String) -> String {
            switch self {
            case .call: "/params" + member
            case .item(let index): "/params/items/\(index)" + member
            case .row: String(member.dropFirst())
            }
        }

        /// The error for a member that breaks a rule.
        ///
        /// - Parameters:
        ///   - member: relative to the fact, such as `/timestamp`.
        ///   - problem: such as "must not be blank".
        func invalid(_ member: String, _ problem: String) -> RPCError {
            switch self {
            case .call, .item: .invalidParams(at: name(of: member), problem)
            case .row: RPCError(code: RPCError.Code.invalidParams, message: "\(name(of: member)) \(problem)")
            }
        }
    }
}

extension Fact {
    init(_ params: Signals.Track.Params) throws(RPCError) {
        self.init(
            event: try Self.tracked(params.event, .call),
            identifiers: try Self.identifiers(params.userId, params.anonymousId, params.identifiers, .call),
            messageID: params.messageId.map { MessageID($0) }, timestamp: params.timestamp, revenue: params.revenue,
            currency: params.currency, properties: params.properties?.bytes, place: .call)
    }

    init(_ item: TrackItem, at index: Int) throws(RPCError) {
        self.init(
            event: try Self.tracked(item.event, .item(index)),
            identifiers: try Self.identifiers(item.userId, item.anonymousId, item.identifiers, .item(index)),
            messageID: item.messageId.map { MessageID($0) }, timestamp: item.timestamp, revenue: item.revenue,
            currency: item.currency, properties: item.properties?.bytes, place: .item(index))
    }

    init(_ params: Signals.Identify.Params) throws(RPCError) {
        self.init(
            event: Self.identifyEvent,
            identifiers: try Self.stated(params.userId, params.anonymousId, params.identifiers, .call),
            messageID: params.messageId.map { MessageID($0) }, timestamp: params.timestamp,
            properties: params.traits?.bytes, traits: try Self.traits(params.traits, .call), place: .call)
    }

    init(_ item: IdentifyItem, at index: Int) throws(RPCError) {
        self.init(
            event: Self.identifyEvent,
            identifiers: try Self.stated(item.userId, item.anonymousId, item.identifiers, .item(index)),
            messageID: item.messageId.map { MessageID($0) }, timestamp: item.timestamp, properties: item.traits?.bytes,
            traits: try Self.traits(item.traits, .item(index)), place: .item(index))
    }

    /// The name of an event that is no statement, and must not look like one.
    static func tracked(_ event: String, _ place: Place) throws(RPCError) -> String {
        if event == identifyEvent { throw place.invalid("/event", "is the name of what signals.identify states") }
        return event
    }

    // MARK: Identifiers

    /// In canonical form, each once.
    private static func identifiers(
        _ userID: String?, _ anonymousID: String?, _ further: [Identifier]?, _ place: Place
    ) throws(RPCError) -> [Identifier] {
        var identifiers: [Identifier] = []
        if let userID { try add("customerId", userID, to: &identifiers) { place.invalid("/userId", $0) } }
        if let anonymousID {
            try add("anonymousId", anonymousID, to: &identifiers) { place.invalid("/anonymousId", $0) }
        }
        for (index, identifier) in (further ?? []).enumerated() {
            try add(identifier.type, identifier.value, to: &identifiers) {
                place.invalid("/identifiers/\(index)/value", $0)
            }
        }
        return identifiers
    }

    /// The same for a statement, which has to be about somebody.
    private static func stated(
        _ userID: String?, _ anonymousID: String?, _ further: [Identifier]?, _ place: Place
    ) throws(RPCError) -> [Identifier] {
        let identifiers = try identifiers(userID, anonymousID, further, place)
        guard !identifiers.isEmpty else { throw place.invalid("", "needs a userId, an anonymousId or identifiers") }
        return identifiers
    }

    static func add(
        _ type: String, _ value: String, to identifiers: inout [Identifier], _ failure: (String) -> RPCError
    ) throws(RPCError) {
        let identifier: Identifier
        do {
            identifier = try Identifier(type: type, value: value).canonical()
        } catch {
            throw failure(error.problem)
        }
        // At most eighteen: comparing each with each is quicker than a set.
        if !identifiers.contains(identifier) { identifiers.append(identifier) }
    }

    // MARK: Traits

    private static func traits(_ object: JSONRaw?, _ place: Place) throws(RPCError) -> [StatedTrait] {
        guard let object else { return [] }
        return try traits(object.bytes, place)
    }

    /// The members of a JSON object that has been validated.
    static func traits(_ object: [UInt8], _ place: Place) throws(RPCError) -> [StatedTrait] {
        var traits: [StatedTrait] = []
        var defect: (member: String, problem: String)?
        do {
            try object.withJSONReader { (reader) throws(JSONError) in
                try reader.beginObject()
                while let name = try reader.nextMember()?.string {
                    if defect == nil, let problem = problem(ofName: name) {
                        defect = ("/traits/" + JSONPointer.escape(name), problem)
                    }
                    let value = try reader.readNull() ? nil : try reader.readRaw()
                    traits.append(StatedTrait(name: name, value: value))
                }
            }
        } catch {
            throw place.invalid("/traits" + error.pointer, error.message)
        }
        if traits.count > IntakeLimits.traitsOfStatement {
            defect = ("/traits", "must have at most \(IntakeLimits.traitsOfStatement) members and has \(traits.count)")
        }
        if let defect { throw place.invalid(defect.member, defect.problem) }
        return traits
    }

    private static func problem(ofName name: String) -> String? {
        if name.isEmpty { return "must not have an empty name" }
        guard name.unicodeScalars.count > IntakeLimits.traitNameLength else { return nil }
        return "must have a name of at most \(IntakeLimits.traitNameLength) characters"
    }
}
