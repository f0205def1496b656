import JSON
import JSONRPC

/// The body of an evaluation: `{"context": {"targetingKey": "u1", "country": "DE"}}`, where everything may be absent.
struct OFREPContext {
    /// What an experiment asks about: the context, with its targetingKey as the `id` where it has no other.
    ///
    /// An attribute and no `targetingKey` of the call, for it may be as long as it likes.
    let attributes: JSONRaw

    init(_ body: [UInt8]) throws(RPCError) {
        guard !body.isEmpty else {
            attributes = JSONRaw(.object(JSONObject()))
            return
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: body)
        } catch {
            throw RPCError(code: RPCError.Code.parseError, message: "The body is no JSON: \(error.message).")
        }
        guard case .object(let members) = value else {
            throw RPCError(
                code: RPCError.Code.parseError, message: "The body must be an object, with a member 'context'.")
        }
        switch members["context"] {
        case nil, .null: attributes = JSONRaw(.object(JSONObject()))
        case .object(var context):
            switch context["targetingKey"] {
            case nil, .null: break
            case .string(let key): if context["id"] == nil { context["id"] = .string(key) }
            default: throw .invalidParams(at: "/context/targetingKey", "must be a string")
            }
            attributes = JSONRaw(.object(context))
        default: throw .invalidParams(at: "/context", "must be an object")
        }
    }
}
