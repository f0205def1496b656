import JSON

/// A formula over the fields of a row, in the part of SQL that cannot go wrong: no loops, no patterns, no side effects.
///
/// ```sql
/// CASE
///   WHEN days_since_last_purchase < 30 THEN 'active'
///   WHEN days_since_last_purchase < 90 THEN 'at_risk'
///   ELSE 'churned'
/// END
/// ```
///
/// **Values.** Numbers are exact decimals of at most 38 digits. Texts stand in single quotes, `''` inside one is a
/// quote. `TRUE`, `FALSE`, `NULL`. A name is a column: letters, digits and underscores, or anything in double quotes.
/// Fields are texts; an empty one is null. Keywords and functions may be in either case, names of columns may not.
///
/// **Operators**, from the weakest to the strongest: `OR`; `AND`; `NOT`; `=` `<>` `!=` `<` `<=` `>` `>=`, `IS [NOT]
/// NULL`, `[NOT] IN (…)`, `[NOT] BETWEEN … AND …`; `||`; `+` `-`; `*` `/`; unary `-` and `+`. Then `CASE`, searched and
/// simple, without `ELSE` null.
///
/// **Null** follows SQL: whatever is computed from null or compared with it is null; `AND` and `OR` know three values;
/// only true counts in `WHEN`. `x IN (…)` is null when x is not among the values but null is.
///
/// **Types.** A text that meets a number, a truth value or a date is read as one, and an error for the row if it is
/// none. Two texts are compared as texts, so `<` between two bare fields is refused: `number(a) < number(b)` says what
/// is meant.
///
/// **Division** is exact if it ends within 18 decimals and otherwise rounded half away from zero to 18 (fewer if 38
/// digits are used up). Division by zero, and any result of more digits, is an error for the row, never a trap.
///
/// **Functions.** `abs(x)`, `coalesce(a, b…)`, `concat(a, b…)` (skips nulls; `||` does not), `date(text)`,
/// `date(text, 'format')` (see ``DateFormat``; a point in time if the format has hours), `day(d)`, `month(d)`,
/// `year(d)`, `days_between(a, b)` (from a to b, negative if b is earlier), `length(t)`, `lower(t)`, `upper(t)`,
/// `trim(t)`, `nullif(a, b)`, `number(x)`, `text(x)`, `round(x)`, `round(x, decimals)` (halves away from zero),
/// `substr(t, start)`, `substr(t, start, count)` (from 1). There is no clock: an import means the same tomorrow.
///
/// **Limits.** 4,096 bytes, 64 levels of nesting, texts of 65,536 bytes.
public struct Expression: Sendable {
    /// The longest expression, in bytes of UTF-8.
    public static let maximumBytes = 4_096
    /// How deep parentheses, calls, cases and signs may nest.
    public static let maximumDepth = 64
    /// The longest text that may be computed, in bytes of UTF-8.
    public static let maximumTextBytes = 65_536

    /// The columns that are named, in the order in which they first are.
    public let columns: [String]

    private let source: String
    private let code: [ExpressionInstruction]

    /// Reads an expression.
    /// - Throws: the first mistake, with its line and column.
    public init(_ source: String) throws(ExpressionError) {
        var parser = try ExpressionParser(source)
        try parser.parse()
        self.source = source
        columns = parser.columns
        code = parser.code
    }

    /// The value for one row.
    /// - Parameter field: the value of a column, by its index in ``columns``.
    /// - Throws: why there is none, and at which place of the expression.
    public func evaluate(_ field: (Int) -> ExpressionValue) throws(ExpressionError) -> ExpressionValue {
        var machine = ExpressionMachine(code: code)
        do throws(EvaluationFailure) {
            return try machine.run(field)
        } catch {
            throw ExpressionError(error.reason, at: machine.offset, in: source, value: error.value)
        }
    }
}
