import ArgumentParser
import JSON
import Population

/// Which made-up people a command is about.
struct PopulationOptions: ParsableArguments {
    @Option(help: "Of all that is random: the same seed, the same people.")
    var seed: UInt64 = 7

    @Option(
        help: ArgumentHelp("When the first of them come, UTC.", valueName: "day"), transform: CalendarDate.init(day:))
    var from = PopulationOptions.day(2025)

    @Option(
        help: ArgumentHelp("Up to which day they are looked at, exclusive, UTC.", valueName: "day"),
        transform: CalendarDate.init(day:))
    var until = PopulationOptions.day(2026)

    /// - Parameter people: nil for whoever there may be.
    func population(people: Int? = nil) throws -> SyntheticPopulation {
        var parameters = PopulationParameters(
            seed: seed, from: Timestamp(startOf: from), until: Timestamp(startOf: until))
        parameters.people = people ?? PopulationParameters.maximumPeople
        do {
            return try SyntheticPopulation(parameters)
        } catch {
            throw ValidationError("--\(error.field) \(error.reason).")
        }
    }

    /// These options again, for another command.
    var again: String {
        " --seed \(seed)"
            + (from == Self.day(2025) && until == Self.day(2026) ? "" : " --from \(from) --until \(until)")
    }

    /// A year by default, and always the same one.
    private static func day(_ year: Int) -> CalendarDate {
        guard let day = CalendarDate(year: year, month: 11, day: 1) else {
            preconditionFailure("November has a first day")
        }
        return day
    }
}

extension CalendarDate {
    /// A day as an option says it.
    fileprivate init(day: String) throws {
        guard let date = CalendarDate(day) else { throw ValidationError("write a day as 2026-01-31.") }
        self = date
    }
}

extension Timestamp {
    /// 00:00 UTC.
    fileprivate init(startOf date: CalendarDate) {
        self.init(microseconds: Int64(date.dayNumber) * 86_400_000_000)
    }
}
