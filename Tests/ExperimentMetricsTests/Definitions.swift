import ExperimentMetrics

/// One of every kind, and of every way to cut and to wait, by the names that the oracle knows them by.
enum Definitions {
    static let day = 86_400

    static func all() throws -> [MetricDefinition] {
        try [
            MetricDefinition(
                name: "proportion", kind: .proportion, windowSeconds: 3 * day, lookBackSeconds: 20 * day),
            MetricDefinition(name: "few", kind: .proportion, windowSeconds: 3_600),
            MetricDefinition(
                name: "count", kind: .count, delaySeconds: 3_600, windowSeconds: 10 * day, lookBackSeconds: 14 * day),
            MetricDefinition(
                name: "finished", kind: .count, windowSeconds: 5 * day, countsFinishedWindowsOnly: true),
            MetricDefinition(name: "mean", kind: .mean, lookBackSeconds: 10 * day),
            MetricDefinition(name: "plain", kind: .mean),
            MetricDefinition(
                name: "bounded", kind: .mean, lookBackSeconds: 20 * day, bounds: .values(lower: 100, upper: 900)),
            MetricDefinition(
                name: "share", kind: .mean, lookBackSeconds: 20 * day,
                bounds: .shares(lower: 0.05, upper: 0.95, ignoringZeros: true)),
            MetricDefinition(
                name: "topShare", kind: .count, bounds: .shares(lower: nil, upper: 0.9, ignoringZeros: false)),
            MetricDefinition(name: "ratio", kind: .ratio, lookBackSeconds: 15 * day),
            MetricDefinition(name: "plainRatio", kind: .ratio, windowSeconds: 8 * day),
            MetricDefinition(name: "retention", kind: .retention(fromSeconds: 2 * day, toSeconds: 7 * day)),
            MetricDefinition(name: "quantile", kind: .quantile(share: 0.7)),
            MetricDefinition(name: "eventQuantile", kind: .eventQuantile(share: 0.8)),
        ]
    }

    static func named(_ name: String) throws -> MetricDefinition {
        guard let definition = try all().first(where: { $0.name == name }) else { throw Unknown(name: name) }
        return definition
    }

    struct Unknown: Error {
        let name: String
    }
}
