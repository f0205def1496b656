import ProtoGen
import Testing

/// What `proto-gen check` wants of a contract beyond what the generator needs.
struct ContractRuleTests {
    private func problems(_ old: String, _ new: String) throws -> [String] {
        let set = try DocumentSet(WorkshopSource.changed(old, to: new))
        do {
            try set.checkRules()
            return []
        } catch {
            return error.list.map(\.description)
        }
    }

    @Test(
        "Everything is described, and what callers send has limits",
        arguments: [
            (
                #", "description": "How old.""#, "",
                "workshop.json#/methods/1/params/4/schema/properties/age: has no description"
            ),
            (
                #""schema": {"type": "string", "maxLength": 500}"#, #""schema": {"type": "string"}"#,
                "workshop.json#/methods/0/params/1/schema: lacks a limit: add 'maxLength'"
            ),
            (
                #""minItems": 1, "maxItems": 3, "#, "",
                "workshop.json#/methods/2/params/0/schema: lacks a limit: add 'maxItems'"
            ),
            (
                #", "x-max-bytes": 64"#, "",
                "workshop.json#/methods/1/params/5/schema: lacks a limit: add 'x-max-bytes'"
            ),
            (
                #""minProperties": 1, "maxProperties": 3,"#, "",
                "workshop.json#/methods/1/params/6/schema: lacks a limit: add 'maxProperties'"
            ),
            (
                #""x-cost-items": "rules""#, #""x-cost-items": "limit""#,
                "workshop.json#/methods/2/x-cost-items: must be the name of an array parameter"
            ),
            (
                #""description": "How many."}"#, #""description": "How many.", "x-privacy": "personal"}"#,
                "workshop.json#/methods/2/x-actors: says that the method is about nobody, but "
                    + "/methods/2/result/schema/properties/count is of a person"
            ),
            (
                #""name": "messageId", "required": true"#, #""name": "messageId""#,
                ""
            ),
            (
                #""name": "event", "required": true"#, #""name": "event""#,
                "workshop.json#/methods/1: has 'messageId', required, behind optional ones, which OpenRPC forbids"
            ),
        ])
    func rules(_ old: String, _ new: String, _ message: String) throws {
        #expect(try problems(old, new) == (message.isEmpty ? [] : [message]))
    }

    @Test(
        "An example that breaks its own schemas is refused where it does",
        arguments: [
            (
                #""value": {"revokedAt": "2026-01-01T00:00:00Z"}"#, #""value": {"revokedAt": "2026"}"#,
                "workshop.json#/methods/0/examples/0/result/value/revokedAt: "
                    + "must be a date and time such as 2026-01-31T12:00:00Z"
            ),
            (
                #""value": {"revokedAt": "2026-01-01T00:00:00Z"}"#, #""value": {}"#,
                "workshop.json#/methods/0/examples/0/result/value: lacks 'revokedAt', which is required"
            ),
            (
                #""value": {"age": 30, "email": "ada@example.org"}"#, #""value": {"age": 151}"#,
                "workshop.json#/methods/1/examples/0/params/3/value/age: must be at most 150"
            ),
            (
                #"{"name": "reason", "value": "leaked"}"#, #"{"name": "why", "value": "leaked"}"#,
                "workshop.json#/methods/0/examples/0/params/1/value: "
                    + "is given for 'why', which is no parameter of keys.revoke"
            ),
            (
                #""type": "at-least", "trait": "age"}"#, #""type": "at-most", "trait": "age"}"#,
                "workshop.json#/methods/2/examples/0/params/0/value/1: "
                    + "has no 'type' that tells which of the objects it is"
            ),
            (
                #"{"segments": 2}"#, "[]",
                "workshop.json#/methods/3/examples/0/result/value: must be of type object"
            ),
        ])
    func examples(_ old: String, _ new: String, _ message: String) throws {
        #expect(try problems(old, new) == [message])
    }
}
