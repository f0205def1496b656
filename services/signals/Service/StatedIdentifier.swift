import CommonAPI
import JSON
import ServiceKit

// People are known by their identifiers. The same values come as traits and properties, under the name of the type:
// there they say who is meant only where nobody has them as an identifier.

extension Identifier {
    /// Fields by whose values erased people are refused, too.
    static let contactTypes = ["email", "phone"]

    /// The identifier of a type that a field's value states; nil for what can be none.
    ///
    /// - Parameter value: a JSON value.
    init?(type: String, statedAs value: [UInt8]) {
        let text: String
        switch try? JSONValue(parsing: value) {
        case .string(let string): text = string
        case .number(let number): text = number.text
        default: return nil
        }
        guard let canonical = try? Identifier(type: type, value: text).canonical() else { return nil }
        self = canonical
    }

    /// The e-mail addresses and telephone numbers among the members of a JSON object.
    static func contacts(in object: [UInt8]) throws(JSONError) -> [Identifier] {
        try object.withJSONReader { (reader) throws(JSONError) in
            var found: [Identifier] = []
            try reader.beginObject()
            while let name = try reader.nextMember()?.string {
                let comparable = SpecialTraitRegistry.comparable(name)
                if contactTypes.contains(comparable) {
                    let value = try reader.readRaw()
                    if let contact = Identifier(type: comparable, statedAs: value.bytes) { found.append(contact) }
                } else {
                    try reader.skip()
                }
            }
            return found
        }
    }
}

/// Finds those of some identifiers that traits state.
struct StatedIdentifiers {
    private let wanted: [(name: String, identifier: Identifier)]
    /// What to look for under names of traits that were met.
    private var known: [String: [Identifier]] = [:]

    /// - Parameter identifiers: in canonical form.
    init(_ identifiers: [Identifier]) {
        wanted = identifiers.map { (SpecialTraitRegistry.comparable($0.type), $0) }
    }

    /// Names are compared by letters and digits: `E-Mail` states an `email`.
    mutating func stated(by name: String, _ value: @autoclosure () -> [UInt8]) -> [Identifier] {
        let candidates: [Identifier]
        if let met = known[name] {
            candidates = met
        } else {
            let comparable = SpecialTraitRegistry.comparable(name)
            candidates = wanted.filter { $0.name == comparable }.map(\.identifier)
            known[name] = candidates
        }
        if candidates.isEmpty { return [] }
        let value = value()
        return candidates.filter { Identifier(type: $0.type, statedAs: value) == $0 }
    }
}
