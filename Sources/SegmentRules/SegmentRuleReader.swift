public import JSON

extension SegmentRule {
    /// Reads a rule.
    ///
    /// - Throws: ``SegmentRuleProblem`` at what is no rule.
    public init(_ json: JSONRaw) throws(SegmentRuleProblem) {
        guard json.bytes.count <= Self.maximumBytes else {
            throw SegmentRuleProblem(pointer: "", message: "must have at most \(Self.maximumBytes) bytes")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: json.bytes)
        } catch {
            throw SegmentRuleProblem(pointer: error.pointer, message: error.message)
        }
        var reader = SegmentRuleReader()
        self = try reader.rule(value, at: "", depth: 1)
    }
}

/// Turns JSON into a rule.
struct SegmentRuleReader {
    /// The members that say what kind of rule it is.
    static let heads = [
        "all", "any", "not", "trait", "event", "kind", "firstSeen", "lastSeen", "purpose", "segment",
    ]

    private var budget = SegmentRuleBudget()

    mutating func rule(_ json: JSONValue, at pointer: String, depth: Int) throws(SegmentRuleProblem) -> SegmentRule {
        guard let object = json.object else {
            throw problem(pointer, "must be a rule, an object such as {\"trait\": \"city\", \"is\": \"Berlin\"}")
        }
        let heads = object.map(\.name).filter { Self.heads.contains($0) }
        guard let head = heads.first, heads.count == 1, let value = object[head] else {
            throw problem(pointer, "must have one of \(Self.heads.joined(separator: ", ")), and no two of them")
        }
        try budget.check(depth: depth, at: pointer)
        let others = object.filter { $0.name != head }
        let place = pointer + "/" + head
        switch head {
        case "all", "any", "not":
            try refuse(others, at: pointer)
            if head == "not" { return .not(try rule(value, at: place, depth: depth + 1)) }
            let rules = try rules(value, at: place, depth: depth + 1)
            return head == "all" ? .all(rules) : .any(rules)
        case "trait":
            try budget.count(at: pointer)
            return .trait(try name(value, at: place), try traitTests(others, at: pointer))
        case "event":
            try budget.count(at: pointer)
            return .event(try event(try name(value, at: place), others, at: pointer))
        default:
            try budget.count(at: pointer)
            try refuse(others, at: pointer)
            return try leaf(head, value, at: place)
        }
    }

    private mutating func rules(
        _ json: JSONValue, at pointer: String, depth: Int
    ) throws(SegmentRuleProblem) -> [SegmentRule] {
        guard let elements = json.array, !elements.isEmpty else {
            throw problem(pointer, "must be an array of rules, at least one")
        }
        var rules: [SegmentRule] = []
        for (index, element) in elements.enumerated() {
            rules.append(try rule(element, at: "\(pointer)/\(index)", depth: depth))
        }
        return rules
    }

    private func leaf(_ head: String, _ value: JSONValue, at pointer: String) throws(SegmentRuleProblem) -> SegmentRule
    {
        switch head {
        case "kind":
            guard let kind = value.string.flatMap({ SegmentRule.Kind(rawValue: $0) }) else {
                let kinds = SegmentRule.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw problem(pointer, "must be one of \(kinds)")
            }
            return .kind(kind)
        case "firstSeen", "lastSeen":
            guard let object = value.object, object.count == 1, let member = object.first(where: { _ in true }),
                ["withinDays", "beforeDays"].contains(member.name)
            else { throw problem(pointer, "must be {\"withinDays\": n} or {\"beforeDays\": n}") }
            let days = try days(member.value, at: pointer + "/" + member.name)
            return .seen(
                SeenTest(end: head == "firstSeen" ? .first : .last, isWithin: member.name == "withinDays", days: days))
        case "purpose":
            guard let name = value.string, Self.isPurpose(name) else {
                throw problem(pointer, "must be a purpose, such as marketing: a small letter, then letters and digits")
            }
            return .purpose(name)
        default: return .segment(try name(value, at: pointer))
        }
    }

