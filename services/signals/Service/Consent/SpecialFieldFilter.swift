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

    /// Splits a JSON object of traits into what may be given out and the names of the rest.
    mutating func split(
        _ traits: JSONRaw, of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (given: JSONRaw, withheld: [String]) {
        let special = try Self.names(of: traits).filter { fields.traits.category(of: $0) != nil }
        guard !special.isEmpty else { return (traits, []) }
        let covered = try categories(of: actor, in: transaction)
        let withheld = special.filter { name in fields.traits.category(of: name).map { !covered.contains($0) } ?? false
        }
        guard !withheld.isEmpty else { return (traits, []) }
        return (try Self.without(Set(withheld), traits), withheld)
    }

    /// What may be given out of the properties of an event.
    ///
    /// - Parameter actor: whom it is about; nil: nobody who is known, of whom nothing can be recorded.
    mutating func given(
        _ properties: JSONRaw, of actor: Int64?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> JSONRaw {
        if fields.properties.isEmpty { return properties }
        var covered: Set<SpecialCategory> = []
        do throws(JSONError) {
            guard try !fields.properties.stated(in: properties.bytes).isEmpty else { return properties }
        } catch {
            throw .internalError("Stored properties are unreadable: \(error.message)")
        }
        if let actor { covered = try categories(of: actor, in: transaction) }
        do throws(JSONError) {
            return try fields.properties.without(allBut: covered, properties.bytes)
        } catch {
            throw .internalError("Stored properties are unreadable: \(error.message)")
        }
    }

    private mutating func categories(
        of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<SpecialCategory> {
        if let known = covered[actor] { return known }
        let found = try consents.specialCategories(of: actor, at: now, in: transaction)
        covered[actor] = found
        return found
    }

    private static func names(of object: JSONRaw) throws(RPCError) -> [String] {
        do throws(JSONError) {
            return try object.bytes.withJSONReader { (reader) throws(JSONError) in
                var names: [String] = []
                try reader.beginObject()
                while let name = try reader.nextMember()?.string {
                    names.append(name)
                    try reader.skip()
                }
                return names
            }
        } catch {
            throw .internalError("Stored traits are unreadable: \(error.message)")
        }
    }

    private static func without(_ withheld: Set<String>, _ object: JSONRaw) throws(RPCError) -> JSONRaw {
        do throws(JSONError) {
            return try object.bytes.withJSONReader { (reader) throws(JSONError) in
                var writer = JSONWriter(capacity: 256)
                writer.beginObject()
                try reader.beginObject()
                while let name = try reader.nextMember()?.string {
                    let value = try reader.readRaw()
                    if withheld.contains(name) { continue }
                    writer.key(name)
                    writer.raw(value)
                }
                writer.endObject()
                return try JSONRaw(validating: writer.bytes())
            }
        } catch {
            throw .internalError("Stored traits are unreadable: \(error.message)")
        }
    }
}
