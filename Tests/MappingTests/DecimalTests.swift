import JSON
import Testing

@testable import Mapping

@Suite("Exact decimals")
struct DecimalTests {
    @Test("Sums, differences and products agree with integers of one unit")
    func integers() throws {
        var generator = SeededGenerator(seed: 14)
        for _ in 0..<5_000 {
            let (left, right) = (
                Int128(generator.below(2_000_001) - 1_000_000), Int128(generator.below(2_000_001) - 1_000_000)
            )
            let (leftScale, rightScale) = (generator.below(8), generator.below(8))
            let a = try #require(JSONDecimal(coefficient: left, exponent: -leftScale))
            let b = try #require(JSONDecimal(coefficient: right, exponent: -rightScale))
            func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { product, _ in product * 10 } }
            let (x, y) = (left * power(8 - leftScale), right * power(8 - rightScale))
            #expect(a.adding(b) == JSONDecimal(coefficient: x + y, exponent: -8))
            #expect(a.multiplied(by: b) == JSONDecimal(coefficient: left * right, exponent: -leftScale - rightScale))
            #expect(a.isLess(than: b) == (x < y))
            guard y != 0 else { continue }
            // |a - q·b| ≤ |b| / 2 units of the 18th decimal.
            let quotient = try #require(a.divided(by: b))
            let product = try #require(quotient.multiplied(by: b)?.negated)
            let error = try #require(a.adding(product))
            let two = try #require(JSONDecimal(coefficient: 2, exponent: 18))
            let doubled = try #require(error.multiplied(by: two))
            #expect(!isFarther(doubled, than: b))
        }
    }

    private func isFarther(_ left: JSONDecimal, than right: JSONDecimal) -> Bool {
        let magnitudes = [left, right].map { $0.coefficient < 0 ? $0.negated ?? $0 : $0 }
        return magnitudes[1].isLess(than: magnitudes[0])
    }

    @Test("Plain text is read back as the same number, and is JSON where the number is")
    func plainText() throws {
        var generator = SeededGenerator(seed: 15)
        for _ in 0..<5_000 {
            let coefficient = Int128(truncatingIfNeeded: generator.next()) * Int128(1 + generator.below(1_000_000_000))
            guard let number = JSONDecimal(within: coefficient, exponent: generator.below(77) - 38) else { continue }
            let text = Array(number.plainText.utf8)
            #expect(text.withUnsafeBytes { JSONDecimal(field: $0) } == number)
            #expect(JSONDecimal(number.plainText) == number)
            #expect(!number.plainText.contains("e"))
        }
    }

    @Test(
        "A field is a number in any of the ways in which files write one",
        arguments: [
            ("0", "0"), ("-0", "0"), ("007", "7"), ("+7", "7"), (" 7 ", "7"), ("7.", "7"), (".7", "0.7"),
            ("-.70", "-0.7"), ("1e3", "1000"),
            ("1E+3", "1000"), ("1.5e-3", "0.0015"), ("0e9999", "0"),
            ("00000000000000000000000000000000000000000000001", "1"),
            ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
            ("100.000000000000000000000000000000000000000000", "100"),
        ])
    func field(_ text: String, _ expected: String) throws {
        let number = try #require(Array(text.utf8).withUnsafeBytes { JSONDecimal(field: $0) })
        #expect(number.plainText == expected)
    }

    @Test(
        "Everything else is none",
        arguments: [
            "", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e12345", "1,5", "1.5.2", "1 5", "--1", "+-1", "0x10",
            "NaN", "inf", "$5", "5%", "1_000",
            "\u{0661}", "100000000000000000000000000000000000001e1", "0.000000000000000000000000000000000000001",
        ])
    func noNumber(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { JSONDecimal(field: $0) } == nil)
    }
}
