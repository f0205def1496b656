import JSONRPC
import SQLite
import ServiceContract
import Synchronization

/// What the brands say of their traits, read once for each, so that a statement without specially protected traits costs
/// no query.
///
/// For the writers' threads only. A brand has one, and a change is forgotten here after it was committed and before it
/// is answered: what follows the answer sees it. A reader may begin before a commit and end after it, so readers ask the
/// database.
final class SpecialTraitCache: Sendable {
    private let registries = Mutex<[String: SpecialTraitRegistry]>([:])
    private let store = SpecialTraitStore()

    func registry(in transaction: borrowing WriteTransaction) throws(RPCError) -> SpecialTraitRegistry {
        let path = transaction.connection.path
        if let known = registries.withLock({ $0[path] }) { return known }
        let read = SpecialTraitRegistry(try store.all(in: transaction))
        registries.withLock { $0[path] = read }
        return read
    }

    /// - Parameter path: of the brand's file.
    func forget(_ path: String) {
        registries.withLock { $0[path] = nil }
    }
}
