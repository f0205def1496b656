import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// The configs of variants, and what they refer to.
@Suite struct VariantConfigTests {
    /// An id that a config may name; what it names is another matter.
    static let id = CountedIdentifiers.id(7).description

    static func read(_ config: String) throws -> VariantConfig {
        try VariantConfig(try JSONRaw(validating: config), at: "/config")
    }

    @Test(
        "Each strategy is read, and written as it would be written today",
        arguments: [
            (#"{}"#, #"{}"#), (#"{"value":false}"#, #"{"value":false}"#),
            (#"{"value":{"colour":["green",1]}}"#, #"{"value":{"colour":["green",1]}}"#),
            (
                #"{"policy_version_id":"$","params":{"temperature":0.7}}"#,
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$"},"params":{"temperature":0.7}}"#
            ),
            (
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$","model_name":"planner_model"}}"#,
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$","model_name":"planner_model"}}"#
            ),
            (
                #"{"execution_strategy":"prompt_template","prompt_config":{"prompt_version_id":"$","model_provider":"anthropic","model_name":"claude-sonnet-4.5"},"flow_config":{"flow_id":"onboarding_v1","initial_state":"welcome"},"params":{"any name/at~all":true,"stop":"."}}"#,
                #"{"execution_strategy":"prompt_template","prompt_config":{"prompt_version_id":"$","model_provider":"anthropic","model_name":"claude-sonnet-4.5"},"flow_config":{"flow_id":"onboarding_v1","initial_state":"welcome"},"params":{"any name/at~all":true,"stop":"."}}"#
            ),
            (
                #"{"execution_strategy":"hybrid","mlflow_model":{"policy_version_id":"$"},"prompt_config":{"prompt_version_id":"$"},"params":{}}"#,
                #"{"execution_strategy":"hybrid","mlflow_model":{"policy_version_id":"$"},"prompt_config":{"prompt_version_id":"$"},"params":{}}"#
            ),
        ])
    func good(written: String, today: String) throws {
        let config = try Self.read(written.replacing("$", with: Self.id))
        #expect(JSONValue.object(config.document) == (try JSONValue.parse(today.replacing("$", with: Self.id))))
        let again = try Self.read(JSONRaw(config.document).description)
        #expect(again.document == config.document)
    }

    @Test("No config says as much as an empty one")
    func none() throws {
        #expect(try VariantConfig(nil, at: "/config") == .value(nil))
        #expect(try Self.read("{}") == .value(nil))
    }

    @Test(
        "What does not match its strategy is refused, and says where",
        arguments: [
            (#"{"colour":"green"}"#, "/colour"), (#"{"value":1,"colour":"green"}"#, "/colour"),
            (#"{"value":null}"#, "/value"), (#"{"params":{}}"#, "/params"),
            (#"{"execution_strategy":"onnx"}"#, "/execution_strategy"),
            (#"{"execution_strategy":"value","value":1}"#, "/execution_strategy"),
            (#"{"execution_strategy":1}"#, "/execution_strategy"),
            (#"{"execution_strategy":"mlflow_model"}"#, "/mlflow_model"),
            (#"{"execution_strategy":"mlflow_model","mlflow_model":"planner"}"#, "/mlflow_model"),
            (#"{"execution_strategy":"mlflow_model","mlflow_model":{}}"#, "/mlflow_model/policy_version_id"),
            (
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"4"}}"#,
                "/mlflow_model/policy_version_id"
            ),
            (
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$","version":4}}"#,
                "/mlflow_model/version"
            ),
            (
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$","model_name":""}}"#,
                "/mlflow_model/model_name"
            ),
            (
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$"},"value":1}"#, "/value"
            ),
            (
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"$"},"prompt_config":{"prompt_version_id":"$"}}"#,
                "/prompt_config"
            ),
            (
                #"{"execution_strategy":"mlflow_model","policy_version_id":"$"}"#, "/policy_version_id"
            ),
            (#"{"execution_strategy":"prompt_template","mlflow_model":{"policy_version_id":"$"}}"#, "/mlflow_model"),
            (#"{"execution_strategy":"prompt_template"}"#, "/prompt_config"),
            (
                #"{"execution_strategy":"prompt_template","prompt_config":{"prompt_version_id":"$"},"flow_config":{}}"#,
                "/flow_config/flow_id"
            ),
            (
                #"{"execution_strategy":"prompt_template","prompt_config":{"prompt_version_id":"$"},"flow_config":{"flow_id":"f_v1","state":"a"}}"#,
                "/flow_config/state"
            ),
            (#"{"execution_strategy":"hybrid","mlflow_model":{"policy_version_id":"$"}}"#, "/prompt_config"),
            (#"{"execution_strategy":"hybrid","prompt_config":{"prompt_version_id":"$"}}"#, "/mlflow_model"),
            (#"{"policy_version_id":"$","mlflow_model":{"policy_version_id":"$"}}"#, "/mlflow_model"),
            (#"{"policy_version_id":"$","flow_config":{"flow_id":"f_v1"}}"#, "/flow_config"),
            (#"{"policy_version_id":7}"#, "/policy_version_id"),
            (#"{"policy_version_id":"$","params":[]}"#, "/params"),
            (#"{"policy_version_id":"$","params":{"stop":["."]}}"#, "/params/stop"),
            (#"{"policy_version_id":"$","params":{"a/b":null}}"#, "/params/a~1b"),
            (#"{"policy_version_id":"$","params":{"a":{"b":1}}}"#, "/params/a"),
            (#"{"policy_version_id":"$","params":{"a":1e999}}"#, "/params/a"),
        ])
    func bad(config: String, place: String) async throws {
        try await withExperiments { service in
            let error = try await failure {
                try await service.draft(config: config.replacing("$", with: Self.id))
            }
            #expect(error?.code == RPCError.Code.invalidParams)
            let prefix = "/params/variants/1/config\(place): "
            #expect(error?.message.hasPrefix(prefix) == true, "\(error?.message ?? "")")
            #expect(try await service.number("SELECT count(*) FROM experiments") == 0)
        }
    }

    // MARK: References

    @Test("What a config refers to has to be there, in use, and fit")
    func references() async throws {
        try await withExperiments { service in
            let policy = try await service.policy()
            let model = try await service.policyVersion(of: policy)
            let old = try await service.set(.deprecated, of: try await service.policyVersion(of: policy))
            let older = try await service.set(
                .archived, of: try await service.set(.deprecated, of: try await service.policyVersion(of: policy)))
            let bare = try await service.policyVersion(of: policy, model: nil)
            let prompt = try await service.prompt()
            let mute = try await service.prompt("Hm.", provider: nil, model: nil)
            let half = try await service.prompt("Hm.", provider: "anthropic", model: nil)
            _ = try await service.flow()
            func mlflow(_ id: UUIDv7, _ more: String = "") -> String {
                #"{"execution_strategy":"mlflow_model","mlflow_model":{"policy_version_id":"\#(id)"\#(more)}}"#
            }
            func prompting(_ id: UUIDv7, _ more: String = "", flow: String = "") -> String {
                """
                {"execution_strategy":"prompt_template","prompt_config":{"prompt_version_id":"\(id)"\(more)}\(flow)}
                """
            }
            let id = "/mlflow_model/policy_version_id: "
            for (config, problem) in [
                (mlflow(prompt.id), id + "is no version of a policy"),
                (mlflow(policy.id), id + "is no version of a policy"),
                (mlflow(old.id), id + "is version 2 of planner, which is deprecated"),
                (mlflow(older.id), id + "is version 3 of planner, which is archived"),
                (mlflow(bare.id), id + "is version 4 of planner, which has no model of MLflow"),
                (mlflow(model.id, #","model_name":"other""#), "/mlflow_model/model_name: is not the model"),
                (#"{"policy_version_id":"\#(old.id)"}"#, "/policy_version_id: is version 2 of planner"),
                (prompting(model.id), "/prompt_config/prompt_version_id: is no version of a prompt"),
                (prompting(mute.id), "/prompt_config/model_provider: is missing"),
                (prompting(half.id), "/prompt_config/model_name: is missing"),
                (
                    prompting(prompt.id, flow: #","flow_config":{"flow_id":"onboarding"}"#),
                    "/flow_config/flow_id: must be the name and the version"
                ),
                (
                    prompting(prompt.id, flow: #","flow_config":{"flow_id":"onboarding_v2"}"#),
                    "/flow_config/flow_id: is no flow"
                ),
                (
                    prompting(prompt.id, flow: #","flow_config":{"flow_id":"onboarding_v1","initial_state":"x"}"#),
                    "/flow_config/initial_state: is no state of onboarding_v1; it has welcome and done"
                ),
            ] {
                let error = try await failure { try await service.draft(config: config) }
                #expect(error?.code == RPCError.Code.invalidParams)
                #expect(
                    error?.message.hasPrefix("/params/variants/1/config" + problem) == true, "\(error?.message ?? "")")
            }
            for (key, config) in [
                ("a", mlflow(model.id)), ("b", mlflow(model.id, #","model_name":"planner_model""#)),
                ("c", #"{"policy_version_id":"\#(model.id)"}"#), ("d", prompting(prompt.id)),
                ("e", prompting(mute.id, #","model_provider":"openai","model_name":"gpt-4""#)),
                ("f", prompting(half.id, #","model_name":"claude-sonnet-4.5""#)),
                (
                    "g",
                    prompting(prompt.id, flow: #","flow_config":{"flow_id":"onboarding_v1","initial_state":"done"}"#)
                ),
            ] {
                _ = try await service.draft(key, config: config)
            }
            #expect(try await service.number("SELECT count(*) FROM variant_references") == 7)
            #expect(try await service.number("SELECT count(policy_version) FROM variant_references") == 3)
            #expect(try await service.number("SELECT count(flow) FROM variant_references") == 1)
        }
    }

    @Test("A version that was deprecated meanwhile keeps an experiment from starting, and none that runs from going on")
    func deprecatedMeanwhile() async throws {
        try await withExperiments { service in
            let policy = try await service.policy()
            let first = try await service.policyVersion(of: policy)
            let second = try await service.policyVersion(of: policy)
            let config = #"{"policy_version_id":"\#(first.id)"}"#
            var running = try await service.start(try await service.draft("running", config: config))
            var draft = try await service.draft("draft", config: config)
            _ = try await service.set(.deprecated, of: first)
            let refusal = try await failure { try await service.start(draft) }
            #expect(refusal?.code == RPCError.Code.conflict)
            #expect(refusal?.message.contains("variants/new/config/policy_version_id: is version 1 of planner") == true)
            let byHand = try await failure {
                try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                    try transaction.run("UPDATE experiments SET status = 'active', phase = 1 WHERE status = 'draft'")
                }
            }
            #expect(byHand != nil, "SQL refuses it as well")
            // What does not touch the config is free; the config itself cannot come again from elsewhere.
            running = try await service.update(running, config: config)
            #expect(running.phase == 1)
            draft = try await service.update(draft, config: #"{"policy_version_id":"\#(second.id)"}"#)
            let back = try await failure { try await service.update(draft, config: config) }
            #expect(back?.code == RPCError.Code.invalidParams)
            #expect(try await service.start(draft).status == .active)
        }
    }

    @Test("A version is not archived while an experiment that runs uses it, and the error names which")
    func archiving() async throws {
        try await withExperiments { service in
            let version = try await service.set(
                .deprecated,
                of: try await {
                    let version = try await service.policyVersion(of: try await service.policy())
                    let config = #"{"policy_version_id":"\#(version.id)"}"#
                    for key in ["b", "a", "c"] {
                        let draft = try await service.draft(key, config: config)
                        if key != "c" { _ = try await service.start(draft) }
                    }
                    return version
                }())
            let used = try await failure { try await service.set(.archived, of: version) }
            #expect(used?.code == RPCError.Code.conflict && used?.message.contains(": a, b;") == true)
            let byHand = try await failure {
                try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                    try transaction.run("UPDATE policy_versions SET status = 'archived'")
                }
            }
            #expect(byHand != nil, "SQL refuses it as well")
            for key in ["a", "b"] {
                var experiment = try await service.experiments.get(
                    Experiments.Get.Params(key: key), for: service.call)
                experiment = try await service.experiments.pause(
                    Experiments.Pause.Params(id: experiment.id, version: experiment.version), for: service.call)
                #expect(try await failure { try await service.set(.archived, of: version) } != nil)
                if key == "a" {
                    _ = try await service.experiments.complete(
                        Experiments.Complete.Params(id: experiment.id, version: experiment.version), for: service.call)
                } else {
                    // It ends by itself, and nobody writes that down.
                    _ = try await service.experiments.update(
                        Experiments.Update.Params(
                            id: experiment.id, version: experiment.version,
                            endAt: .set(Timestamp(microseconds: service.now.microseconds + 1))), for: service.call)
                }
            }
            service.advance(hours: 1)
            #expect(try await service.set(.archived, of: version).status == .archived)
            #expect(try await service.config(of: "new", in: "a").policyVersion?.status == .archived)
        }
    }

    @Test("References follow the configs, and a change of a config of a running experiment opens a phase")
    func follow() async throws {
        try await withExperiments { service in
            let version = try await service.policyVersion(of: try await service.policy())
            let prompt = try await service.prompt()
            var experiment = try await service.start(
                try await service.draft(config: #"{"policy_version_id":"\#(version.id)"}"#))
            #expect(try await service.number("SELECT count(policy_version) FROM variant_references") == 1)
            let prompting =
                #"{"execution_strategy":"prompt_template","prompt_config":{"prompt_version_id":"\#(prompt.id)"}}"#
            experiment = try await service.update(experiment, config: prompting)
            #expect(experiment.phase == 2)
            #expect(try await service.number("SELECT count(policy_version) FROM variant_references") == 0)
            #expect(try await service.number("SELECT count(prompt_version) FROM variant_references") == 1)
            experiment = try await service.update(experiment, config: #"{"value":1}"#)
            #expect(experiment.phase == 3)
            #expect(try await service.number("SELECT count(*) FROM variant_references") == 0)
            let phases = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: experiment.id), for: service.call)
            #expect(phases.items.map(\.reason) == [.start, .variants, .variants])
            #expect(
                phases.items.map { $0.arms[1].config?.description } == [
                    #"{"policy_version_id":"\#(version.id)"}"#, prompting, #"{"value":1}"#,
                ])
            #expect(phases.items.allSatisfy { $0.arms[0].config == nil })
            #expect(phases.items.map { $0.arms.map(\.ranges) }.allSatisfy { $0 == phases.items[0].arms.map(\.ranges) })
        }
    }

    // MARK: Resolving

    @Test("A config is answered with what it refers to; params lie over the prompt's, and these over the policy's")
    func resolved() async throws {
        try await withExperiments { service in
            let version = try await service.policyVersion(
                of: try await service.policy(), defaults: #"{"a":1,"b":1,"c":1,"nested":{"x":[1]}}"#)
            let prompt = try await service.prompt(params: #"{"b":2,"c":2}"#)
            let flow = try await service.flow()
            _ = try await service.draft(
                config: """
                    {"execution_strategy":"hybrid","mlflow_model":{"policy_version_id":"\(version.id)"},
                    "prompt_config":{"prompt_version_id":"\(prompt.id)","model_name":"claude-haiku-4.5"},
                    "flow_config":{"flow_id":"onboarding_v1"},"params":{"c":3,"d":true}}
                    """)
            let config = try await service.config(of: "new")
            #expect(config.strategy == .hybrid && config.value.description == #""new""#)
            #expect(
                try JSONValue(parsing: config.params.bytes) == [
                    "a": 1, "b": 2, "c": 3, "nested": ["x": [1]], "d": true,
                ])
            #expect(config.policyVersion == version && config.promptVersion == prompt && config.flow == flow)
            #expect(config.modelProvider == "anthropic" && config.modelName == "claude-haiku-4.5")
            #expect(config.initialState == "welcome")
        }
    }

    @Test("The form without a strategy is answered as mlflow_model, and stays as it was written in its experiment")
    func legacy() async throws {
        try await withExperiments { service in
            let version = try await service.policyVersion(
                of: try await service.policy(), defaults: #"{"temperature":0.7,"max_tokens":2048}"#)
            let written = #"{"policy_version_id":"\#(version.id)","params":{"temperature":0.15}}"#
            let experiment = try await service.draft(config: written)
            #expect(experiment.variants[1].config?.description == written)
            let config = try await service.config(of: "new")
            #expect(config.strategy == .mlflowModel && config.policyVersion == version)
            #expect(
                try JSONValue(parsing: config.config.bytes) == [
                    "execution_strategy": "mlflow_model",
                    "mlflow_model": ["policy_version_id": .string(version.id.description)],
                    "params": ["temperature": 0.15],
                ])
            #expect(try JSONValue(parsing: config.params.bytes) == ["temperature": 0.15, "max_tokens": 2048])
        }
    }

    @Test("A plain value is the value, and a variant without one has its key")
    func values() async throws {
        try await withExperiments { service in
            _ = try await service.draft(config: #"{"value":{"colour":"green"}}"#)
            let green = try await service.config(of: "new")
            #expect(green.strategy == .value && green.value.description == #"{"colour":"green"}"#)
            #expect(try await service.config(of: "control").value.description == #""control""#)
            let error = try await failure { try await service.config(of: "third") }
            #expect(error?.code == RPCError.Code.notFound)
        }
    }
}
