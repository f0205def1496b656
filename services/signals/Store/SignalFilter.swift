import JSON
import SQLite

/// Which signals are meant.
struct SignalFilter: Sendable, Equatable {
    /// Signals about others, or about nobody, are as if they were not there.
    let reach: ActorReach
    /// The number of an actor.
    var actor: Int64?
    var event: String?
    /// Those that happened at or after.
    var from: Timestamp?
    /// Those that happened before.
    var to: Timestamp?

    /// The condition of a WHERE, with a `?` for each of ``arguments``. A part that is not asked for is not in it, so that
    /// a count needs no more of the table than an index holds.
    var condition: String {
        var parts: [String] = []
        if let reached = reach.condition(on: "signals.actor") { parts.append(reached) }
        if actor != nil { parts.append("signals.actor = ?") }
        if event != nil { parts.append("signals.event = ?") }
        if from != nil { parts.append("signals.occurred_at >= ?") }
        if to != nil { parts.append("signals.occurred_at < ?") }
        return parts.isEmpty ? "TRUE" : parts.joined(separator: " AND ")
    }

    var arguments: [(any SQLiteBindable)?] {
        var values = reach.arguments
        if let actor { values.append(actor) }
        if let event { values.append(event) }
        if let from { values.append(from.microseconds) }
        if let to { values.append(to.microseconds) }
        return values
    }
}
