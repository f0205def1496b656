import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `specialTraits.*`.
struct SpecialTraitsService: SpecialTraits.Service {
    let runtime: ServiceRuntime
    let cache: SpecialFieldCache
    private let store = SpecialTraitStore()

    init(runtime: ServiceRuntime, cache: SpecialFieldCache) {
        self.runtime = runtime
        self.cache = cache
    }

    func set(
        _ params: SpecialTraits.Set.Params, for call: CallContext
    ) async throws(RPCError) -> SpecialTraits.Set.Reply {
        let name = SpecialTraitRegistry.comparable(params.name)
        guard !name.isEmpty else { throw .invalidParams(at: "/params/name", "needs a letter or a digit") }
        let file = try runtime.file(ofBrand: call)
        // Whatever became of the write, what is known now is read anew.
        defer { cache.forget(file.path) }
        try await runtime.write(file) { [store] transaction throws(RPCError) in
            if SpecialTraitRegistry.defaults[name] == params.category {
                try store.remove(name, in: transaction)
                return
            }
            try store.set(name, params.category, in: transaction)
            let limit = SpecialTraitRegistry.maximumDeclarations
            guard try store.count(in: transaction) > limit else { return }
            throw .conflict("A brand says something of at most \(limit) traits; take one back first.")
        }
        return SpecialTrait(
            name: name, category: params.category, isDefault: SpecialTraitRegistry.defaults[name] == params.category)
    }

    func list(
        _ params: SpecialTraits.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> SpecialTraits.List.Reply {
        SpecialTraits.List.Reply(items: SpecialTraitRegistry(try store.all(in: transaction)).all)
    }
}
