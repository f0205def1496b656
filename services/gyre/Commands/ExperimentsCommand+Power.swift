import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import ResultWords
import ServiceContract

/// `5%` is relative, `2.5` in the metric's unit.
struct EffectArgument: ExpressibleByArgument, Equatable {
    let value: Double
    let isRelative: Bool

    init?(argument: String) {
        isRelative = argument.hasSuffix("%")
        guard let number = Double(isRelative ? String(argument.dropLast()) : argument), number > 0, number.isFinite
        else { return nil }
        value = isRelative ? number / 100 : number
    }
}

extension ExperimentsCommand {
    struct Power: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Says how many units a test needs, or which effect it finds; of a started experiment, what is missing.",
            discussion: """
                Before a test say what units do, by a metric that another experiment measured, or by hand; then an effect,
                units, or a pace. Of an experiment that was started name its key.

                EXAMPLES
                  gyre experiments power --metric orders --effect 5% --per-day 4000
                  gyre experiments power --mean 0.2 --effect 5% --engine groupSequential --looks 4
                  gyre experiments power --mean 80 --deviation 50 --units 10000 --shares 50,25,25
                  gyre experiments power checkout
                """)

        @Argument(help: "The key of an experiment that was started; absent: the test is yet to be planned.")
        var key: String?

        @Option(help: ArgumentHelp("Whose history says what units do.", valueName: "metric"))
        var metric: String?

        @Option(help: ArgumentHelp("The experiment whose control it is; else that with most units.", valueName: "key"))
        var of: String?

        @Option(help: "What a unit has on average; without a deviation, the share of units that do it.")
        var mean: Double?

        @Option(help: "The standard deviation of a unit.")
        var deviation: Double?

        @Option(help: ArgumentHelp("The share of the variance that CUPED cuts, from 0 to 0.99.", valueName: "share"))
        var varianceCut: Double?

        @Option(help: ArgumentHelp("What is to be found: 5%, or a number in the metric's unit.", valueName: "effect"))
        var effect: EffectArgument?

        @Option(help: "Units of all arms together.")
        var units: Int?

        @Option(help: ArgumentHelp("Units a day, of all arms together.", valueName: "units"))
        var perDay: Double?

        @Option(help: "Lines of the table of weeks.")
        var weeks: Int = 8

        @Option(help: ArgumentHelp("Of each arm, the control first: 50,25,25.", valueName: "list"))
        var shares: String?

        @Option(help: "How evidence is judged.")
        var engine: InferenceEngine = .fixed

        @Option(help: "Looks of a group-sequential test, evenly spread.")
        var looks: Int?

        @Option(help: "How a group-sequential test spends its level.")
        var spending: SpendingName?

        @Option(help: "The level.")
        var alpha: Double = 0.05

        @Option(help: "The probability to find an effect that is there.")
        var power: Double = 0.8

        @Option(help: "Questions that are corrected for together; else as many as there are variants.")
        var questions: Int?

        @Option(help: "What is better; else as the metric says.")
        var direction: MetricDirection?

        @Flag(help: "Count only what is better; results are two-sided.")
        var oneSided = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if key == nil, metric == nil, mean == nil {
                throw ValidationError("Name an experiment that was started, or say what units do: --metric or --mean.")
            }
            if key != nil, metric != nil || mean != nil || units != nil || perDay != nil {
                throw ValidationError("An experiment that was started has its own metrics and units.")
            }
            if let looks, !(1...12).contains(looks) { throw ValidationError("--looks is from 1 to 12.") }
            if shares != nil, parsedShares == nil { throw ValidationError("--shares is a list such as 50,25,25.") }
        }

        private var parsedShares: [Double]? {
            guard let shares else { return nil }
            let numbers = shares.split(separator: ",", omittingEmptySubsequences: false).map { Double(String($0)) }
            return numbers.allSatisfy { $0 != nil } ? numbers.compactMap(\.self) : nil
        }

        func perform() async throws {
            let client = try await caller.connect(suite)
            let experiments = Experiments.Client(client)
            guard let key else {
                var source: UUIDv7?
                if let of { source = try await experiments.get(Experiments.Get.Params(key: of)).id }
                let reply = try await ExperimentPower.Client(client).estimate(params(source))
                return output.show(reply) { PowerText.text(reply) }
            }
            let experiment = try await experiments.get(Experiments.Get.Params(key: key))
            let reply = try await ExperimentPower.Client(client).get(
                ExperimentPower.Get.Params(experimentId: experiment.id, power: power, effect: effect?.value))
            output.show(reply) { PowerText.text(reply) }
        }

        private func params(_ source: UUIDv7?) -> ExperimentPower.Estimate.Params {
            ExperimentPower.Estimate.Params(
                metric: metric, experimentId: source, mean: mean, standardDeviation: deviation,
                varianceCut: varianceCut, direction: direction, effect: effect?.value,
                scale: effect?.isRelative == false ? .absolute : .relative, units: units, unitsPerDay: perDay,
                weeks: weeks, shares: parsedShares, engine: engine,
                looks: looks.map { count in (1...count).map { Double($0) / Double(count) } }, spending: spending,
                alpha: alpha, power: power, isOneSided: oneSided, questions: questions)
        }
    }
}

