import ExperimentsAPI

/// What a replay found, for people.
struct ReplayReport {
    private let replay: Replay

    init(_ replay: Replay) {
        self.replay = replay
    }

    static func verdict(_ replay: Replay) -> String {
        guard let results = replay.results else { return "" }
        return switch results.isBetterThanBaseline {
        case true?: "better"
        case false?: "worse"
        case nil: "not decided"
        }
    }

    func text(width: Int?) -> String {
        guard let results = replay.results else {
            let problem = replay.errorMessage.map { ": \($0)" } ?? "."
            return "The replay is \(replay.status.rawValue), \(replay.doneRows.grouped) of "
                + "\(replay.totalRows.grouped) rows read\(problem)\n".withoutControlCharactersButLineFeeds
        }
        var text = "\(Self.verdict(replay).capitalizedFirst). \(results.reason)\n\n"
        text += estimates(results).text(width: width) + "\n"
        text += "\(replay.metric) a row, with 95 % intervals; \(replay.decidedBy.rawValue) decides.\n"
        text += support("policy", results.support)
        if let baseline = results.baselineSupport { text += support("baseline", baseline) }
        if results.leftOutRows > 0 {
            text += "\(results.leftOutRows.counted("row")) say nothing about \(replay.metric).\n"
        }
        if results.withheldRows > 0 {
            text += "\(results.withheldRows.counted("row")) were left out: erased, or not to be used.\n"
        }
        if !results.measures.isEmpty { text += "\n" + measures(results).text(width: width) }
        return text
    }

    private func estimates(_ results: ReplayResults) -> TextTable {
        var table = TextTable([
            .init("ESTIMATOR"), .init("POLICY", .right), .init("INTERVAL"), .init("BASELINE", .right),
            .init("DIFFERENCE", .right), .init("INTERVAL"),
        ])
        for estimate in results.estimates {
            table.add([
                estimate.estimator.rawValue, Self.value(estimate.target),
                estimate.target.problem ?? Self.interval(estimate.target), estimate.baseline.map(Self.value),
                estimate.difference.map(Self.value), estimate.difference.map(Self.interval),
            ])
        }
        return table
    }

    private func measures(_ results: ReplayResults) -> TextTable {
        var table = TextTable([
            .init("MEASURE"), .init("BETTER"), .init("ROWS", .right), .init("LOGGED", .right),
            .init("POLICY", .right), .init("INTERVAL"), .init("DIFFERENCE", .right), .init("INTERVAL"),
        ])
        for measure in results.measures {
            table.add([
                measure.name, measure.direction == .higherIsBetter ? "higher" : "lower", measure.rows.grouped,
                measure.logged.map(Self.figure), Self.value(measure.target),
                measure.target.problem ?? Self.interval(measure.target), measure.difference.map(Self.value),
                measure.difference.map(Self.interval),
            ])
        }
        return table
    }

    private func support(_ whose: String, _ support: ReplaySupport) -> String {
        let worth = Int(support.effectiveSampleSize.rounded()).grouped
        return "For the \(whose), \(support.rows.counted("row")) are worth \(worth) of its own; the largest weight is "
            + "\(Self.figure(support.largestWeight)).\n" + support.concerns.map { "  ! \($0)\n" }.joined()
    }

    private static func value(_ value: ReplayValue) -> String { value.value.map(figure) ?? "-" }

    private static func interval(_ value: ReplayValue) -> String {
        guard let lower = value.lower, let upper = value.upper else { return "" }
        return "\(figure(lower)) to \(figure(upper))"
    }

    /// Four significant digits.
    static func figure(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "-" }
        var scale = 1.0
        while abs(value) * scale < 1_000, scale < 1e12 { scale *= 10 }
        while abs(value) * scale >= 10_000, scale > 1e-12 { scale /= 10 }
        return ((value * scale).rounded() / scale).description
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
    fileprivate var withoutControlCharactersButLineFeeds: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).withoutControlCharacters }
            .joined(separator: "\n")
    }
}
