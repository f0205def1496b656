import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

/// How far an experiment is, and what it still needs.
struct ExperimentProgress {
    /// Whole days that the pace is that of.
    static let daysOfPace = 7

    /// Units so far, arm by arm.
    let entered: [Int]
    /// Nil before the first whole day, and of one that does not run.
    let unitsPerDay: Double?
    private let evidence: StoredEvidence
    private let today: Int

    /// - Parameter runs: whether units come.
    init(_ evidence: StoredEvidence, runs: Bool, at now: Timestamp) {
        self.evidence = evidence
        today = now.day
        var entered = Array(repeating: 0, count: evidence.arms.count)
        for day in evidence.units { for arm in entered.indices { entered[arm] += day.counts[arm] } }
        self.entered = entered
        unitsPerDay = runs ? Self.pace(evidence.units, today: now.day) : nil
    }

    private static func pace(_ units: [DailyUnits], today: Int) -> Double? {
        guard let first = units.map(\.day).min(), first < today else { return nil }
        let from = max(first, today - daysOfPace)
        let count = units.filter { (from..<today).contains($0.day) }.reduce(0) { $0 + $1.counts.reduce(0, +) }
        return Double(count) / Double(today - from)
    }

    /// What each metric can find, in the order of the plan.
    ///
    /// - Parameter effect: of metrics that plan none.
    func metrics(power: Double, effect: Double?) throws(RPCError) -> [MetricPower] {
        var families: [MetricRole: PowerSoFar.Family] = [:]
        var metrics: [MetricPower] = []
        for metric in evidence.metrics {
            do throws(PlanError) {
                let role = metric.planned.role
                var known = families[role]
                if known == nil { known = try self.family(of: role, power: power) }
                guard let family = known else { continue }
                families[role] = family
                metrics.append(try self.power(of: metric, in: family, effect: effect))
            } catch {
                throw .internalError("The power of \(metric.info.key) cannot be reckoned: \(error)")
            }
        }
        return metrics
    }

    /// A guardrail is no question among others.
    private func family(of role: MetricRole, power: Double) throws(PlanError) -> PowerSoFar.Family {
        let count = evidence.metrics.count { $0.planned.role == role }
        return try PowerSoFar.Family(
            plan: evidence.plan, control: evidence.control, entered: entered, shares: evidence.weights.last ?? [],
            questions: role == .guardrail ? 1 : count * (evidence.arms.count - 1), power: power)
    }

    private func power(
        of metric: StoredEvidence.Measured, in family: PowerSoFar.Family, effect: Double?
    ) throws(PlanError) -> MetricPower {
        let sums = metric.sums(through: today, phases: evidence.weights.count, arms: evidence.arms.count)
        let role = metric.planned.role
        let planned = (role == .guardrail ? metric.planned.margin : nil) ?? metric.planned.worthHaving ?? effect
        let power = try PowerSoFar(metric.definition, sums, in: family, effect: planned)
        return MetricPower(
            metric: metric.info.key, role: role, scale: metric.planned.scale,
            arms: power.arms.map { arm($0, planned: planned) })
    }

    private func arm(_ arm: PowerSoFar.Arm, planned effect: Double?) -> ArmPower {
        let variant = evidence.arms[arm.arm]
        switch arm.result {
        case .failure(let reason):
            return ArmPower(variant: variant, summary: "Too little is known: it \(reason).", notEnoughData: "\(reason)")
        case .success(let figures):
            let planned = figures.planned.map { planned in
                PlannedEffect(
                    effect: EffectSize(planned.effect, mean: figures.controlMean), unitsMissing: planned.unitsMissing,
                    days: planned.unitsMissing.flatMap(days), power: planned.power,
                    conditionalPower: planned.conditionalPower)
            }
            return ArmPower(
                variant: variant, summary: summary(planned, isPlanned: effect != nil), units: figures.units,
                controlUnits: figures.controlUnits, varianceCut: figures.varianceCut,
                effect: figures.detectable.map { EffectSize($0, mean: figures.controlMean) },
                effectAtEnd: figures.detectableAtEnd.map { EffectSize($0, mean: figures.controlMean) },
                planned: planned)
        }
    }

    private func days(_ units: Int) -> Int? {
        if units == 0 { return 0 }
        guard let unitsPerDay, unitsPerDay > 0 else { return nil }
        return Int(exactly: (Double(units) / unitsPerDay).rounded(.up))
    }

    private func summary(_ planned: PlannedEffect?, isPlanned: Bool) -> String {
        guard let planned else {
            return isPlanned
                ? "The control's mean is 0, so that no effect is relative to it."
                : "No effect is planned: say in the plan what is worth having, or give one here."
        }
        guard let missing = planned.unitsMissing else {
            return "No number of units to come finds the planned effect: it is too small, or the variant gets none."
        }
        guard missing > 0 else { return "There are enough units to find the planned effect." }
        let more = "\(missing) more units find the planned effect"
        switch planned.days {
        case nil: return "\(more); none come now."
        case 1: return "\(more): 1 day at the pace of now."
        case .some(let days): return "\(more): \(days) days at the pace of now."
        }
    }
}
