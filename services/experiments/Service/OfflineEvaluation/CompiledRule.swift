import ExperimentsAPI
import JSONRPC
import Policies

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A decision rule, ready to say what it does in each logged situation.
struct CompiledRule: Sendable {
    private enum Form: Sendable {
        case supplied(String)
        case logged
        case same(Propensities)
        /// By arm, the constant first; what becomes of what they expect.
        case epsilonGreedy([[Double]], epsilon: Double)
        case softmax([[Double]], temperature: Double)
        case linUCB(LinUCB, floor: Double)
    }

    private let form: Form

    /// - Parameter place: of the rule, as a JSON Pointer.
    /// - Throws: invalidParams at the place of what does not fit the dataset.
    init(_ rule: DecisionRule, for dataset: StoredDataset, at place: String) throws(RPCError) {
        let arms = dataset.arms
        do {
            switch rule {
            case .supplied(let rule):
                guard dataset.targets.contains(rule.name) else {
                    throw RPCError.invalidParams(
                        at: place + "/name",
                        "is none of the dataset's targets: \(dataset.targets.joined(separator: ", "))")
                }
                form = .supplied(rule.name)
            case .logged: form = .logged
            case .fixed(let rule):
                guard let arm = arms.firstIndex(of: rule.arm) else {
                    throw RPCError.invalidParams(
                        at: place + "/arm", "is none of the dataset's arms: \(arms.joined(separator: ", "))")
                }
                form = .same(try .always(arm, of: arms.count))
            case .uniform: form = .same(try .uniform(arms.count))
            case .epsilonGreedy(let rule):
                form = .epsilonGreedy(
                    try Self.weights(rule.models, for: dataset, at: place + "/models"), epsilon: rule.epsilon)
            case .softmax(let rule):
                form = .softmax(
                    try Self.weights(rule.models, for: dataset, at: place + "/models"), temperature: rule.temperature)
            case .linUcb(let rule):
                guard rule.floor * Double(arms.count) <= 1 else {
                    throw RPCError.invalidParams(at: place + "/floor", "is at most 1 / \(arms.count), by the arms")
                }
                let models = try Self.byArm(rule.models, \.arm, arms, at: place + "/models")
                form = .linUCB(
                    try LinUCB(
                        arms: try models.map { (place, model) throws(RPCError) in
                            try Self.regression(model, for: dataset, at: place)
                        }, optimism: rule.optimism, penalty: rule.penalty), floor: rule.floor)
            }
        } catch let error as RPCError {
            throw error
        } catch let error as PolicyError {
            throw .invalidParams(at: place, "cannot be computed: \(error.words)")
        } catch {
            throw .internalError("\(error)")
        }
    }

    /// What the rule does in the situation of a row.
    func propensities(_ row: DatasetRow, logged: Propensities) throws(PolicyError) -> Propensities {
        switch form {
        case .supplied(let name): return try Propensities(logged: row.targets?[name] ?? [])
        case .logged: return logged
        case .same(let propensities): return propensities
        case .epsilonGreedy(let weights, let epsilon):
            let expected = try Self.expected(weights, row)
            let best = expected.max()
            return try Propensities(
                weights: expected.map { $0 == best ? 1 : 0 }, floor: epsilon / Double(expected.count))
        case .softmax(let weights, let temperature):
            let expected = try Self.expected(weights, row)
            let best = expected.max() ?? 0
            return try Propensities(weights: expected.map { exp(($0 - best) / temperature) })
        case .linUCB(let bandit, let floor): return try bandit.propensities([1] + row.features, floor: floor)
        }
    }

    private static func expected(_ weights: [[Double]], _ row: DatasetRow) throws(PolicyError) -> [Double] {
        let features = [1] + row.features
        let expected = weights.map { arm in zip(arm, features).reduce(0) { $0 + $1.0 * $1.1 } }
        guard expected.allSatisfy(\.isFinite) else { throw .notFinite }
        return expected
    }

    private static func weights(
        _ models: [LinearArm], for dataset: StoredDataset, at place: String
    ) throws(RPCError) -> [[Double]] {
        try byArm(models, \.arm, dataset.arms, at: place).map { (place, model) throws(RPCError) in
            guard model.weights.count == dataset.features.count + 1 else {
                throw .invalidParams(
                    at: place + "/weights",
                    "has \(model.weights.count) numbers; a constant and the features make \(dataset.features.count + 1)"
                )
            }
            return model.weights
        }
    }

    private static func regression(
        _ model: LearnedArm, for dataset: StoredDataset, at place: String
    ) throws(RPCError) -> RidgeRegression {
        let dimension = dataset.features.count + 1
        guard model.moment.count == dimension else {
            throw .invalidParams(
                at: place + "/moment",
                "has \(model.moment.count) numbers; a constant and the features make \(dimension)")
        }
        do {
            return try RidgeRegression(count: model.count, gram: model.gram, moment: model.moment)
        } catch {
            throw .invalidParams(
                at: place + "/gram", "has \(model.gram.count) numbers; it takes \(dimension * (dimension + 1) / 2)")
        }
    }

    /// A model for each arm, in the order of the arms, with its place.
    private static func byArm<Model>(
        _ models: [Model], _ arm: (Model) -> String, _ arms: [String], at place: String
    ) throws(RPCError) -> [(place: String, model: Model)] {
        var found: [String: (place: String, model: Model)] = [:]
        for (index, model) in models.enumerated() {
            let name = arm(model)
            guard arms.contains(name), found[name] == nil else {
                throw .invalidParams(
                    at: "\(place)/\(index)/arm", found[name] == nil ? "is none of the dataset's arms" : "is there twice"
                )
            }
            found[name] = ("\(place)/\(index)", model)
        }
        return try arms.map { name throws(RPCError) in
            guard let model = found[name] else { throw .invalidParams(at: place, "lacks the arm \(name)") }
            return model
        }
    }
}

extension PolicyError {
    /// For people.
    var words: String {
        switch self {
        case .notFinite: "a number is too large"
        case .tooFewArms(let needed): "there are fewer than \(needed) arms"
        case .tooManyArms(let limit): "there are more than \(limit) arms"
        case .armWithoutData: "a reward model needs more rows than there are"
        case .notProbabilities: "probabilities do not add up to 1"
        case .differentLengths: "lists are not of the same length"
        case .parameter(let name): "\(name) is out of its range"
        }
    }
}
