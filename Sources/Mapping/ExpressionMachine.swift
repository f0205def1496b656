/// One step of a compiled expression, and the place in its text.
struct ExpressionInstruction: Sendable {
    /// What the step does to the stack. Jumps lead forward only, so every expression ends.
    enum Operation: Sendable {
        case constant(ExpressionValue)
        case field(Int)
        case negate
        case not
        case isNull(Bool)
        case compare(Comparison)
        case compute(Arithmetic)
        case concatenate
        case and
        case or
        /// Whether the value below so many others is one of them.
        case isAmong(count: Int, negated: Bool)
        case isBetween(negated: Bool)
        case call(ExpressionFunction, count: Int)
        case readDate(DateFormat)
        case duplicate
        case drop
        case jump(to: Int)
        /// Takes the value; jumps unless it is true.
        case jumpUnlessTrue(to: Int)
        /// Leaves false and jumps, or leaves the value.
        case jumpIfFalse(to: Int)
        /// Leaves true and jumps, or leaves the value.
        case jumpIfTrue(to: Int)
        /// Leaves the value and jumps, or takes a null.
        case jumpUnlessNull(to: Int)
    }

    var operation: Operation
    let offset: Int
}

/// Runs a compiled expression on a stack of values: no recursion, whatever the expression.
struct ExpressionMachine {
    private let code: [ExpressionInstruction]
    private var stack: [ExpressionValue] = []
    private var next = 0
    /// The place of the step that was run last.
    private(set) var offset = 0

    init(code: [ExpressionInstruction]) {
        self.code = code
        stack.reserveCapacity(8)
    }

    mutating func run(_ field: (Int) -> ExpressionValue) throws(EvaluationFailure) -> ExpressionValue {
        while next < code.count {
            let instruction = code[next]
            offset = instruction.offset
            next += 1
            switch instruction.operation {
            case .constant(let value): stack.append(value)
            case .field(let index): stack.append(field(index))
            case .duplicate: stack.append(top)
            case .drop: pop()
            case .jump(let target): next = target
            case .jumpUnlessTrue(let target): if try pop().truth() != true { next = target }
            case .jumpIfFalse(let target): try leave(false, target)
            case .jumpIfTrue(let target): try leave(true, target)
            case .jumpUnlessNull(let target): if top.isNull { pop() } else { next = target }
            default: stack.append(try compute(instruction.operation))
            }
        }
        return top
    }

    /// The value of an operation that takes its operands from the stack.
    private mutating func compute(
        _ operation: ExpressionInstruction.Operation
    ) throws(EvaluationFailure) -> ExpressionValue {
        switch operation {
        case .negate: try unlessNull(pop()) { value throws(EvaluationFailure) in try .exact(value.number().negated) }
        case .not: try .truth(pop().truth().map { !$0 })
        case .isNull(let expected): .boolean(pop().isNull == expected)
        case .compare(let comparison):
            try pair { left, right throws(EvaluationFailure) in .boolean(try comparison.holds(left, right)) }
        case .compute(let arithmetic): try pair(arithmetic.value)
        case .concatenate:
            try pair { left, right throws(EvaluationFailure) in
                try ExpressionFunction.concatenation([left, right])
            }
        case .and: try .truth(Self.and(pop().truth(), pop().truth()))
        case .or: try .truth(Self.and(pop().truth().map { !$0 }, pop().truth().map { !$0 }).map { !$0 })
        case .isAmong(let count, let negated): try .truth(isAmong(count).map { $0 != negated })
        case .isBetween(let negated): try .truth(isBetween().map { $0 != negated })
        case .call(let function, let count): try call(function, count)
        case .readDate(let format): try unlessNull(pop()) { value throws(EvaluationFailure) in try format.value(value) }
        default: .null
        }
    }

    // The parser leaves an operand for every operation, so that the stack is never empty where one is taken.
    private var top: ExpressionValue { stack[stack.count - 1] }

    @discardableResult
    private mutating func pop() -> ExpressionValue { stack.removeLast() }

    private mutating func leave(_ decided: Bool, _ target: Int) throws(EvaluationFailure) {
        guard try top.truth() == decided else { return }
        stack[stack.count - 1] = .boolean(decided)
        next = target
    }

    private func unlessNull(
        _ value: ExpressionValue, _ body: (ExpressionValue) throws(EvaluationFailure) -> ExpressionValue
    ) throws(EvaluationFailure) -> ExpressionValue {
        value.isNull ? .null : try body(value)
    }

    private mutating func pair(
        _ body: (ExpressionValue, ExpressionValue) throws(EvaluationFailure) -> ExpressionValue
    ) throws(EvaluationFailure) -> ExpressionValue {
        let right = pop()
        let left = pop()
        return left.isNull || right.isNull ? .null : try body(left, right)
    }

    /// SQL's AND: false wins, then null.
    private static func and(_ left: Bool?, _ right: Bool?) -> Bool? {
        if left == false || right == false { return false }
        return left == nil || right == nil ? nil : true
    }

    /// SQL's IN: true wins, then null.
    private mutating func isAmong(_ count: Int) throws(EvaluationFailure) -> Bool? {
        let values = stack.suffix(count)
        let value = stack[stack.count - count - 1]
        defer { stack.removeLast(count + 1) }
        if value.isNull { return nil }
        var hasNull = false
        for candidate in values {
            if candidate.isNull {
                hasNull = true
            } else if try Comparison.equal.holds(value, candidate) {
                return true
            }
        }
        return hasNull ? nil : false
    }

    private mutating func isBetween() throws(EvaluationFailure) -> Bool? {
        let (high, low, value) = (pop(), pop(), pop())
        func holds(_ comparison: Comparison, _ bound: ExpressionValue) throws(EvaluationFailure) -> Bool? {
            value.isNull || bound.isNull ? nil : try comparison.holds(value, bound)
        }
        return Self.and(try holds(.greaterOrEqual, low), try holds(.lessOrEqual, high))
    }

    private mutating func call(
        _ function: ExpressionFunction, _ count: Int
    ) throws(EvaluationFailure) -> ExpressionValue {
        let arguments = stack.suffix(count)
        defer { stack.removeLast(count) }
        if function == .concat { return try function.value(arguments) }
        // What is no argument for the second parameter is none for nullif, either: nullif(x, NULL) is x.
        if function == .nullif { return try nullif(arguments) }
        return arguments.contains { $0.isNull } ? .null : try function.value(arguments)
    }

    private func nullif(_ arguments: ArraySlice<ExpressionValue>) throws(EvaluationFailure) -> ExpressionValue {
        let first = arguments[arguments.startIndex]
        return arguments.contains { $0.isNull } ? first : try ExpressionFunction.nullif.value(arguments)
    }
}

extension ExpressionValue {
    fileprivate static func truth(_ value: Bool?) -> ExpressionValue { value.map(ExpressionValue.boolean) ?? .null }
}
