import JSON
import JSONRPC

/// What became of a population's facts.
struct PopulationTally: JSONWritable, Equatable {
    struct Count: JSONWritable, Equatable {
        /// Taken now.
        var new = 0
        /// There already.
        var known = 0
        /// Of people who were erased, and stay out.
        var erased = 0
        /// For another reason: ``PopulationTally/reasons``.
        var refused = 0

        var sent: Int { new + known + erased + refused }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            for (name, value) in [("new", new), ("known", known), ("erased", erased), ("refused", refused)] {
                writer.key(name)
                writer.int(value)
            }
            writer.endObject()
        }
    }

    /// Reasons that are kept.
    static let shownReasons = 5

    var people = Count()
    var orders = Count()
    var consents = Count()
    /// Of the orders that are in, new and known.
    var revenue = Amount.zero
    /// The first refusals but those of erased people, in the suite's words.
    var reasons: [String] = []

    var sent: Int { people.sent + orders.sent + consents.sent }
    var new: Int { people.new + orders.new + consents.new }
    var refused: Int { people.refused + orders.refused + consents.refused }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, count) in [("people", people), ("orders", orders), ("consents", consents)] {
            writer.key(name)
            count.write(to: &writer)
        }
        writer.key("revenue")
        revenue.write(to: &writer)
        writer.key("reasons")
        reasons.write(to: &writer)
        writer.endObject()
    }

    func table() -> TextTable {
        var table = TextTable([
            .init(""), .init("SENT", .right), .init("NEW", .right), .init("KNOWN", .right), .init("ERASED", .right),
            .init("REFUSED", .right),
        ])
        for (name, count) in [("people", people), ("orders", orders), ("consents", consents)] {
            table.add(
                [name] + [count.sent, count.new, count.known, count.erased, count.refused].map(\.grouped))
        }
        return table
    }
}
