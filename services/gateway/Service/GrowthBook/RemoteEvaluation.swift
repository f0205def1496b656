import ExperimentsAPI
import JSON
import JSONRPC

/// The body that GrowthBook's SDKs send for remote evaluation:
/// `{"attributes": {…}, "forcedVariations": {"checkout": 1}, "forcedFeatures": [["key", value]], "url": "…"}`.
///
/// Everything may be absent, and members that it does not name are ignored.
enum RemoteEvaluation {
    static func params(_ body: [UInt8]) throws(RPCError) -> Features.Evaluate.Params {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: body)
        } catch {
            throw RPCError(code: RPCError.Code.parseError, message: "The body is no JSON: \(error.message).")
        }
        guard case .object(let members) = value else { throw .invalidParams(at: "", "must be an object") }
        return Features.Evaluate.Params(
            attributes: try object(members, "attributes").map { JSONRaw(.object($0)) },
            forcedVariations: try forcedVariations(members),
            forcedFeatures: try forcedFeatures(members).map { JSONRaw(.object($0)) },
            url: members["url"]?.string)
    }

    private static func object(_ members: JSONObject, _ name: String) throws(RPCError) -> JSONObject? {
        switch members[name] {
        case nil, .null: return nil
        case .object(let object): return object
        default: throw .invalidParams(at: "/" + name, "must be an object")
        }
    }

    private static func forcedVariations(_ members: JSONObject) throws(RPCError) -> [String: Int]? {
        guard let forced = try object(members, "forcedVariations") else { return nil }
        var places: [String: Int] = [:]
        for member in forced {
            guard let place = member.value.int64, place >= 0 else {
                throw .invalidParams(
                    at: "/forcedVariations/" + member.name, "must be the place of a variation, 0 or more")
            }
            places[member.name] = Int(place)
        }
        return places
    }

    /// Pairs of a key and a value, as JavaScript writes a map; the last one of a key counts.
    private static func forcedFeatures(_ members: JSONObject) throws(RPCError) -> JSONObject? {
        switch members["forcedFeatures"] {
        case nil, .null: return nil
        case .object(let object): return object
        case .array(let pairs):
            var forced = JSONObject()
            for (index, pair) in pairs.enumerated() {
                guard let key = pair[0]?.string, let value = pair[1] else {
                    throw .invalidParams(at: "/forcedFeatures/\(index)", "must be a key and a value")
                }
                forced[key] = value
            }
            return forced
        default: throw .invalidParams(at: "/forcedFeatures", "must be pairs of a key and a value")
        }
    }
}
