import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

extension ExperimentsCommand {
    struct Config: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says how a variant is carried out: its config with the model, prompt and flow it refers to.",
            discussion: """
                EXAMPLE
                  gyre experiments config checkout free-delivery
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Argument(help: "The variant's key.")
        var variant: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let config = try await VariantConfigs.Client(try await caller.connect(suite)).get(
                VariantConfigs.Get.Params(experiment: key, variant: variant))
            output.show(config) { ExperimentsCommand.description(of: config) }
        }
    }

    /// A line for each thing that is said.
    static func description(of config: ResolvedVariantConfig) -> String {
        var lines = TextTable([.init(config.experiment), .init(config.variant)])
        let model = config.policyVersion.map { version in
            let model = [version.mlflowModelName, version.mlflowModelVersion].compactMap(\.self)
            return "\(version.policy) \(version.version)" + (model.isEmpty ? "" : ", \(model.joined(separator: " "))")
        }
        let prompt = config.promptVersion.map { version in
            let model = [config.modelProvider, config.modelName].compactMap(\.self)
            return "\(version.name) \(version.version)" + (model.isEmpty ? "" : ", \(model.joined(separator: " "))")
        }
        let flow = config.flow.map { flow in
            flow.flowId + (config.initialState.map { ", begins at \($0)" } ?? "")
        }
        let rows: [(String, String?)] = [
            ("strategy", config.strategy.rawValue), ("policy", model), ("prompt", prompt), ("flow", flow),
            ("params", config.params.description), ("flags get", config.value.description),
        ]
        for (name, value) in rows where value != nil { lines.add([name, value]) }
        let text = config.promptVersion.map { prompt in
            "\n" + prompt.template.withoutTerminalControl + (prompt.template.hasSuffix("\n") ? "" : "\n")
        }
        return lines.text(width: Terminal.width) + (text ?? "")
    }
}
