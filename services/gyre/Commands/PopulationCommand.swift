import ArgumentParser
import JSON
import JSONRPC
import Population

/// `gyre population`
struct PopulationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "population",
        abstract: "Makes up people whose truth is known, and brings them into a brand.",
        subcommands: [Load.self, Show.self, Export.self])

    struct Load: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings made-up people into a brand, as anybody would bring in their customers.",
            discussion: """
                Who they are, what they bought, and which of them agreed to marketing; ops/docs/population.md says \
                how. The same people are taken once, however often they are sent; more of them, or a later end, add \
                to them.

                EXAMPLES
                  gyre population load
                  gyre population load --people 1000 --seed 7 --brand 'Corner Shop'
                  gyre population load --seed 8 --from 2025-01-01 --until 2026-01-01
                """)

        @Option(help: "How many.")
        var people = 1_000

        @OptionGroup var population: PopulationOptions
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { _ = try population.population(people: people) }

        func perform() async throws {
            let begunAt = MonotonicClock.milliseconds
            let made = try population.population(people: people)
            guard made.parameters.until <= .now else {
                throw CommandFailure(
                    "--until \(population.until) is in the future: nobody has bought anything there yet.")
            }
            let client = try await caller.connect(suite)
            let bar = Terminal.showsProgress && !output.json ? ProgressBar(label: "people", total: people) : nil
            let tally: PopulationTally
            do {
                tally = try await PopulationUpload(made, through: client).send { done, tally in
                    guard let bar else { return }
                    let line = bar.line(
                        done: done, note: tally.sent.counted("fact"),
                        elapsedMilliseconds: Int(MonotonicClock.milliseconds - begunAt))
                    Terminal.err("\r\u{1B}[K" + line)
                }
            } catch {
                if bar != nil { Terminal.err("\n") }
                if !output.json {
                    Terminal.err("What was sent is in. The same command goes on where this one ended.\n")
                }
                throw error
            }
            if bar != nil { Terminal.err("\r\u{1B}[K") }
            await client.close()
            let milliseconds = MonotonicClock.milliseconds - begunAt
            output.show(tally) { text(tally, milliseconds) }
            if tally.refused > 0 { throw refusal(tally) }
        }

        private func text(_ tally: PopulationTally, _ milliseconds: Int64) -> String {
            let seconds = "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
            return """
                \(tally.sent.counted("fact")) of \(people.counted("person", "people")), \(population.from) until \
                \(population.until), in \(seconds)

                \(tally.table().text(width: Terminal.width))
                Their orders are worth USD \(tally.revenue).

                Look at them:
                  \(caller.command("call signals.summarize '{\"by\": \"month\"}'", suite))
                  \(caller.command("consent list --purpose \(PopulationFacts.purpose)", suite))
                See the truth that is planted in one:
                  \(SuiteServices.commandName) population show --person 17\(population.again)

                """
        }

        private func refusal(_ tally: PopulationTally) -> CommandFailure {
            CommandFailure(
                "\(tally.refused.counted("fact")) \(tally.refused == 1 ? "was" : "were") refused.",
                remedies: tally.reasons.map(\.withoutControlCharacters) + [
                    "With another --from they are others of the same names: use another --seed, or another brand."
                ])
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one made-up person and the truth planted in them; needs no suite.",
            discussion: """
                EXAMPLES
                  gyre population show --person 17
                  gyre population show --person 17 --seed 8 --from 2025-01-01 --until 2026-01-01 --json
                """)

        @Option(help: "Which, counted from 1.")
        var person: Int

        @OptionGroup var population: PopulationOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard 1...PopulationParameters.maximumPeople ~= person else {
                throw ValidationError("--person must be from 1 to \(PopulationParameters.maximumPeople).")
            }
            _ = try population.population()
        }

        func run() throws {
            let made = try population.population()
            let report = IndividualReport(made.person(person), of: made)
            output.show(report) { report.text(width: Terminal.width) }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what made-up people bought as a CSV file, or its mapping; needs no suite.",
            discussion: """
                What `gyre import` takes of it are the same facts that `gyre population load` sends: either adds \
                nothing to the other.

                EXAMPLES
                  gyre population export --people 1000 --seed 7 --format csv > orders.csv
                  gyre population export --format mapping > orders.yaml
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable { case csv, mapping }

        @Option(help: "What to print: the orders, or the mapping that gyre import takes them through.")
        var format = Format.csv

        @Option(help: "How many people.")
        var people = 1_000

        @OptionGroup var population: PopulationOptions

        func validate() throws { _ = try population.population(people: people) }

        func run() throws {
            if format == .mapping { return Terminal.out(PopulationFacts.mapping) }
            let made = try population.population(people: people)
            Terminal.out(SyntheticPopulation.heading)
            for start in stride(from: 1, through: people, by: 250) {
                Terminal.out(made.table(of: start..<min(start + 250, people + 1)))
            }
        }
    }
}
