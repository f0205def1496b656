import ExperimentsAPI
import JSON
import JSONRPC
import ServiceKit

/// A variant's config: a document of the customer's own, hence its snake_case names.
enum VariantConfig: Sendable, Equatable {
    /// For code that knows what to do with it; nil: the variant's key says it all.
    case value(JSONValue?)
    /// What a model or a prompt, or both, are run with.
    case execution(Execution)

    struct Execution: Sendable, Equatable {
        var strategy: ExecutionStrategy
        /// Of mlflow_model and hybrid.
        var model: Model?
        /// Of prompt_template and hybrid.
        var prompt: Prompt?
        /// Of prompt_template and hybrid, and not of all.
        var flow: Flow?
        var params: JSONObject?
    }

    struct Model: Sendable, Equatable {
        var policyVersion: UUIDv7
        /// What its model is called in MLflow, for who reads.
        var modelName: String?
        /// Whether it stood at the root, as it did before there were strategies.
        var isLegacy: Bool
    }

    struct Prompt: Sendable, Equatable {
        var version: UUIDv7
        var modelProvider: String?
        var modelName: String?
    }

    struct Flow: Sendable, Equatable {
        /// A name and a version, such as onboarding_v1.
        var id: String
        var initialState: String?
    }
}

extension VariantConfig {
    /// Reads a config as it is written.
    ///
    /// - Parameters:
    ///   - config: nil and `{}`: there is none.
    ///   - place: where it stands in what was sent.
    /// - Throws: invalidParams at what is missing, wrong, or of another strategy.
    init(_ config: JSONRaw?, at place: String) throws(RPCError) {
        guard let config else {
            self = .value(nil)
            return
        }
        let root = ConfigObject(members: try config.object(), place: place)
        if let strategy = try root.text("execution_strategy") {
            self = .execution(try Self.execution(strategy, root))
        } else if root.has("policy_version_id") {
            try root.allowOnly(["policy_version_id", "params"], "the form without execution_strategy")
            let model = Model(policyVersion: try root.id("policy_version_id"), isLegacy: true)
            self = .execution(Execution(strategy: .mlflowModel, model: model, params: try root.params()))
        } else {
            try root.allowOnly(["value"], "a config without execution_strategy")
            guard root.members["value"] != .some(.null) else {
                throw .invalidParams(at: "\(place)/value", "is null; leave it out where the variant's key says it all")
            }
            self = .value(root.members["value"])
        }
    }

    private static func execution(_ name: String, _ root: ConfigObject) throws(RPCError) -> Execution {
        guard let strategy = ExecutionStrategy(rawValue: name), strategy != .value else {
            throw .invalidParams(
                at: "\(root.place)/execution_strategy", "must be mlflow_model, prompt_template or hybrid")
        }
        let (hasModel, hasPrompt) = (strategy != .promptTemplate, strategy != .mlflowModel)
        let own = (hasModel ? ["mlflow_model"] : []) + (hasPrompt ? ["prompt_config", "flow_config"] : [])
        try root.allowOnly(["execution_strategy"] + own + ["params"], "the strategy \(name)")
        var execution = Execution(strategy: strategy)
        if hasModel {
            let model = try root.object("mlflow_model")
            try model.allowOnly(["policy_version_id", "model_name"], "mlflow_model")
            execution.model = Model(
                policyVersion: try model.id("policy_version_id"), modelName: try model.text("model_name"),
                isLegacy: false)
        }
        if hasPrompt {
            let prompt = try root.object("prompt_config")
            try prompt.allowOnly(["prompt_version_id", "model_provider", "model_name"], "prompt_config")
            execution.prompt = Prompt(
                version: try prompt.id("prompt_version_id"), modelProvider: try prompt.text("model_provider"),
                modelName: try prompt.text("model_name"))
        }
        if root.has("flow_config") {
            let flow = try root.object("flow_config")
            try flow.allowOnly(["flow_id", "initial_state"], "flow_config")
            guard let id = try flow.text("flow_id") else {
                throw .invalidParams(at: "\(flow.place)/flow_id", "is missing")
            }
            execution.flow = Flow(id: id, initialState: try flow.text("initial_state"))
        }
        execution.params = try root.params()
        return execution
    }
}

extension VariantConfig {
    /// The config as it is written today.
    var document: JSONObject {
        var root = JSONObject()
        switch self {
        case .value(let value): root["value"] = value
        case .execution(let execution):
            root["execution_strategy"] = .string(execution.strategy.rawValue)
            root["mlflow_model"] = execution.model.map { model in
                Self.object([
                    "policy_version_id": .string(model.policyVersion.description),
                    "model_name": model.modelName.map { .string($0) },
                ])
            }
            root["prompt_config"] = execution.prompt.map { prompt in
                Self.object([
                    "prompt_version_id": .string(prompt.version.description),
                    "model_provider": prompt.modelProvider.map { .string($0) },
                    "model_name": prompt.modelName.map { .string($0) },
                ])
            }
            root["flow_config"] = execution.flow.map { flow in
                Self.object(["flow_id": .string(flow.id), "initial_state": flow.initialState.map { .string($0) }])
            }
            root["params"] = execution.params.map { .object($0) }
        }
        return root
    }

    private static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return .object(object)
    }
}

/// An object of a config, and where it stands.
private struct ConfigObject {
    /// Scalars of a text: names of models and the like.
    static let maximumLength = 255

    let members: JSONObject
    let place: String

    func has(_ name: String) -> Bool { members[name] != nil }

    func allowOnly(_ names: [String], _ what: String) throws(RPCError) {
        for member in members where !names.contains(member.name) {
            throw .invalidParams(
                at: "\(place)/\(JSONPointer.escape(member.name))",
                "is no member of \(what), which has \(names.listed); what code alone understands goes into "
                    + (names.contains("value") ? "value" : "params"))
        }
    }

    func text(_ name: String) throws(RPCError) -> String? {
        guard let value = members[name] else { return nil }
        guard case .string(let text) = value, (1...Self.maximumLength).contains(text.unicodeScalars.count) else {
            throw .invalidParams(at: "\(place)/\(name)", "must be a text of 1 to \(Self.maximumLength) characters")
        }
        return text
    }

    func id(_ name: String) throws(RPCError) -> UUIDv7 {
        guard let value = members[name] else { throw .invalidParams(at: "\(place)/\(name)", "is missing") }
        guard case .string(let text) = value, let id = UUIDv7(text) else {
            throw .invalidParams(at: "\(place)/\(name)", "must be an id, as Gyre gave it to the version")
        }
        return id
    }

    func object(_ name: String) throws(RPCError) -> ConfigObject {
        guard let value = members[name] else { throw .invalidParams(at: "\(place)/\(name)", "is missing") }
        guard case .object(let members) = value else {
            throw .invalidParams(at: "\(place)/\(name)", "must be an object")
        }
        return ConfigObject(members: members, place: "\(place)/\(name)")
    }

    func params() throws(RPCError) -> JSONObject? {
        guard has("params") else { return nil }
        let params = try object("params")
        try RuntimeParams.check(params.members, at: params.place)
        return params.members
    }
}

extension Collection<String> {
    /// "a, b and c"
    var listed: String {
        let all = Array(self)
        return all.count < 2 ? all.joined() : all.dropLast().joined(separator: ", ") + " and " + all[all.count - 1]
    }
}
