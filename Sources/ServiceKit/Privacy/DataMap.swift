/// What a service's tables hold, whose it is, and what happens to it when somebody asks: privacy law as data.
///
/// A test compares it with the schema: a table or column that is not declared fails, and so does a table of somebody's
/// without rules for what they may ask. Erasure, access, portability and correction follow it.
public struct DataMap: Sendable {
    public let tables: [Table]

    public init(_ tables: [Table]) {
        self.tables = tables
    }

    /// The map of the tables that ServiceKit keeps in every database.
    public static let ground = DataMap([
        Table("ground", "which database this is", .nobody, columns: ["id", "incarnation", "checked_at"]),
        Table(
            "outbox", "messages on their way to other services; ids and field names only", .nobody,
            kept: "until delivered", columns: ["sequence", "recipient", "topic", "body", "created_at"]),
        Table(
            "inbox_marks", "how far each sender's messages were applied", .nobody,
            columns: ["sender", "incarnation", "high_water_mark"]),
        Table(
            "dead_letters", "messages that could not be understood", .mentions("body"), kept: "until looked at",
            rights: .nothing("messages between services, which hold ids and names of fields only"),
            columns: ["sender", "incarnation", "sequence", "topic", "body", "problem", "received_at"],
            aged: Age(by: "received_at", walk: "sequence"),
            processing: Processing("finding out why services did not understand each other", data: ["ids"])),
        Table(
            "idempotency_replies", "replies kept for repeated calls", .mentions("reply"), kept: "24 hours",
            rights: .nothing("copies of replies, which say for a day what other tables say"),
            columns: ["principal", "method", "key", "params_hash", "reply", "created_at"],
            processing: Processing("answering a repeated call like the first", data: ["what was answered"])),
        Table(
            "jobs", "long work and how far it is; ids and figures only", .nobody,
            columns: [
                "id", "kind", "status", "done", "total", "unit", "state", "problem", "created_at", "updated_at",
            ]),
        Table(
            "audit_heads", "what the audit log was at moments, as tenancy signed it", .nobody,
            kept:
                "the newest thousand; for ever those that contradict each other, that no later one is proved to continue, or that the platform had taken",
            columns: [
                "number", "tree_size", "root_hash", "signed_at", "key_id", "public_key", "signature", "received_at",
                "problem", "contradicts", "is_kept", "adoption_reason",
            ]),
        Table(
            "request_rows", "how many rows each request of a person took or changed; figures only", .nobody,
            kept: "for ever, as proof", afterErasure: Law.accountability,
            columns: ["request", "touched_table", "rows"]),
        Table(
            "legal_holds", "what keeps data from retention and erasure; ids and the matter", .nobody,
            kept: "until released", columns: ["id", "actor", "number", "reason", "placed_by", "placed_at"]),
        Table(
            "retention_rules", "how long rows of tables stay, as the brand says", .nobody,
            columns: ["name", "days", "applied_at", "rows"]),
        Table(
            "tombstones", "keyed hashes of erased identifiers, which the ledger of erasures holds as well", .nobody,
            kept: "for ever: without them an erased person would come back with the next import",
            afterErasure: "so that the person is refused when they are sent again: GDPR Art. 5(1)(f) and 17(1)",
            columns: ["digest", "request", "erased_at"]),
    ])

    /// One table.
    public struct Table: Sendable {
        public let name: String
        /// What a row is, in words.
        public let holds: String
        public let subject: Subject
        /// How long rows stay, and why.
        public let kept: String
        /// Why rows stay that say something of a person who was erased, with the law that allows it; nil: none do.
        public let afterErasure: String?
        /// What becomes of rows that are somebody's, beside erasure; nil for a table that is nobody's.
        public let rights: Rights?
        public let columns: [String]
        /// How old a row is; nil: rows of this table have no age, and no rule makes them go.
        public let aged: Age?
        /// What personal data is in it and what for; nil: none.
        public let processing: Processing?

        public init(
            _ name: String, _ holds: String, _ subject: Subject, kept: String = "as long as the brand",
            afterErasure: String? = nil, rights: Rights? = nil, columns: [String], aged: Age? = nil,
            processing: Processing? = nil
        ) {
            self.name = name
            self.holds = holds
            self.subject = subject
            self.kept = kept
            self.afterErasure = afterErasure
            self.rights = rights
            self.columns = columns
            self.aged = aged
            self.processing = processing
        }
    }

    /// How old the rows of a table are, for retention rules.
    public struct Age: Sendable, Equatable {
        /// SQL for the time that a row tells of, in microseconds: a column, or an expression over the row. A row for which
        /// it is NULL does not age.
        public let time: String
        /// A column of integers by which the table is walked, with an index.
        public let walk: String
        /// Whether a row is a person, who goes with all that is theirs.
        public let isPerson: Bool

        public init(by time: String, walk: String, isPerson: Bool = false) {
            self.time = time
            self.walk = walk
            self.isPerson = isPerson
        }
    }

    /// What personal data a table holds: its entry in the record of processing activities (GDPR Art. 30).
    public struct Processing: Sendable, Equatable {
        /// Whose it is.
        public enum People: String, Sendable {
            /// The people whose data a brand holds.
            case customers
            /// Those who work with it.
            case staff
        }

        public let people: People
        /// What for; continues "kept for …".
        public let purpose: String
        /// Categories of personal data, in words.
        public let data: [String]

        public init(_ purpose: String, of people: People = .customers, data: [String]) {
            self.people = people
            self.purpose = purpose
            self.data = data
        }
    }

    /// Whose a row is, how its subject is found, and with that what erasure does.
    public enum Subject: Sendable, Equatable {
        /// Nobody's: erasure leaves it.
        case nobody
        /// The actor whose number stands in this column: erasure deletes the row.
        case actor(String)
        /// Whoever's identifier is mentioned in the text of this column: erasure deletes the row.
        case mentions(String)
    }
}
