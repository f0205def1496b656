public import JSON

/// What went wrong with one call: a stable code, a message for the caller, structured data, and a private cause.
///
/// `cause` never leaves the process: it is for the log, which writes it once, at the edge.
public struct RPCError: Error, Sendable, Equatable {
    public let code: Int
    /// For people: what was wrong, where, and what to do about it.
    public let message: String
    /// For programs: the members that the error's entry in the contract lists.
    public let data: JSONRaw?
    /// For the log only.
    public let cause: String?

    public init(code: Int, message: String, data: JSONRaw? = nil, cause: String? = nil) {
        self.code = code
        self.message = message
        self.data = data
        self.cause = cause
    }
}

extension RPCError {
    /// The stable codes of every service; `proto-json/common.json` lists them with their HTTP status.
    public enum Code {
        public static let parseError = -32700
        public static let invalidRequest = -32600
        public static let methodNotFound = -32601
        public static let invalidParams = -32602
        public static let internalError = -32603
        public static let cancelled = -32097
        public static let deadlineExceeded = -32096
        public static let requestTooLarge = -32007
        public static let responseTooLarge = -32008
        public static let busy = -32009
        public static let unauthenticated = -32001
        public static let forbidden = -32003
        public static let notFound = -32004
        public static let brandSuspended = -32005
        public static let conflict = -32010
        public static let versionMismatch = -32011
        public static let idempotencyMismatch = -32012
        public static let illegalTransition = -32013
        public static let dependencyUnavailable = -32014
        public static let storageFull = -32015
        public static let invalidCursor = -32016
        public static let suppressed = -32020
        public static let consentMissing = -32021
        public static let restricted = -32022
        public static let rateLimited = -32029
        public static let quotaExhausted = -32030
    }

    /// The line is no JSON.
    public static func parseError(_ error: JSONError) -> RPCError {
        RPCError(code: Code.parseError, message: "This line is not valid JSON: byte \(error.offset) \(error.message).")
    }

    /// The line is JSON, but no JSON-RPC 2.0 request.
    public static func invalidRequest(_ message: String) -> RPCError {
        RPCError(code: Code.invalidRequest, message: message)
    }

    public static func methodNotFound(_ method: String) -> RPCError {
        RPCError(
            code: Code.methodNotFound,
            message: "There is no method '\(method.prefix(100))'; rpc.discover lists those there are.")
    }

    /// A parameter broke its contract; names its place as a JSON Pointer.
    public static func invalidParams(_ error: JSONError) -> RPCError {
        invalidParams(at: "/params" + error.pointer, error.message)
    }

    /// A parameter broke a rule that the contract could not state.
    ///
    /// - Parameters:
    ///   - pointer: its place, such as `/params/traits/age`.
    ///   - problem: continues the sentence "`pointer` …", such as "must be at most 150".
    public static func invalidParams(at pointer: String, _ problem: String) -> RPCError {
        var data = JSONWriter(capacity: 64)
        data.beginObject()
        data.key("pointer")
        data.string(pointer)
        data.key("problem")
        data.string(problem)
        data.endObject()
        return RPCError(
            code: Code.invalidParams, message: "\(pointer): \(problem)", data: try? JSONRaw(validating: data.bytes()))
    }

    /// Something failed that is not the caller's to mend. The cause goes to the log.
    public static func internalError(_ cause: String) -> RPCError {
        RPCError(code: Code.internalError, message: "This failed inside Gyre; the log has the cause.", cause: cause)
    }

    public static let cancelled = RPCError(code: Code.cancelled, message: "The call was cancelled.")

    public static let deadlineExceeded = RPCError(
        code: Code.deadlineExceeded, message: "The call's deadline passed; it may or may not have taken effect.")

    public static func requestTooLarge(limit: Int) -> RPCError {
        RPCError(
            code: Code.requestTooLarge,
            message: "A line holds at most \(limit) bytes; send larger bodies in chunks.")
    }

    public static func responseTooLarge(limit: Int) -> RPCError {
        RPCError(
            code: Code.responseTooLarge, message: "The reply would exceed \(limit) bytes; ask for fewer items.")
    }

    /// A queue is full. Nothing was done; the same call may be sent again.
    public static func busy(_ what: String) -> RPCError {
        RPCError(code: Code.busy, message: "\(what) is busy; nothing was done, try again shortly.")
    }

    public static func unauthenticated(_ message: String) -> RPCError {
        RPCError(code: Code.unauthenticated, message: message)
    }

    public static func forbidden(_ message: String) -> RPCError {
        RPCError(code: Code.forbidden, message: message)
    }

    /// What does not exist, or belongs to another brand: the two answer alike.
    public static func notFound(_ kind: String, _ id: some CustomStringConvertible) -> RPCError {
        RPCError(code: Code.notFound, message: "There is no \(kind) \(id).")
    }

    public static func conflict(_ message: String) -> RPCError {
        RPCError(code: Code.conflict, message: message)
    }

    public static func versionMismatch(_ kind: String, expected: Int64, actual: Int64) -> RPCError {
        RPCError(
            code: Code.versionMismatch,
            message: "The \(kind) is at version \(actual), not \(expected); read it again before changing it.")
    }

    public static let idempotencyMismatch = RPCError(
        code: Code.idempotencyMismatch,
        message: "This idempotency key was used within 24 hours for other parameters; use a new key.")

    public static func illegalTransition(_ message: String) -> RPCError {
        RPCError(code: Code.illegalTransition, message: message)
    }

    /// A sibling service did not answer. Retry later.
    public static func dependencyUnavailable(_ name: String, cause: String? = nil) -> RPCError {
        RPCError(
            code: Code.dependencyUnavailable, message: "The \(name) service does not answer; try again shortly.",
            cause: cause)
    }

    public static let storageFull = RPCError(
        code: Code.storageFull,
        message: "The disk is full: nothing was written. Free space, then send this again; reads go on.")

    public static let invalidCursor = RPCError(
        code: Code.invalidCursor, message: "This cursor is none of this list's; begin again without one.")

    /// The data may be kept and not used.
    public static let restricted = RPCError(
        code: Code.restricted,
        message: "This person's data is restricted: it is kept and not used until restrictions.lift ends that.")

    /// Specially protected data for which nothing was recorded that allows it.
    ///
    /// - Parameters:
    ///   - place: where it stands in what was sent, such as `/params/traits/conditions`.
    ///   - category: what it holds, such as `health`.
    public static func consentMissing(at place: String, category: String) -> RPCError {
        RPCError(
            code: Code.consentMissing,
            message: "\(place): is specially protected (\(category)), and no basis for it is recorded of this person; "
                + "record one with consents.record, or leave it out.")
    }

    public static func suppressed(_ what: String) -> RPCError {
        RPCError(code: Code.suppressed, message: "\(what) was erased on request and is refused from then on.")
    }
}

extension RPCError: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        var code: Int64 = 0
        var message = ""
        var data: JSONRaw?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "code": code = try reader.readInt64()
            case "message": message = try reader.readString()
            case "data": data = try reader.readRaw()
            default: try reader.unknownMember()
            }
        }
        self.init(code: Int(code), message: message, data: data)
    }

    /// Writes the public part.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("code")
        writer.int(code)
        writer.key("message")
        writer.string(message)
        if let data {
            writer.key("data")
            writer.raw(data)
        }
        writer.endObject()
    }
}
