public import Statistics

/// What a running experiment can find in one metric, by the variance that it has shown: the present errors, made smaller
/// by the units to come. The effects seen so far move none of it but ``Planned/conditionalPower``.
public struct PowerSoFar: Sendable, Equatable {
    /// Of one arm against the control.
    public struct Arm: Sendable, Equatable {
        /// From 0, in the order of the experiment's arms.
        public let arm: Int
        public let result: Result<Figures, NotEnoughData>
    }

    public struct Figures: Sendable, Equatable {
        /// Units that the metric counts.
        public let units: Int
        public let controlUnits: Int
        public let controlMean: Double
        /// What CUPED brought; nil without a covariate.
        public let varianceCut: Double?
        /// The smallest effect that was likely to be found by now, in the metric's unit; nil before the first planned look.
        public let detectable: Double?
        /// The same at the planned end; nil without one.
        public let detectableAtEnd: Double?
        public let planned: Planned?
    }

    /// The effect that the experiment is made to find.
    public struct Planned: Sendable, Equatable {
        /// In the metric's unit, above 0.
        public let effect: Double
        /// Units of all arms together that are still to come; nil where no number of them finds it, or none come.
        public let unitsMissing: Int?
        /// The probability to find it at the planned end; nil without one.
        public let power: Double?
        /// The probability that the last look finds a difference, given what is there, if the units to come show the
        /// effect; nil without an end, and of a guardrail.
        public let conditionalPower: Double?
    }

    /// Of each arm, the control excepted.
    public let arms: [Arm]

    /// What all metrics of an experiment share that are corrected for together.
    public struct Family: Sendable {
        let plan: AnalysisPlan
        let control: Int
        let entered: [Int]
        let shares: [Double]
        /// Of the whole test.
        let test: TestPower
        /// Of the looks that were reached, and the share of the planned units that the last of them had; nil before it.
        let reached: (test: TestPower, share: Double)?

        /// - Parameters:
        ///   - entered: units so far, arm by arm.
        ///   - shares: of the units to come, arm by arm, of whatever sum.
        ///   - questions: that are corrected for together.
        ///   - power: of what is promised, above the plan's level and below 1.
        /// - Throws: ``PlanError/parameter(_:)``.
        public init(
            plan: AnalysisPlan, control: Int, entered: [Int], shares: [Double], questions: Int, power: Double
        ) throws(PlanError) {
            self.plan = plan
            self.control = control
            self.entered = entered
            self.shares = shares
            test = try TestPower(plan.design(armCount: entered.count, questions: questions), power)
            let fraction = plan.plannedUnits.map { Double(entered.reduce(0, +)) / Double($0) } ?? 1
            reached = try test.reached(fraction)
        }
    }

    /// - Parameter effect: on the metric's scale, above 0; nil: none is planned.
    /// - Throws: ``PlanError/parameter(_:)``.
    public init(
        _ definition: MetricDefinition, _ sums: PhasedSums, in family: Family, effect: Double?
    ) throws(PlanError) {
        let cut = ShareCut(definition, sums)
        var arms: [Arm] = []
        for arm in family.entered.indices where arm != family.control {
            let question = Result { () throws(NotEnoughData) in
                try Question(
                    definition, sums, arm: arm, control: family.control, cut: cut,
                    phaseWeights: family.plan.phaseWeights
                ).measured()
            }
            switch question {
            case .failure(.tooFewUnits(let have, let need)):
                let reason = NotEnoughData.tooFewUnits(have: have, need: max(need, AnalysisPlan.fewestNormalUnits))
                arms.append(Arm(arm: arm, result: .failure(reason)))
            case .failure(let reason): arms.append(Arm(arm: arm, result: .failure(reason)))
            case .success(let comparison):
                let figures = try Figures(comparison, definition, arm: arm, in: family, effect: effect)
                arms.append(Arm(arm: arm, result: .success(figures)))
            }
        }
        self.arms = arms
    }
}

extension Question {
    /// What its error can be told of.
    fileprivate func measured() throws(NotEnoughData) -> Comparison {
        switch answer {
        case .few(let proportions):
            throw .tooFewSuccesses(have: proportions.fewest, need: AnalysisPlan.fewestSuccesses)
        case .comparison(let comparison):
            let fewest = min(comparison.treatmentCount, comparison.controlCount)
            guard fewest >= AnalysisPlan.fewestNormalUnits else {
                throw .tooFewUnits(have: fewest, need: AnalysisPlan.fewestNormalUnits)
            }
            return comparison
        }
    }
}

