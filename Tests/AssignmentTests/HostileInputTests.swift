import Assignment
import JSON
import Testing

@Suite("Hostile input")
struct HostileInputTests {
    @Test("Ten thousand texts are refused as patterns or matched, and none is fatal")
    func patterns() {
        var random = SeededGenerator(seed: 44)
        let pieces = [
            "(", ")", "[", "]", "{", "}", "{2}", "{0,}", "*", "+", "?", "|", "^", "$", "\\", "-", "a", "é", "😀", ":",
            "<", ">",
        ]
        var accepted = 0
        for _ in 0..<10_000 {
            let text = (0..<random.below(12)).map { _ in pieces[random.below(pieces.count)] }.joined()
            guard let pattern = try? Pattern(text, ignoringCase: random.below(2) == 0) else { continue }
            accepted += 1
            _ = pattern.matches("aé😀-{2}")
        }
        #expect(100..<9_900 ~= accepted)
    }

    @Test("Ten thousand documents are refused as conditions or evaluated, and none is fatal")
    func conditions() {
        var random = SeededGenerator(seed: 45)
        var accepted = 0
        for _ in 0..<10_000 {
            let attributes = AttributeValue(json(&random, 0))
            let groups = SavedGroups(["": .condition(json(&random, 1)), "a": .values([json(&random, 1)])])
            guard let condition = try? Condition(json(&random, 0), savedGroups: groups) else { continue }
            accepted += 1
            _ = condition.holds(for: attributes)
            _ = condition.answers(for: attributes)
        }
        #expect(100..<9_900 ~= accepted)
    }

    private func json(_ random: inout SeededGenerator, _ depth: Int) -> JSONValue {
        let names = [
            "$and", "$or", "$not", "$nor", "$in", "$nin", "$ini", "$all", "$alli", "$size", "$elemMatch", "$regex",
            "$veq",
            "$vlt", "$gt", "$eq", "$type", "$exists", "$inGroup", "$savedGroup", "id", "a", "", "0", "a.0", "..",
            "length",
        ]
        let kind = depth == 0 ? 7 : depth > 4 ? random.below(5) : random.below(9)
        switch kind {
        case 0: return .null
        case 1: return .bool(random.below(2) == 0)
        case 2: return [0, -1, 1.5, 1e300, 12_345_678_901][random.below(5)]
        case 3: return JSONNumber("-1e999").map { .number($0) } ?? .null
        case 4: return .string(["", "a", "é", "string", "1.0.0", "(", "😀"][random.below(7)])
        case 5: return .array((0..<random.below(3)).map { _ in json(&random, depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<random.below(3) { object[names[random.below(names.count)]] = json(&random, depth + 1) }
            return .object(object)
        }
    }
}
