public import JSON

/// Who is targeted: a condition on a unit's attributes, in GrowthBook's language, compiled once.
///
/// ```json
/// {"country": {"$in": ["DE", "AT"]}, "age": {"$gte": 18}, "$not": {"app.version": {"$vlt": "2.10.0"}}}
/// ```
///
/// **Semantics** are those of GrowthBook's SDKs since their strict generation (PyPI `growthbook` 4.0, held against it by
/// `Tests/Oracles/assignment_oracle.py`): a value that is missing is null, values of different kinds are never equal and
/// never ordered, `$eq` and `$in` never find arrays or objects, a literal does. What differs between the SDKs is decided
/// as the JavaScript SDK decides it: numbers are doubles, texts are ordered by UTF-16 code units, digits in versions and
/// in `\d` are ASCII. Older JavaScript SDKs (before that generation) also turned "5" into 5 and true into 1.
///
/// | operator | holds for |
/// |---|---|
/// | a literal | the same kind and content; objects with their members in the same order |
/// | `$eq` `$ne` | the same text, number, truth value or null |
/// | `$lt` `$lte` `$gt` `$gte` | two numbers, or two texts |
/// | `$veq` `$vne` `$vlt` `$vlte` `$vgt` `$vgte` | two versions |
/// | `$in` `$nin` `$ini` `$nini` | one of a list, or an array with one; `i` ignores case |
/// | `$inGroup` `$notInGroup` | the same with a saved list |
/// | `$exists` | not null, if true; null, if false |
/// | `$type` | string, number, boolean, array, object or null |
/// | `$size` | the length of an array: a number, or operators |
/// | `$all` `$alli` | an array with an element for each that is asked |
/// | `$elemMatch` | an array with an element, not null, that meets operators or a condition |
/// | `$regex` `$regexi` `$notRegex` `$notRegexi` | a text with a part that matches a ``Pattern`` |
/// | `$not` | what the operators in it do not |
///
/// Between conditions: `$and`, `$or` (of none: holds), `$nor`, `$not`, and `$savedGroup` `{"id": …, "attributeKey": …}`.
///
/// **Refused when compiled**, where SDKs would silently never match: unknown operators and names that begin with "$",
/// operands of the wrong kind, patterns that are none, saved groups that do not exist or contain themselves.
public struct Condition: Sendable {
    /// Tests in a condition, those of saved groups included.
    public static let maximumTests = 2_000
    /// Conditions within conditions.
    public static let maximumDepth = 32

    /// One question of a condition about a value, for explanations. It says nothing of the value.
    public struct Answer: Sendable, Hashable {
        /// Where the question stands: "/$or/0/age".
        public let pointer: String
        /// The answer for the unit at hand.
        public let holds: Bool
    }

    /// The condition as it was written.
    public let source: JSONValue
    private let test: AttributeTest

    /// - Throws: ``AssignmentError`` at what cannot be compiled, "/age/$gtt", with its remedy.
    public init(_ source: JSONValue, savedGroups: SavedGroups = .none) throws(AssignmentError) {
        var compiler = ConditionCompiler(savedGroups: savedGroups)
        test = try compiler.condition(source, at: "")
        self.source = source
    }

    /// Whether it holds for a unit with these attributes, an object.
    public func holds(for attributes: AttributeValue) -> Bool { test.holds(for: attributes) }

    /// Every question about a value with its answer, none left out.
    public func answers(for attributes: AttributeValue) -> [Answer] { test.answers(for: attributes) }
}
