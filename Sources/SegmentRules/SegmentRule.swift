public import JSON

/// Who is in a segment.
///
/// ```json
/// {"all": [{"trait": "city", "is": "Berlin"}, {"event": "order", "times": {"atLeast": 2}, "withinDays": 90}]}
/// ```
///
/// A rule is an object with exactly one of these members:
///
/// | member | holds for |
/// |---|---|
/// | `all`, `any` | whom all of these rules hold for; whom one of them does |
/// | `not` | everybody else |
/// | `trait` | whoever has such a value as this trait; see ``TraitTest`` |
/// | `event` | whoever did this so often, or with so much revenue; see ``EventTest`` |
/// | `kind` | individuals, households, businesses or properties |
/// | `firstSeen`, `lastSeen` | whose first or last signal was `withinDays` or `beforeDays`; nobody without signals |
/// | `purpose` | whose data may be used for it |
/// | `segment` | the members of another segment, by its id or key |
///
/// A rule says nothing of who has no basis for being known by it: what must not be given out of a person is, to a rule,
/// not there.
public indirect enum SegmentRule: Sendable {
    /// Bytes of a rule.
    public static let maximumBytes = 16 << 10
    /// Rules within rules, those of the segments that are named included.
    public static let maximumDepth = 16
    /// Tests of a rule, those of the segments that are named included.
    public static let maximumTests = 200
    /// Values of one list.
    public static let maximumValues = 500
    /// Days to look back: ten years.
    public static let maximumDays = 3_653
    /// Unicode scalars of a name or a value.
    public static let maximumLength = 200

    case all([SegmentRule])
    case any([SegmentRule])
    case not(SegmentRule)
    /// All of the tests hold for the trait.
    case trait(String, [TraitTest])
    case event(EventTest)
    case kind(Kind)
    case seen(SeenTest)
    case purpose(String)
    /// Another segment, by id or key.
    case segment(String)

    /// What somebody or something is.
    public enum Kind: String, Sendable, CaseIterable {
        case individual, household, business, property
    }
}

/// When somebody's first or last signal was.
public struct SeenTest: Sendable {
    public enum End: String, Sendable {
        case first, last
    }

    public let end: End
    /// Whether within so many days; else before them.
    public let isWithin: Bool
    public let days: Int

    /// Whether it holds for a signal at this time.
    public func holds(for seen: Timestamp, at now: Timestamp) -> Bool {
        (seen >= now.days(ago: days)) == isWithin
    }
}

extension Timestamp {
    /// So many times 24 hours earlier.
    public func days(ago days: Int) -> Timestamp {
        Timestamp(microseconds: microseconds - Int64(days) * 86_400_000_000)
    }
}

/// Why a rule cannot be.
public struct SegmentRuleProblem: Error, Sendable, Equatable {
    /// A JSON Pointer from the rule: "/all/1/times".
    public let pointer: String
    /// A sentence whose subject is the value there, with its remedy: "must be …".
    public let message: String

    public init(pointer: String, message: String) {
        self.pointer = pointer
        self.message = message
    }
}
