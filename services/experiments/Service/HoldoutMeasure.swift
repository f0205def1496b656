import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// How a holdout is measured: as an experiment of two arms by which nobody is assigned, those who are withheld and those
/// who are not. Its phases are the stretches of one share, and all that is reckoned of experiments is reckoned of it.
struct HoldoutMeasure {
    /// The control.
    static let withheld = "withheld"
    static let admitted = "admitted"

    private let experiments = ExperimentStore()
    private let exposures = ExposureStore()
    private let phases = PhaseStore()
    private let jobs = JobStore()

    /// Begins to measure one that is stored.
    func begin(_ holdout: StoredHoldout, in transaction: borrowing WriteTransaction) throws(RPCError) {
        var measure = StoredExperiment(
            number: try experiments.nextNumber(in: transaction), id: holdout.id, key: "holdout:" + holdout.key,
            name: holdout.name, unitType: holdout.unitType, status: .draft, hashVersion: holdout.hashVersion,
            seed: holdout.seed, hashAttribute: holdout.hashAttribute, fallbackAttribute: nil, prerequisites: [],
            isSticky: false, bucketVersion: 0, minimumBucketVersion: 0, startAt: holdout.startAt, endAt: holdout.endAt,
            phase: 0, createdAt: holdout.createdAt, updatedAt: holdout.createdAt, version: 1,
            variants: Self.arms(holdout), holdout: holdout.number)
        try experiments.insert(measure, in: transaction)
        measure.status = .active
        try open(&measure, holdout, because: .start, at: holdout.createdAt, in: transaction)
    }

    /// Follows a holdout that was changed. Who is withheld from now on, and was not before, counts on neither side: what
    /// they met before is no more that of the one than of the other.
    func follow(
        _ holdout: StoredHoldout, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var measure = try experiments.find(measuring: holdout.number, in: transaction)
        let share = measure.variants.first { $0.isControl }?.allocation
        measure.name = holdout.name
        measure.endAt = holdout.endAt
        measure.variants = Self.arms(holdout)
        measure.updatedAt = now
        guard share != holdout.share else { return try experiments.update(measure, in: transaction) }
        try open(&measure, holdout, because: .allocation, at: now, in: transaction)
        if try exposures.units(of: measure.number, in: transaction) > 0 {
            _ = try jobs.begin(
                HoldoutMoves.kind, unit: "units", state: HoldoutMoves.state(measure.number, after: 0), at: now,
                in: transaction)
        }
    }

    /// Nobody enters any more.
    func end(_ holdout: StoredHoldout, at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        var measure = try experiments.find(measuring: holdout.number, in: transaction)
        try phases.close(of: measure.number, at: now, in: transaction)
        measure.status = .completed
        measure.updatedAt = now
        try experiments.update(measure, in: transaction)
    }

    private func open(
        _ measure: inout StoredExperiment, _ holdout: StoredHoldout, because reason: PhaseReason, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        measure.phase += 1
        try experiments.update(measure, in: transaction)
        let allocation: Allocation
        do {
            let withheld = BucketSet([try BucketRange(0, holdout.share)])
            allocation = try Allocation(
                arms: [
                    Allocation.Arm(Self.withheld, withheld), Allocation.Arm(Self.admitted, withheld.complement),
                ], version: measure.hash)
        } catch {
            throw .internalError("The share of the holdout \(holdout.key) is none: \(error)")
        }
        // One that was created with a beginning in the past counts from then on.
        let start = reason == .start ? holdout.startAt : max(now, holdout.startAt)
        try phases.open(measure.phase, of: measure, allocation, because: reason, at: start, in: transaction)
    }

    private static func arms(_ holdout: StoredHoldout) -> [Variant] {
        [
            Variant(key: withheld, allocation: holdout.share, isControl: true),
            Variant(key: admitted, allocation: BucketSet.width - holdout.share, isControl: false),
        ]
    }
}
