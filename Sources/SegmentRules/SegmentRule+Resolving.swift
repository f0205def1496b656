extension SegmentRule {
    /// The rule with the rules of the segments that it names in their places.
    ///
    /// - Parameters:
    ///   - key: the segment whose rule this is; nil: none's.
    ///   - segments: by what rules call them.
    /// - Throws: ``SegmentRuleProblem`` for a segment that is not there, where one comes to contain itself, and where all of
    ///   it is more than a rule may be.
    public func resolved(
        of key: String?, _ segments: [String: NamedRule]
    ) throws(SegmentRuleProblem) -> SegmentRule {
        var resolution = SegmentResolution(segments: segments, open: key.map { [$0] } ?? [])
        return try resolution.resolve(self, depth: 1)
    }

    /// The rule of a segment, and the segment's key.
    public struct NamedRule: Sendable {
        public let key: String
        public let rule: SegmentRule

        public init(key: String, rule: SegmentRule) {
            self.key = key
            self.rule = rule
        }
    }

    /// The segments that the rule names itself.
    public var references: [String] {
        switch self {
        case .all(let rules), .any(let rules): rules.flatMap(\.references)
        case .not(let rule): rule.references
        case .segment(let reference): [reference]
        case .trait, .event, .kind, .seen, .purpose: []
        }
    }
}

private struct SegmentResolution {
    let segments: [String: SegmentRule.NamedRule]
    /// The segments that are being resolved, outermost first.
    var open: [String]
    private var budget = SegmentRuleBudget()

    init(segments: [String: SegmentRule.NamedRule], open: [String]) {
        self.segments = segments
        self.open = open
    }

    mutating func resolve(_ rule: SegmentRule, depth: Int) throws(SegmentRuleProblem) -> SegmentRule {
        try budget.check(depth: depth, at: "")
        switch rule {
        case .all(let rules): return .all(try resolve(rules, depth: depth + 1))
        case .any(let rules): return .any(try resolve(rules, depth: depth + 1))
        case .not(let rule): return .not(try resolve(rule, depth: depth + 1))
        case .segment(let reference):
            guard let found = segments[reference] else {
                throw SegmentRuleProblem(
                    pointer: "", message: "names the segment '\(reference)', which is not there, or out of use")
            }
            guard !open.contains(found.key) else {
                let cycle = (open + [found.key]).drop { $0 != found.key }.joined(separator: " → ")
                throw SegmentRuleProblem(pointer: "", message: "makes a segment contain itself: \(cycle)")
            }
            open.append(found.key)
            defer { open.removeLast() }
            return try resolve(found.rule, depth: depth + 1)
        case .trait, .event, .kind, .seen, .purpose:
            try budget.count(at: "")
            return rule
        }
    }

    private mutating func resolve(
        _ rules: [SegmentRule], depth: Int
    ) throws(SegmentRuleProblem) -> [SegmentRule] {
        var resolved: [SegmentRule] = []
        for rule in rules { resolved.append(try resolve(rule, depth: depth)) }
        return resolved
    }
}
