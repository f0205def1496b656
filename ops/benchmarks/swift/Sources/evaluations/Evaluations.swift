import Assignment
import JSON

/// `evaluations [--seconds S]`: how long the experiment `checkout` takes to decide for a unit, in process.
///
/// Prints microseconds, and what others need to be asked the same: the units, the experiments as GrowthBook's SDKs read
/// them, and what was decided for each unit:
/// `{"microseconds": 0.8, "units": [{"id": …}, …], "features": {…}, "variants": ["new", null, …]}`.
@main
struct Evaluations {
    private static let unitCount = 10_000
    private static let evaluationsBetweenLooks = 10_000

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 1 || arguments.count == 3 && arguments[1] == "--seconds",
            let seconds = arguments.count == 3 ? Double(arguments[2]) : 3
        else { return print("usage: evaluations [--seconds S]") }
        let set = try experiments()
        let units = (0..<unitCount).map(unit)
        let microseconds = Self.microseconds(set, units.map { AttributeValue($0) }, seconds: seconds)
        let variants: [JSONValue] = units.map { unit in
            let decided = set.evaluate("checkout", for: UnitContext(attributes: AttributeValue(unit)))
            return decided?.variant.map { .string($0) } ?? .null
        }
        var features = JSONObject()
        for key in set.keys {
            guard let rule = set.growthBookRule(key, variantFeature: { $0 }) else { continue }
            features[key] = ["defaultValue": .null, "rules": [rule]]
        }
        var printed = JSONWriter()
        let answer: JSONValue = [
            "units": .array(units), "features": .object(features), "variants": .array(variants),
        ]
        answer.write(to: &printed)
        let rest = String(decoding: printed.bytes().dropFirst(), as: UTF8.self)
        print("{\"microseconds\": \(microseconds), \(rest)")
    }

    /// One that others need, and one that needs it and targets some.
    private static func experiments() throws -> ExperimentSet {
        let halves = [Allocation.Share("control", 5_000), Allocation.Share("new", 5_000)]
        let delivery = ExperimentDefinition(key: "delivery", allocation: try Allocation(halves))
        var checkout = ExperimentDefinition(key: "checkout", allocation: try Allocation(halves))
        checkout.condition = ["country": ["$in": ["DE", "AT"]]]
        checkout.prerequisites = [Prerequisite("delivery")]
        return try ExperimentSet(experiments: [delivery, checkout])
    }

    private static func unit(_ number: Int) -> JSONValue {
        [
            "id": .string("user-\(number)"), "country": .string(["DE", "AT", "US"][number % 3]),
            "age": .number(JSONNumber(18 + number % 60)),
        ]
    }

    private static func microseconds(_ set: ExperimentSet, _ units: [AttributeValue], seconds: Double) -> Double {
        let clock = ContinuousClock()
        let begin = clock.now
        var (count, found) = (0, 0)
        var elapsed = Duration.zero
        repeat {
            for _ in 0..<evaluationsBetweenLooks {
                let decided = set.evaluate("checkout", for: UnitContext(attributes: units[count % units.count]))
                if decided?.variant != nil { found += 1 }
                count += 1
            }
            elapsed = clock.now - begin
        } while elapsed < .seconds(seconds)
        precondition(found * 3 / 2 > count - units.count && found < count, "two countries of three are targeted")
        return elapsed / .microseconds(1) / Double(count)
    }
}
