/// Why a document, or a value in it, was refused.
///
/// One reference wide, so that throwing it costs the paths that succeed nothing. The pointer is worked out only when
/// an error is made, by reading the bytes again from the start.
public struct JSONError: Error, Sendable {
    /// What was wrong, for programs.
    public enum Kind: Sendable, Equatable {
        /// The bytes do not follow the grammar of RFC 8259.
        case syntax
        /// A string is not well-formed UTF-8, or escapes one half of a surrogate pair.
        case encoding
        /// Arrays and objects are nested deeper than the reader allows.
        case depth
        /// An object names a member twice, compared after unescaping.
        case duplicateMember
        /// The value is of another type than the one asked for.
        case type
        /// A required member is absent.
        case missingMember
        /// A member that nobody declared, where those are refused.
        case unknownMember
        /// The value has the right type and breaks a rule: a range, a length, a format.
        case constraint
        /// A number that the type asked for cannot hold exactly, or at all.
        case number
    }

    private final class Storage: Sendable {
        let kind: Kind
        let message: String
        let pointer: String
        let offset: Int

        init(kind: Kind, message: String, pointer: String, offset: Int) {
            self.kind = kind
            self.message = message
            self.pointer = pointer
            self.offset = offset
        }
    }

    private let storage: Storage

    /// An error about the value at `pointer`.
    ///
    /// - Parameters:
    ///   - kind: What was wrong.
    ///   - message: A sentence without its subject, such as "must be at most 150".
    ///   - pointer: RFC 6901, empty for the whole document.
    ///   - offset: Bytes from the start of the document.
    public init(kind: Kind, message: String, pointer: String, offset: Int) {
        storage = Storage(kind: kind, message: message, pointer: pointer, offset: offset)
    }

    /// What was wrong, for programs.
    public var kind: Kind { storage.kind }

    /// What was wrong, for people: a sentence whose subject is the value, such as "must be at most 150".
    public var message: String { storage.message }

    /// Where, as a JSON Pointer (RFC 6901) from the start of the document: "/traits/age", or "" for all of it.
    public var pointer: String { storage.pointer }

    /// Where, in bytes from the start of the document.
    public var offset: Int { storage.offset }

    /// The same error in a document that contains this one at `prefix`: "/age" becomes "/params/age".
    public func prefixed(by prefix: String) -> JSONError {
        JSONError(kind: kind, message: message, pointer: prefix + pointer, offset: offset)
    }
}

extension JSONError: Equatable {
    public static func == (left: JSONError, right: JSONError) -> Bool {
        left.kind == right.kind && left.message == right.message && left.pointer == right.pointer
            && left.offset == right.offset
    }
}

extension JSONError: CustomStringConvertible {
    /// "/traits/age: must be at most 150", or the message alone for the whole document.
    public var description: String {
        switch kind {
        case .syntax, .encoding: "\(pointer.isEmpty ? "" : "\(pointer): ")\(message) (byte \(offset))"
        default: pointer.isEmpty ? message : "\(pointer): \(message)"
        }
    }
}
