import JSON
import Mapping
import Testing

@Suite("Expressions")
struct ExpressionTests {
    /// The value of an expression for a row of texts; an empty text is null.
    static func value(_ source: String, _ row: [String: String] = [:]) throws -> ExpressionValue {
        let expression = try Expression(source)
        return try expression.evaluate { index in
            let text = row[expression.columns[index]] ?? ""
            return text.isEmpty ? .null : .text(text)
        }
    }

    static let seedCase = """
        CASE 
          WHEN days_since_last_purchase < 30 THEN 'active'
          WHEN days_since_last_purchase < 90 THEN 'at_risk'
          ELSE 'churned'
        END

        """

    @Test(
        "The lifecycle example of the data schema runs as it stands",
        arguments: [
            ("-1", "active"), ("0", "active"), ("29", "active"), ("29.999", "active"), ("30", "at_risk"),
            ("89", "at_risk"),
            ("90", "churned"), ("3650", "churned"), ("", "churned"),
        ])
    func seedExample(_ days: String, _ stage: String) throws {
        #expect(try Self.value(Self.seedCase, ["days_since_last_purchase": days]) == .text(stage))
    }

    @Test("A text where the example needs a number is an error that names the place and not the value")
    func seedExampleWithText() {
        let error = #expect(throws: ExpressionError.self) {
            try Self.value(Self.seedCase, ["days_since_last_purchase": "ada@example.com"])
        }
        #expect(error?.description == "line 2, column 33: this text is not a number")
        #expect(error?.value == "ada@example.com")
    }

    @Test(
        "Numbers are exact",
        arguments: [
            ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("10 - 4 - 3", "3"), ("100 / 5 / 2", "10"), ("2 * -3", "-6"),
            ("- -3", "3"), ("+ 5", "5"), ("0.1 + 0.2", "0.3"), ("11.77 * 3", "35.31"), ("1 / 8", "0.125"),
            ("1e3 + .5", "1000.5"),
            ("1 / 3", "0.333333333333333333"), ("2 / 3", "0.666666666666666667"), ("-2 / 3", "-0.666666666666666667"),
            ("1 / 3e18", "0"), ("2 / 3e18", "0.000000000000000001"), ("5 / -5", "-1"), ("0 / 7", "0"),
            ("99999999999999999999999999999999999999 - 1", "99999999999999999999999999999999999998"),
            ("99999999999999999999999999999999999999 / 7", "14285714285714285714285714285714285714"),
            ("10000000000000000000 * 1000000000000000000", "10000000000000000000000000000000000000"),
            ("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(2.4)", "2"), ("round(0.005, 2)", "0.01"),
            ("round(12.3456, 2)", "12.35"), ("round(1250, -2)", "1300"), ("round(12.3, 5)", "12.3"),
            ("round(0.4)", "0"),
            ("round(9.99, 1)", "10"), ("round(1, -38)", "0"), ("abs(-1.5)", "1.5"), ("abs(1.5)", "1.5"),
            ("number(' +007.50 ')", "7.5"), ("number('1e-05')", "0.00001"), ("number('-.5')", "-0.5"),
            ("number('5.')", "5"),
            ("'2' + '3'", "5"), ("length('Gr\u{f6}\u{df}e')", "5"),
        ])
    func number(_ source: String, _ expected: String) throws {
        #expect(try Self.value("text(\(source))") == .text(expected), "\(source)")
    }

    @Test(
        "Texts",
        arguments: [
            ("'it''s'", "it's"), ("lower('ABC\u{c4}')", "abc\u{e4}"), ("upper('stra\u{df}e')", "STRASSE"),
            ("trim('  a b\t\n')", "a b"), ("trim('   ')", ""), ("'a' || 'b' || 'c'", "abc"), ("'n=' || (1 + 1)", "n=2"),
            ("concat('a', NULL, 1, TRUE)", "a1true"), ("substr('retail', 1, 3)", "ret"), ("substr('retail', 4)", "ail"),
            ("substr('retail', 0, 3)", "re"), ("substr('retail', -5, 8)", "re"), ("substr('retail', 7)", ""),
            ("substr('retail', 2, 0)", ""), ("substr('retail', 1, 99)", "retail"), ("coalesce(NULL, 'b', 'c')", "b"),
            ("coalesce(NULL, NULL, 'c')", "c"), ("coalesce('a', 1 / 0)", "a"), ("nullif('a', 'b')", "a"),
            ("text(12.50)", "12.5"), ("text(TRUE)", "true"), ("text(date('1997-01-01'))", "1997-01-01"),
            ("date('01.02.1997', 'dd.MM.yyyy') || ''", "1997-02-01"), ("\"say 'x'\" || ''", "column"),
            ("UPPER(lower('Ab'))", "AB"), ("CASE WHEN TRUE THEN 'yes' END", "yes"),
            ("Case 2 when 1 then 'a' WHEN 2 then 'b' end", "b"),
            ("CASE 'x' WHEN NULL THEN 'a' ELSE 'b' END", "b"), ("CASE NULL WHEN NULL THEN 'a' ELSE 'b' END", "b"),
            ("CASE WHEN FALSE THEN 'a' WHEN NULL THEN 'b' ELSE CASE WHEN 1 = 1 THEN 'c' END END", "c"),
            ("CASE WHEN 1 = 1 THEN 'a' WHEN 1 / 0 = 1 THEN 'b' END", "a"),
        ])
    func text(_ source: String, _ expected: String) throws {
        #expect(try Self.value(source, ["say 'x'": "column"]) == .text(expected), "\(source)")
    }

    @Test(
        "Truth follows SQL",
        arguments: [
            ("1 = 1.0", true), ("1 <> 1", false), ("1 != 2", true), ("2 < 10", true), ("'2' < '10'", false),
            ("'2' < 10", true),
            ("number('2') < number('10')", true), ("'a' < 'b'", true), ("'a' = 'A'", false), ("3 >= 3", true),
            ("3 > 3", false),
            ("1 <= 0", false), ("TRUE = 'True'", true), ("FALSE < TRUE", true), ("'x' IN ('a', 'x')", true),
            ("'x' NOT IN ('a', 'b')", true), ("2 IN (1 + 1)", true), ("2 BETWEEN 1 AND 3", true),
            ("0 BETWEEN 1 AND 3", false),
            ("0 NOT BETWEEN 1 AND 3", true), ("NULL IS NULL", true), ("1 IS NOT NULL", true), ("1 IS NULL", false),
            ("NOT FALSE", true), ("NOT 1 = 2", true), ("NOT NOT TRUE", true), ("TRUE OR FALSE AND FALSE", true),
            ("(TRUE OR FALSE) AND FALSE", false), ("1 + 1 = 2 AND 'a' || 'b' = 'ab'", true),
            ("FALSE AND 1 / 0 = 1", false),
            ("TRUE OR 1 / 0 = 1", true), ("date('1997-01-02') > '1997-01-01'", true),
            ("'1997-01-01' = date('1997-01-01')", true),
            ("date('1997-01-01T10:00', 'yyyy-MM-ddTHH:mm') > date('1997-01-01')", true),
            ("date('1997-01-01T10:00', 'yyyy-MM-ddTHH:mm') = '1997-01-01T12:00:00+02:00'", true),
            ("1e30 > 1e-30", true), ("-1e30 > 1e-30", false), ("-1e30 < -1e-30", true),
            ("1e37 = 10000000000000000000000000000000000000", true),
            ("year('2024-02-29') = 2024 AND month('2024-02-29') = 2 AND day('2024-02-29') = 29", true),
            ("days_between('2024-02-28', '2024-03-01') = 2", true),
            ("days_between('2024-03-01', '2024-02-28') = -2", true),
            ("days_between(date('12/31/1999', 'MM/dd/yyyy'), '2000-01-01T23:59:59Z') = 1", true),
        ])
    func truth(_ source: String, _ expected: Bool) throws {
        #expect(try Self.value(source) == .boolean(expected), "\(source)")
    }

    @Test(
        "What is computed from null is null",
        arguments: [
            "NULL", "NULL + 1", "-NULL", "NULL = NULL", "NULL <> 1", "NULL AND TRUE", "TRUE AND NULL", "NULL OR FALSE",
            "NOT NULL",
            "NULL || 'a'", "NULL IN (1, 2)", "3 IN (1, NULL)", "3 NOT IN (1, NULL)", "NULL BETWEEN 1 AND 2",
            "1 BETWEEN NULL AND 2",
            "lower(NULL)", "round(NULL, 2)", "round(1, NULL)", "coalesce(NULL)", "nullif('a', 'a')", "nullif(NULL, 1)",
            "CASE WHEN NULL THEN 1 END", "CASE 1 WHEN 2 THEN 3 END", "date(NULL, 'yyyyMMdd')",
            "days_between(NULL, '1997-01-01')",
            "empty", "empty + 1", "lower(empty)", "substr('abc', 1, empty)", "+ empty",
        ])
    func null(_ source: String) throws {
        #expect(try Self.value(source) == .null, "\(source)")
    }

    @Test(
        "Null does not hide what is decided without it",
        arguments: [
            ("NULL AND FALSE", false), ("FALSE AND NULL", false), ("NULL OR TRUE", true), ("TRUE OR NULL", true),
            ("1 IN (NULL, 1)", true),
            ("0 BETWEEN 1 AND NULL", false), ("1 NOT IN (NULL, 1)", false), ("(NULL = 1) IS NULL", true),
            ("nullif('a', NULL) = 'a'", true),
        ])
    func decided(_ source: String, _ expected: Bool) throws {
        #expect(try Self.value(source) == .boolean(expected), "\(source)")
    }

    @Test("Columns are listed once each, as they are first named")
    func columns() throws {
        #expect(
            try Expression("b + a * \"b\" - lower(\"two words\") + Gr\u{f6}\u{df}e").columns == [
                "b", "a", "two words", "Gr\u{f6}\u{df}e",
            ])
        #expect(try Expression("\"lower\" || \"say \"\"x\"\"\"").columns == ["lower", "say \"x\""])
        #expect(try Expression("1").columns == [])
    }

    @Test("Fields of a row are told apart by name; keywords are not case-sensitive, names are")
    func fields() throws {
        let row = ["a": "2", "A": "3", "plan": "gold"]
        #expect(try Self.value("a * A + 1", row) == Self.value("7"))
        #expect(try Self.value("case plan when 'gold' then a end", row) == .text("2"))
        #expect(try Self.value("number(a) < number(A) and PLAN is null", row) == .boolean(true))
    }
}