extension PowerSoFar.Figures {
    fileprivate init(
        _ comparison: Comparison, _ definition: MetricDefinition, arm: Int, in family: PowerSoFar.Family,
        effect: Double?
    ) throws(PlanError) {
        units = comparison.treatmentCount
        controlUnits = comparison.controlCount
        controlMean = comparison.controlMean
        varianceCut = comparison.adjustment?.varianceCut
        guard let interim = TestDesign.Interim(comparison.absolute, units: units + controlUnits) else {
            throw .parameter("sums")
        }
        let end = family.pairAtEnd(arm).map { max($0, Double(interim.units)) }
        detectable = try family.reached.map { test, share throws(PlanError) in
            // A look was at its share of the planned units, which may be fewer than there are now.
            try test.minimumDetectableEffect(interim, units: share < 1 ? end.map { $0 * share } : nil)
        }
        detectableAtEnd = try end.map { end throws(PlanError) in
            try family.test.minimumDetectableEffect(interim, units: end)
        }
        let absolute = effect.map { definition.scale == .absolute ? $0 : $0 * abs(comparison.controlMean) }
        planned = try absolute.flatMap { absolute throws(PlanError) in
            absolute > 0 ? try PowerSoFar.Planned(absolute, interim, definition, end: end, arm: arm, in: family) : nil
        }
    }
}

extension PowerSoFar.Planned {
    fileprivate init(
        _ effect: Double, _ interim: TestDesign.Interim, _ definition: MetricDefinition, end: Double?, arm: Int,
        in family: PowerSoFar.Family
    ) throws(PlanError) {
        self.effect = effect
        do throws(PlanError) {
            unitsMissing = family.missing(try family.test.unitsNeeded(interim, effect: effect), arm)
        } catch {
            guard error == .outOfReach else { throw error }
            unitsMissing = nil
        }
        let design = family.test.design
        let signed = definition.direction == .higherIsBetter ? effect : -effect
        power = try end.map { end throws(PlanError) in try design.power(interim, effect: effect, units: end) }
        conditionalPower =
            definition.role == .guardrail
            ? nil
            : try end.map { end throws(PlanError) in
                try design.conditionalPower(interim, effect: signed, units: end)
            }
    }
}

extension PowerSoFar.Family {
    /// The share of the units to come that two arms get.
    private func pairShare(_ arm: Int) -> Double {
        let sum = shares.reduce(0, +)
        // An arm that gets no more units learns no more, whatever the control gets.
        guard sum > 0, shares[arm] > 0, shares[control] > 0 else { return 0 }
        return (shares[arm] + shares[control]) / sum
    }

    private func pair(_ arm: Int) -> Int { entered[arm] + entered[control] }

    /// Units of both arms at the planned end; nil without one.
    fileprivate func pairAtEnd(_ arm: Int) -> Double? {
        plan.plannedUnits.map { Double(pair(arm)) + Double(max(0, $0 - entered.reduce(0, +))) * pairShare(arm) }
    }

    /// Units of all arms that are still to come, for two arms to have so many; nil where none come.
    fileprivate func missing(_ units: Int, _ arm: Int) -> Int? {
        let missing = units - pair(arm)
        guard missing > 0 else { return 0 }
        let share = pairShare(arm)
        let all = (Double(missing) / share).rounded(.up)
        return all <= ExperimentPlan.largestUnits ? Int(all) : nil
    }
}

extension AnalysisPlan {
    /// How two of so many arms are compared. A posterior is taken for a fixed test.
    fileprivate func design(armCount: Int, questions: Int) throws(PlanError) -> TestDesign {
        let rule: TestDesign.Rule =
            switch engine {
            case .fixed, .bayesian: .fixed
            case .alwaysValid: .alwaysValid(tightestAt: tightestAt(armCount: armCount))
            case .groupSequential(let spending, let looks): .groupSequential(spending, looks: looks)
            }
        return try TestDesign(level, rule: rule, strictness: strictness(ofQuestions: questions))
    }

    /// The units of two arms that a confidence sequence is tightest at: their part of those planned.
    func tightestAt(armCount: Int) -> Double {
        plannedUnits.map { Double($0) * 2 / Double(max(armCount, 2)) } ?? Double(Self.usualUnits)
    }
}
