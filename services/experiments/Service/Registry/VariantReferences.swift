import ExperimentsAPI
import JSONRPC
import ServiceContract
import ServiceKit

/// What variants' configs refer to: versions of policies, of prompts, and flows.
struct VariantReferences: Sendable {
    /// What a config refers to, with the numbers of the rows.
    struct Found: Sendable {
        var policyVersion: Numbered<PolicyVersion>?
        var promptVersion: Numbered<PromptVersion>?
        var flow: Numbered<FlowVersion>?
    }

    private let policyVersions = PolicyVersionStore()
    private let promptVersions = PromptVersionStore()
    private let flows = FlowStore()
    private let store = VariantReferenceStore()

    /// Holds the configs of an experiment against what there is.
    ///
    /// - Parameter before: the experiment before the change: a config that it has already goes on with a version that was
    ///   deprecated meanwhile.
    /// - Throws: invalidParams at what is wrong.
    func check(
        _ experiment: StoredExperiment, before: StoredExperiment? = nil,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [VariantReference] {
        var references: [VariantReference] = []
        for (index, variant) in experiment.variants.enumerated() {
            let place = "/params/variants/\(index)/config"
            guard case .execution(let execution) = try VariantConfig(variant.config, at: place) else { continue }
            let isNew = before?.variants.contains { $0.key == variant.key && $0.config == variant.config } != true
            let found = try find(execution, at: place, mustBeActive: isNew, in: transaction)
            references.append(
                VariantReference(
                    variant: variant.key, policyVersion: found.policyVersion?.number,
                    promptVersion: found.promptVersion?.number, flow: found.flow?.number))
        }
        return references
    }

    /// Whether an experiment can be started with what its configs refer to.
    ///
    /// - Throws: conflict, with the variant and what is wrong.
    func checkStart(
        of experiment: StoredExperiment, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        for variant in experiment.variants {
            let place = "variants/\(variant.key)/config"
            guard case .execution(let execution) = try VariantConfig(variant.config, at: place) else { continue }
            do throws(RPCError) {
                _ = try find(execution, at: place, mustBeActive: true, in: transaction)
            } catch {
                guard error.code == RPCError.Code.invalidParams else { throw error }
                throw .conflict("The experiment cannot be started: \(error.message).")
            }
        }
    }

    func keep(
        _ references: [VariantReference], of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try store.replace(references, of: experiment, in: transaction)
    }

    /// What a config refers to.
    ///
    /// - Parameters:
    ///   - place: where the config stands.
    ///   - mustBeActive: whether a version of a policy that is deprecated or archived is refused.
    /// - Throws: invalidParams at what is wrong.
    func find(
        _ execution: VariantConfig.Execution, at place: String, mustBeActive: Bool,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Found {
        var found = Found()
        if let model = execution.model {
            found.policyVersion = try policyVersion(of: model, at: place, mustBeActive: mustBeActive, in: transaction)
        }
        if let prompt = execution.prompt {
            found.promptVersion = try promptVersion(of: prompt, at: place + "/prompt_config", in: transaction)
        }
        if let flow = execution.flow {
            found.flow = try self.flow(of: flow, at: place + "/flow_config", in: transaction)
        }
        return found
    }

    private func policyVersion(
        of model: VariantConfig.Model, at place: String, mustBeActive: Bool,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PolicyVersion> {
        let pointer = place + (model.isLegacy ? "/policy_version_id" : "/mlflow_model/policy_version_id")
        guard let found = try policyVersions.find(model.policyVersion, in: transaction) else {
            throw .invalidParams(at: pointer, "is no version of a policy of this brand; policyVersions.list has them")
        }
        let version = found.value
        let name = "version \(version.version) of \(version.policy)"
        guard version.status == .active || !mustBeActive else {
            throw .invalidParams(at: pointer, "is \(name), which is \(version.status.rawValue); name an active one")
        }
        guard let mlflowModel = version.mlflowModelName else {
            throw .invalidParams(
                at: pointer,
                "is \(name), which has no model of MLflow; name one that has, or use the strategy prompt_template")
        }
        guard model.modelName == nil || model.modelName == mlflowModel else {
            throw .invalidParams(
                at: "\(place)/mlflow_model/model_name",
                "is not the model of \(name), which is \(mlflowModel); write that, or leave it out")
        }
        return found
    }

    private func promptVersion(
        of prompt: VariantConfig.Prompt, at place: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PromptVersion> {
        guard let found = try promptVersions.find(prompt.version, in: transaction) else {
            throw .invalidParams(
                at: "\(place)/prompt_version_id",
                "is no version of a prompt of this brand; promptVersions.list has them")
        }
        let hints = [
            ("model_provider", prompt.modelProvider ?? found.value.modelProvider),
            ("model_name", prompt.modelName ?? found.value.modelName),
        ]
        for (name, hint) in hints where hint == nil {
            throw .invalidParams(
                at: "\(place)/\(name)",
                "is missing: version \(found.value.version) of the prompt \(found.value.name) does not say it")
        }
        return found
    }

    private func flow(
        of flow: VariantConfig.Flow, at place: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<FlowVersion> {
        guard let id = FlowID(flow.id) else {
            throw .invalidParams(
                at: "\(place)/flow_id", "must be the name and the version of a flow, such as onboarding_v1")
        }
        guard let found = try flows.find(name: id.name, version: id.version, in: transaction) else {
            throw .invalidParams(at: "\(place)/flow_id", "is no flow of this brand; flows.list has them")
        }
        let states = found.value.states.map(\.name)
        if let state = flow.initialState, !states.contains(state) {
            throw .invalidParams(
                at: "\(place)/initial_state",
                "is no state of \(flow.id); it has "
                    + (states.prefix(10) + (states.count > 10 ? ["others"] : [])).listed)
        }
        return found
    }
}
