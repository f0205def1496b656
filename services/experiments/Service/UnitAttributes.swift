import Assignment
import JSON
import JSONRPC

/// What is known of a unit, as the experiments see it.
struct UnitAttributes {
    let value: AttributeValue

    /// - Parameters:
    ///   - targetingKey: the attribute `id`, where the attributes have none.
    ///   - pointer: where the attributes are.
    init(_ attributes: JSONRaw?, targetingKey: String?, at pointer: String = "/params") throws(RPCError) {
        var members: [AttributeValue.Member] = []
        if let attributes {
            do {
                guard case .object(let given) = AttributeValue(try JSONValue(parsing: attributes.bytes)) else {
                    throw RPCError.invalidParams(at: pointer + "/attributes", "must be an object")
                }
                members = given
            } catch let error as RPCError {
                throw error
            } catch {
                throw .internalError("Attributes that were read are no JSON: \(error)")
            }
        }
        if let targetingKey, !members.contains(where: { $0.name == "id" }) {
            members.append(AttributeValue.Member("id", .string(targetingKey)))
        }
        value = .object(members)
    }

    /// A unit of which only the id is known.
    init(naming unit: String, as attribute: String) {
        value = .object([AttributeValue.Member(attribute, .string(unit))])
    }

    /// What some attributes say, of those that name a unit.
    func names(_ attributes: [String]) -> [(attribute: String, unit: String)] {
        attributes.compactMap { attribute in
            value.unitText(of: attribute).map { (attribute, $0) }
        }
    }
}
