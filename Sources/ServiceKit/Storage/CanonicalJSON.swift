public import JSON
public import JSONRPC
public import OpenSSL

/// JSON in the one form that RFC 8785 gives it, so that what says the same has the same bytes, and the same hash.
///
/// No white space; members in the order of the UTF-16 code units of their names; numbers as ECMAScript writes the nearest
/// double; texts as they are, with the shortest escapes.
public enum CanonicalJSON {
    /// Nil where a number lies beyond all doubles.
    public static func bytes(_ value: JSONValue) -> [UInt8]? {
        var writer = JSONWriter(capacity: 256)
        guard write(value, to: &writer) else { return nil }
        return writer.bytes()
    }

    /// SHA-256 over the members that are there.
    ///
    /// - Returns: nil where a number lies beyond all doubles.
    public static func digest(_ members: KeyValuePairs<String, JSONValue?>) -> SHA256.Digest? {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return bytes(.object(object)).map { SHA256.hash($0) }
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) -> Bool {
        switch value {
        case .null, .bool, .string: value.write(to: &writer)
        case .number(let number):
            guard let number = number.double.flatMap({ JSONNumber(text($0)) }) else { return false }
            number.write(to: &writer)
        case .array(let elements):
            writer.beginArray()
            for element in elements where !write(element, to: &writer) { return false }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for member in object.sorted(by: { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }) {
                writer.key(member.name)
                guard write(member.value, to: &writer) else { return false }
            }
            writer.endObject()
        }
        return true
    }

    /// A finite double as ECMAScript's Number::toString writes it (ECMA-262, section 6.1.6.1.20).
    public static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        // The shortest digits that read back as the value, and where their point is: 0.digits × 10^point.
        let parts = value.magnitude.description.split(separator: "e")
        let pieces = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = pieces.joined()[...]
        var point = pieces[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.first == "0" {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == "0" { digits.removeLast() }
        let sign = value < 0 ? "-" : ""
        switch point {
        case digits.count...21 where digits.count <= 21:
            return sign + digits + String(repeating: "0", count: point - digits.count)
        case 1...21: return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0: return sign + "0." + String(repeating: "0", count: -point) + digits
        default:
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            return sign + digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+") + "\(exponent.magnitude)"
        }
    }
}

extension JSONRaw {
    /// The value, which was validated when it was read.
    public func value() throws(RPCError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .internalError("JSON that was read is none: \(error)")
        }
    }

    /// The members of the object that a contract says this is.
    public func object() throws(RPCError) -> JSONObject {
        guard case .object(let object) = try value() else {
            throw .internalError("JSON that was read as an object is none.")
        }
        return object
    }

    public static var emptyObject: JSONRaw { JSONRaw(JSONObject()) }
}
