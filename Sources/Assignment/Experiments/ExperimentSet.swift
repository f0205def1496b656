/// Experiments with their layers, holdouts and prerequisites, compiled once, to be asked about one unit after another.
///
/// What is decided for a unit is a function of the definitions and the unit: the same in every process, for ever. The
/// checks are GrowthBook's, in its order, behind one that the law asks for: a unit whose data may not be used is in no
/// variant of any experiment.
///
/// 1. **forced**: what was decided by hand goes before everything.
/// 2. **active**: an experiment that does not run assigns nobody.
/// 3. **unit**: an attribute must name the unit.
/// 4. **sticky**: an assignment of the current bucket version is kept, whatever the checks below say; a unit with one of
///    an older version than the minimum is left out.
/// 5. **holdout**, 6. **layer**, 7. **targeting**, 8. **prerequisite**: each can leave the unit out.
/// 9. **bucket**: the hash of seed and unit gives the variant, or none beyond the coverage.
public struct ExperimentSet: Sendable {
    /// Experiments of a set.
    public static let maximumExperiments = 10_000
    /// Layers of a set.
    public static let maximumLayers = 1_000
    /// Holdouts of a set.
    public static let maximumHoldouts = 100
    /// Prerequisites of one experiment.
    public static let maximumPrerequisites = 20
    /// Experiments that one after another need each other.
    public static let maximumChain = 100

    let experiments: [CompiledExperiment]
    private let indices: [ExactText: Int]
    private let holdouts: [CompiledExperiment.Holdout]

    /// Compiles definitions.
    ///
    /// - Throws: ``AssignmentError`` at "/experiments/2/condition/age/$gtt", "/layers/0/slots/1" or
    ///   "/holdouts/0/scope/1": a key that is empty or twice there, a condition that cannot be compiled, an experiment,
    ///   layer or variant that does not exist, slots that overlap, a cycle of prerequisites, a seed that is used twice for
    ///   the same unit, a limit of this type that is passed.
    public init(
        experiments definitions: [ExperimentDefinition], layers: [LayerDefinition] = [],
        holdouts: [HoldoutDefinition] = [], savedGroups: SavedGroups = .none
    ) throws(AssignmentError) {
        var compiler = ExperimentCompiler()
        try compiler.add(definitions, savedGroups)
        try compiler.add(layers)
        self.holdouts = try compiler.add(holdouts)
        try compiler.addPrerequisites()
        experiments = compiler.experiments
        indices = compiler.indices
    }

    /// The keys of all experiments, in the order of their definitions.
    public var keys: [String] { experiments.map(\.definition.key) }

    /// The keys of an experiment's variants, in their order; nil if there is no such experiment.
    public func variants(of experiment: String) -> [String]? {
        compiled(experiment)?.definition.allocation.arms.map(\.variant)
    }

    /// The keys of the experiments that an experiment needs; nil if there is no such experiment.
    public func prerequisites(of experiment: String) -> [String]? {
        compiled(experiment)?.parents.map(\.key)
    }

    func compiled(_ experiment: String) -> CompiledExperiment? {
        indices[ExactText(experiment)].map { experiments[$0] }
    }

    /// What an experiment decides for a unit; nil if there is no such experiment.
    public func evaluate(_ experiment: String, for unit: UnitContext) -> Evaluation? {
        guard let index = indices[ExactText(experiment)] else { return nil }
        var run = EvaluationRun(set: self, unit: unit)
        return run.evaluate(index)
    }

    /// What some experiments decide for a unit, in the order in which they are named; nil for one that does not exist.
    public func evaluate(_ experiments: [String], for unit: UnitContext) -> [Evaluation?] {
        var run = EvaluationRun(set: self, unit: unit)
        return experiments.map { key in indices[ExactText(key)].map { run.evaluate($0) } }
    }

    /// What every experiment decides for a unit, in the order of the definitions.
    public func evaluateAll(for unit: UnitContext) -> [Evaluation] {
        var run = EvaluationRun(set: self, unit: unit)
        return experiments.indices.map { run.evaluate($0) }
    }

    /// What an experiment decides for a unit, and by which steps; nil if there is no such experiment.
    public func explain(_ experiment: String, for unit: UnitContext) -> Explanation? {
        guard let index = indices[ExactText(experiment)] else { return nil }
        var run = EvaluationRun(set: self, unit: unit, isTraced: true)
        let evaluation = run.evaluate(index)
        return Explanation(evaluation: evaluation, steps: run.steps)
    }

    /// The holdouts that were asked about a unit in evaluations of it, with the text that names the unit to each: those of
    /// experiments that came as far as their holdouts. What was kept from before, or decided by hand, asks none.
    ///
    /// A holdout is not asked where another one withholds the unit by a hash of its own, for the unit would be in nothing
    /// either way. All of that depends on the unit and on other hashes, never on what the holdout itself says.
    public func holdouts(
        asked evaluations: [Evaluation], about unit: UnitContext
    ) -> [(holdout: String, unit: String)] {
        guard !holdouts.isEmpty else { return [] }
        var asked: [(holdout: String, unit: String)] = []
        for evaluation in evaluations where evaluation.reason.asksHoldouts {
            guard let own = compiled(evaluation.experiment)?.holdouts, !own.isEmpty else { continue }
            let withholding = own.filter { $0.withholds(unit) }
            for holdout in own where !asked.contains(where: { $0.holdout == holdout.key }) {
                guard withholding.allSatisfy({ $0.hash.isSame(as: holdout.hash) }),
                    let text = holdout.hash.unit(unit.attributes)
                else { continue }
                asked.append((holdout.key, text))
            }
        }
        return asked
    }

    /// For each holdout whether it withholds the unit, whatever experiments there are; without those whose attribute
    /// names no unit. A report on a holdout compares the two groups.
    public func withholding(_ unit: UnitContext) -> [(holdout: String, isWithheld: Bool)] {
        holdouts.compactMap { holdout in
            holdout.hash.bucket(unit.attributes).map { (holdout.key, holdout.withheld.contains($0)) }
        }
    }
}
