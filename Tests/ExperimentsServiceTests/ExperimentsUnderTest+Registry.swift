import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Policies, prompts and flows, in few words.
extension ExperimentsUnderTest {
    var policies: Policies.Client { Policies.Client(client) }
    var policyVersions: PolicyVersions.Client { PolicyVersions.Client(client) }
    var promptVersions: PromptVersions.Client { PromptVersions.Client(client) }
    var flows: Flows.Client { Flows.Client(client) }
    var variantConfigs: VariantConfigs.Client { VariantConfigs.Client(client) }

    func policy(_ name: String = "planner") async throws -> Policy {
        try await policies.create(Policies.Create.Params(name: name), for: call)
    }

    /// The next version of a policy.
    func policyVersion(
        of policy: Policy, model: String? = "planner_model", defaults: String = "{}"
    ) async throws -> PolicyVersion {
        try await policyVersions.create(
            PolicyVersions.Create.Params(
                policyId: policy.id, mlflowModelName: model, mlflowModelVersion: model.map { _ in "4" },
                configDefaults: try JSONRaw(validating: defaults)), for: call)
    }

    func set(_ status: PolicyVersionStatus, of version: PolicyVersion) async throws -> PolicyVersion {
        try await policyVersions.setStatus(
            PolicyVersions.SetStatus.Params(id: version.id, status: status), for: call)
    }

    func prompt(
        _ template: String = "Hello!", name: String = "greeting", provider: String? = "anthropic",
        model: String? = "claude-sonnet-4.5", params: String = "{}"
    ) async throws -> PromptVersion {
        try await promptVersions.create(
            PromptVersions.Create.Params(
                name: name, template: template, modelProvider: provider, modelName: model,
                params: try JSONRaw(validating: params)), for: call)
    }

    /// A flow of two states, the second one terminal.
    func flow(_ name: String = "onboarding", event: String = "answered") async throws -> FlowVersion {
        try await flows.create(
            Flows.Create.Params(
                name: name, initialState: "welcome",
                states: [FlowState(name: "welcome"), FlowState(name: "done", isTerminal: true)],
                transitions: [FlowTransition(from: "welcome", event: event, to: "done")]), for: call)
    }

    /// A draft of a control without a config and one variant with this one.
    func draft(_ key: String = "checkout", config: String) async throws -> Experiment {
        let reply = try await call(
            "experiments.create",
            """
            {"key":"\(key)","name":"X","unitType":"user","variants":[
                {"key":"control","allocation":5000,"isControl":true},
                {"key":"new","allocation":5000,"config":\(config)}]}
            """)
        return try Experiment(json: reply.description)
    }

    /// The same for an experiment that there is.
    func update(_ experiment: Experiment, config: String) async throws -> Experiment {
        let reply = try await call(
            "experiments.update",
            """
            {"id":"\(experiment.id)","version":\(experiment.version),"variants":[
                {"key":"control","allocation":5000,"isControl":true},
                {"key":"new","allocation":5000,"config":\(config)}]}
            """)
        return try Experiment(json: reply.description)
    }

    func config(of variant: String, in key: String = "checkout") async throws -> ResolvedVariantConfig {
        try await variantConfigs.get(
            VariantConfigs.Get.Params(experiment: key, variant: variant), for: call)
    }
}
