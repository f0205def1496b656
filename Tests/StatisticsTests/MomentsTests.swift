import Statistics
import Testing

@Suite("Moments")
struct MomentsTests {
    @Test("A mean of a hundred million does not swallow a variance of one")
    func largeMean() {
        var generator = SeededGenerator(seed: 1)
        let small = (0..<10_000).map { _ in normal(&generator) }
        let moments = Moments(small.map { 1e8 + $0 })
        // The naive Σx² - n·mean² is 0 or negative here.
        #expect(abs(moments.variance / Moments(small).variance - 1) < 1e-7)
        #expect(abs(moments.variance - 1) < 0.05)
    }

    @Test("Whole numbers have the same moments bit for bit in whatever order and shards they come")
    func wholeNumbersAreExact() {
        var generator = SeededGenerator(seed: 2)
        let values = (0..<2_000).map { _ in Double(generator.below(1_000_000_000)) }
        let whole = Moments(values)
        for shards in [1, 2, 7, 100] {
            var parts = Array(repeating: Moments(), count: shards)
            for value in values.shuffled(using: &generator) { parts[generator.below(shards)].add(value) }
            var merged = Moments()
            for part in parts.shuffled(using: &generator) { merged.merge(part) }
            #expect(merged == whole)
        }
    }

    @Test("Any numbers have the same mean and variance, to the last digit but one, in whatever order they come")
    func anyOrder() {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<5_000).map { _ in 1e5 * normal(&generator) + 1e6 }
        let whole = Moments(values)
        var parts = Array(repeating: Moments(), count: 13)
        for value in values.shuffled(using: &generator) { parts[generator.below(13)].add(value) }
        let merged = parts.shuffled(using: &generator).reduce(into: Moments()) { $0.merge($1) }
        #expect(abs(merged.mean / whole.mean - 1) < 4e-16)
        #expect(abs(merged.variance / whole.variance - 1) < 4e-16)
    }

    @Test("What was added and removed again leaves no trace, however large it was")
    func retraction() {
        var generator = SeededGenerator(seed: 4)
        let values = (0..<1_000).map { _ in normal(&generator) }
        var moments = Moments(values)
        moments.add(1e12)
        moments.merge(Moments([-3e11, 7]))
        moments.remove(1e12)
        moments.remove(Moments([-3e11, 7]))
        let untouched = Moments(values)
        #expect(moments.count == 1_000)
        #expect(abs(moments.variance / untouched.variance - 1) < 1e-9)
        #expect(abs(moments.mean - untouched.mean) < 1e-15)
    }

    @Test("Values that are all the same have no variance, also where binary fractions round")
    func noVariance() {
        #expect(Moments(Array(repeating: 0.1, count: 12_345)).variance == 0)
        #expect(Moments(Array(repeating: 1e-3 / 7, count: 999)).variance == 0)
        #expect(Moments([0.1, 0.1 + 1e-12]).variance > 0)
    }

    @Test("Scaled values have scaled moments, and shifted ones the same variance")
    func scaleAndShift() {
        var generator = SeededGenerator(seed: 5)
        let values = (0..<500).map { _ in normal(&generator) }
        let moments = Moments(values)
        #expect(abs(Moments(values.map { $0 * 37 }).variance / (37 * 37 * moments.variance) - 1) < 1e-14)
        #expect(abs(Moments(values.map { $0 + 1_024 }).variance / moments.variance - 1) < 1e-12)
    }

    @Test("Given figures come back, and ones and zeros are a proportion")
    func fromFigures() {
        let moments = Moments(count: 1_000, mean: 1e6, variance: 2.5)
        #expect(abs(moments.variance - 2.5) < 1e-12)
        #expect(moments.mean == 1e6)
        #expect(Moments(successes: 3, of: 10) == Moments([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]))
    }

    @Test("NaN and infinity stay seen")
    func notFinite() {
        #expect(!Moments([1, .nan, 2]).isFinite)
        #expect(!Moments([1, .infinity]).isFinite)
        #expect(!Moments([1, 1e200]).isFinite)
        #expect(Moments([1, 2]).isFinite)
        #expect(Moments().mean.isNaN)
        #expect(Moments([1]).variance.isNaN)
    }

    @Test("Cross moments of one variable are its moments, and of two the textbook's covariance")
    func crossMoments() throws {
        var generator = SeededGenerator(seed: 6)
        let rows = (0..<300).map { _ in [1e7 + normal(&generator), normal(&generator), Double(generator.below(5))] }
        var whole = CrossMoments(variableCount: 3)
        var parts = Array(repeating: CrossMoments(variableCount: 3), count: 5)
        for row in rows {
            whole.add(row)
            parts[generator.below(5)].add(row)
        }
        for variable in 0..<3 {
            #expect(whole.moments(variable) == Moments(rows.map { $0[variable] }))
            #expect(whole.variance(variable) == whole.moments(variable).variance)
        }
        let means = whole.means
        let sum = rows.reduce(0) { $0 + ($1[0] - means[0]) * ($1[1] - means[1]) }
        #expect(abs(whole.covariance(0, 1) / (sum / 299) - 1) < 1e-6)
        #expect(whole.covariance(0, 1) == whole.covariance(1, 0))

        var merged = parts[4]
        for part in parts[..<4] { merged.merge(part) }
        #expect(abs(merged.covariance(1, 2) / whole.covariance(1, 2) - 1) < 1e-14)
        merged.add([1e9, -1e9, 3])
        merged.remove([1e9, -1e9, 3])
        merged.remove(parts[0])
        merged.merge(parts[0])
        #expect(abs(merged.covariance(1, 2) / whole.covariance(1, 2) - 1) < 1e-10)
        let again = try #require(CrossMoments(variableCount: 3, count: whole.count, sums: whole.sums))
        #expect(again == whole)
        #expect(CrossMoments(variableCount: 2, count: 1, sums: whole.sums) == nil)
    }
}
