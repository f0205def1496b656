/// The prepared statements of one connection, found by the address of a literal or by their text.
///
/// A literal's address is compared first: one array access, no hashing of SQL. Behind it lies a table by text, bounded
/// by `limit`; when it is full, half of it goes, the least recently used first.
struct StatementCache {
    /// A literal that was asked for, and what it was prepared to.
    private struct Slot {
        var start: UnsafePointer<UInt8>
        var count: Int
        var statement: Statement
    }

    private struct Entry {
        var statement: Statement
        var lastUse: UInt64
    }

    /// Statements kept by text; more distinct SQL than this means SQL that is put together from values.
    static let limit = 256

    /// Direct-mapped slots for literals; a power of two.
    private static let slotCount = 256

    private var slots = [Slot?](repeating: nil, count: slotCount)
    private var entries: [String: Entry] = [:]
    private var clock: UInt64 = 0

    var count: Int { entries.count }

    private static func slot(of start: UnsafePointer<UInt8>) -> Int {
        // Fibonacci hashing: the high bits of a multiplication by 2^64 / golden ratio.
        Int((UInt64(UInt(bitPattern: start)) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }

    func find(_ sql: StaticString) -> Statement? {
        let start = sql.utf8Start
        guard let slot = slots[Self.slot(of: start)], slot.start == start, slot.count == sql.utf8CodeUnitCount else {
            return nil
        }
        return slot.statement
    }

    /// Remembers where a literal lies, so that it is found without its text.
    mutating func remember(_ sql: StaticString, _ statement: Statement) {
        let start = sql.utf8Start
        slots[Self.slot(of: start)] = Slot(start: start, count: sql.utf8CodeUnitCount, statement: statement)
    }

    mutating func find(_ sql: String) -> Statement? {
        clock += 1
        guard let position = entries.index(forKey: sql) else { return nil }
        entries.values[position].lastUse = clock
        return entries.values[position].statement
    }

    mutating func insert(_ statement: Statement, for sql: String) {
        if entries.count >= Self.limit { forgetOlderHalf() }
        clock += 1
        entries[sql] = Entry(statement: statement, lastUse: clock)
    }

    mutating func removeAll() {
        entries.removeAll()
        slots = [Slot?](repeating: nil, count: Self.slotCount)
    }

    private mutating func forgetOlderHalf() {
        let uses = entries.values.map(\.lastUse).sorted()
        let median = uses[uses.count / 2]
        entries = entries.filter { $0.value.lastUse >= median }
        slots = [Slot?](repeating: nil, count: Self.slotCount)
    }
}