    // MARK: Traits

    private func traitTests(
        _ members: [JSONObject.Member], at pointer: String
    ) throws(SegmentRuleProblem) -> [TraitTest] {
        guard !members.isEmpty else {
            throw problem(
                pointer,
                "must say what is asked of the trait: is, isNot, in, notIn, exists, greaterThan, atLeast, lessThan, "
                    + "atMost, contains or startsWith")
        }
        var tests: [TraitTest] = []
        for member in members {
            tests.append(try traitTest(member, at: pointer + "/" + JSONPointer.escape(member.name)))
        }
        return tests
    }

    private func traitTest(_ member: JSONObject.Member, at pointer: String) throws(SegmentRuleProblem) -> TraitTest {
        let value = member.value
        switch member.name {
        case "is": return .isOneOf([try scalar(value, at: pointer)])
        case "isNot": return .isNoneOf([try scalar(value, at: pointer)])
        case "in": return .isOneOf(try scalars(value, at: pointer))
        case "notIn": return .isNoneOf(try scalars(value, at: pointer))
        case "exists":
            guard let mustExist = value.bool else { throw problem(pointer, "must be true or false") }
            return .exists(mustExist)
        case "contains": return .contains(try scalar(value, at: pointer))
        case "startsWith":
            guard case .text(let text) = try scalar(value, at: pointer) else {
                throw problem(pointer, "must be a text")
            }
            return .startsWith(text)
        default:
            guard let comparison = Comparison(rawValue: member.name) else {
                throw problem(pointer, "is nothing that can be asked of a trait; ask is, in, exists, atLeast …")
            }
            if let time = value.string.flatMap({ Timestamp(dayOrTime: $0) }) { return .time(comparison, time) }
            guard value.number != nil, case .number(let number) = try scalar(value, at: pointer) else {
                throw problem(
                    pointer, "must be a number, a day such as \"2026-01-31\" or a time such as \"2026-01-31T09:30:00Z\""
                )
            }
            return .number(comparison, number)
        }
    }

    private func scalars(_ json: JSONValue, at pointer: String) throws(SegmentRuleProblem) -> [TraitScalar] {
        guard let elements = json.array, 1...SegmentRule.maximumValues ~= elements.count else {
            throw problem(pointer, "must be an array of 1 to \(SegmentRule.maximumValues) values")
        }
        var scalars: [TraitScalar] = []
        for (index, element) in elements.enumerated() {
            scalars.append(try scalar(element, at: "\(pointer)/\(index)"))
        }
        return scalars
    }

    private func scalar(_ json: JSONValue, at pointer: String) throws(SegmentRuleProblem) -> TraitScalar {
        switch json {
        case .string(let text):
            guard 1...SegmentRule.maximumLength ~= text.unicodeScalars.count else {
                throw problem(pointer, "must have 1 to \(SegmentRule.maximumLength) characters")
            }
            guard !EmailAddress.isValid(text) else {
                throw problem(
                    pointer, "is somebody's e-mail address; a rule says what people are like, and names nobody")
            }
            return .text(text)
        case .number(let number):
            guard let decimal = number.decimal else {
                throw problem(pointer, "must have at most \(JSONDecimal.maximumDigits) digits")
            }
            return .number(decimal)
        case .bool(let bool): return .bool(bool)
        default: throw problem(pointer, "must be a text, a number, true or false")
        }
    }

    // MARK: Events

