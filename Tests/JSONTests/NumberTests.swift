import JSON
import Testing

@Suite("Numbers")
struct NumberTests {
    private func problem<R>(_ document: String, _ body: (inout JSONReader) throws(JSONError) -> R) -> String? {
        failure(document, body).map { "\($0.kind): \($0.message)" }
    }

    @Test("Integers are exact from end to end of Int64 and UInt64")
    func integers() throws {
        for value in [
            Int64.min, .min + 1, -1_000_000_000_000_000_000, -10, -1, 0, 1, 9, 10, 99, 1 << 53 + 1, .max - 1, .max,
        ] {
            #expect(try Int64(json: "\(value)") == value)
            #expect(try Int64(json: " \(value) ") == value)
            #expect(try [Int64](json: "[\(value),\(value)]") == [value, value])
        }
        for value in [UInt64.min, 1, 9_999_999_999_999_999_999, 10_000_000_000_000_000_000, .max - 1, .max] {
            #expect(try UInt64(json: "\(value)") == value)
        }
        #expect(try Int64(json: "-0") == 0)
        #expect(try UInt64(json: "-0") == 0)
    }

    @Test(
        "An integer beyond its type is refused",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "18446744073709551615", "99999999999999999999",
            "1" + String(repeating: "0", count: 400),
        ])
    func integerRange(document: String) {
        #expect(
            problem(document) { (r) throws(JSONError) in try r.readInt64() } == "number: must fit into a 64-bit integer"
        )
    }

    @Test("The same for unsigned integers, which are never negative")
    func unsignedRange() {
        func unsigned(_ document: String) -> String? {
            problem(document) { (r) throws(JSONError) in try r.readUInt64() }
        }
        #expect(unsigned("18446744073709551616") == "number: must fit into a 64-bit integer")
        #expect(unsigned("18446744073709551615") == nil)
        #expect(unsigned("-1") == "number: must be at least 0")
        #expect(unsigned("-18446744073709551616") == "number: must fit into a 64-bit integer")
    }

    @Test(
        "A fraction or an exponent makes no integer", arguments: ["1.0", "1e2", "1E0", "0.0", "-0.5", "1e-1", "10e400"])
    func noIntegers(document: String) {
        #expect(problem(document) { (r) throws(JSONError) in try r.readInt64() } == "type: must be an integer")
        #expect(problem(document) { (r) throws(JSONError) in try r.readUInt64() } == "type: must be an integer")
    }

    @Test("Ranges are inclusive, and say which end was passed")
    func ranges() {
        func age(_ document: String) -> String? {
            problem(document) { (r) throws(JSONError) in try r.readInt64(in: 0...150) }
        }
        #expect(age("-1") == "constraint: must be at least 0")
        #expect(age("0") == nil)
        #expect(age("150") == nil)
        #expect(age("151") == "constraint: must be at most 150")
        func share(_ document: String) -> String? {
            problem(document) { (r) throws(JSONError) in try r.readDouble(in: -0.5...1) }
        }
        #expect(share("-0.5") == nil)
        #expect(share("1e0") == nil)
        #expect(share("-0.51") == "constraint: must be at least -0.5")
        #expect(share("1.0000000000000002") == "constraint: must be at most 1")
        func size(_ document: String) -> String? {
            problem(document) { (r) throws(JSONError) in try r.readUInt64(in: 1...0x8000_0000_0000_0000) }
        }
        #expect(size("0") == "constraint: must be at least 1")
        #expect(size("9223372036854775808") == nil)
        #expect(size("9223372036854775809") == "constraint: must be at most 9223372036854775808")
    }

    /// Values from the literature on reading decimals: ties, subnormals, and what broke other readers.
    @Test(
        "Doubles are the nearest ones, ties to even",
        arguments: [
            ("0", 0), ("-0", -0.0), ("-0.0", -0.0), ("1", 1), ("0.1", 0.1), ("1.5e3", 1500), ("1E+2", 100),
            ("123456789e-5", 1234.56789),
            ("9007199254740993", 9_007_199_254_740_992),
            ("9007199254740993.00000000000000000001", 9_007_199_254_740_994),
            ("1e22", 1e22), ("1e23", 1e23), ("8.5e22", 8.5e22), ("4.9e-324", .leastNonzeroMagnitude),
            ("2.4703282292062327e-324", 0),
            ("2.4703282292062328e-324", .leastNonzeroMagnitude),
            ("2.2250738585072011e-308", .leastNormalMagnitude.nextDown),
            ("2.2250738585072014e-308", .leastNormalMagnitude),
            ("1.7976931348623157e308", .greatestFiniteMagnitude), ("1.7976931348623158e308", .greatestFiniteMagnitude),
            ("0.000000000000000000000000000000000000001e39", 1), ("1000000000000000000000000000000000000000e-39", 1),
            ("1e-400", 0), ("0e999999999999999999999", 0),
            ("7.2057594037927933e16", 72_057_594_037_927_936),
        ] as [(String, Double)])
    func doubles(document: String, expected: Double) throws {
        let value = try Double(json: document)
        #expect(value.bitPattern == expected.bitPattern)
        #expect(JSONNumber(document)?.double?.bitPattern == expected.bitPattern)
    }

    @Test("A number beyond every double is refused as a double, and only as one")
    func doubleRange() throws {
        for document in [
            "1e309", "-1e309", "1.7976931348623159e308", "1e99999999999999999999",
            "9" + String(repeating: "9", count: 400),
        ] {
            #expect(
                problem(document) { (r) throws(JSONError) in try r.readDouble() } == "number: must fit into a double")
            #expect(verdict(document) == nil)
            #expect(try JSONNumber(json: document).text == document)
            #expect(try JSONNumber(json: document).double == nil)
        }
    }

    @Test("What is written reads back as the same double")
    func doubleRoundTrip() throws {
        var random = SplitMix(state: 17)
        for _ in 0..<5_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(try Double(json: value.json()).bitPattern == value.bitPattern)
            let short = (value.truncatingRemainder(dividingBy: 1e6) * 100).rounded() / 100
            #expect(try Double(json: short.json()).bitPattern == short.bitPattern)
        }
    }

    @Test(
        "Decimals are exact and in lowest terms",
        arguments: [
            ("0", 0, 0, "0"), ("-0.000e7", 0, 0, "0"), ("12.34", 1234, -2, "12.34"), ("-12.3400", -1234, -2, "-12.34"),
            ("1e3", 1, 3, "1000"), ("1000", 1, 3, "1000"), ("1e7", 1, 7, "1e7"), ("0.1", 1, -1, "0.1"),
            ("0.00001", 1, -5, "0.00001"),
            ("1e-9", 1, -9, "1e-9"), ("10.05e-1", 1005, -3, "1.005"),
            ("9007199254740993.1", 90_071_992_547_409_931, -1, "9007199254740993.1"),
            ("100e-2", 1, 0, "1"), ("1e1000000", 1, 1_000_000, "1e1000000"),
            ("1e-1000000", 1, -1_000_000, "1e-1000000"),
        ] as [(String, Int128, Int, String)])
    func decimals(document: String, coefficient: Int128, exponent: Int, text: String) throws {
        let decimal = try JSONDecimal(json: document)
        #expect(decimal.coefficient == coefficient)
        #expect(decimal.exponent == exponent)
        #expect(decimal.description == text)
        #expect(JSONDecimal(text) == decimal)
        #expect(try JSONDecimal(json: decimal.json()) == decimal)
        #expect(JSONDecimal(coefficient: coefficient, exponent: exponent) == decimal)
    }

    @Test("Decimals hold thirty-eight digits and a million powers of ten, and refuse more")
    func decimalLimits() throws {
        let nines = String(repeating: "9", count: 38)
        #expect(try JSONDecimal(json: nines).description == nines)
        #expect(try JSONDecimal(json: "-0.\(nines)").description == "-0.\(nines)")
        #expect(try JSONDecimal(json: "\(nines)000").exponent == 3)
        for document in [
            nines + "9", "0.1" + nines, "1e1000001", "1e-1000001", "1e99999999999999999999", "0.0e" + nines + "x",
        ] {
            #expect((try? JSONDecimal(json: document)) == nil)
        }
        #expect(
            problem(nines + "1") { (r) throws(JSONError) in try r.readDecimal() }
                == "number: must fit into a decimal of 38 digits")
        #expect(JSONDecimal(coefficient: .max, exponent: 0) == nil)
        #expect(JSONDecimal(coefficient: .min, exponent: 0) == nil)
    }

    @Test("A decimal scales to a smaller unit, exactly or not at all")
    func scaling() throws {
        let table: [(String, Int, Int64?)] = [
            ("12.34", 2, 1234), ("12.34", 4, 123_400), ("12.345", 2, nil), ("0", 4, 0), ("1e3", 2, 100_000),
            ("-0.01", 2, -1),
            ("922337203685477.5807", 4, .max), ("922337203685477.5808", 4, nil), ("-922337203685477.5808", 4, .min),
            ("1e30", 4, nil), ("1e60", 4, nil),
        ]
        for (text, decimals, expected) in table {
            #expect(try #require(JSONDecimal(text)).scaled(by: decimals) == expected, "\(text)")
        }
    }

    @Test("A kept number is its text")
    func numberText() throws {
        for text in ["1.0", "-0", "1E+05", "123456789012345678901234567890.5"] {
            #expect(try JSONNumber(json: text).text == text)
            #expect(try JSONNumber(json: text).json() == Array(text.utf8))
        }
        for text in ["", " 1", "1 ", "+1", "NaN", "1,", "[1]", "\"1\""] { #expect(JSONNumber(text) == nil) }
        #expect(JSONNumber("1.0")?.int64 == nil)
        #expect(JSONNumber("-7")?.int64 == -7)
        #expect(JSONNumber("-7")?.uint64 == nil)
        #expect(JSONNumber("18446744073709551615")?.uint64 == .max)
        #expect(JSONNumber(0.5).text == "0.5")
        #expect(JSONNumber(UInt8(7)).text == "7")
    }
}

/// Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators" (2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
