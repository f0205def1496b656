import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `variantConfigs.*`.
struct VariantConfigsMethods: VariantConfigs.Service {
    private let experiments = ExperimentStore()
    private let references = VariantReferences()

    func get(
        _ params: VariantConfigs.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> VariantConfigs.Get.Reply {
        guard let experiment = try experiments.find(key: params.experiment, in: transaction) else {
            throw .notFound("experiment", params.experiment)
        }
        guard let variant = experiment.variants.first(where: { $0.key == params.variant }) else {
            throw .notFound("variant", "\(params.variant) of \(params.experiment)")
        }
        do {
            let config = try VariantConfig(variant.config, at: "/config")
            switch config {
            case .value(let value):
                return ResolvedVariantConfig(
                    experiment: experiment.key, variant: variant.key, strategy: .value,
                    value: JSONRaw(value ?? .string(variant.key)), params: .emptyObject,
                    config: JSONRaw(config.document))
            case .execution(let execution):
                let found = try references.find(execution, at: "/config", mustBeActive: false, in: transaction)
                return ResolvedVariantConfig(
                    experiment: experiment.key, variant: variant.key, strategy: execution.strategy,
                    value: JSONRaw(JSONValue.string(variant.key)), params: try found.params(under: execution.params),
                    config: JSONRaw(config.document), policyVersion: found.policyVersion?.value,
                    promptVersion: found.promptVersion?.value,
                    modelProvider: execution.prompt?.modelProvider ?? found.promptVersion?.value.modelProvider,
                    modelName: execution.prompt?.modelName ?? found.promptVersion?.value.modelName,
                    flow: found.flow?.value,
                    initialState: execution.flow?.initialState ?? found.flow?.value.initialState)
            }
        } catch {
            throw .internalError("The config of \(variant.key) of \(experiment.key): \(error.message)")
        }
    }
}

extension VariantReferences.Found {
    /// The defaults of the version of the policy, over them those of the prompt, over them the variant's own.
    fileprivate func params(under own: JSONObject?) throws(RPCError) -> JSONRaw {
        var params = try policyVersion?.value.configDefaults.object() ?? JSONObject()
        for member in try promptVersion?.value.params.object() ?? JSONObject() { params[member.name] = member.value }
        for member in own ?? JSONObject() { params[member.name] = member.value }
        return JSONRaw(params)
    }
}
