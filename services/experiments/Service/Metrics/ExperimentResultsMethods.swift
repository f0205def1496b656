import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import Statistics

/// Answers `experimentResults.*`.
struct ExperimentResultsMethods: ExperimentResults.Service {
    /// Days of the split that one answer tells.
    static let daysToldAtMost = 400

    private let experiments = ExperimentStore()

    func get(
        _ params: ExperimentResults.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentResults.Get.Reply {
        try results(of: try find(params.experimentId, in: transaction), at: call.now, in: transaction)
    }

    /// The same for what measures a holdout.
    func results(
        of experiment: StoredExperiment, at now: Timestamp, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> ExperimentResults.Get.Reply {
        let evidence = try StoredEvidence(of: experiment, in: transaction)
        let status = experiment.status(at: now)
        let looks = evidence.looks(at: now)
        var through: Int?
        // Between two looks nothing is looked at.
        if case .groupSequential = evidence.plan.engine { through = looks.last?.day ?? .min }
        let analysis: ExperimentAnalysis
        do throws(MetricProblem) {
            analysis = try ExperimentAnalysis(
                arms: evidence.arms, control: evidence.control, weights: evidence.weights,
                units: evidence.units,
                metrics: evidence.metrics.map { metric in
                    ExperimentAnalysis.Metric(
                        metric.definition,
                        metric.sums(
                            through: through ?? now.day, phases: evidence.weights.count,
                            arms: evidence.arms.count))
                },
                plan: evidence.plan, isOver: status == .completed || status == .archived, today: now.day,
                severalVariantsShare: evidence.severalVariantsShare)
        } catch {
            throw .internalError("What is kept of \(experiment.key) cannot be analysed: \(error)")
        }
        let told = ToldResults(arms: evidence.arms)
        return ExperimentResults.Get.Reply(
            experiment: experiment.key, status: status, at: now, arms: evidence.arms,
            control: evidence.arms[evidence.control], hasEnded: analysis.hasEnded,
            severalVariantsShare: evidence.severalVariantsShare,
            split: told.split(analysis.split, evidence.plan, hasEnded: analysis.hasEnded),
            metrics: zip(analysis.metrics, evidence.metrics).map { told.metric($0, $1) },
            decisions: analysis.decisions.map(told.decision),
            recommendation: told.decision(analysis.recommendation))
    }

    func series(
        _ params: ExperimentResults.Series.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentResults.Series.Reply {
        try series(
            of: try find(params.experimentId, in: transaction), metric: params.metric, at: call.now, in: transaction)
    }

    /// The same for what measures a holdout.
    func series(
        of experiment: StoredExperiment, metric key: String, at now: Timestamp,
        in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> ExperimentResults.Series.Reply {
        let evidence = try StoredEvidence(of: experiment, in: transaction)
        guard let metric = evidence.metrics.first(where: { $0.info.key == key }) else {
            throw .notFound("metric in the plan of \(experiment.key)", key)
        }
        let series = EffectSeries(
            metric.definition, metric.days.filter { $0.day <= now.day }, control: evidence.control,
            plan: evidence.plan, looks: evidence.looks(at: now))
        let told = ToldResults(arms: evidence.arms)
        return ExperimentResults.Series.Reply(
            metric: key, scale: metric.planned.scale,
            points: series.points.suffix(4_000).compactMap { told.point($0, metric.definition.scale) })
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> StoredExperiment {
        guard let experiment = try experiments.find(id, in: transaction) else { throw .notFound("experiment", id) }
        return experiment
    }
}

/// Results as the contract tells them.
struct ToldResults {
    /// The variants' keys.
    let arms: [String]

    // MARK: The split

    func split(_ split: SplitAnalysis, _ plan: AnalysisPlan, hasEnded: Bool) -> SplitResult {
        let pooled = (try? split.pooled.get())?.pValue
        let deciding = hasEnded ? pooled ?? split.sequentialPValue : split.sequentialPValue
        return SplitResult(
            units: split.counts, pValue: pooled, sequentialPValue: split.sequentialPValue,
            isBroken: !split.emptyArms.isEmpty || deciding.map { $0 < plan.sampleRatioLevel.alpha } ?? false,
            phases: split.phases.suffix(1_000).map(part),
            days: split.days.suffix(ExperimentResultsMethods.daysToldAtMost).map(part))
    }

    private func part(_ part: SplitAnalysis.Part) -> SplitPart {
        SplitPart(
            phase: part.phase + 1, day: part.day.flatMap { CalendarDate(dayNumber: $0) }, units: part.counts,
            pValue: (try? part.test.get())?.pValue)
    }

    // MARK: Effects

    func metric(_ analysis: MetricAnalysis, _ measured: StoredEvidence.Measured) -> MetricResult {
        MetricResult(
            metric: measured.info.key, role: measured.planned.role, direction: measured.info.direction,
            scale: measured.planned.scale, arms: analysis.arms.map(arm))
    }

    func arm(_ answer: MetricAnalysis.ArmAnswer) -> ArmResult {
        switch answer.result {
        case .failure(let reason): return ArmResult(variant: arms[answer.arm], notEnoughData: "\(reason)")
        case .success(let effect):
            return ArmResult(
                variant: arms[answer.arm], units: effect.treatmentCount, controlUnits: effect.controlCount,
                mean: effect.treatmentMean.told, controlMean: effect.controlMean.told,
                absolute: figure(effect.absolute), relative: (try? effect.relative.get()).flatMap(figure),
                pValue: effect.pValue?.toldAsChance, adjustedPValue: effect.adjusted?.pValue.toldAsChance,
                varianceCut: effect.adjustment?.varianceCut.told,
                nonInferiority: effect.nonInferiority.map {
                    NonInferiorityFigure(
                        isShown: $0.isShown, bound: $0.bound, pValue: $0.pValue.toldAsChance ?? 1)
                },
                assumptions: effect.assumptions.map(\.sentence),
                phasesLeftOut: effect.phasesLeftOut.isEmpty ? nil : effect.phasesLeftOut.map { $0 + 1 })
        }
    }

    private func figure(_ effect: ArmEffect.Scaled) -> EffectFigure? {
        guard effect.value.isFinite else { return nil }
        return EffectFigure(
            value: effect.value, standardError: effect.estimate?.standardError.told,
            degreesOfFreedom: effect.estimate?.degreesOfFreedom.told, interval: interval(effect.interval),
            chanceToWin: effect.posterior?.chanceToWin.told, expectedLoss: effect.posterior?.expectedLoss.told)
    }

    private func interval(_ interval: Interval?) -> EffectInterval? {
        guard let interval, interval.lower.isFinite, interval.upper.isFinite else { return nil }
        return EffectInterval(lower: interval.lower, upper: interval.upper)
    }

    func decision(_ decided: ExperimentAnalysis.ArmDecision) -> ArmDecision {
        ArmDecision(
            variant: arms[decided.arm], verdict: Verdict(decided.decision.verdict),
            reasons: decided.decision.reasons.map(\.description))
    }

    func point(_ point: EffectSeries.Point, _ scale: EffectScale) -> ResultSeriesPoint? {
        guard let day = CalendarDate(dayNumber: point.day) else { return nil }
        return ResultSeriesPoint(
            day: day,
            arms: point.arms.map { answer in
                let effect = (try? answer.result.get())?.effect(scale)
                return SeriesArm(
                    variant: arms[answer.arm], value: effect?.value.told, interval: interval(effect?.interval))
            })
    }
}

extension Double {
    /// JSON has no other numbers.
    var told: Double? { isFinite ? self : nil }

    /// Chance can bring about any effect: what is too small for a Double is the smallest one, and not 0.
    var toldAsChance: Double? { told.map { max($0, .leastNonzeroMagnitude) } }
}

extension Verdict {
    init(_ verdict: ExperimentDecision.Verdict) {
        switch verdict {
        case .ship: self = .ship
        case .rollBack: self = .rollBack
        case .keepRunning: self = .keepRunning
        case .inconclusive: self = .inconclusive
        case .broken: self = .broken
        }
    }
}
