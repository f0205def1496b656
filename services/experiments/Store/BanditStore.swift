import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// A bandit as a row.
struct StoredBandit: Sendable {
    let number: Int64
    let id: UUIDv7
    let key: String
    let policyVersion: UUIDv7
    let kind: BanditKind
    let arms: [String]
    let features: [String]
    let floor: Double
    let optimism: Double
    let penalty: Double
    var decisions: Int
    let createdAt: Timestamp
}

/// A decision as a row.
struct StoredDecision: Sendable {
    let number: Int64
    let id: UUIDv7
    let bandit: Int64
    let sequence: Int
    let unit: Int64?
    let features: [Double]
    let place: Int
    let propensities: [Double]
    let decidedAt: Timestamp
    var reward: Double?
    var rewardedAt: Timestamp?
}

/// Bandits, what they learned, and their decisions.
struct BanditStore: Sendable {
    /// SQL for the key of the bandit that a row names.
    static let key = "(SELECT bandits.key FROM bandits WHERE bandits.number = bandit)"
    /// SQL for the arm that a row names by its place.
    static let arm =
        "(SELECT json_extract(bandits.arms, '$[' || place || ']') FROM bandits WHERE bandits.number = bandit)"

    func insert(
        _ bandit: StoredBandit, learned: [[Double]], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO bandits
                (id, key, policy_version, kind, arms, features, floor, optimism, penalty, created_at)
            VALUES
                (:id, :key, (SELECT number FROM policy_versions WHERE policy_versions.id = :policy_version), :kind,
                :arms, :features, :floor, :optimism, :penalty, :created_at)
            """,
            [
                ":id": bandit.id, ":key": bandit.key, ":policy_version": bandit.policyVersion,
                ":kind": bandit.kind.rawValue, ":arms": bandit.arms.jsonText, ":features": bandit.features.jsonText,
                ":floor": bandit.floor, ":optimism": bandit.optimism, ":penalty": bandit.penalty,
                ":created_at": bandit.createdAt,
            ])
        let number = transaction.connection.lastInsertRowID
        for (place, figures) in learned.enumerated() {
            try keep(figures, of: place, bandit: number, in: transaction)
        }
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredBandit? {
        try transaction.one(
            """
            SELECT bandits.number, bandits.id, key, policy_versions.id, kind, arms, features, floor, optimism, penalty,
                decisions, bandits.created_at
            FROM bandits JOIN policy_versions ON policy_versions.number = bandits.policy_version WHERE key = :key
            """, [":key": key], Self.bandit)
    }

    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredBandit? {
        try transaction.one(
            """
            SELECT bandits.number, bandits.id, key, policy_versions.id, kind, arms, features, floor, optimism, penalty,
                decisions, bandits.created_at
            FROM bandits JOIN policy_versions ON policy_versions.number = bandits.policy_version
            WHERE bandits.number = :number
            """, [":number": number], Self.bandit)
    }

    /// Those behind a number, in the order in which they were created.
    func list(
        after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredBandit] {
        try transaction.all(
            """
            SELECT bandits.number, bandits.id, key, policy_versions.id, kind, arms, features, floor, optimism, penalty,
                decisions, bandits.created_at
            FROM bandits JOIN policy_versions ON policy_versions.number = bandits.policy_version
            WHERE bandits.number > :number ORDER BY bandits.number LIMIT :limit
            """, [":number": number, ":limit": limit], Self.bandit)
    }

    private static func bandit(_ row: Statement) throws(RPCError) -> StoredBandit {
        guard let kind = BanditKind(rawValue: row.text(4)) else {
            throw .internalError("A bandit is of the unknown kind '\(row.text(4))'.")
        }
        return StoredBandit(
            number: row.int64(0), id: row.uuid(1), key: row.text(2), policyVersion: row.uuid(3), kind: kind,
            arms: try row.json(5), features: try row.json(6), floor: row.double(7), optimism: row.double(8),
            penalty: row.double(9), decisions: row.int(10), createdAt: row.timestamp(11))
    }

    // MARK: What was learned

    /// Of each arm, in their order.
    func learned(
        by bandit: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [[Double]] {
        try transaction.all(
            "SELECT figures FROM bandit_arms WHERE bandit = :bandit ORDER BY place", [":bandit": bandit]
        ) { $0.figures(0) }
    }

    func keep(
        _ figures: [Double], of place: Int, bandit: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO bandit_arms (bandit, place, figures) VALUES (:bandit, :place, :figures)
            ON CONFLICT DO UPDATE SET figures = excluded.figures
            """, [":bandit": bandit, ":place": place, ":figures": figures.figureBytes])
    }

    // MARK: Decisions

    func insert(_ decision: StoredDecision, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE bandits SET decisions = :sequence WHERE number = :bandit",
            [":sequence": decision.sequence, ":bandit": decision.bandit])
        try transaction.run(
            """
            INSERT INTO decisions (id, bandit, sequence, unit, features, place, propensities, decided_at)
            VALUES (:id, :bandit, :sequence, :unit, :features, :place, :propensities, :decided_at)
            """,
            [
                ":id": decision.id, ":bandit": decision.bandit, ":sequence": decision.sequence,
                ":unit": decision.unit, ":features": decision.features.jsonText, ":place": decision.place,
                ":propensities": decision.propensities.jsonText, ":decided_at": decision.decidedAt,
            ])
    }

    func reward(
        _ reward: Double, of decision: Int64, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE decisions SET reward = :reward, rewarded_at = :time WHERE number = :number",
            [":reward": reward, ":time": time, ":number": decision])
    }

    func decision(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredDecision? {
        try transaction.one(
            """
            SELECT number, id, bandit, sequence, unit, features, place, propensities, decided_at, reward, rewarded_at
            FROM decisions WHERE id = :id
            """, [":id": id], Self.decision)
    }

    /// Rewarded decisions of a bandit behind one, in their order, up to another.
    func rewarded(
        of bandit: Int64, after sequence: Int, through last: Int, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredDecision] {
        try transaction.all(
            """
            SELECT number, id, bandit, sequence, unit, features, place, propensities, decided_at, reward, rewarded_at
            FROM decisions
            WHERE bandit = :bandit AND sequence > :sequence AND sequence <= :last AND reward IS NOT NULL
            ORDER BY sequence LIMIT :limit
            """, [":bandit": bandit, ":sequence": sequence, ":last": last, ":limit": limit], Self.decision)
    }

    private static func decision(_ row: Statement) throws(RPCError) -> StoredDecision {
        StoredDecision(
            number: row.int64(0), id: row.uuid(1), bandit: row.int64(2), sequence: row.int(3), unit: row.int64OrNil(4),
            features: try row.json(5), place: row.int(6), propensities: try row.json(7), decidedAt: row.timestamp(8),
            reward: row.doubleOrNil(9), rewardedAt: row.timestampOrNil(10))
    }
}
