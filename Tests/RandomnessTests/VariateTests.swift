import Foundation
import PythonOracle
import Testing

@testable import Randomness

/// Each variate against its own distribution: the largest distance between 20,000 draws and the distribution function
/// stays below what chance exceeds once in a million (Kolmogorov; 2.69 / √n). Seeds are fixed, so the answer is too.
@Suite("Variates")
struct VariateTests {
    private static let oracle = PythonOracle("philox_oracle.py", modules: ["scipy.special"])
    private static let count = 20_000

    private func distance(stream: UInt32, _ draw: (inout RandomRow) -> Double, _ cdf: (Double) -> Double) -> Double {
        let values = (0..<Self.count).map { row in
            var random = RandomRow(seed: 42, stream: stream, row: UInt64(row))
            return draw(&random)
        }.sorted()
        let n = Double(Self.count)
        return values.enumerated().map { index, value in
            let probability = cdf(value)
            return max(probability - Double(index) / n, Double(index + 1) / n - probability)
        }.max() ?? 1
    }

    private let bound = 2.69 / Double(count).squareRoot()

    @Test("Uniform numbers fill the interval, and the open kind never reaches its ends")
    func uniform() {
        #expect(distance(stream: 1, { $0.uniform() }, { $0 }) < bound)
        #expect(distance(stream: 2, { $0.openUniform() }, { $0 }) < bound)
    }

    @Test("Exponential and gamma variates have their distributions, for shapes below and above 1")
    func gamma() {
        let exponential = { (x: Double) in 1 - exp(-2 * x) }
        #expect(distance(stream: 3, { $0.exponential(rate: 2) }, exponential) < bound)
        #expect(distance(stream: 4, { $0.gamma(shape: 1, scale: 0.5) }, exponential) < bound)
        // A chi-square variate with one degree of freedom is a normal variate's square.
        let square = { (x: Double) in erf((x / 2).squareRoot()) }
        #expect(distance(stream: 5, { $0.gamma(shape: 0.5, scale: 2) }, square) < bound)
        // Erlang's: 1 - e^-x (1 + x + x²/2 + x³/6).
        let erlang = { (x: Double) in 1 - exp(-x) * (1 + x + x * x / 2 + x * x * x / 6) }
        #expect(distance(stream: 6, { $0.gamma(shape: 4) }, erlang) < bound)
    }

    @Test("Beta variates have their distributions, also with parameters below 1")
    func beta() {
        #expect(distance(stream: 7, { $0.beta(2, 3) }, { $0 * $0 * (6 - 8 * $0 + 3 * $0 * $0) }) < bound)
        let arcsine = { (x: Double) in 2 / Double.pi * asin(x.squareRoot()) }
        #expect(distance(stream: 8, { $0.beta(0.5, 0.5) }, arcsine) < bound)
        #expect(distance(stream: 9, { $0.beta(0.01, 1) }, { pow($0, 0.01) }) < bound)
    }

    @Test("Normal variates have their distribution")
    func normal() {
        #expect(distance(stream: 10, { $0.normal() }, { erfc(-$0 / 2.0.squareRoot()) / 2 }) < bound)
        let wide = { (x: Double) in erfc(-(x - 3) / 2 / 2.0.squareRoot()) / 2 }
        #expect(distance(stream: 11, { $0.normal(mean: 3, standardDeviation: 2) }, wide) < bound)
    }

    @Test("Bits of the variates are pinned: a change of any of them is a change of every simulation")
    func pinned() {
        var random = RandomRow(seed: 1, stream: 2, row: 3)
        let drawn = [
            random.uniform(), random.normal(), random.exponential(), random.gamma(shape: 2.5), random.beta(0.7, 4),
            Double(random.index(below: 1_000_000)), Double(random.choice(weights: [1, 0, 3])),
        ]
        let pinned = [
            0.11864146882433335, -0.0710045109547099, 1.5471880379413971, 2.4150487403010774, 0.0008613378024334824,
            110_831, 2,
        ]
        #expect(drawn == pinned)
        #expect(random.permutation(8) == [4, 2, 3, 1, 5, 0, 6, 7])
    }

    @Test("Certain and impossible things are certain and impossible")
    func bernoulli() {
        var random = RandomRow(seed: 5, stream: 5, row: 5)
        let count = (0..<10_000).count { _ in random.bernoulli(0.3) }
        #expect(abs(Double(count) - 3_000) < 5 * 2_100.0.squareRoot())
        #expect((0..<1_000).allSatisfy { _ in random.bernoulli(1) && !random.bernoulli(0) })
    }

    @Test("An index is fair to the last bit, also where 64 bits do not divide evenly")
    func fairIndex() {
        // Multiplying alone would give each third of these 3 × 2⁶¹ indices three, three and two of every eight numbers.
        var counts = [0, 0, 0]
        var random = RandomRow(seed: 7, stream: 7, row: 7)
        for _ in 0..<30_000 { counts[random.index(below: 3 << 61) % 3] += 1 }
        #expect(counts.allSatisfy { abs(Double($0) - 10_000) < 5 * 6_667.0.squareRoot() })
    }

    @Test("Every permutation of four is equally likely, and a weight of 0 is never chosen")
    func permutations() {
        var counts: [[Int]: Int] = [:]
        var random = RandomRow(seed: 6, stream: 6, row: 6)
        for _ in 0..<24_000 { counts[random.permutation(4), default: 0] += 1 }
        #expect(counts.count == 24)
        let chiSquare = counts.values.map { Double(($0 - 1_000) * ($0 - 1_000)) / 1_000 }.reduce(0, +)
        #expect(chiSquare < 76)  // With 23 degrees of freedom, once in ten million.
        var chosen = [0, 0, 0, 0]
        for _ in 0..<30_000 { chosen[random.choice(weights: [0, 1, 2, 0])] += 1 }
        #expect(chosen[0] == 0 && chosen[3] == 0)
        #expect(abs(Double(chosen[1]) - 10_000) < 5 * 6_667.0.squareRoot())
        #expect(random.permutation(0).isEmpty && random.permutation(1) == [0])
    }

    @Test(
        "Normal quantiles are scipy's, to the smallest uniform number",
        .enabled(if: oracle.isAvailable, "\(oracle.requirement)"))
    func quantiles() throws {
        for fields in try Self.oracle.cases() where fields[0] == "q" {
            let (u, expected) = (try #require(Double(fields[1])), try #require(Double(fields[2])))
            #expect(isClose(NormalQuantile.value(at: u), expected, tolerance: 1e-14, floor: 1e-2))
        }
    }

    @Test("Logarithm and exponential are the C library's within two units in the last place")
    func elementary() {
        for row in 0..<5_000 {
            var random = RandomRow(seed: 8, stream: 8, row: UInt64(row))
            let small = random.openUniform()
            let any = min(random.normal(mean: 0, standardDeviation: 200), 700)
            #expect(abs(Elementary.log(small) - log(small)) <= 2 * log(small).ulp)
            #expect(abs(Elementary.log(exp(any / 2)) - log(exp(any / 2))) <= 2 * log(exp(any / 2)).ulp)
            #expect(abs(Elementary.exp(any) - exp(any)) <= 2 * exp(any).ulp)
        }
        #expect(Elementary.log(1) == 0 && Elementary.exp(0) == 1 && Elementary.exp(-800) == 0)
    }
}
