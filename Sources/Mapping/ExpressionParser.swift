import JSON

/// Compiles an expression in one pass by binding powers (Pratt, "Top down operator precedence", 1973): every operand
/// leaves one value on the stack, every operator appends the step that takes its operands.
struct ExpressionParser {
    private(set) var columns: [String] = []
    private(set) var code: [ExpressionInstruction] = []

    private var lexer: ExpressionLexer
    private(set) var token = ExpressionToken.end
    private(set) var offset = 0
    private var depth = 0

    /// What is known of an operand before any row is seen.
    struct Operand {
        /// The text of a field, which nobody said to be a number, a date or a text.
        var isBareField = false
    }

    /// How strongly operators bind, from the weakest.
    enum Power: Int {
        case or = 1
        case and, not, comparison, concatenation, sum, product, sign
    }

    init(_ source: String) throws(ExpressionError) {
        lexer = ExpressionLexer(source)
        guard source.utf8.count <= Expression.maximumBytes else {
            throw lexer.failure("an expression has at most \(Expression.maximumBytes) bytes", at: 0)
        }
        try advance()
    }

    mutating func parse() throws(ExpressionError) {
        _ = try expression(.or)
        guard token == .end else { throw unexpected("an operator or the end") }
    }

    /// Parses what binds at least as strongly as `power`.
    mutating func expression(_ power: Power) throws(ExpressionError) -> Operand {
        var operand = try self.operand()
        while let operation = Infix(token), operation.power.rawValue >= power.rawValue {
            let place = offset
            try advance()
            operand = try infix(operation, after: operand, at: place)
        }
        return operand
    }

    private mutating func infix(
        _ operation: Infix, after left: Operand, at place: Int
    ) throws(ExpressionError) -> Operand {
        switch operation {
        case .or:
            let jump = append(.jumpIfTrue(to: 0), at: place)
            _ = try expression(.and)
            append(.or, at: place)
            land(jump)
        case .and:
            let jump = append(.jumpIfFalse(to: 0), at: place)
            _ = try expression(.not)
            append(.and, at: place)
            land(jump)
        case .compare(let comparison):
            let right = try expression(.concatenation)
            if comparison.isOrder { try refuseBareFields(left, right, at: place) }
            append(.compare(comparison), at: place)
            if case .compare = Infix(token) {
                throw failure("comparisons cannot follow each other; join them with AND")
            }
        case .concatenate:
            _ = try expression(.sum)
            append(.concatenate, at: place)
        case .compute(let arithmetic, let power):
            _ = try expression(power == .sum ? .product : .sign)
            append(.compute(arithmetic), at: place)
        case .is:
            let isNegated = try take(.not)
            try expect(.null)
            append(.isNull(!isNegated), at: place)
        case .in: try list(negated: false, at: place)
        case .between: try between(left, negated: false, at: place)
        case .not:
            if try take(.in) {
                try list(negated: true, at: place)
            } else if try take(.between) {
                try between(left, negated: true, at: place)
            } else {
                throw unexpected("IN or BETWEEN")
            }
        }
        return Operand()
    }

    private mutating func list(negated: Bool, at place: Int) throws(ExpressionError) {
        try expect(.open)
        var count = 0
        repeat {
            _ = try nested(.or)
            count += 1
        } while try take(.comma)
        try expect(.close)
        append(.isAmong(count: count, negated: negated), at: place)
    }

    private mutating func between(_ value: Operand, negated: Bool, at place: Int) throws(ExpressionError) {
        let low = try expression(.concatenation)
        try expect(.and)
        let high = try expression(.concatenation)
        try refuseBareFields(value, low, at: place)
        try refuseBareFields(value, high, at: place)
        append(.isBetween(negated: negated), at: place)
    }

    private func refuseBareFields(_ left: Operand, _ right: Operand, at place: Int) throws(ExpressionError) {
        guard left.isBareField, right.isBareField else { return }
        throw lexer.failure(
            "both sides are fields as they stand in the file; say number(…), date(…) or text(…) of them", at: place)
    }

