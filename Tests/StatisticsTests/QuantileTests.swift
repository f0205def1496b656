import Statistics
import Testing

@Suite("Quantiles")
struct QuantileTests {
    @Test("numpy's quantiles, and their error by order statistics")
    func golden() throws {
        let figures = try GoldenFigures("effects")
        let values = OrderedValues(try figures.sample("q"))
        let sketch = QuantileSketch(try figures.sample("q")).ordered
        try figures.expect("quantile.", relative: 1e-9) { line in
            let share = line.number(1)
            let exact = try QuantileEstimate(values, share: share)
            let near = try QuantileEstimate(sketch, share: share)
            #expect(abs(near.value / exact.value - 1) <= 2 * QuantileSketch.relativeError)
            #expect(abs(near.standardError / exact.standardError - 1) < 0.02)
            return line.name == "quantile.value" ? exact.value : exact.standardError
        }
    }

    @Test("Every quantile of a sketch is as near as promised, whatever the values")
    func errorBound() {
        var generator = SeededGenerator(seed: 31)
        let many: [[Double]] = [
            (0..<5_000).map { _ in normal(&generator) * 1e-7 },
            (0..<5_000).map { _ in 1 / Double.random(in: 1e-9..<1, using: &generator) },
            (0..<5_000).map { _ in Double(generator.below(4)) - 1 },
            (0..<5_000).map { _ in normal(&generator) < 1 ? 0 : 1e300 * normal(&generator) },
        ]
        for values in many {
            let sketch = QuantileSketch(values).ordered
            let exact = OrderedValues(values)
            for rank in stride(from: 0.0, to: 5_000, by: 37) {
                let (near, value) = (sketch.value(rank: rank), exact.value(rank: rank))
                // Anywhere in the bin: twice the error of its middle.
                #expect(abs(near - value) <= 2 * QuantileSketch.relativeError * abs(value))
            }
        }
    }

    @Test("Shards merge to the same sketch bit for bit, and what is removed was never there")
    func mergeAndRemove() {
        var generator = SeededGenerator(seed: 32)
        let values = (0..<3_000).map { _ in normal(&generator) }
        let whole = QuantileSketch(values)
        var parts = Array(repeating: QuantileSketch(), count: 9)
        for value in values { parts[generator.below(9)].add(value) }
        let merged = parts.shuffled(using: &generator).reduce(into: QuantileSketch()) { $0.merge($1) }
        #expect(merged == whole)
        var other = whole
        other.add(77)
        other.add(.nan)
        #expect(!other.ordered.isFinite)
        other.remove(77)
        other.remove(.nan)
        #expect(other == whole)
        other.remove(parts[0])
        other.merge(parts[0])
        #expect(other == whole)
        #expect(QuantileSketch(counts: whole.counts) == whole)
        other.remove(whole)
        #expect(other == QuantileSketch())
    }

    @Test("Keys are in the order of values")
    func keyOrder() {
        let values: [Double] = [
            -.greatestFiniteMagnitude, -1e9, -1.5, -1, -1e-300, 0, -0.0, .leastNonzeroMagnitude, 1e-300, 0.999, 1,
            1.002, 3, 1e300,
            .greatestFiniteMagnitude,
        ]
        let keys = values.map(QuantileSketch.key)
        #expect(keys == keys.sorted())
        #expect(QuantileSketch.key(of: 0) == 0)
        #expect(QuantileSketch.key(of: 1) != QuantileSketch.key(of: 1.002))
        #expect(QuantileSketch.key(of: 1) == QuantileSketch.key(of: 1.001))
    }

