/// Why a text is no expression, or an expression had no value for a row.
public struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence about the place, such as "there is no function 'uper'; …".
    public let reason: String
    /// The line and the column of the place, in characters, both from 1.
    public let line: Int
    public let column: Int
    /// Of an error in evaluation, the start of the value at fault. People's data: for dead letters, never for a log.
    public let value: String?

    /// "line 2, column 8: …", without the value: fit for a log.
    public var description: String { "line \(line), column \(column): \(reason)" }

    /// - Parameter offset: the place, in UTF-8 bytes from the start of the text.
    init(_ reason: String, at offset: Int, in text: String, value: String? = nil) {
        self.reason = reason
        self.value = value.map { String($0.prefix(MappingError.maximumValueLength)) }
        let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self)
        let lastLine = before.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
        line = before.utf8.count { $0 == 0x0a } + 1
        column = lastLine.count + 1
    }
}

/// An error in evaluation whose place is not known yet.
struct EvaluationFailure: Error {
    let reason: String
    let value: String?

    init(_ reason: String, _ value: ExpressionValue? = nil) {
        self.reason = reason
        self.value = value?.text
    }
}
