internal import CSQLite

/// The values of a statement's parameters, by name (`[":id": id, ":time": now]`) or by position (`[id, now]`).
///
/// They must fit exactly: a parameter without a value, a value without a parameter and a name given twice are errors.
public struct Arguments: Sendable {
    enum Values: Sendable {
        case named([(String, (any SQLiteBindable)?)])
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
        values = .named(elements)
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
            // As many distinct names as parameters, each of them known: then none is missing. In the order of the
            // statement, as most are written, they are distinct without a look at each other.
            let names = parameterNames
            var position = 0
            var isInOrder = true
            for (name, value) in values {
                if position >= names.count || names[position] != name {
                    guard let found = names.firstIndex(of: name) else { throw mismatch(arguments) }
                    position = found
                    isInOrder = false
                }
                try bind(erased: value, at: Int32(position) + 1)
                position += 1
            }
            guard isInOrder || hasDistinctNames(values) else { throw mismatch(arguments) }
        }
    }

    private func bind(erased value: (any SQLiteBindable)?, at index: Int32) throws(SQLiteError) {
        if let value {
            try value.bind(to: self, at: index)
        } else {
            try bindNull(at: index)
        }
    }

    private func hasDistinctNames(_ values: [(String, (any SQLiteBindable)?)]) -> Bool {
        // A handful: comparing each with each is quicker than a set.
        for position in values.indices {
            for earlier in 0..<position where values[earlier].0 == values[position].0 { return false }
        }
        return true
    }

    private func mismatch(_ arguments: Arguments) -> SQLiteError {
        let given =
            switch arguments.values {
            case .named(let values): values.map(\.0).joined(separator: ", ")
            case .positional(let values): "\(values.count) by position"
            }
        return SQLiteError(
            extendedCode: SQLITE_RANGE,
            message: "the statement's parameters are \(parameterNames), the arguments \(given)", sql: sql)
    }
}