    @Test("A sketch too coarse for so many values adds its bins' width to the error, or says that it cannot tell")
    func coarseBins() throws {
        var generator = SeededGenerator(seed: 37)
        // Bins are 2⁻⁶ wide here.
        let few = (0..<5_000).map { _ in Double.random(in: 10..<12, using: &generator) }
        let exact = try QuantileEstimate(OrderedValues(few), share: 0.5).standardError
        let sketched = try QuantileEstimate(QuantileSketch(few).ordered, share: 0.5).standardError
        #expect((1.02...1.1).contains(sketched / exact))
        let many = (0..<100_000).map { 11 + 1e-8 * Double($0 % 10_000) }
        #expect(throws: NotEnoughData.quantileIsTied) {
            try QuantileEstimate(QuantileSketch(many).ordered, share: 0.5)
        }
    }

    @Test("The interval of a difference of medians holds the truth as often as it says")
    func coverage() throws {
        var generator = SeededGenerator(seed: 33)
        let runs = 1_000
        var covered = 0
        for _ in 0..<runs {
            let t = (0..<200).map { _ in 1 + 2 * normal(&generator) }
            let c = (0..<200).map { _ in normal(&generator) }
            let comparison = try Comparison(
                treatment: QuantileEstimate(OrderedValues(t), share: 0.5),
                control: QuantileEstimate(OrderedValues(c), share: 0.5))
            covered += comparison.absolute.interval().contains(1) ? 1 : 0
        }
        #expect(abs(Double(covered) / Double(runs) - 0.95) < 3 * (0.95 * 0.05 / Double(runs)).squareRoot())
    }

    @Test("The error is the same share of the quantile in seconds as in gigaseconds")
    func scale() throws {
        // The leading engine's variance of a quantile is never below 0.00001, in whatever unit.
        var generator = SeededGenerator(seed: 36)
        let values = (0..<2_000).map { _ in Double.random(in: 1..<2, using: &generator) }
        let there = try QuantileEstimate(OrderedValues(values), share: 0.9)
        let here = try QuantileEstimate(OrderedValues(values.map { $0 * 1e-9 }), share: 0.9)
        #expect(abs(here.standardError / there.standardError * 1e9 - 1) < 1e-12)
    }

    @Test("Members of one cluster are not independent, and the error grows by what that costs")
    func clusters() throws {
        var generator = SeededGenerator(seed: 34)
        // Ten times the same value in each cluster: as much as one.
        let values = (0..<400).map { _ in normal(&generator) }
        let repeated = OrderedValues(values.flatMap { Array(repeating: $0, count: 10) })
        let median = repeated.quantile(0.5)
        let clusters = CrossMoments(rows: [
            values.map { $0 <= median ? 10 : 0 }, Array(repeating: 10, count: 400),
        ])
        let naive = try QuantileEstimate(repeated, share: 0.5)
        let right = try QuantileEstimate(repeated, share: 0.5, clusters: clusters)
        let single = try QuantileEstimate(OrderedValues(values), share: 0.5)
        #expect(right.standardError > 2.5 * naive.standardError)
        #expect(abs(right.standardError / single.standardError - 1) < 0.25)
        #expect(right.assumptions.contains(.independentClusters))
        #expect(right.count == 400)
    }

    @Test("A quantile beyond the data, or among values that are all the same, is not told")
    func notEnoughData() throws {
        var generator = SeededGenerator(seed: 35)
        for share in [0.01, 0.3, 0.5, 0.9, 0.999] {
            let least = QuantileEstimate.minimumCount(share)
            let values = (0..<least).map { _ in normal(&generator) }
            #expect(throws: Never.self) { try QuantileEstimate(OrderedValues(values), share: share) }
            #expect(throws: NotEnoughData.tooFewUnits(have: least - 1, need: least)) {
                try QuantileEstimate(OrderedValues(values.dropLast()), share: share)
            }
        }
        let mostlyZero = (0..<1_000).map { $0 < 900 ? 0 : Double($0) }
        #expect(throws: NotEnoughData.quantileIsTied) {
            try QuantileEstimate(QuantileSketch(mostlyZero).ordered, share: 0.5)
        }
        #expect(throws: NotEnoughData.notFinite) {
            try QuantileEstimate(QuantileSketch(mostlyZero + [.nan]).ordered, share: 0.5)
        }
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: QuantileEstimate.minimumCount(0.5))) {
            try QuantileEstimate(OrderedValues([]), share: 0.5)
        }
    }

    @Test("Winsorising bounds are quantiles of all arms, with or without the zeros")
    func winsorizing() throws {
        let values = (0..<1_000).map { $0 < 995 ? 0 : Double($0) }
        #expect(try Winsorizing(QuantileSketch(values), upperShare: 0.99)(1_000) == 0)
        let bound = try Winsorizing(QuantileSketch(values), upperShare: 0.5, ignoringZeros: true)
        #expect(abs(bound.upper / 997 - 1) < 2 * QuantileSketch.relativeError)
        #expect(bound(5) == 5)
        #expect(bound(2_000) == bound.upper)
        #expect(bound.lower == -.infinity)
        let both = try Winsorizing(QuantileSketch((0...100).map(Double.init)), lowerShare: 0.1, upperShare: 0.9)
        #expect(abs(both(-5) - 10) < 0.05)
        #expect(throws: NotEnoughData.tooFewUnits(have: 0, need: 1)) {
            try Winsorizing(QuantileSketch([0, 0]), upperShare: 0.9, ignoringZeros: true)
        }
        #expect(Winsorizing(lower: 2, upper: 1) == nil)
    }
}
