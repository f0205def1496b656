import ExperimentsAPI
import JSON
import OpenSSL
import ServiceKit

/// The form of a row that is hashed: the decision without its unit, as the contract writes it. Members come in the
/// contract's order, absent ones are left out, numbers are the shortest that read back the same, no white space.
struct CanonicalRow: Sendable {
    /// Bytes of one row at most.
    static let largestBytes = 64 << 10

    let text: String
    let hash: SHA256.Digest

    init(_ row: DatasetRow) {
        text =
            DatasetRow(
                features: row.features, arm: row.arm, propensity: row.propensity, propensities: row.propensities,
                reward: row.reward, targets: row.targets, scores: row.scores, metrics: row.metrics, plan: row.plan,
                done: row.done, constraints: row.constraints, amounts: row.amounts
            ).jsonText
        hash = SHA256.hash(text)
    }
}

extension StoredDataset {
    /// What the hash of a dataset without rows is of: its header as one JSON object.
    var header: String {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("label")
        writer.string(label)
        writer.key("arms")
        arms.write(to: &writer)
        writer.key("features")
        features.write(to: &writer)
        writer.key("reward")
        writer.string(reward)
        writer.key("scores")
        scores.map(\.rawValue).write(to: &writer)
        writer.key("metrics")
        metrics.write(to: &writer)
        writer.key("targets")
        targets.write(to: &writer)
        writer.endObject()
        return writer.string()
    }

    /// Counts one row more.
    mutating func add(_ row: CanonicalRow) {
        hash = SHA256.hash(hash.bytes + row.hash.bytes)
        rows += 1
    }
}
