import ExperimentsAPI
import ResultWords

extension Findings {
    var split: ResultParts.Split {
        let split = results.split
        let total = split.units.reduce(0, +)
        let expected = expectedUnits
        let sum = expected?.reduce(0, +) ?? 0
        let rows = results.arms.enumerated().map { place, arm in
            let units = place < split.units.count ? split.units[place] : 0
            return ResultParts.Share(
                variant: arm, name: variantNames[arm],
                isControl: arm == results.control, units: StatusPage.grouped(units),
                seen: total > 0 ? ResultWords.percent(Double(units) / Double(total)) : nil,
                expected: sum > 0 ? expected.map { ResultWords.percent($0[place] / sum) } : nil)
        }
        let several = results.severalVariantsShare
        return .init(
            rows: rows, verdict: ResultWords.split(split), isBroken: split.isBroken,
            several: several > 0 ? "\(ResultWords.percent(several)) of the units met more than one variant." : nil,
            phases: splitPhases,
            more: split.phases.count > Self.maximumPhases
                ? "Only the last \(Self.maximumPhases) phases are shown." : nil, days: splitDays)
    }

    /// How many units each variant was to have of those that came, phase by phase; nil where a phase is not known.
    private var expectedUnits: [Double]? {
        var expected = Array(repeating: 0.0, count: results.arms.count)
        let isEmpty = !hasExposures
        for part in results.split.phases {
            guard let shares = shares(part.phase) else { return nil }
            // Before anybody came: the shares of the last phase.
            if isEmpty { expected = Array(repeating: 0, count: expected.count) }
            let units = isEmpty ? 1 : Double(part.units.reduce(0, +))
            for place in expected.indices { expected[place] += shares[place] * units }
        }
        return expected
    }

    /// The share of each arm in a phase, of all units that are in it.
    private func shares(_ phase: Int) -> [Double]? {
        guard let found = phases.first(where: { $0.number == phase }) else { return nil }
        let sum = found.allocations.values.reduce(0, +)
        guard sum > 0 else { return nil }
        return results.arms.map { Double(found.allocations[$0] ?? 0) / Double(sum) }
    }

    private var splitPhases: [ResultParts.SplitPhase] {
        results.split.phases.suffix(Self.maximumPhases).map { part in
            let total = part.units.reduce(0, +)
            let shares = shares(part.phase)
            let rows = results.arms.indices.filter { place in
                // Variants that came later have no part in it.
                part.units.indices.contains(place) && (part.units[place] > 0 || (shares?[place] ?? 1) > 0)
            }.map { place in
                ResultParts.Share(
                    variant: results.arms[place], name: nil, isControl: results.arms[place] == results.control,
                    units: StatusPage.grouped(part.units[place]),
                    seen: total > 0 ? ResultWords.percent(Double(part.units[place]) / Double(total)) : nil,
                    expected: shares.map { ResultWords.percent($0[place]) })
            }
            let isBroken = part.pValue.map { $0 < plan.sampleRatioAlpha } ?? false
            return .init(
                title: "Phase \(part.phase)",
                opened: phases.first { $0.number == part.phase }?.opened,
                pValue: part.pValue.map(ResultWords.equation) ?? "too few units for a test",
                isBroken: isBroken, rows: rows)
        }
    }

    // MARK: Day by day

    /// Days are many questions, so they share the level of the split among them (Bonferroni).
    private var splitDays: ResultParts.SplitDays? {
        let days = results.split.days.filter { $0.day != nil }
        guard !days.isEmpty else { return nil }
        let tested = days.count { $0.pValue != nil }
        let bound = plan.sampleRatioAlpha / Double(max(tested, 1))
        let hasPhases = Set(days.map(\.phase)).count > 1
        let rows = days.enumerated().compactMap { place, part -> ResultParts.SplitDay? in
            let isBroken = part.pValue.map { $0 < bound } ?? false
            // One that is broken is shown however long ago it was.
            guard isBroken || place >= days.count - Self.maximumDays, let day = part.day else { return nil }
            return .init(
                day: hasPhases ? "\(day), phase \(part.phase)" : "\(day)",
                units: part.units.map { StatusPage.grouped($0) },
                pValue: part.pValue.map(ResultWords.probability) ?? "too few", isBroken: isBroken)
        }
        return .init(
            arms: results.arms, rows: rows,
            bound: tested == 0
                ? nil
                : "A day stands out where p is below \(ResultWords.rounded(bound)), which is "
                    + "\(ResultWords.rounded(plan.sampleRatioAlpha)) / \(tested): the level of the split, over the days "
                    + "with enough units.",
            hasBroken: rows.contains(where: \.isBroken),
            more: days.count > rows.count
                ? "Only the last \(Self.maximumDays) of \(days.count) days are shown, and those before that stand out."
                : nil)
    }
}
