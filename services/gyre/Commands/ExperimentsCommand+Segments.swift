import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import ResultWords
import ServiceContract

extension ExperimentsCommand {
    struct Segments: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what an experiment has shown in each segment of its units, and whether that differs.",
            discussion: """
                The plan names the attributes by which units are told apart; exposures say what each unit's are.

                EXAMPLES
                  gyre experiments segments checkout country
                  gyre experiments segments checkout country --metric orders --metric spend
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Argument(help: "The attribute.")
        var attribute: String

        @Option(name: .customLong("metric"), help: ArgumentHelp("Which metrics; else the goals.", valueName: "metric"))
        var metrics: [String] = []

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let experiment = try await Experiments.Client(client).get(Experiments.Get.Params(key: key))
            let found = try await ExperimentResults.Client(client).segments(
                ExperimentResults.Segments.Params(
                    experimentId: experiment.id, attribute: attribute, metrics: metrics.isEmpty ? nil : metrics))
            output.show(found) { SegmentsText.text(found) }
        }
    }
}

/// Effects by segment as a person reads them in a terminal.
enum SegmentsText {
    static func text(_ found: ExperimentResults.Segments.Reply) -> String {
        found.metrics.isEmpty
            ? "The plan has no goal: name metrics.\n"
            : found.metrics.map { metric($0, found.attribute) }.joined(separator: "\n")
    }

    private static func metric(_ metric: MetricSegments, _ attribute: String) -> String {
        let rows = metric.segments.flatMap { segment in
            segment.arms.map { arm in
                (
                    value: segment.value ?? "other", arm: arm,
                    figure: metric.scale == .relative ? arm.relative : arm.absolute
                )
            }
        }
        let plot = IntervalPlot(rows.compactMap { $0.figure?.interval }.map { ($0.lower, $0.upper) })
        var table = TextTable([
            .init("\(metric.metric) by \(attribute)"), .init("VARIANT"), .init("UNITS", .right),
            .init("EFFECT", .right),
            .init("P", .right), .init(""),
        ])
        var notes = ""
        for row in rows {
            guard let figure = row.figure else {
                table.add([row.value, row.arm.variant, nil, nil, nil, nil])
                notes += "  \(row.value), \(ResultWords.missing(row.arm))\n"
                continue
            }
            table.add([
                row.value, row.arm.variant, row.arm.units.map { "\($0)" },
                ResultWords.effect(figure.value, metric.scale),
                (row.arm.adjustedPValue ?? row.arm.pValue).map(ResultWords.probability),
                plot.line(figure.value, figure.interval.map { ($0.lower, $0.upper) }),
            ])
        }
        for difference in metric.differences {
            let p = (difference.adjustedPValue ?? difference.pValue).map { " (\(ResultWords.equation($0)))" } ?? ""
            notes += "  \(difference.variant): \(difference.summary)\(p)\n"
        }
        return table.text(width: nil) + notes
    }
}
