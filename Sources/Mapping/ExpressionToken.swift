import JSON

/// A word or sign of an expression.
enum ExpressionToken: Equatable {
    case number(JSONDecimal)
    case text(String)
    /// A column or a function; `isQuoted` is only ever a column.
    case name(String, isQuoted: Bool)
    case keyword(Keyword)
    case symbol(Symbol)
    case end

    enum Keyword: String {
        case and, between, `case`, `else`, end, `false`, `in`, `is`, not, null, or, then, `true`, when
    }

    enum Symbol: String, CaseIterable {
        // Longer signs first: the first one that fits is taken.
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case unequal = "<>"
        case alsoUnequal = "!="
        case concatenate = "||"
        case less = "<"
        case greater = ">"
        case equal = "="
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case open = "("
        case close = ")"
        case comma = ","
    }

    /// The token in an error message.
    var shown: String {
        switch self {
        case .number(let number): number.plainText
        case .text(let text): quoted(text)
        case .name(let name, isQuoted: true): "\"\(name.prefix(MappingError.maximumValueLength))\""
        case .name(let name, isQuoted: false): String(name.prefix(MappingError.maximumValueLength))
        case .keyword(let keyword): keyword.rawValue.uppercased()
        case .symbol(let symbol): symbol.rawValue
        case .end: "the end"
        }
    }
}

/// Cuts an expression into tokens.
struct ExpressionLexer {
    private let source: String
    private let bytes: [UInt8]
    private var index = 0

    init(_ source: String) {
        self.source = source
        bytes = Array(source.utf8)
    }

    /// The next token and the offset at which it starts.
    mutating func next() throws(ExpressionError) -> (ExpressionToken, Int) {
        while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
        let start = index
        guard index < bytes.count else { return (.end, start) }
        let byte = bytes[index]
        if byte == UInt8(ascii: "'") { return (.text(try delimited(by: byte, "text")), start) }
        if byte == UInt8(ascii: "\"") { return (.name(try delimited(by: byte, "name"), isQuoted: true), start) }
        if isDigit(byte) || byte == UInt8(ascii: ".") { return (try number(), start) }
        if isNameStart(byte) { return (word(), start) }
        for symbol in ExpressionToken.Symbol.allCases where bytes[index...].starts(with: symbol.rawValue.utf8) {
            index += symbol.rawValue.utf8.count
            return (.symbol(symbol), start)
        }
        throw failure("\(quoted(String(UnicodeScalar(byte)))) means nothing here", at: start)
    }

    func failure(_ reason: String, at offset: Int) -> ExpressionError {
        ExpressionError(reason, at: offset, in: source)
    }

    /// A text or a quoted name; its delimiter is doubled inside it.
    private mutating func delimited(by delimiter: UInt8, _ what: String) throws(ExpressionError) -> String {
        let start = index
        var content: [UInt8] = []
        index += 1
        while index < bytes.count {
            if bytes[index] == delimiter {
                index += 1
                if index >= bytes.count || bytes[index] != delimiter { return String(decoding: content, as: UTF8.self) }
            }
            content.append(bytes[index])
            index += 1
        }
        throw failure("this \(what) is never closed", at: start)
    }

    private mutating func number() throws(ExpressionError) -> ExpressionToken {
        let start = index
        while index < bytes.count {
            let isSign = bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            let isExponentSign = isSign && bytes[index - 1] | 0x20 == UInt8(ascii: "e")
            guard isNamePart(bytes[index]) || bytes[index] == UInt8(ascii: ".") || isExponentSign else { break }
            index += 1
        }
        let number = bytes[start..<index].withUnsafeBytes { JSONDecimal(field: $0) }
        guard let number else {
            throw failure("this is not a number of at most \(JSONDecimal.digitLimit) digits", at: start)
        }
        return .number(number)
    }

    private mutating func word() -> ExpressionToken {
        let start = index
        while index < bytes.count, isNamePart(bytes[index]) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        if let keyword = ExpressionToken.Keyword(rawValue: word.lowercased()) { return .keyword(keyword) }
        return .name(word, isQuoted: false)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Letters, the underscore and everything beyond ASCII.
    private func isNameStart(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }
}
