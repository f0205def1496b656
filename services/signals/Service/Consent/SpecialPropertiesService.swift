import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `specialProperties.*`.
struct SpecialPropertiesService: SpecialProperties.Service {
    let runtime: ServiceRuntime
    let cache: SpecialFieldCache
    private let store = SpecialPropertyStore()

    init(runtime: ServiceRuntime, cache: SpecialFieldCache) {
        self.runtime = runtime
        self.cache = cache
    }

    func set(
        _ params: SpecialProperties.Set.Params, for call: CallContext
    ) async throws(RPCError) -> SpecialProperties.Set.Reply {
        let name = SpecialTraitRegistry.comparable(params.name)
        guard !name.isEmpty else { throw .invalidParams(at: "/params/name", "needs a letter or a digit") }
        let file = try runtime.file(ofBrand: call)
        // Whatever became of the write, what is known now is read anew.
        defer { cache.forget(file.path) }
        try await runtime.write(file) { [store] transaction throws(RPCError) in
            guard let category = params.category else { return try store.remove(name, in: transaction) }
            try store.set(name, category, in: transaction)
            let limit = SpecialPropertyRegistry.maximumDeclarations
            guard try store.count(in: transaction) > limit else { return }
            throw .conflict("A brand declares at most \(limit) properties; take one back first.")
        }
        return SpecialProperty(name: name, category: params.category)
    }

    func list(
        _ params: SpecialProperties.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> SpecialProperties.List.Reply {
        SpecialProperties.List.Reply(items: SpecialPropertyRegistry(try store.all(in: transaction)).all)
    }
}
