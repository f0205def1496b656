import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a test that is planned needs, or finds.
struct PowerEstimation {
    static let bonferroni =
        "Whatever the other questions show: where they show something, this one may pass more easily."
    static let noPrior = "The prior says nothing: one that expects an effect finds it sooner, one near 0 later."

    private let params: ExperimentPower.Estimate.Params
    private let baseline: PlanningBaseline
    private let questions: Int
    private let plan: PowerPlan

    init(_ params: ExperimentPower.Estimate.Params, _ baseline: PlanningBaseline) throws(RPCError) {
        self.params = params
        self.baseline = baseline
        let shares = params.shares ?? [1, 1]
        questions = params.questions ?? shares.count - 1
        guard let level = SignificanceLevel(alpha: params.alpha) else {
            throw .invalidParams(at: "/params/alpha", "must be between 0 and 1")
        }
        guard params.power > params.alpha else {
            throw .invalidParams(at: "/params/power", "must be above alpha")
        }
        let engine = try Self.engine(params)
        if case .bayesian = engine, params.questions != nil {
            throw .invalidParams(at: "/params/questions", "are not corrected for by Bayesian judgements")
        }
        do throws(PlanError) {
            plan = try PowerPlan(
                baseline.metric, shares: shares, engine: engine, power: params.power, level: level,
                isTwoSided: !params.isOneSided,
                strictness: engine == .bayesian(nil) ? 1 : Double(questions),
                direction: baseline.direction == .higherIsBetter ? .higherIsBetter : .lowerIsBetter)
        } catch {
            throw Self.refusal(error)
        }
    }

    private static func engine(
        _ params: ExperimentPower.Estimate.Params
    ) throws(RPCError) -> AnalysisPlan.Engine {
        if params.engine != .groupSequential && (params.looks != nil || params.spending != nil) {
            throw .invalidParams(at: "/params/looks", "belong to a group-sequential test only")
        }
        return switch params.engine {
        case .fixed: .fixed
        case .alwaysValid: .alwaysValid
        case .bayesian: .bayesian(nil)
        case .groupSequential:
            .groupSequential(
                params.spending == .pocock ? .pocock : .obrienFleming,
                looks: params.looks ?? TestDesign.evenLooks(5))
        }
    }

    private static func refusal(_ error: PlanError) -> RPCError {
        switch error {
        case .parameter("looks"):
            .invalidParams(at: "/params/looks", "must be rising shares, the last of them 1")
        case .parameter("shares"), .parameter("variantShare"):
            .invalidParams(at: "/params/shares", "must be above 0")
        case .parameter("level"): .invalidParams(at: "/params/alpha", "must be below 0.5 of a one-sided test")
        case .parameter("effect"):
            .invalidParams(at: "/params/effect", "is more than a share of units can change by: it ends at 0 and 1")
        case .parameter(let name): .internalError("The power cannot be reckoned for its \(name).")
        case .outOfReach:
            .invalidParams(at: "/params/effect", "is so small that a trillion units do not find it")
        case .controlMeanIsZero:
            .invalidParams(at: "/params/scale", "must be absolute: nothing is relative to a mean of 0")
        }
    }

    func reply() throws(RPCError) -> ExperimentPower.Estimate.Reply {
        let asked = params.scale == .relative ? params.effect : nil
        let (effect, units, power): (Double?, Int?, Double)
        do throws(PlanError) {
            (effect, units, power) = try answer()
        } catch {
            throw Self.refusal(error)
        }
        var weeks: [WeekPower] = []
        if let pace = params.unitsPerDay {
            for week in 1...params.weeks {
                let units = Int(min(pace * 7 * Double(week), ExperimentPlan.largestUnits))
                weeks.append(WeekPower(week: week, units: units, effect: try detectable(units).map(told)))
            }
        }
        return ExperimentPower.Estimate.Reply(
            baseline: baseline.told, questions: questions, power: power, alpha: params.alpha,
            effect: effect.map { EffectSize(absolute: $0, relative: asked ?? told($0).relative) }, units: units,
            arms: units.map(plan.arms),
            days: units.flatMap { units in
                params.unitsPerDay.flatMap { Int(exactly: (Double(units) / $0).rounded(.up)) }
            },
            weeks: weeks, assumptions: assumptions)
    }

    /// What two of effect, units and power make of the third.
    private func answer() throws(PlanError) -> (effect: Double?, units: Int?, power: Double) {
        guard let asked = params.effect else {
            return (try params.units.flatMap(detectableOrNil), params.units, params.power)
        }
        guard params.scale == .absolute || baseline.metric.mean != 0 else { throw .controlMeanIsZero }
        let effect = params.scale == .absolute ? asked : asked * abs(baseline.metric.mean)
        guard let units = params.units else {
            return (effect, try plan.units(effect: effect), params.power)
        }
        return (effect, units, try plan.power(effect: effect, units: units))
    }

    /// Nil where these units find none.
    private func detectableOrNil(_ units: Int) throws(PlanError) -> Double? {
        do throws(PlanError) {
            return try plan.minimumDetectableEffect(units: units)
        } catch {
            guard error == .outOfReach else { throw error }
            return nil
        }
    }

    private func detectable(_ units: Int) throws(RPCError) -> Double? {
        do throws(PlanError) {
            return try detectableOrNil(units)
        } catch {
            throw Self.refusal(error)
        }
    }

    private func told(_ effect: Double) -> EffectSize { EffectSize(effect, mean: baseline.metric.mean) }

    private var assumptions: [String] {
        var assumptions = [
            "Units are as the baseline says, and the effect does not change how much they vary"
                + (baseline.metric.isProportion ? " but by the share itself." : "."),
            Assumption.independentUnits.sentence, Assumption.nearlyNormalMeans.sentence,
        ]
        if params.engine != .fixed && params.engine != .bayesian { assumptions.append(Assumption.fixedPlan.sentence) }
        if params.engine == .alwaysValid {
            assumptions.append("It is tightest at these units: plan them. The power is that of its last look alone.")
        }
        if params.engine == .bayesian { assumptions.append(Self.noPrior) }
        if baseline.metric.explained > 0 { assumptions.append(Assumption.covariatesPrecedeExposure.sentence) }
        if questions > 1 { assumptions.append(Self.bonferroni) }
        return assumptions
    }
}
