public import JSON

/// How the columns of a file become signals or actors, read once and used for every file of its kind.
///
/// ```json
/// {
///   "kind": "signals", "source": "cdnow",
///   "source_fields": {"customer_id": "identifier.customerId", "date": "timestamp", "amount_usd": "revenue",
///                     "quantity": "properties.quantity:number"},
///   "computed_fields": {"properties.big": "quantity >= 5"},
///   "json_mappings": {"demographics": ["age_group", "gender"]},
///   "constants": {"event": "Order Completed", "currency": "USD"},
///   "timestamp_format": "yyyy-MM-dd", "time_zone_offset": "+00:00", "delimiter": ","
/// }
/// ```
///
/// All members are optional, but a signal needs an event, a timestamp and an identifier, an actor an identifier.
///
/// - `kind`: `signals` or `actors`. Absent: signals if a target is one that only signals have, otherwise actors.
/// - `source_fields`: from a column to its target. Signals have `event`, `timestamp`, `messageId`, `revenue` (exact, at
///   most four decimals), `currency`, `anonymousId`, `identifier.<type>` and `properties.<name>`; actors `timestamp`,
///   `anonymousId`, `identifier.<type>`, `traits.<name>`. The names of the cross-industry data schema are targets, too:
///   `entity_id` is `identifier.customerId`, `outcome_type`, `outcome_timestamp` and `outcome_value` are event,
///   timestamp and revenue, and the columns of its entities (`segment_id`, `lifetime_value`, `risk_score` …) are traits
///   of the same name and of the type they have there. A property or trait is a text unless its target ends with
///   `:number`, `:boolean`, `:date` or `:timestamp`.
/// - `computed_fields`: from a target to an ``Expression`` over the columns. Its type decides that of a property.
/// - `json_mappings`: from the name of a property or trait to columns, which become the members of one object.
/// - `constants`: from a target to a text, number or truth value that every row has.
/// - `timestamp_format`: a ``DateFormat`` for timestamps and dates; `time_zone_offset`: where the clock hung.
/// - `delimiter`: one character between the fields.
///
/// An object with a single member whose name ends with `_mapping`, such as `retail_mapping`, is that member.
public struct MappingTemplate: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case signals, actors
    }

    /// The most members of `source_fields`, `computed_fields`, `json_mappings` and `constants` together.
    public static let maximumAssignments = 1_024
    /// The most characters of a source's name.
    public static let maximumSourceLength = 60

    public let kind: Kind
    /// Where the file comes from, part of each row's identity; nil if the template leaves that to the caller.
    public let source: String?
    /// An ASCII character.
    public let delimiter: UInt8
    /// How the file writes timestamps and dates.
    public let timestampFormat: DateFormat
    /// Minutes east of UTC of timestamps that do not say their offset.
    public let timeZoneOffsetMinutes: Int

    let assignments: [Assignment]
    /// The pattern of `timestampFormat`, for messages.
    let timestampPattern: String

    /// Where the value of a target comes from.
    struct Assignment: Sendable {
        enum Origin: Sendable {
            case column(String)
            case expression(Expression)
            case columns([String])
            case constant(ExpressionValue)
        }

        let target: MappingTarget
        let origin: Origin
        /// The place in the template, such as `source_fields/customer_id`.
        let path: String
    }

    init(_ draft: MappingDraft, kind: Kind, assignments: [Assignment]) {
        self.kind = kind
        self.assignments = assignments
        source = draft.source
        delimiter = draft.delimiter
        timestampFormat = draft.timestampFormat
        timestampPattern = draft.timestampPattern
        timeZoneOffsetMinutes = draft.timeZoneOffsetMinutes
    }
}

extension MappingTemplate: JSONReadable {
    /// Reads and checks a template.
    /// - Throws: the first mistake, with its place: an expression's line and column, an unknown target and those there
    ///   are, a target that is set twice.
    public init(from reader: inout JSONReader) throws(JSONError) {
        var draft = MappingDraft()
        try draft.read(from: &reader)
        let kind =
            draft.kind ?? (draft.entries.contains { MappingTarget.isSignalsOnly($0.target) } ? .signals : .actors)
        var assignments: [Assignment] = []
        var places: [MappingTarget.Place: String] = [:]
        for entry in draft.entries {
            do throws(MappingTarget.Failure) {
                assignments.append(try entry.assignment(kind))
            } catch {
                throw reader.fail(.constraint, error.reason, at: entry.offset)
            }
            let target = assignments[assignments.count - 1].target
            guard places.updateValue(entry.path, forKey: target.place) == nil else {
                throw reader.fail(.constraint, "sets \(quoted(target.name)), which is set already", at: entry.offset)
            }
        }
        self.init(draft, kind: kind, assignments: assignments)
        if let missing = missingTargets { throw reader.fail(.constraint, missing, at: draft.offset) }
        for (entry, assignment) in zip(draft.entries, assignments) {
            guard case .constant(let value) = assignment.origin else { continue }
            if let reason = defect(of: value, for: assignment) {
                throw reader.fail(.constraint, reason, at: entry.offset)
            }
        }
    }

    /// What every record needs and no assignment gives.
    private var missingTargets: String? {
        let places = assignments.map(\.target.place)
        let identifiers = places.count { if case .identifier = $0 { true } else { false } }
        if kind == .signals {
            guard places.contains(.event) else { return "sets no event: add it to constants or source_fields" }
            guard places.contains(.timestamp) else { return "sets no timestamp: map a column to it" }
        }
        guard identifiers > 0 else { return "sets no identifier: map a column to identifier.<type>" }
        guard identifiers <= MappedRecord.maximumIdentifiers else {
            return "sets \(identifiers) identifiers; at most \(MappedRecord.maximumIdentifiers) can be"
        }
        return nil
    }

    /// Why a constant cannot be what its target asks for.
    private func defect(of value: ExpressionValue, for assignment: Assignment) -> String? {
        var record = MappedRecord(kind: kind)
        var members = JSONWriter()
        do throws(MappingError) {
            try RecordBuilder(template: self).set(assignment.target, assignment.path, value, &record, &members)
            return nil
        } catch {
            return error.reason
        }
    }
}
