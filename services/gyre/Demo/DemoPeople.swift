import JSON
import JSONRPC
import Population

/// The people of the demo brand: a population of its own, who bought in the year before the brand was made.
struct DemoPeople {
    static let count = 2_000
    static let prefix = "demo"
    /// Somebody to show: person 1.
    static let firstCustomerID = "demo-00001"
    private static let seed: UInt64 = 2_026
    private static let weeks: Int64 = 52

    private let directory: DataDirectory
    private let client: SuiteClient

    init(_ directory: DataDirectory, key: String) {
        self.directory = directory
        client = SuiteClient(.gateway(key: key), in: directory)
    }

    /// - Parameter moment: the end of their year; the same each time, as facts of one name must be alike.
    static func population(until moment: Timestamp) throws(PopulationProblem) -> SyntheticPopulation {
        let year = weeks * 7 * 86_400_000_000
        var parameters = PopulationParameters(
            seed: seed, from: Timestamp(microseconds: moment.microseconds - year), until: moment)
        parameters.prefix = prefix
        parameters.people = count
        return try SyntheticPopulation(parameters)
    }

    /// Brings in whoever is not there yet.
    func load(until moment: Timestamp) async throws(CommandFailure) -> PopulationTally {
        let subject = "The demo people cannot be loaded"
        let tally: PopulationTally
        do {
            tally = try await PopulationUpload(try Self.population(until: moment), through: client).send()
        } catch let error as RPCError {
            throw CommandFailure(error, in: directory, subject: subject)
        } catch {
            throw CommandFailure("\(subject): \(error)")
        }
        if let reason = tally.reasons.first { throw CommandFailure("\(subject): \(reason)") }
        await client.close()
        return tally
    }

    static func sentence(_ tally: PopulationTally) -> String {
        let people = (tally.people.sent - tally.people.erased).counted("person", "people")
        let what = "the demo brand has \(people) with \((tally.orders.new + tally.orders.known).counted("order"))"
        let erased = tally.people.erased
        let out =
            erased == 0
            ? "" : "; \(erased.grouped) \(erased == 1 ? "was erased and stays" : "were erased and stay") out"
        return what + (tally.new == 0 ? ", all of them from an earlier start" : "; \(tally.new.grouped) facts are new")
            + out
    }
}
