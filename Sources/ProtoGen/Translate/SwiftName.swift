/// How names of a contract become names of Swift.
enum SwiftName {
    /// Words that need backticks as a member, argument or function name.
    private static let keywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
        "else",
        "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in",
        "init",
        "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public",
        "repeat",
        "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true",
        "try",
        "typealias", "var", "where", "while",
    ]

    /// Type names that nested types may not take: they would hide what generated code uses.
    static let reservedTypes: Set<String> = [
        "Amount", "Any", "Array", "Bool", "CalendarDate", "CallContext", "Client", "Currency", "Dictionary", "Double",
        "Int", "Int64", "JSONDecimal", "JSONError", "JSONRaw", "JSONReadable", "JSONReader", "JSONWritable",
        "JSONWriter",
        "MethodDescription", "MethodExample", "MethodTable", "Optional", "Params", "Patch", "Protocol", "RPCError",
        "ReadTransaction", "Reply", "Self", "Sendable", "Equatable", "Service", "String", "Timestamp", "Type", "UInt64",
        "UInt8", "UUIDv7", "WriteTransaction",
    ]

    /// `revokedAt` as it stands; `` `default` `` in backticks.
    static func member(_ name: String) -> String {
        keywords.contains(name) ? "`\(name)`" : name
    }

    /// The label of an argument, where only three keywords need backticks.
    static func label(_ name: String) -> String {
        ["inout", "let", "var"].contains(name) ? "`\(name)`" : name
    }

    /// `privacyRequests` → `PrivacyRequests`, `in-progress` → `InProgress`.
    static func type(_ name: String) -> String {
        words(name).map(capitalised).joined()
    }

    /// The case of an enumeration: `in-progress` → `inProgress`, `EUR` → `eur`, `7d` → `value7d`.
    static func enumCase(_ value: String) -> String {
        let words = words(value)
        guard let first = words.first else { return "empty" }
        let isShouting = first.allSatisfy { !$0.isLowercase }
        let head = isShouting ? first.lowercased() : first.prefix(1).lowercased() + first.dropFirst()
        let name = head + words.dropFirst().map(capitalised).joined()
        return member(name.first?.isNumber == true ? "value\(name)" : name)
    }

    /// `identities` → `Identity`, `statuses` → `Status`, `items` → `Item`: the type of one element.
    static func element(_ name: String) -> String {
        let type = type(name)
        if type.hasSuffix("ies"), type.count > 4 { return type.dropLast(3) + "y" }
        for ending in ["sses", "shes", "ches", "xes", "uses"] where type.hasSuffix(ending) {
            return String(type.dropLast(2))
        }
        if type.hasSuffix("s"), !type.hasSuffix("ss") { return String(type.dropLast()) }
        return type + "Element"
    }

    static func isMemberName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return name.utf8.allSatisfy(isLetterOrDigit)
    }

    static func isTypeName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        return name.utf8.allSatisfy(isLetterOrDigit)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func words(_ name: String) -> [Substring] {
        name.split { character in !(character.isASCII && (character.isLetter || character.isNumber)) }
    }

    private static func capitalised(_ word: Substring) -> String {
        word.prefix(1).uppercased() + word.dropFirst()
    }
}
