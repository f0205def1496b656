import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// A signal as a row.
struct StoredSignal: Sendable, Equatable {
    let messageID: MessageID
    let event: String
    /// The number of the actor it is about.
    let actor: Int64?
    let occurredAt: Timestamp
    let receivedAt: Timestamp
    let revenue: Amount?
    let currency: Currency?
    /// The number of the import that brought it, or confirmed it last.
    let importNumber: Int64?
    /// A JSON object: the properties of an event, or the traits that were stated.
    let properties: [UInt8]?
}

/// Signals one by one.
struct SignalStore: Sendable {
    /// Keeps a signal unless one of its name is there. Run for every signal: nothing here may allocate in vain.
    ///
    /// - Returns: whether it is new.
    func insert(
        _ signal: borrowing StoredSignal, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let statement = try transaction.statement(
            """
            INSERT INTO signals
                (sequence, message_id, event, actor, occurred_at, received_at, revenue, currency, import, properties)
            VALUES (
                (SELECT sequence + 1 FROM last_erased_signal
                    WHERE NOT EXISTS (SELECT 1 FROM signals WHERE sequence > last_erased_signal.sequence)),
                ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (message_id) DO NOTHING
            """)
        do {
            // A fresh statement has NULL everywhere: what is absent is not bound.
            try signal.messageID.bind(to: statement, at: 1)
            try statement.bind(signal.event, at: 2)
            if let actor = signal.actor { try statement.bind(actor, at: 3) }
            try statement.bind(signal.occurredAt.microseconds, at: 4)
            try statement.bind(signal.receivedAt.microseconds, at: 5)
            if let revenue = signal.revenue { try statement.bind(revenue.tenThousandths, at: 6) }
            if let currency = signal.currency { try statement.bind(currency.code, at: 7) }
            if let number = signal.importNumber { try statement.bind(number, at: 8) }
            if let properties = signal.properties {
                try properties.withUnsafeBufferPointer { bytes throws(SQLiteError) in
                    try statement.bind(utf8: UnsafeRawBufferPointer(bytes), at: 9)
                }
            }
            try statement.run()
        } catch {
            throw RPCError(error)
        }
        return transaction.connection.changes > 0
    }

    func find(
        _ messageID: MessageID, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSignal? {
        let statement = try transaction.statement(
            """
            SELECT event, actor, occurred_at, received_at, revenue, currency, import, properties FROM signals
            WHERE message_id = ?
            """)
        defer { statement.reset() }
        return try storing { () throws(SQLiteError) in
            try messageID.bind(to: statement, at: 1)
            guard try statement.step() else { return nil }
            return StoredSignal(
                messageID: messageID, event: statement.text(0), actor: statement.int64OrNil(1),
                occurredAt: statement.timestamp(2), receivedAt: statement.timestamp(3),
                revenue: statement.amountOrNil(4), currency: statement.textOrNil(5).flatMap { Currency($0) },
                importNumber: statement.int64OrNil(6), properties: statement.bytesOrNil(7))
        }
    }

    // MARK: Imported rows

    /// What is known of the row of a file that has this message id.
    enum RowState: Sendable, Equatable {
        case unknown
        /// It is there, and this import was the last to confirm it; nil: it came through the API.
        case confirmed(by: Int64?)
    }

    func state(
        ofRow messageID: MessageID, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> RowState {
        let statement = try transaction.statement("SELECT import FROM signals WHERE message_id = ?")
        defer { statement.reset() }
        return try storing { () throws(SQLiteError) in
            try messageID.bind(to: statement, at: 1)
            return try statement.step() ? .confirmed(by: statement.int64OrNil(0)) : .unknown
        }
    }

    /// Says that an import has met a row that is there.
    ///
    /// - Returns: false when the same import had met it before.
    func confirm(
        row messageID: MessageID, by number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let statement = try transaction.statement(
            "UPDATE signals SET import = ?1 WHERE message_id = ?2 AND import IS NOT ?1")
        try storing { () throws(SQLiteError) in
            try statement.bind(number, at: 1)
            try messageID.bind(to: statement, at: 2)
            try statement.run()
        }
        return transaction.connection.changes > 0
    }

    // MARK: In the order of arrival

    /// The last place ever given out in the order of arrival; 0: none.
    func lastSequence(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one(
            """
            SELECT max(
                coalesce((SELECT max(sequence) FROM signals), 0),
                coalesce((SELECT sequence FROM last_erased_signal), 0))
            """
        ) { $0.int64(0) } ?? 0
    }

    /// Hands signals behind `sequence` that pass `filter` to `body` with the numbers of their actors, in the order of
    /// arrival, until it returns false. Those of people whose data is restricted are left out.
    func each(
        after sequence: Int64, _ filter: SignalFilter, in transaction: borrowing some Transaction & ~Copyable,
        _ body: (Signal, _ actor: Int64?) throws(RPCError) -> Bool
    ) throws(RPCError) {
        var arguments = filter.arguments
        arguments.append(sequence)
        try transaction.each(
            sql: """
                SELECT signals.sequence, signals.message_id, typeof(signals.message_id) = 'blob', signals.event,
                    actors.id, signals.occurred_at, signals.received_at, signals.revenue, signals.currency,
                    signals.properties, coalesce(imports.source, 'api'), signals.actor
                FROM signals
                    LEFT JOIN actors ON actors.number = signals.actor
                    LEFT JOIN imports ON imports.number = signals.import
                WHERE \(filter.condition) AND signals.sequence > ?
                    AND NOT EXISTS (
                        SELECT 1 FROM processing_restrictions AS stops
                        WHERE stops.actor = signals.actor AND stops.kind = 'restriction')
                ORDER BY signals.sequence
                """, Arguments(arguments)
        ) { row throws(RPCError) in try body(Self.signal(row), row.int64OrNil(11)) }
    }

    private static func signal(_ row: Statement) throws(RPCError) -> Signal {
        var properties: JSONRaw?
        if let bytes = row.bytesOrNil(9) {
            do {
                properties = try JSONRaw(validating: bytes)
            } catch {
                throw .internalError("The properties of the signal \(row.int64(0)) are no JSON: \(error).")
            }
        }
        return Signal(
            sequence: row.int(0), messageId: MessageID(row, 1, isBytes: row.bool(2)).text, event: row.text(3),
            actorId: row.uuidOrNil(4), timestamp: row.timestamp(5), receivedAt: row.timestamp(6),
            revenue: row.amountOrNil(7), currency: row.textOrNil(8).flatMap { Currency($0) }, properties: properties,
            source: row.text(10))
    }
}
