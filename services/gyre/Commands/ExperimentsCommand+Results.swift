import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import ResultWords
import ServiceContract

extension ExperimentsCommand {
    struct Plan: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is measured in an experiment, or sets it from a file of YAML or JSON.",
            discussion: """
                The file has the parameters of resultPlans.set, but for the experiment and the version.

                EXAMPLE
                  gyre experiments plan checkout plan.yaml

                  engine: alwaysValid
                  plannedUnits: 20000
                  metrics:
                    - {metric: orders, role: goal}
                    - {metric: unsubscribed, role: guardrail, margin: 0.05}
                  dimensions:
                    - {attribute: country, values: [DE, AT]}
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Argument(help: "The file; absent: the plan is shown.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let plans = ResultPlans.Client(client)
            let experiment = try await Experiments.Client(client).get(Experiments.Get.Params(key: key))
            let get = { () async throws(RPCError) -> ResultPlan in
                try await plans.get(ResultPlans.Get.Params(experimentId: experiment.id))
            }
            let plan =
                if let file {
                    try await PlanFile(path: file).set(
                        ResultPlans.Set.method.name, of: ("experimentId", experiment.id), through: client, get: get)
                } else {
                    try await get()
                }
            output.show(plan) { ExperimentsCommand.description(of: plan) }
        }
    }

    struct Results: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what an experiment has shown, how sure that is, and what to do.",
            discussion: """
                First whether units came to the variants as promised; then, for each metric, the effect with its interval;
                then what to do, and why.

                EXAMPLES
                  gyre experiments results checkout
                  gyre experiments results checkout --series orders
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Option(help: ArgumentHelp("How the effect on a metric came about, day by day.", valueName: "metric"))
        var series: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let experiment = try await Experiments.Client(client).get(Experiments.Get.Params(key: key))
            let results = ExperimentResults.Client(client)
            if let series {
                let found = try await results.series(
                    ExperimentResults.Series.Params(experimentId: experiment.id, metric: series))
                return output.show(found) { ResultsText.text(found) }
            }
            let found = try await results.get(ExperimentResults.Get.Params(experimentId: experiment.id))
            output.show(found) { ResultsText.text(found) }
        }
    }

    static func description(of plan: ResultPlan) -> String {
        var lines = TextTable([.init("PLAN"), .init("")])
        lines.add(["engine", plan.engine.rawValue])
        lines.add(["level", "\(plan.alpha)"])
        lines.add(["correction", plan.correction.rawValue])
        lines.add(["planned units", plan.plannedUnits.map { "\($0)" } ?? "not planned"])
        var metrics = TextTable([.init("METRIC"), .init("ROLE"), .init("SCALE"), .init("MARGIN", .right)])
        for metric in plan.metrics {
            metrics.add([metric.metric, metric.role.rawValue, metric.scale.rawValue, metric.margin.map { "\($0)" }])
        }
        for dimension in plan.dimensions ?? [] {
            lines.add(["told apart by \(dimension.attribute)", dimension.values.joined(separator: ", ") + ", other"])
        }
        return lines.text(width: Terminal.width) + "\n" + metrics.text(width: Terminal.width)
    }
}

/// Results as a person reads them in a terminal.
enum ResultsText {
    static func text(_ results: ExperimentResults.Get.Reply) -> String {
        split(results.split, results.arms, control: results.control)
            + results.metrics.map { "\n" + metric($0) }.joined() + "\n" + decisions(results)
    }

    static func text(_ series: ExperimentResults.Series.Reply) -> String {
        self.series(series.points, series.scale)
    }

    static func series(_ points: [ResultSeriesPoint], _ scale: EffectScaleName) -> String {
        let intervals = points.flatMap(\.arms).compactMap(\.interval).map { ($0.lower, $0.upper) }
        let plot = IntervalPlot(intervals)
        var table = TextTable([.init("DAY"), .init("VARIANT"), .init("EFFECT", .right), .init("")])
        for point in points {
            for arm in point.arms {
                table.add([
                    "\(point.day)", arm.variant,
                    arm.value.map { ResultWords.effect($0, scale) } ?? "too little data",
                    arm.value.map { plot.line($0, arm.interval.map { ($0.lower, $0.upper) }) },
                ])
            }
        }
        return points.isEmpty ? "Nothing is known yet.\n" : table.text(width: nil)
    }

    static func split(_ split: SplitResult, _ arms: [String], control: String) -> String {
        var table = TextTable([.init("VARIANT"), .init("UNITS", .right)])
        for (arm, units) in zip(arms, split.units) {
            table.add([arm == control ? arm + " (control)" : arm, "\(units)"])
        }
        return table.text(width: Terminal.width) + ResultWords.split(split) + "\n"
    }

    static func metric(_ metric: MetricResult) -> String {
        let figures = metric.arms.map { metric.figure(of: $0) }
        let plot = IntervalPlot(figures.compactMap { $0?.interval }.map { ($0.lower, $0.upper) })
        var table = TextTable([
            .init("\(metric.metric), \(metric.role.rawValue)"), .init("CONTROL", .right), .init("VARIANT", .right),
            .init("EFFECT", .right), .init("INTERVAL"), .init("P", .right), .init(""),
        ])
        var notes: [String] = []
        for (arm, figure) in zip(metric.arms, figures) {
            guard let figure else {
                table.add([arm.variant, nil, nil, nil, nil, nil, nil])
                notes.append(ResultWords.missing(arm))
                continue
            }
            table.add([
                arm.variant, arm.controlMean.map(ResultWords.rounded), arm.mean.map(ResultWords.rounded),
                ResultWords.effect(figure.value, metric.scale),
                figure.interval.map { ResultWords.interval($0, metric.scale) },
                (arm.adjustedPValue ?? arm.pValue).map(ResultWords.probability),
                plot.line(figure.value, figure.interval.map { ($0.lower, $0.upper) }),
            ])
            notes += ResultWords.notes(arm, figure)
        }
        return table.text(width: nil) + notes.map { "  \($0)\n" }.joined()
    }

    private static func decisions(_ results: ExperimentResults.Get.Reply) -> String {
        let recommended = results.recommendation
        return ([recommended] + results.decisions.filter { $0.variant != recommended.variant }).map { decision in
            "\(ResultWords.verdict(decision.verdict)): \(decision.variant)\n"
                + decision.reasons.map { "  \($0)\n" }.joined()
        }.joined()
    }
}
