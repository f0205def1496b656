internal import CSQLite

/// The values of a statement's parameters, by name (`[":id": id, ":time": now]`) or by position (`[id, now]`).
///
/// They must fit exactly: a parameter without a value, a value without a parameter and a name given twice are errors.
public struct Arguments: Sendable {
    enum Values: Sendable {
        case named([(name: String, value: (any SQLiteBindable)?)])
        case positional([(any SQLiteBindable)?])
    }

    let values: Values

    /// Values by position, for a list whose length is known only when it runs.
    public init(_ values: [(any SQLiteBindable)?]) {
        self.values = .positional(values)
    }

    /// How many values these are.
    public var count: Int {
        switch values {
        case .named(let named): named.count
        case .positional(let positional): positional.count
        }
    }
}

extension Arguments: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, (any SQLiteBindable)?)...) {
        values = .named(elements.map { (name: $0.0, value: $0.1) })
    }
}

extension Arguments: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: (any SQLiteBindable)?...) {
        values = .positional(elements)
    }
}

extension Statement {
    /// Binds every parameter. On an error some may be bound already, and the statement must not be run.
    public func bind(_ arguments: Arguments) throws(SQLiteError) {
        guard arguments.count == Int(parameterCount) else { throw mismatch(arguments) }
        switch arguments.values {
        case .positional(let values):
            var index: Int32 = 1
            for value in values {
                try bind(erased: value, at: index)
                index += 1
            }
        case .named(let values):
            // As many distinct names as parameters, each of them known: then none is missing.
            var position = 0
            for (name, value) in values {
                if position >= parameterNames.count || parameterNames[position] != name {
                    guard let found = parameterNames.firstIndex(of: name) else { throw mismatch(arguments) }
                    position = found
                }
                try bind(erased: value, at: Int32(position) + 1)
                position += 1
            }
            guard hasDistinctNames(values.map(\.name)) else { throw mismatch(arguments) }
        }
    }

    private func bind(erased value: (any SQLiteBindable)?, at index: Int32) throws(SQLiteError) {
        if let value {
            try value.bind(to: self, at: index)
        } else {
            try bindNull(at: index)
        }
    }

    private func hasDistinctNames(_ names: [String]) -> Bool {
        // A handful: comparing each with each is quicker than a set.
        for (position, name) in names.enumerated() where names[..<position].contains(name) { return false }
        return true
    }

    private func mismatch(_ arguments: Arguments) -> SQLiteError {
        let given =
            switch arguments.values {
            case .named(let values): values.map(\.name).joined(separator: ", ")
            case .positional(let values): "\(values.count) by position"
            }
        return SQLiteError(
            extendedCode: SQLITE_RANGE,
            message: "the statement's parameters are \(parameterNames), the arguments \(given)", sql: sql)
    }
}