    private func event(
        _ name: String, _ members: [JSONObject.Member], at pointer: String
    ) throws(SegmentRuleProblem) -> EventTest {
        var times: [(Comparison, Int)] = []
        var revenue: [(Comparison, Amount)] = []
        var currency: Currency?
        var within: Int?
        for member in members {
            let place = pointer + "/" + JSONPointer.escape(member.name)
            switch member.name {
            case "times":
                times = try comparisons(member.value, at: place) { value in
                    value.int64.flatMap { 0...1_000_000 ~= $0 ? Int($0) : nil }
                } orElse: {
                    "must be a whole number from 0 to 1000000"
                }
            case "revenue":
                revenue = try comparisons(member.value, at: place) { value in
                    value.string.flatMap { Amount($0) }
                } orElse: {
                    "must be an amount of at most four decimals, in quotes: \"100.00\""
                }
            case "currency":
                guard let code = member.value.string.flatMap({ Currency($0) }) else {
                    throw problem(place, "must be a currency, such as \"EUR\"")
                }
                currency = code
            case "withinDays": within = try days(member.value, at: place)
            default: throw problem(place, "is nothing that can be asked of an event; ask times, revenue, withinDays")
            }
        }
        guard revenue.isEmpty == (currency == nil) else {
            throw problem(pointer, "must have revenue and currency, or neither: amounts of one currency are summed")
        }
        return EventTest(event: name, times: times, revenue: revenue, currency: currency, withinDays: within)
    }

    private func comparisons<Value>(
        _ json: JSONValue, at pointer: String, _ read: (JSONValue) -> Value?, orElse message: () -> String
    ) throws(SegmentRuleProblem) -> [(Comparison, Value)] {
        guard let object = json.object, !object.isEmpty else {
            throw problem(pointer, "must be an object such as {\"atLeast\": …}")
        }
        var comparisons: [(Comparison, Value)] = []
        for member in object {
            let place = pointer + "/" + JSONPointer.escape(member.name)
            guard let comparison = Comparison(rawValue: member.name) else {
                let names = Comparison.allCases.map(\.rawValue).joined(separator: ", ")
                throw problem(place, "must be one of \(names)")
            }
            guard let value = read(member.value) else { throw problem(place, message()) }
            comparisons.append((comparison, value))
        }
        return comparisons
    }

    // MARK: Parts

    private func name(_ json: JSONValue, at pointer: String) throws(SegmentRuleProblem) -> String {
        guard let name = json.string, 1...SegmentRule.maximumLength ~= name.unicodeScalars.count else {
            throw problem(pointer, "must be a name of 1 to \(SegmentRule.maximumLength) characters")
        }
        return name
    }

    private func days(_ json: JSONValue, at pointer: String) throws(SegmentRuleProblem) -> Int {
        guard let days = json.int64, 1...Int64(SegmentRule.maximumDays) ~= days else {
            throw problem(pointer, "must be a whole number of days from 1 to \(SegmentRule.maximumDays)")
        }
        return Int(days)
    }

    private func refuse(_ members: [JSONObject.Member], at pointer: String) throws(SegmentRuleProblem) {
        guard let member = members.first else { return }
        throw problem(pointer + "/" + JSONPointer.escape(member.name), "does not belong here; take it out")
    }

    /// As the contract writes purposes.
    private static func isPurpose(_ name: String) -> Bool {
        guard let first = name.utf8.first, 0x61...0x7A ~= first, name.utf8.count <= 40 else { return false }
        return name.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 }
    }

    private func problem(_ pointer: String, _ message: String) -> SegmentRuleProblem {
        SegmentRuleProblem(pointer: pointer, message: message)
    }
}

/// How much of a rule there was.
struct SegmentRuleBudget {
    private var tests = 0

    mutating func count(at pointer: String) throws(SegmentRuleProblem) {
        tests += 1
        guard tests <= SegmentRule.maximumTests else {
            throw SegmentRuleProblem(
                pointer: pointer,
                message: "is beyond the \(SegmentRule.maximumTests) tests of a rule; put values into one list with in")
        }
    }

    func check(depth: Int, at pointer: String) throws(SegmentRuleProblem) {
        guard depth <= SegmentRule.maximumDepth else {
            throw SegmentRuleProblem(
                pointer: pointer,
                message: "is deeper than the \(SegmentRule.maximumDepth) rules that may lie in another")
        }
    }
}
