import JSON

extension SegmentRule {
    /// The rule as people say it: `people whose city is "Berlin" and who did "order" at least 2 times in the last 90 days`.
    public var words: String { "people \(clause)" }

    /// What follows "people".
    private var clause: String {
        switch self {
        case .all(let rules): Self.joined(rules, by: " and ")
        case .any(let rules): Self.joined(rules, by: " or ")
        case .not(let rule): "not (\(rule.clause))"
        case .trait(let name, let tests):
            "whose \(name) " + tests.map(\.words).joined(separator: " and ")
        case .event(let test): test.words
        case .kind(let kind): "who are \(Self.plurals[kind] ?? kind.rawValue)"
        case .seen(let test):
            "\(test.end.rawValue) seen "
                + (test.isWithin
                    ? "in the last \(test.days.counted("day"))" : "more than \(test.days.counted("day")) ago")
        case .purpose(let purpose): "whose data may be used for \(purpose)"
        case .segment(let reference): "in the segment \(reference)"
        }
    }

    /// Rules that are themselves joined stand in parentheses, so that "and" and "or" are not mixed up.
    private static func joined(_ rules: [SegmentRule], by word: String) -> String {
        if rules.count == 1 { return rules[0].clause }
        return rules.map { rule in
            switch rule {
            case .all(let inner) where inner.count > 1, .any(let inner) where inner.count > 1: "(\(rule.clause))"
            default: rule.clause
            }
        }.joined(separator: word)
    }

    private static let plurals: [Kind: String] = [
        .individual: "individuals", .household: "households", .business: "businesses", .property: "properties",
    ]
}

extension TraitTest {
    fileprivate var words: String {
        switch self {
        case .isOneOf(let values): "is \(Self.alternatives(values))"
        case .isNoneOf(let values): "is not \(Self.alternatives(values))"
        case .exists(true): "is known"
        case .exists(false): "is not known"
        case .number(let comparison, let number): "is \(comparison.words)\(number)"
        case .time(let comparison, let time): "is \(comparison.wordsOfTime)\(time)"
        case .contains(let value): "contains \(value.words)"
        case .startsWith(let text): "begins with \(TraitScalar.text(text).words)"
        }
    }

    private static func alternatives(_ values: [TraitScalar]) -> String {
        let words = values.map(\.words)
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}

extension TraitScalar {
    fileprivate var words: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .number(let number): "\(number)"
        case .bool(let bool): "\(bool)"
        }
    }
}

extension Comparison {
    fileprivate var words: String {
        switch self {
        case .is: ""
        case .greaterThan: "more than "
        case .atLeast: "at least "
        case .lessThan: "less than "
        case .atMost: "at most "
        }
    }

    fileprivate var wordsOfTime: String {
        switch self {
        case .is: ""
        case .greaterThan: "after "
        case .atLeast: "at or after "
        case .lessThan: "before "
        case .atMost: "at or before "
        }
    }
}

extension EventTest {
    fileprivate var words: String {
        var parts: [String] = []
        if !times.isEmpty || revenue.isEmpty {
            let often = times.map { $0.words + $1.counted("time") }.joined(separator: " and ")
            parts.append("who did \"\(event)\"" + (often.isEmpty ? "" : " \(often)"))
        }
        if let currency, !revenue.isEmpty {
            let much = revenue.map { "\($0.words)\($1)" }.joined(separator: " and ")
            parts.append("whose revenue from \"\(event)\" is \(much) \(currency)")
        }
        let when = withinDays.map { " in the last \($0.counted("day"))" } ?? ""
        return parts.joined(separator: " and ") + when
    }
}

extension Int {
    /// "1 day", "2 days".
    fileprivate func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
