extension DataMap {
    /// What becomes of a person's rows when they ask for a copy, or that something wrong be put right. What erasure does
    /// follows from ``Subject``.
    public struct Rights: Sendable {
        /// GDPR Art. 15.
        public let access: Disclosure
        /// GDPR Art. 20.
        public let portability: Disclosure
        /// GDPR Art. 16.
        public let correction: Correction
        /// The columns that give one person's rows their order, and tell them apart: integers and texts, never NULL.
        public let order: [String]

        public init(access: Disclosure, portability: Disclosure, correction: Correction, orderedBy order: [String] = [])
        {
            self.access = access
            self.portability = portability
            self.correction = correction
            self.order = order
        }

        /// For what is held for technical reasons only, and says nothing that other tables do not.
        public static func nothing(_ why: String) -> Rights {
            Rights(access: .withheld(why), portability: .withheld(why), correction: .asItIs(why))
        }
    }

    /// What is handed over of a table's rows.
    public enum Disclosure: Sendable {
        case rows([Field])
        /// Nothing, and why.
        case withheld(String)
    }

    /// What is put right in a table.
    public enum Correction: Sendable, Equatable {
        /// The row is changed; what it said before is kept where this says.
        case replaced(String)
        /// The row stays, and why.
        case asItIs(String)
    }

    /// One member of a row that is handed over.
    public struct Field: Sendable {
        /// How a column is written as JSON.
        public enum Form: String, Sendable {
            case text, integer, time, amount, uuid, json
        }

        /// The member's name, as the contracts write it.
        public let name: String
        public let form: Form
        /// The column, or an expression over the row's columns.
        public let sql: String

        public init(_ name: String, _ form: Form, _ sql: String? = nil) {
            self.name = name
            self.form = form
            self.sql = sql ?? name
        }
    }
}