/// Power as a person reads it in a terminal.
enum PowerText {
    static func text(_ reply: ExperimentPower.Estimate.Reply) -> String {
        let baseline = reply.baseline
        var lines = TextTable([.init("UNITS DO"), .init("")])
        lines.add(["mean", ResultWords.rounded(baseline.mean)])
        lines.add(["deviation", ResultWords.rounded(baseline.standardDeviation)])
        if baseline.varianceCut > 0 { lines.add(["cut by CUPED", ResultWords.percent(baseline.varianceCut)]) }
        if let experiment = baseline.experiment {
            lines.add(["so were", "\(baseline.units ?? 0) units of the control of \(experiment)"])
        }
        var found = TextTable([.init("THE TEST"), .init("")])
        if let effect = reply.effect { found.add(["finds", text(effect)]) }
        if let units = reply.units {
            if reply.effect == nil { found.add(["finds", "nothing"]) }
            found.add(["with", "\(units) units: \((reply.arms ?? []).map { "\($0)" }.joined(separator: " + "))"])
        }
        if let days = reply.days { found.add(["in", days == 1 ? "1 day" : "\(days) days"]) }
        found.add(["power", "\(ResultWords.percent(reply.power)) at a level of \(reply.alpha)"])
        if reply.questions > 1 { found.add(["corrected for", "\(reply.questions) questions"]) }
        var weeks = TextTable([.init("WEEKS", .right), .init("UNITS", .right), .init("FINDS")])
        for week in reply.weeks {
            weeks.add(["\(week.week)", "\(week.units)", week.effect.map(text) ?? "nothing"])
        }
        let tables = [lines, found] + (weeks.isEmpty ? [] : [weeks])
        return tables.map { $0.text(width: Terminal.width) }.joined(separator: "\n") + granted(reply.assumptions)
    }

    static func text(_ reply: ExperimentPower.Get.Reply) -> String {
        var head = "\(reply.experiment) is \(reply.status.rawValue): \(reply.units)"
        if let planned = reply.plannedUnits { head += " of \(planned)" }
        head += " units" + (reply.unitsPerDay.map { ", \(ResultWords.rounded($0)) a day" } ?? "") + ".\n\n"
        var table = TextTable([
            .init("METRIC"), .init("VARIANT"), .init("CUPED", .right), .init("FINDS NOW", .right),
            .init("AT THE END", .right), .init("PLANNED", .right), .init("POWER", .right), .init("MISSING", .right),
            .init("DAYS", .right),
        ])
        var notes = ""
        for metric in reply.metrics {
            for arm in metric.arms {
                table.add([
                    metric.metric, arm.variant, arm.varianceCut.map(ResultWords.percent),
                    arm.effect.map { figure($0, metric.scale) }, arm.effectAtEnd.map { figure($0, metric.scale) },
                    (arm.planned?.effect).map { figure($0, metric.scale) }, arm.planned?.power.map(ResultWords.percent),
                    arm.planned?.unitsMissing.map { "\($0)" }, arm.planned?.days.map { "\($0)" },
                ])
                notes += "\(metric.metric), \(arm.variant): \(arm.summary)\n"
            }
        }
        let power = "Found with a probability of \(ResultWords.percent(reply.power)), if it is there.\n"
        return head + table.text(width: nil) + power + "\n" + notes + granted(reply.assumptions)
    }

    private static func granted(_ assumptions: [String]) -> String {
        "\nTaken for granted:\n" + assumptions.map { "  \($0)\n" }.joined()
    }

    private static func text(_ effect: EffectSize) -> String {
        let absolute = ResultWords.rounded(effect.absolute)
        return effect.relative.map { "\(ResultWords.percent($0)) (\(absolute))" } ?? absolute
    }

    private static func figure(_ effect: EffectSize, _ scale: EffectScaleName) -> String {
        ResultWords.size(effect, scale) ?? "-"
    }
}
