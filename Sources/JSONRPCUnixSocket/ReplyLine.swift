import JSON
public import JSONRPC

/// One line of replies, taken apart.
///
/// Gyre's servers write `{"jsonrpc":"2.0","id":7,"result":…}` in this order, so that a client finds the id with a few
/// comparisons and passes the rest on unread. Any other order is read the long way.
public struct ReplyLine {
    let id: UInt64
    /// `,"result":…}` or `,"error":…}`.
    let rest: Range<Int>

    private static let prefix: [UInt8] = Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8)

    /// Nil unless the line is in the order above with a number as its id.
    init?(_ line: UnsafeRawBufferPointer) {
        let prefix = Self.prefix
        guard line.count > prefix.count, line.starts(with: prefix) else { return nil }
        var id: UInt64 = 0
        var index = prefix.count
        while index < line.count, case let digit = line[index] &- 0x30, digit < 10 {
            let (scaled, overflow) = id.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            id = scaled &+ UInt64(digit)
            index += 1
        }
        guard index > prefix.count, index < line.count, line[index] == UInt8(ascii: ",") else { return nil }
        self.id = id
        rest = index..<line.count
    }

    /// The same reply with its members in our order; nil when it is no reply to a numbered request.
    static func reordered(_ line: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let value = try? JSONValue(parsing: Array(line)), let id = value["id"] else { return nil }
        var writer = JSONWriter(capacity: line.count)
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        id.write(to: &writer)
        if let error = value["error"] {
            writer.key("error")
            error.write(to: &writer)
        } else {
            writer.key("result")
            (value["result"] ?? .null).write(to: &writer)
        }
        writer.endObject()
        return writer.bytes()
    }

    /// The code of an error, 0 of a result, of what a ``ReplyReceiver`` was given; without reading it to its end.
    public static func errorCode(afterID rest: UnsafeRawBufferPointer) -> Int {
        let resultMember: StaticString = ",\"result\":"
        if rest.starts(with: resultMember) { return 0 }
        // As our own servers write it.
        let errorMember: StaticString = ",\"error\":{\"code\":-"
        if rest.starts(with: errorMember) {
            var code = 0
            for digit in rest[errorMember.utf8CodeUnitCount...].lazy.map({ $0 &- 0x30 }).prefix(while: { $0 < 10 })
                .prefix(9)
            {
                code = code * 10 + Int(digit)
            }
            return -code
        }
        if case .failure(let error) = outcome(afterID: rest) { return error.code }
        return 0
    }

    /// The result's bytes, or the error, of what a ``ReplyReceiver`` was given.
    public static func outcome(afterID rest: UnsafeRawBufferPointer) -> Result<[UInt8], RPCError> {
        let resultMember: StaticString = ",\"result\":"
        let errorMember: StaticString = ",\"error\":"
        if rest.starts(with: resultMember) {
            return .success(Array(rest[resultMember.utf8CodeUnitCount..<(rest.count - 1)]))
        }
        if rest.starts(with: errorMember) {
            let bytes = Array(rest[errorMember.utf8CodeUnitCount..<(rest.count - 1)])
            if let error = try? RPCError(json: bytes, unknownMembers: .ignore) { return .failure(error) }
        }
        return .failure(.internalError("A reply has neither a result nor an error."))
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func starts(with text: StaticString) -> Bool {
        guard count > text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[index] != text.utf8Start[index] { return false }
        return true
    }
}
