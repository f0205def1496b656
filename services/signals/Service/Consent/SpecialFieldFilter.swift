import JSON
import JSONRPC
import ServiceContract
import SignalsAPI

/// Holds specially protected traits and properties back for which no basis is recorded: for the length of one reading
/// call.
struct SpecialFieldFilter {
    private let fields: SpecialFields
    private let now: Timestamp
    private let consents = ConsentStore()
    /// What was asked of people already.
    private var covered: [Int64: Set<SpecialCategory>] = [:]

    init(at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        fields = try SpecialFields(in: transaction)
        self.now = now
    }

    /// Splits a JSON object of traits into what may be given out and the names of traits that are not, or not wholly.
    mutating func split(
        _ traits: JSONRaw, of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (given: JSONRaw, withheld: [String]) {
        let stated = try Self.readable { () throws(JSONError) in try self.stated(in: traits) }
        guard !stated.isEmpty else { return (traits, []) }
        let covered = try categories(of: actor, in: transaction)
        let withheld = stated.filter { trait in trait.fields.contains { !covered.contains($0.category) } }.map(\.name)
        guard !withheld.isEmpty else { return (traits, []) }
        let given = try Self.readable { () throws(JSONError) in
            try fields.traits.without(allBut: covered, traits.bytes)
        }
        return (given, withheld)
    }

    /// The traits that are specially protected, wholly or in part.
    private func stated(in traits: JSONRaw) throws(JSONError) -> [(name: String, fields: [StatedSpecialField])] {
        try traits.bytes.withJSONReader { (reader) throws(JSONError) in
            var stated: [(name: String, fields: [StatedSpecialField])] = []
            try reader.beginObject()
            while let name = try reader.nextMember()?.string {
                let fields = try fields.traits.stated(by: StatedTrait(name: name, value: try reader.readRaw()))
                if !fields.isEmpty { stated.append((name, fields)) }
            }
            return stated
        }
    }

    /// What may be given out of the properties of an event.
    ///
    /// - Parameter actor: whom it is about; nil: nobody who is known, of whom nothing can be recorded.
    mutating func given(
        _ properties: JSONRaw, of actor: Int64?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> JSONRaw {
        if fields.properties.isEmpty { return properties }
        var covered: Set<SpecialCategory> = []
        let stated = try Self.readable { () throws(JSONError) in try fields.properties.stated(in: properties.bytes) }
        guard !stated.isEmpty else { return properties }
        if let actor { covered = try categories(of: actor, in: transaction) }
        return try Self.readable { () throws(JSONError) in
            try fields.properties.without(allBut: covered, properties.bytes)
        }
    }

    /// Whether a trait of this name may be given out of somebody.
    mutating func isGiven(
        _ trait: String, of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        guard let category = fields.traits.category(of: trait) else { return true }
        return try categories(of: actor, in: transaction).contains(category)
    }

    private mutating func categories(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<SpecialCategory> {
        if let known = covered[actor] { return known }
        let found = try consents.specialCategories(of: actor, at: now, in: transaction)
        covered[actor] = found
        return found
    }

    /// What is stored was readable when it came.
    private static func readable<T>(_ read: () throws(JSONError) -> T) throws(RPCError) -> T {
        do throws(JSONError) {
            return try read()
        } catch {
            throw .internalError("Stored fields are unreadable: \(error.message)")
        }
    }
}
