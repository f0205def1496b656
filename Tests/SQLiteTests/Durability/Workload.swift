@testable import SQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A seeded plan of writes over a few files, and what each file must contain after any number of them.
struct Workload: Sendable {
    /// One statement of a work.
    enum Operation: Sendable {
        /// INSERT OR REPLACE.
        case put(key: Int64, bytes: Int)
        /// UPDATE, if the key is there.
        case patch(key: Int64, bytes: Int)
        case remove(key: Int64)
    }

    enum Ending: Sendable {
        case keep
        /// Wants its changes undone after all of them were made.
        case rollBack
        /// The last statement violates a constraint, and the work wants the rest undone.
        case violate
    }

    struct Work: Sendable {
        let number: Int64
        let file: Int
        let operations: [Operation]
        let ending: Ending
        let mayBePerformedAgain: Bool
    }

    /// Which work wrote a value, and how long it is; the bytes follow from these.
    struct Body: Equatable, Sendable {
        let work: Int64
        let bytes: Int

        /// Noise that is different for every work: a window of a fixed noise, because thousands of these are compared.
        var content: [UInt8] {
            let start = Int(work) * 13
            return [UInt8](Self.noise[start..<start + bytes])
        }

        func isContent(_ found: UnsafeRawBufferPointer) -> Bool {
            guard found.count == bytes, let start = found.baseAddress else { return found.count == bytes }
            return memcmp(content, start, bytes) == 0
        }

        private static let noise: [UInt8] = {
            var random = SplitMix64(seed: 0)
            return (0..<32_768).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }()
    }

    typealias Items = [Int64: Body]

    /// Works that are submitted together, and so commit together.
    let rounds: [[Work]]
    let files: Int

    static let schema = """
        CREATE TABLE items (
            key INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, work INTEGER NOT NULL, body BLOB NOT NULL
        );
        CREATE INDEX items_work ON items (work, key);
        CREATE TABLE works (number INTEGER PRIMARY KEY);
        """

    private static let keys: Int64 = 60

    init(seed: UInt64, works count: Int, files: Int = 2, largestRound: Int = 24) {
        var random = SplitMix64(seed: seed)
        var rounds: [[Work]] = []
        var number: Int64 = 0
        while number < Int64(count) {
            var round: [Work] = []
            for _ in 0..<Int.random(in: 1...largestRound, using: &random) where number < Int64(count) {
                number += 1
                round.append(Self.work(number, files: files, using: &random))
            }
            rounds.append(round)
        }
        self.rounds = rounds
        self.files = files
    }

    private static func work(_ number: Int64, files: Int, using random: inout SplitMix64) -> Work {
        let operations = (0..<Int.random(in: 1...5, using: &random)).map { _ -> Operation in
            let key = Int64.random(in: 0..<keys, using: &random)
            // Mostly short, now and then one that needs overflow pages.
            let bytes = Int.random(in: 0..<8, using: &random) == 0 ? 6_000 : Int.random(in: 0..<300, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6: return .put(key: key, bytes: bytes)
            case 6..<8: return .patch(key: key, bytes: bytes)
            default: return .remove(key: key)
            }
        }
        let ending: Ending =
            switch Int.random(in: 0..<12, using: &random) {
            case 0: .rollBack
            case 1: .violate
            default: .keep
            }
        return Work(
            number: number, file: Int.random(in: 0..<files, using: &random), operations: operations, ending: ending,
            mayBePerformedAgain: Bool.random(using: &random))
    }

    var works: [Work] { rounds.flatMap { $0 } }

    static func name(_ file: Int) -> String { "\(file).db" }

    /// A file's items after these works.
    static func items(after works: some Sequence<Work>) -> Items {
        var items: Items = [:]
        for work in works where work.ending == .keep { apply(work, to: &items) }
        return items
    }

    static func apply(_ work: Work, to items: inout Items) {
        for operation in work.operations {
            switch operation {
            case .put(let key, let bytes): items[key] = Body(work: work.number, bytes: bytes)
            case .patch(let key, let bytes): if items[key] != nil { items[key] = Body(work: work.number, bytes: bytes) }
            case .remove(let key): items[key] = nil
            }
        }
    }
}

/// A work of the plan, carried out in SQL.
final class PlannedWork: CommitWork {
    let plan: Workload.Work
    private let ended: @Sendable (Workload.Work, SQLiteError?) -> Void

    init(_ plan: Workload.Work, ended: @escaping @Sendable (Workload.Work, SQLiteError?) -> Void) {
        self.plan = plan
        self.ended = ended
    }

    var mayBePerformedAgain: Bool { plan.mayBePerformedAgain }

    func perform(on connection: Connection) -> CommitDecision {
        do throws(SQLiteError) {
            for operation in plan.operations { try perform(operation, on: connection) }
            let record = try connection.statement("INSERT INTO works (number) VALUES (?1)")
            try record.bind(plan.number, at: 1)
            try record.run()
            if plan.ending == .violate { try record.run() }
            return plan.ending == .rollBack ? .rollBack : .keep
        } catch {
            return .rollBack
        }
    }

    func committed() { ended(plan, nil) }

    func failed(_ error: SQLiteError) { ended(plan, error) }

    private func perform(_ operation: Workload.Operation, on connection: Connection) throws(SQLiteError) {
        let statement: Statement
        switch operation {
        case .put(let key, let bytes):
            statement = try connection.statement(
                "INSERT OR REPLACE INTO items (key, label, work, body) VALUES (?1, ?2, ?3, ?4)")
            try bind(key, bytes, to: statement)
        case .patch(let key, let bytes):
            statement = try connection.statement("UPDATE items SET label = ?2, work = ?3, body = ?4 WHERE key = ?1")
            try bind(key, bytes, to: statement)
        case .remove(let key):
            statement = try connection.statement("DELETE FROM items WHERE key = ?1")
            try statement.bind(key, at: 1)
        }
        try statement.run()
    }

    private func bind(_ key: Int64, _ bytes: Int, to statement: Statement) throws(SQLiteError) {
        try statement.bind(key, at: 1)
        try statement.bind("label \(plan.number &* 7_919 % 1_000) of \(key)", at: 2)
        try statement.bind(plan.number, at: 3)
        try statement.bind(Workload.Body(work: plan.number, bytes: bytes).content, at: 4)
    }
}