    /// Parses an operand one level further in.
    mutating func nested(_ power: Power) throws(ExpressionError) -> Operand {
        guard depth < Expression.maximumDepth else {
            throw failure("an expression nests at most \(Expression.maximumDepth) levels deep")
        }
        depth += 1
        let operand = try expression(power)
        depth -= 1
        return operand
    }

    @discardableResult
    mutating func append(_ operation: ExpressionInstruction.Operation, at place: Int) -> Int {
        code.append(ExpressionInstruction(operation: operation, offset: place))
        return code.count - 1
    }

    /// Makes a jump lead to the step that is appended next.
    mutating func land(_ jump: Int) {
        let target = code.count
        switch code[jump].operation {
        case .jump: code[jump].operation = .jump(to: target)
        case .jumpUnlessTrue: code[jump].operation = .jumpUnlessTrue(to: target)
        case .jumpIfFalse: code[jump].operation = .jumpIfFalse(to: target)
        case .jumpIfTrue: code[jump].operation = .jumpIfTrue(to: target)
        case .jumpUnlessNull: code[jump].operation = .jumpUnlessNull(to: target)
        default: break
        }
    }

    mutating func advance() throws(ExpressionError) { (token, offset) = try lexer.next() }

    mutating func take(_ keyword: ExpressionToken.Keyword) throws(ExpressionError) -> Bool {
        guard token == .keyword(keyword) else { return false }
        try advance()
        return true
    }

    mutating func take(_ symbol: ExpressionToken.Symbol) throws(ExpressionError) -> Bool {
        guard token == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ keyword: ExpressionToken.Keyword) throws(ExpressionError) {
        guard try take(keyword) else { throw unexpected(keyword.rawValue.uppercased()) }
    }

    mutating func expect(_ symbol: ExpressionToken.Symbol) throws(ExpressionError) {
        guard try take(symbol) else { throw unexpected(symbol.rawValue) }
    }

    /// The index of a column among those named so far and now.
    mutating func column(_ name: String) -> Int {
        if let index = columns.firstIndex(of: name) { return index }
        columns.append(name)
        return columns.count - 1
    }

    func failure(_ reason: String, at place: Int? = nil) -> ExpressionError {
        lexer.failure(reason, at: place ?? offset)
    }

    func unexpected(_ expected: String) -> ExpressionError {
        failure("expected \(expected), not \(token.shown)")
    }
}

/// An operator that stands behind its first operand.
private enum Infix {
    case or, and, not, `is`, `in`, between, concatenate
    case compare(Comparison)
    case compute(Arithmetic, ExpressionParser.Power)

    init?(_ token: ExpressionToken) {
        switch token {
        case .keyword(.or): self = .or
        case .keyword(.and): self = .and
        case .keyword(.not): self = .not
        case .keyword(.is): self = .is
        case .keyword(.in): self = .in
        case .keyword(.between): self = .between
        case .symbol(.equal): self = .compare(.equal)
        case .symbol(.unequal), .symbol(.alsoUnequal): self = .compare(.unequal)
        case .symbol(.less): self = .compare(.less)
        case .symbol(.lessOrEqual): self = .compare(.lessOrEqual)
        case .symbol(.greater): self = .compare(.greater)
        case .symbol(.greaterOrEqual): self = .compare(.greaterOrEqual)
        case .symbol(.concatenate): self = .concatenate
        case .symbol(.plus): self = .compute(.add, .sum)
        case .symbol(.minus): self = .compute(.subtract, .sum)
        case .symbol(.times): self = .compute(.multiply, .product)
        case .symbol(.divide): self = .compute(.divide, .product)
        default: return nil
        }
    }

    var power: ExpressionParser.Power {
        switch self {
        case .or: .or
        case .and: .and
        case .not, .is, .in, .between, .compare: .comparison
        case .concatenate: .concatenation
        case .compute(_, let power): power
        }
    }
}
