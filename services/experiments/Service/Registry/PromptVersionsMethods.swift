import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit

/// Answers `promptVersions.*`.
struct PromptVersionsMethods: PromptVersions.Service {
    /// Versions of all prompts of a brand.
    static let maximum = 10_000

    private let prompts = PromptVersionStore()

    func create(
        _ params: PromptVersions.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PromptVersions.Create.Reply {
        let values = try params.params?.object() ?? JSONObject()
        try RuntimeParams.check(values, at: "/params/params")
        let digest = CanonicalJSON.digest([
            "modelName": params.modelName.map { .string($0) },
            "modelProvider": params.modelProvider.map { .string($0) },
            "params": .object(values), "template": .string(params.template),
        ])
        guard let digest else { throw .internalError("Params that were checked have a number that is too large.") }
        if let known = try prompts.find(name: params.name, hash: digest, in: transaction) { return known.value }
        guard try prompts.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) versions of prompts.")
        }
        let newest = try prompts.find(name: params.name, version: nil, in: transaction)
        let prompt = PromptVersion(
            id: transaction.newID(at: call.now), name: params.name, version: 1 + (newest?.value.version ?? 0),
            template: params.template, modelProvider: params.modelProvider, modelName: params.modelName,
            params: params.params ?? .emptyObject, hash: "\(digest)", createdAt: call.now)
        try prompts.insert(prompt, hash: digest, in: transaction)
        return prompt
    }

    func get(
        _ params: PromptVersions.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PromptVersions.Get.Reply {
        switch (params.id, params.name, params.version) {
        case (let id?, nil, nil):
            guard let found = try prompts.find(id, in: transaction) else {
                throw .notFound("version of a prompt", id)
            }
            return found.value
        case (nil, let name?, let version):
            guard let found = try prompts.find(name: name, version: version, in: transaction) else {
                throw .notFound("prompt", version.map { "\(name) with version \($0)" } ?? name)
            }
            return found.value
        default: throw .invalidParams(at: "/params", "needs either an id or a name, and with a name perhaps a version")
        }
    }

    func list(
        _ params: PromptVersions.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PromptVersions.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Numbered<PromptVersion>>(limit: params.limit)
        for prompt in try prompts.list(
            name: params.name, after: cursor.position, limit: params.limit + 1, in: transaction)
        {
            let bytes = prompt.value.template.utf8.count + prompt.value.params.bytes.count
            guard page.add(prompt, bytes: bytes) else { break }
        }
        return PromptVersions.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }
}

/// What a model or a prompt is run with: values under names.
enum RuntimeParams {
    /// - Throws: invalidParams at what is neither a number nor a text nor a boolean.
    static func check(_ params: JSONObject, at place: String) throws(RPCError) {
        for member in params {
            let isValue =
                switch member.value {
                case .bool, .string: true
                case .number(let number): number.double != nil
                case .null, .array, .object: false
                }
            guard isValue else {
                throw .invalidParams(
                    at: "\(place)/\(JSONPointer.escape(member.name))", "must be a number, a text or a boolean")
            }
        }
    }
}
