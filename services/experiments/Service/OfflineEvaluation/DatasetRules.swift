import ExperimentsAPI
import JSONRPC
import Policies

/// What the contract cannot say of datasets and their rows.
enum DatasetRules {
    /// Rows of a dataset.
    static let largestCount = 1_000_000
    /// Arms × (features + 1) × (features + 2) / 2: what a reward model adds up for each fold.
    static let largestModel = 20_000

    /// - Throws: invalidParams at the place of what is wrong.
    static func check(_ params: Datasets.Create.Params) throws(RPCError) {
        try checkShape(arms: params.arms, features: params.features)
        try checkDistinct(params.scores.map(\.rawValue), at: "/params/scores")
        try checkDistinct(params.metrics, at: "/params/metrics")
        try checkDistinct(params.targets, at: "/params/targets")
        for (index, name) in params.metrics.enumerated() where name == "reward" || ScoreName(rawValue: name) != nil {
            throw .invalidParams(at: "/params/metrics/\(index)", "is the name of the reward or of a score")
        }
    }

    /// - Throws: invalidParams where names are there twice, or a reward model would be too large.
    static func checkShape(arms: [String], features: [String]) throws(RPCError) {
        try checkDistinct(arms, at: "/params/arms")
        try checkDistinct(features, at: "/params/features")
        let size = arms.count * (features.count + 1) * (features.count + 2) / 2
        guard size <= largestModel else {
            throw .invalidParams(
                at: "/params/features",
                "are too many for \(arms.count) arms: arms × (features + 1) × (features + 2) / 2 is \(size), and "
                    + "at most \(largestModel)")
        }
    }

    private static func checkDistinct(_ names: [String], at place: String) throws(RPCError) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            throw .invalidParams(at: "\(place)/\(index)", "is there twice")
        }
    }

    /// - Parameter place: of the row, as a JSON Pointer.
    /// - Throws: invalidParams at the place of what is wrong.
    static func check(_ row: DatasetRow, in dataset: StoredDataset, at place: String) throws(RPCError) {
        guard row.features.count == dataset.features.count else {
            throw .invalidParams(
                at: place + "/features", "has \(row.features.count) numbers; the dataset has \(dataset.features.count)")
        }
        guard let arm = dataset.arms.firstIndex(of: row.arm) else {
            throw .invalidParams(
                at: place + "/arm", "is none of the dataset's arms: \(dataset.arms.joined(separator: ", "))")
        }
        switch (row.propensity, row.propensities) {
        case (let propensity?, nil):
            guard propensity > 0, dataset.arms.count > 1 || propensity == 1 else {
                throw .invalidParams(
                    at: place + "/propensity", propensity > 0 ? "is 1 where there is one arm" : "must be above 0")
            }
        case (nil, let propensities?):
            try checkProbabilities(propensities, of: dataset, at: place + "/propensities")
            guard propensities[arm] > 0 else {
                throw .invalidParams(
                    at: "\(place)/propensities/\(arm)", "is 0, so \(row.arm) could not have been done")
            }
        default: throw .invalidParams(at: place, "needs either propensity or propensities")
        }
        try checkTargets(row, in: dataset, at: place)
        try checkMeasures(row, in: dataset, at: place)
    }

    private static func checkTargets(
        _ row: DatasetRow, in dataset: StoredDataset, at place: String
    ) throws(RPCError) {
        let targets = row.targets ?? [:]
        for name in targets.keys.sorted() where !dataset.targets.contains(name) {
            throw .invalidParams(at: "\(place)/targets/\(name)", "is none of the dataset's targets")
        }
        for name in dataset.targets {
            guard let target = targets[name] else { throw .invalidParams(at: place + "/targets", "lacks \(name)") }
            try checkProbabilities(target, of: dataset, at: "\(place)/targets/\(name)")
        }
    }

    private static func checkMeasures(
        _ row: DatasetRow, in dataset: StoredDataset, at place: String
    ) throws(RPCError) {
        for name in (row.scores ?? [:]).keys.sorted() where !dataset.scores.contains(where: { $0.rawValue == name }) {
            throw .invalidParams(at: "\(place)/scores/\(name)", "is none of the dataset's scores")
        }
        for name in (row.metrics ?? [:]).keys.sorted() where !dataset.metrics.contains(name) {
            throw .invalidParams(at: "\(place)/metrics/\(name)", "is none of the dataset's metrics")
        }
        let basis: [(name: String, isThere: Bool)] = [
            ("plan", row.plan != nil), ("done", row.done != nil), ("constraints", row.constraints != nil),
            ("amounts", row.amounts != nil),
        ]
        if dataset.scores.isEmpty, let first = basis.first(where: \.isThere) {
            throw .invalidParams(at: "\(place)/\(first.name)", "is for scores, and the dataset has none")
        }
    }

    private static func checkProbabilities(
        _ values: [Double], of dataset: StoredDataset, at place: String
    ) throws(RPCError) {
        guard values.count == dataset.arms.count else {
            throw .invalidParams(at: place, "has \(values.count) numbers; the dataset has \(dataset.arms.count) arms")
        }
        do {
            _ = try Propensities(logged: values)
        } catch {
            throw .invalidParams(at: place, "must add up to 1")
        }
    }
}
