extension ExpressionParser {
    /// Parses what stands at the start of an expression: a value, a column, a sign, NOT, CASE, a call, parentheses.
    mutating func operand() throws(ExpressionError) -> Operand {
        let place = offset
        let start = token
        if start == .end { throw unexpected("an operand") }
        try advance()
        switch start {
        case .number(let number): append(.constant(.number(number)), at: place)
        case .text(let text): append(.constant(.text(text)), at: place)
        case .keyword(.true): append(.constant(.boolean(true)), at: place)
        case .keyword(.false): append(.constant(.boolean(false)), at: place)
        case .keyword(.null): append(.constant(.null), at: place)
        case .keyword(.case): return try caseExpression(at: place)
        case .keyword(.not):
            _ = try nested(.not)
            append(.not, at: place)
        case .symbol(.minus):
            _ = try nested(.sign)
            append(.negate, at: place)
        case .symbol(.plus):
            _ = try nested(.sign)
            append(.call(.number, count: 1), at: place)
        case .symbol(.open):
            let operand = try nested(.or)
            try expect(.close)
            return operand
        case .name(let name, let isQuoted):
            if !isQuoted, token == .symbol(.open) { return try call(name, at: place) }
            append(.field(column(name)), at: place)
            return Operand(isBareField: true)
        default:
            let hint = start == .symbol(.equal) ? "; one = compares" : ""
            throw failure("expected an operand, not \(start.shown)\(hint)", at: place)
        }
        return Operand()
    }

    /// Parses both forms: `CASE WHEN condition THEN …` and `CASE value WHEN value THEN …`.
    private mutating func caseExpression(at place: Int) throws(ExpressionError) -> Operand {
        var result = Operand()
        let isSimple = token != .keyword(.when)
        if isSimple { _ = try nested(.or) }
        guard token == .keyword(.when) else { throw unexpected("WHEN") }
        var ends: [Int] = []
        while token == .keyword(.when) {
            let branch = offset
            try advance()
            if isSimple { append(.duplicate, at: branch) }
            _ = try nested(.or)
            if isSimple { append(.compare(.equal), at: branch) }
            let otherwise = append(.jumpUnlessTrue(to: 0), at: branch)
            try expect(.then)
            if isSimple { append(.drop, at: branch) }
            let operand = try nested(.or)
            result.isBareField = result.isBareField || operand.isBareField
            ends.append(append(.jump(to: 0), at: branch))
            land(otherwise)
        }
        if isSimple { append(.drop, at: place) }
        if try take(.else) {
            let operand = try nested(.or)
            result.isBareField = result.isBareField || operand.isBareField
        } else {
            append(.constant(.null), at: place)
        }
        guard try take(.end) else { throw unexpected("WHEN, ELSE or END") }
        for end in ends { land(end) }
        return result
    }

    private mutating func call(_ name: String, at place: Int) throws(ExpressionError) -> Operand {
        guard let function = ExpressionFunction(rawValue: name.lowercased()) else {
            let names = ExpressionFunction.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure("there is no function \(quoted(name)); there are \(names)", at: place)
        }
        try expect(.open)
        if function == .date { return try dateCall(at: place) }
        var (count, operand, ends) = (0, Operand(), [Int]())
        if token != .symbol(.close) {
            repeat {
                if function == .coalesce, count > 0 { ends.append(append(.jumpUnlessNull(to: 0), at: place)) }
                let argument = try nested(.or)
                operand.isBareField = operand.isBareField || argument.isBareField
                count += 1
            } while try take(.comma)
        }
        try expect(.close)
        guard function.arity ~= count else { throw failure(arityReason(function, count), at: place) }
        if function == .coalesce {
            for end in ends { land(end) }
        } else {
            append(.call(function, count: count), at: place)
        }
        let keepsValue = function == .coalesce || function == .nullif
        return keepsValue ? operand : Operand()
    }

    /// `date(text)` or `date(text, 'format')`: the format is compiled with the expression.
    private mutating func dateCall(at place: Int) throws(ExpressionError) -> Operand {
        _ = try nested(.or)
        if try take(.comma) {
            guard case .text(let pattern) = token else { throw unexpected("a format in single quotes") }
            do throws(DateFormat.Failure) {
                append(.readDate(try DateFormat(pattern)), at: place)
            } catch {
                throw failure(error.description)
            }
            try advance()
        } else {
            append(.call(.date, count: 1), at: place)
        }
        try expect(.close)
        return Operand()
    }

    private func arityReason(_ function: ExpressionFunction, _ count: Int) -> String {
        let (least, most) = (function.arity.lowerBound, function.arity.upperBound)
        let expected = least == most ? "\(least)" : "\(least) to \(most)"
        return "\(function.rawValue) takes \(expected) \(most == 1 ? "argument" : "arguments"), not \(count)"
    }
}
