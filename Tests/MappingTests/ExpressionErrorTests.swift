import JSON
import Mapping
import Testing

@Suite("Errors of expressions")
struct ExpressionErrorTests {
    @Test(
        "A mistake is named with its place",
        arguments: [
            ("", "line 1, column 1: expected an operand, not the end"),
            ("   ", "line 1, column 4: expected an operand, not the end"),
            ("1 +", "line 1, column 4: expected an operand, not the end"),
            ("1 2", "line 1, column 3: expected an operator or the end, not 2"),
            ("(1", "line 1, column 3: expected ), not the end"),
            ("1)", "line 1, column 2: expected an operator or the end, not )"),
            ("a == b", "line 1, column 4: expected an operand, not =; one = compares"),
            ("a && b", "line 1, column 3: '&' means nothing here"),
            ("a\n  ; b", "line 2, column 3: ';' means nothing here"),
            ("'open", "line 1, column 1: this text is never closed"),
            ("\"open", "line 1, column 1: this name is never closed"),
            ("1.2.3", "line 1, column 1: this is not a number of at most 38 digits"),
            ("12abc", "line 1, column 1: this is not a number of at most 38 digits"),
            ("1e", "line 1, column 1: this is not a number of at most 38 digits"),
            (".", "line 1, column 1: this is not a number of at most 38 digits"),
            ("1e38", "line 1, column 1: this is not a number of at most 38 digits"),
            ("1e-39", "line 1, column 1: this is not a number of at most 38 digits"),
            (
                "100000000000000000000000000000000000001e0",
                "line 1, column 1: this is not a number of at most 38 digits"
            ),
            ("CASE END", "line 1, column 6: expected an operand, not END"),
            ("CASE a END", "line 1, column 8: expected WHEN, not END"),
            ("CASE WHEN a 'x' END", "line 1, column 13: expected THEN, not 'x'"),
            ("CASE WHEN a THEN 'x'", "line 1, column 21: expected WHEN, ELSE or END, not the end"),
            ("CASE WHEN a THEN 'x' ELSE 'y' WHEN b", "line 1, column 31: expected WHEN, ELSE or END, not WHEN"),
            ("a IN 1", "line 1, column 6: expected (, not 1"),
            ("a IN ()", "line 1, column 7: expected an operand, not )"),
            ("a IN (1,)", "line 1, column 9: expected an operand, not )"),
            ("a IS 1", "line 1, column 6: expected NULL, not 1"),
            ("a NOT 1", "line 1, column 7: expected IN or BETWEEN, not 1"),
            ("a BETWEEN 1", "line 1, column 12: expected AND, not the end"),
            ("1 < 2 < 3", "line 1, column 7: comparisons cannot follow each other; join them with AND"),
            ("lower()", "line 1, column 1: lower takes 1 argument, not 0"),
            ("1 + substr('a')", "line 1, column 5: substr takes 2 to 3 arguments, not 1"),
            ("coalesce()", "line 1, column 1: coalesce takes 1 to 32 arguments, not 0"),
            ("date('1', a)", "line 1, column 11: expected a format in single quotes, not a"),
            (
                "date('1', 'yy')",
                "line 1, column 11: the date format has 'yy': two digits of a year do not say the century; there are yyyy, MM, M, MMM, dd, d, HH, H, hh, h, a, mm, ss, S to SSSSSSSSS and X, and 'text' in single quotes"
            ),
            (
                "a < b",
                "line 1, column 3: both sides are fields as they stand in the file; say number(…), date(…) or text(…) of them"
            ),
            (
                "(a) >= coalesce(b, 1)",
                "line 1, column 5: both sides are fields as they stand in the file; say number(…), date(…) or text(…) of them"
            ),
            (
                "1 BETWEEN a AND b AND c BETWEEN 1 AND b",
                "line 1, column 25: both sides are fields as they stand in the file; say number(…), date(…) or text(…) of them"
            ),
            ("END", "line 1, column 1: expected an operand, not END"),
        ])
    func syntax(_ source: String, _ description: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression(source) }
        #expect(error?.description == description)
        #expect(error?.value == nil)
    }

    @Test("An unknown function is answered with those there are")
    func unknownFunction() {
        let error = #expect(throws: ExpressionError.self) { try Expression("1 + uper(a)") }
        #expect(
            error?.description
                == "line 1, column 5: there is no function 'uper'; there are abs, coalesce, concat, date, day, "
                + "days_between, length, lower, month, nullif, number, round, substr, text, trim, upper, year")
    }

    struct Failing: Sendable, CustomTestStringConvertible {
        let source: String
        let reason: String
        var column = 1
        var value: String?
        var testDescription: String { source }
    }

    @Test(
        "What has no value for a row is an error with its place, never a trap",
        arguments: [
            Failing(source: "1 / 0", reason: "the divisor is zero", column: 3),
            Failing(source: "1 / (2 - 2.0)", reason: "the divisor is zero", column: 3),
            Failing(source: "'abc' + 1", reason: "this text is not a number", column: 7, value: "abc"),
            Failing(source: "'1,234.50' + 1", reason: "this text is not a number", column: 12, value: "1,234.50"),
            Failing(source: "TRUE + 1", reason: "needs a number, and this is a truth value", column: 6, value: "true"),
            Failing(source: "9e37 + 9e37", reason: "the result has more than 38 digits; round() helps", column: 6),
            Failing(source: "9e37 * 9e37", reason: "the result has more than 38 digits; round() helps", column: 6),
            Failing(source: "1e37 + 1e-37", reason: "the result has more than 38 digits; round() helps", column: 6),
            Failing(source: "1e-30 * 1e-30", reason: "the result has more than 38 digits; round() helps", column: 7),
            Failing(source: "1e37 / 1e-37", reason: "the result has more than 38 digits; round() helps", column: 6),
            Failing(
                source: "-99999999999999999999999999999999999999 - 1",
                reason: "the result has more than 38 digits; round() helps", column: 41),
            Failing(
                source: "round(99999999999999999999999999999999999999, -1)",
                reason: "the result has more than 38 digits; round() helps"),
            Failing(source: "round(1, 39)", reason: "needs an integer from -38 to 38", value: "39"),
            Failing(source: "round(1, 0.5)", reason: "needs an integer from -38 to 38", value: "0.5"),
            Failing(source: "substr('a', 1, -1)", reason: "the number of characters must not be negative"),
            Failing(
                source: "substr('a', 1e18)", reason: "needs an integer from -65536 to 65536",
                value: "1000000000000000000"),
            Failing(
                source: "CASE WHEN 'maybe' THEN 1 END", reason: "needs true or false, and this is another text",
                column: 6, value: "maybe"),
            Failing(source: "1 AND TRUE", reason: "needs true or false, and this is a number", column: 3, value: "1"),
            Failing(source: "NOT 1", reason: "needs true or false, and this is a number", value: "1"),
            Failing(source: "1 = TRUE", reason: "a number cannot be compared with a truth value", column: 3),
            Failing(source: "1 < date('1997-01-01')", reason: "a number cannot be compared with a date", column: 3),
            Failing(
                source: "lower(1)", reason: "needs a text, and this is a number; text() makes one of it", value: "1"),
            Failing(
                source: "date('1.1.1997')",
                reason: "this text is not a date like 2026-01-31; date(text, 'format') reads others", value: "1.1.1997"),
            Failing(
                source: "date('1997-02-29')",
                reason: "this text is not a date like 2026-01-31; date(text, 'format') reads others",
                value: "1997-02-29"),
            Failing(
                source: "date('1.1.1997', 'dd.MM.yyyy')", reason: "this text does not follow the date format",
                value: "1.1.1997"),
            Failing(source: "year(5)", reason: "needs a date, and this is a number", value: "5"),
        ])
    func evaluation(_ failing: Failing) throws {
        let expression = try Expression(failing.source)
        let error = #expect(throws: ExpressionError.self) { try expression.evaluate { _ in .null } }
        #expect(error?.reason == failing.reason)
        #expect(error?.line == 1)
        #expect(error?.column == failing.column)
        #expect(error?.value == failing.value)
    }

    @Test("An expression may have 4,096 bytes")
    func length() throws {
        let longest = "1" + String(repeating: " + 1", count: 1_023) + "   "
        #expect(longest.utf8.count == Expression.maximumBytes)
        #expect(try ExpressionTests.value(longest) == ExpressionTests.value("1024"))
        let error = #expect(throws: ExpressionError.self) { try Expression(longest + " ") }
        #expect(error?.description == "line 1, column 1: an expression has at most 4096 bytes")
    }

    @Test(
        "Nesting may be 64 levels deep, whatever nests",
        arguments: [
            ("(", "1", ")"), ("- ", "1", ""), ("NOT ", "TRUE", ""), ("abs(", "1", ")"),
            ("CASE WHEN TRUE THEN ", "1", " END"),
            ("CASE 1 WHEN 1 THEN ", "1", " END"), ("1 IN (", "1 = 1", ")"), ("coalesce(NULL, ", "1", ")"),
        ])
    func depth(_ open: String, _ core: String, _ close: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
        }
        let deepest = try Expression(nested(Expression.maximumDepth))
        _ = try? deepest.evaluate { _ in .null }
        let error = #expect(throws: ExpressionError.self) { try Expression(nested(Expression.maximumDepth + 1)) }
        #expect(error?.reason == "an expression nests at most 64 levels deep")
    }

    @Test("A call may have 32 arguments", arguments: ["coalesce", "concat"])
    func arguments(_ function: String) throws {
        func call(_ count: Int) -> String { "\(function)(\((0..<count).map { _ in "'a'" }.joined(separator: ", ")))" }
        _ = try ExpressionTests.value(call(32))
        let error = #expect(throws: ExpressionError.self) { try Expression(call(33)) }
        #expect(error?.reason == "\(function) takes 1 to 32 arguments, not 33")
    }

    @Test("A computed text may have 65,536 bytes")
    func textLength() throws {
        let row = ["a": String(repeating: "x", count: Expression.maximumTextBytes - 1)]
        #expect(try ExpressionTests.value("length(a || 'y')", row) == ExpressionTests.value("65536"))
        #expect(try ExpressionTests.value("length(concat(a, 'y'))", row) == ExpressionTests.value("65536"))
        #expect(throws: ExpressionError.self) { try ExpressionTests.value("a || 'yz'", row) }
        #expect(throws: ExpressionError.self) { try ExpressionTests.value("concat(a, 'y', 'z')", row) }
    }

    @Test("No text traps the parser, and no row the machine")
    func anyTokens() {
        var generator = SeededGenerator(seed: 13)
        let tokens = [
            "1", "0", "9e37", "1e-38", "'a'", "'1'", "''", "a", "\"b\"", "NULL", "TRUE", "FALSE", "CASE", "WHEN",
            "THEN", "ELSE", "END",
            "AND", "OR", "NOT", "IN", "IS", "BETWEEN", "(", ")", ",", "+", "-", "*", "/", "||", "=", "<", ">=",
            "lower(", "date(", "round(",
            "coalesce(", "concat(", "substr(", "days_between(", "nullif(", "'yyyy-MM-dd'", "'", "\"", "&", "\u{e9}",
        ]
        let fields: [ExpressionValue] = [.null, .text("1"), .text("x"), .text("1997-01-01"), .text("true")]
        var compiled = 0
        for _ in 0..<60_000 {
            let source = (0...generator.below(9)).map { _ in tokens[generator.below(tokens.count)] }.joined(
                separator: " ")
            guard let expression = try? Expression(source) else { continue }
            compiled += 1
            for field in fields { _ = try? expression.evaluate { _ in field } }
        }
        #expect(compiled > 1_000)
    }
}
