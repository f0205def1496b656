import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre datasets`
struct DatasetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datasets", abstract: "Keeps logged decisions, on which policies are judged.",
        subcommands: [List.self, Create.self, Append.self, Seal.self, Show.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's datasets, newest first.",
            discussion: """
                EXAMPLE
                  gyre datasets list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Datasets.Client(try await caller.connect(suite))
            let datasets = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Datasets.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: datasets)) {
                guard !datasets.isEmpty else {
                    return "No datasets yet. Begin one: \(caller.command("datasets create --help", suite))\n"
                }
                return DatasetsCommand.table(datasets).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begins a dataset.",
            discussion: """
                Its header never changes: what could be done, what was known, what was measured. Rows follow with \
                gyre datasets append; ops/docs/offline-evaluation.md describes them.

                EXAMPLE
                  gyre datasets create meals 2026-01 --arm plain --arm spicy --feature visits \\
                      --reward "orders within a week" --target planner-4 --score planAlignment
                """)

        @Argument(help: "What it is a version of.")
        var name: String

        @Argument(help: "Which version it is.")
        var label: String

        @Option(name: .customLong("arm"), help: "Something that could be done. Once for each, in the rows' order.")
        var arms: [String]

        @Option(help: "What a row's reward measures, and its unit.")
        var reward: String

        @Option(name: .customLong("feature"), help: "Something that was known. Once for each, in the rows' order.")
        var features: [String] = []

        @Option(help: "What it holds, in words.")
        var description: String?

        @Option(name: .customLong("score"), help: "A score of plans that rows bring. Once for each.")
        var scores: [ScoreName] = []

        @Option(name: .customLong("metric"), help: "Something else that was measured. Once for each.")
        var metrics: [String] = []

        @Option(
            name: .customLong("target"),
            help: "A policy of which each row says what it would have done. Once for each.")
        var targets: [String] = []

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let dataset = try await Datasets.Client(try await caller.connect(suite)).create(
                Datasets.Create.Params(
                    name: name, label: label, arms: arms, reward: reward, features: features,
                    description: description, scores: scores, metrics: metrics, targets: targets))
            output.show(dataset) {
                "\(dataset.name) \(dataset.label) is there. Fill it: "
                    + "\(caller.command("datasets append \(dataset.id) FILE.jsonl", suite))\n"
            }
        }
    }

    struct Append: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends the rows of a file, one JSON object a line.",
            discussion: """
                The file holds the whole dataset, unless --from says at which row it begins. Rows that are in already \
                are passed over, so after an interruption the same command goes on where it ended. With --seal the \
                dataset is sealed at the end: from then on nothing of it changes.

                EXAMPLE
                  gyre datasets append 01930000-0000-7000-8000-0000000000a1 decisions.jsonl --seal
                """)

        @Argument(help: "The dataset's id, as `gyre datasets` shows it.")
        var id: UUIDv7

        @Argument(help: "The rows.", completion: .file(extensions: ["jsonl", "ndjson"]))
        var file: String

        @Option(help: "The number of the file's first row in the dataset.")
        var from = 0

        @Flag(help: "Seal the dataset when all rows are in.")
        var seal = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let file = try ImportFile(file)
            let client = Datasets.Client(try await caller.connect(suite))
            let upload = DatasetUpload(file: file, first: from, datasets: client)
            let bar = Terminal.showsProgress && !output.json ? ProgressBar(label: file.name, total: file.size) : nil
            let startedAt = MonotonicClock.milliseconds
            var dataset = try await upload.send(to: id) { bytes, rows in
                guard let bar else { return }
                let line = bar.line(
                    done: bytes, note: rows.counted("row"),
                    elapsedMilliseconds: Int(MonotonicClock.milliseconds - startedAt), startedAt: 0)
                Terminal.err("\r\u{1B}[K" + line)
            }
            if bar != nil { Terminal.err("\r\u{1B}[K") }
            if seal { dataset = try await client.seal(Datasets.Seal.Params(id: id)) }
            output.show(dataset) { DatasetsCommand.text(dataset, caller, suite) }
        }
    }

    struct Seal: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seals a dataset: from then on nothing of it changes.",
            discussion: """
                EXAMPLE
                  gyre datasets seal 01930000-0000-7000-8000-0000000000a1
                """)

        @Argument(help: "The dataset's id, as `gyre datasets` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Datasets.Client(try await caller.connect(suite))
            let dataset = try await client.seal(Datasets.Seal.Params(id: id))
            output.show(dataset) { DatasetsCommand.text(dataset, caller, suite) }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a dataset is.",
            discussion: """
                EXAMPLE
                  gyre datasets show 01930000-0000-7000-8000-0000000000a1
                """)

        @Argument(help: "The dataset's id, as `gyre datasets` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Datasets.Client(try await caller.connect(suite))
            let dataset = try await client.get(Datasets.Get.Params(id: id))
            output.show(dataset) { DatasetsCommand.text(dataset, caller, suite) }
        }
    }

    static func table(_ datasets: [Dataset]) -> TextTable {
        var table = TextTable([
            .init("DATASET"), .init("NAME"), .init("LABEL"), .init("STATUS"), .init("ROWS", .right),
            .init("ERASED", .right), .init("ARMS", .right), .init("FEATURES", .right), .init("CREATED"),
        ])
        for item in datasets {
            table.add([
                item.id.description, item.name, item.label, item.status.rawValue, item.rows.grouped,
                item.erasedRows.grouped, item.arms.count.grouped, item.features.count.grouped,
                item.createdAt.description,
            ])
        }
        return table
    }

    static func text(_ dataset: Dataset, _ caller: CallerOptions, _ suite: SuiteOptions) -> String {
        let erased = dataset.erasedRows > 0 ? ", \(dataset.erasedRows.grouped) of them erased" : ""
        var lines = [
            "\(dataset.name) \(dataset.label) is \(dataset.status.rawValue): "
                + "\(dataset.rows.counted("row"))\(erased).",
            "Arms      \(dataset.arms.joined(separator: ", "))",
            "Features  \(dataset.features.joined(separator: ", "))",
            "Reward    \(dataset.reward)",
        ]
        let others: [(String, [String])] = [
            ("Scores    ", dataset.scores.map(\.rawValue)), ("Metrics   ", dataset.metrics),
            ("Targets   ", dataset.targets),
        ]
        for (name, values) in others where !values.isEmpty { lines.append(name + values.joined(separator: ", ")) }
        lines.append("SHA-256   \(dataset.hash)")
        if dataset.status == .filling {
            lines.append("Seal it when all rows are in: \(caller.command("datasets seal \(dataset.id)", suite))")
        }
        return lines.map { $0.withoutControlCharacters + "\n" }.joined()
    }
}
