import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// A unit, and what is known of it.
struct UnitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The unit's id: its attribute id.", valueName: "text"))
    var id: String?

    @Option(
        name: .customLong("attribute"),
        help: ArgumentHelp("Something known of it; a value that is JSON is read as JSON.", valueName: "name=value"))
    var attributes: [UnitAttribute] = []

    var json: JSONRaw? {
        guard !attributes.isEmpty else { return nil }
        var object = JSONObject()
        for attribute in attributes { object[attribute.name] = attribute.value }
        return JSONRaw(JSONValue.object(object))
    }

    func validate() throws {
        guard id != nil || !attributes.isEmpty else {
            throw ValidationError("Say who: --id u1, or --attribute device=d1 where that names the unit.")
        }
    }
}

/// `country=DE`, `age=42`.
struct UnitAttribute: ExpressibleByArgument {
    let name: String
    let value: JSONValue

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        name = String(argument[..<equals])
        let text = String(argument[argument.index(after: equals)...])
        value = (try? JSONValue(json: text)) ?? .string(text)
    }
}

extension ExperimentsCommand {
    struct Assign: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says which variants a unit is in; with --keep as code would ask, so that sticky ones are kept.",
            discussion: """
                EXAMPLES
                  gyre experiments assign --id u1
                  gyre experiments assign checkout --id u1 --attribute country=DE --attribute age=42
                """)

        @Argument(help: "Which experiments, by their keys; else all that run.")
        var keys: [String] = []

        @Flag(help: "Keep what sticky experiments decide.")
        var keep = false

        @OptionGroup var unit: UnitOptions
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Assignments.Client(try await caller.connect(suite))
            let asked = keys.isEmpty ? nil : keys
            let found: [UnitAssignment]
            if keep {
                found = try await client.assign(
                    Assignments.Assign.Params(attributes: unit.json, targetingKey: unit.id, experiments: asked)
                ).assignments
            } else {
                found = try await client.evaluate(
                    Assignments.Evaluate.Params(attributes: unit.json, targetingKey: unit.id, experiments: asked)
                ).assignments
            }
            output.show(WholeList(items: found)) {
                guard !found.isEmpty else { return "No experiment runs.\n" }
                var table = TextTable([
                    .init("EXPERIMENT"), .init("VARIANT"), .init("REASON"), .init("BUCKET", .right),
                    .init("PHASE", .right), .init("KEPT"),
                ])
                for assignment in found {
                    table.add([
                        assignment.experiment, assignment.variant ?? "none", assignment.reason.rawValue,
                        assignment.bucket.map { "\($0)" }, assignment.phase.map { "\($0)" },
                        assignment.isSaved ? "yes" : nil,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Explain: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says by which steps an experiment decides for a unit.",
            discussion: """
                EXAMPLE
                  gyre experiments explain checkout --id u1 --attribute country=FR
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var unit: UnitOptions
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await Assignments.Client(try await caller.connect(suite)).explain(
                Assignments.Explain.Params(experiment: key, attributes: unit.json, targetingKey: unit.id))
            output.show(reply) {
                var table = TextTable([.init("CHECK"), .init("FOUND")])
                for step in reply.steps {
                    table.add([step.check.rawValue, step.detail])
                    for answer in step.answers {
                        table.add(["", "\(answer.holds ? "yes" : "no ")  \(answer.pointer)"])
                    }
                }
                let variant = reply.assignment.variant.map { "in \($0)" } ?? "in no variant"
                return table.text(width: Terminal.width)
                    + "\nThe unit is \(variant) of \(key) (\(reply.assignment.reason.rawValue)).\n"
            }
        }
    }
}
