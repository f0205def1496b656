import JSONRPC
import SQLite
import ServiceContract
import Synchronization

/// What one brand says of its fields: which traits, and which properties of events, are specially protected.
struct SpecialFields: Sendable {
    let traits: SpecialTraitRegistry
    let properties: SpecialPropertyRegistry

    init(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        traits = SpecialTraitRegistry(try SpecialTraitStore().all(in: transaction))
        properties = SpecialPropertyRegistry(try SpecialPropertyStore().all(in: transaction))
    }
}

/// What the brands say of their fields, read once for each, so that a signal without specially protected ones costs no
/// query.
///
/// For the writers' threads only. A brand has one, and a change is forgotten here after it was committed and before it
/// is answered: what follows the answer sees it. A reader may begin before a commit and end after it, so readers ask the
/// database.
final class SpecialFieldCache: Sendable {
    private let known = Mutex<[String: SpecialFields]>([:])

    func fields(in transaction: borrowing WriteTransaction) throws(RPCError) -> SpecialFields {
        let path = transaction.connection.path
        if let fields = known.withLock({ $0[path] }) { return fields }
        let read = try SpecialFields(in: transaction)
        known.withLock { $0[path] = read }
        return read
    }

    /// - Parameter path: of the brand's file.
    func forget(_ path: String) {
        known.withLock { $0[path] = nil }
    }
}
