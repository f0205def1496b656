import ProtoGen
import Testing

/// `proto-gen check --against`: what a caller of the older contract would notice is refused.
struct EvolutionTests {
    private func problems(_ old: String, _ new: String) throws -> [String] {
        try problems(DocumentSet(WorkshopSource.changed(old, to: new)))
    }

    private func problems(_ after: DocumentSet) throws -> [String] {
        do {
            try after.checkEvolution(from: try DocumentSet(WorkshopSource.files))
            return []
        } catch {
            return error.list.map(\.description)
        }
    }

    @Test(
        "Removal is refused",
        arguments: [
            (
                #""name": "keys.revoke""#, #""name": "keys.disable""#,
                "workshop.json: has no method 'keys.revoke' any more"
            ),
            (
                #""writer": {"type""#, #""author": {"type""#,
                "workshop.json#/methods/2/result/schema: has no 'writer' any more"
            ),
            (
                #""name": "reason", "schema""#, #""name": "why", "schema""#,
                "workshop.json#/methods/0: has no 'reason' any more"
            ),
            (
                #""enum": ["everyone", "active-only", "7d"]"#, #""enum": ["everyone", "7d"]"#,
                "workshop.json#/methods/2/params/1/schema: has no value 'active-only' any more"
            ),
            (
                #""const": "is-empty""#, #""const": "is-absent""#,
                "workshop.json#/components/schemas/Rule: has no variant 'is-empty' any more"
            ),
            (
                #""unknownEvent": {"code": 9001"#, #""unknownEvent": {"code": 9002"#,
                "workshop.json#/components/errors/unknownEvent: had the code 9001, which callers know"
            ),
            (
                #""KeysChanged": {"#, #""KeysHaveChanged": {"#,
                "workshop.json: has no schema 'KeysChanged' any more"
            ),
            (
                #", "service:signals"]"#, "]",
                "workshop.json#/methods/3: may no longer be called by service:signals"
            ),
            (
                #", "x-idempotent": true"#, "",
                "workshop.json#/methods/0: is no longer idempotent, on which callers rely when they repeat a call"
            ),
        ])
    func removal(_ old: String, _ new: String, _ message: String) throws {
        #expect(try problems(old, new).first == message)
    }

    @Test(
        "Narrowing is refused",
        arguments: [
            (
                #""maxLength": 500"#, #""maxLength": 499"#,
                "workshop.json#/methods/0/params/1/schema: must now be at most 499, not 500: narrower"
            ),
            (
                #""minLength": 1, "maxLength": 200"#, #""minLength": 2, "maxLength": 200"#,
                "workshop.json#/methods/1/params/0/schema: must now be at least 2, not 1: narrower"
            ),
            (
                #""type": "integer", "minimum": 0, "maximum": 150"#,
                #""type": "integer", "minimum": 0, "maximum": 149"#,
                "workshop.json#/methods/1/params/4/schema/properties/age: must now be at most 149, not 150: narrower"
            ),
            (
                #"{"type": "number", "description": "The least value."}"#,
                #"{"type": "number", "minimum": 0, "description": "The least value."}"#,
                "workshop.json#/components/schemas/Rule/oneOf/0/properties/value: has a new minimum, 0.0: narrower"
            ),
            (
                #""^[a-z][a-z0-9-]{2,62}$""#, #""^[a-z]{3,63}$""#,
                "workshop.json#/methods/1/params/1/schema: has another pattern, ^[a-z]{3,63}$"
            ),
            (
                #""maxItems": 2, "items": {"type": "number""#, #""maxItems": 1, "items": {"type": "number""#,
                "workshop.json#/methods/2/params/5/schema: must now be at most 1, not 2: narrower"
            ),
            (
                #"{"oneOf": [{"$ref": "common.json#/Money"}, {"type": "null"}]}"#, #"{"$ref": "common.json#/Money"}"#,
                "workshop.json#/methods/1/params/3/schema: may no longer be null"
            ),
            (
                #"{"type": "integer", "format": "uint64"}"#, #"{"type": "string", "maxLength": 9}"#,
                "workshop.json#/methods/2/params/3/schema: is of another type"
            ),
            (
                #""x-max-bytes": 64"#, #""x-max-bytes": 63"#,
                "workshop.json#/methods/1/params/5/schema: must now be at most 63, not 64: narrower"
            ),
        ])
    func narrowing(_ old: String, _ new: String, _ message: String) throws {
        #expect(try problems(old, new) == [message])
    }

    @Test(
        "New duties of callers, and doubts about what they are answered, are refused",
        arguments: [
            (
                #""name": "traits", "description""#, #""name": "traits", "required": true, "description""#,
                "workshop.json#/methods/1/params/4/schema: has become required"
            ),
            (
                #""type": "object", "additionalProperties": false,"#,
                #""type": "object", "additionalProperties": false, "required": ["score"],"#,
                "workshop.json#/methods/1/params/4/schema/properties/score: has become required"
            ),
            (
                #""by-name", "params": []"#,
                #"""
                "by-name", "params": [{
                  "name": "why", "required": true, "description": "Why.", "schema": {"type": "string", "maxLength": 9}
                }]
                """#,
                "workshop.json#/methods/3/params/0/schema: is new and required: "
                    + "callers of the old contract do not send it"
            ),
            (
                #""required": ["isNew", "actor"]"#, #""required": ["actor"]"#,
                "workshop.json#/methods/1/result/schema/properties/isNew: is no longer always answered"
            ),
            (
                #"{"type": "boolean", "description": "Whether it was taken for the first time."}"#,
                #"{"type": ["boolean", "null"], "description": "Whether it was taken for the first time."}"#,
                "workshop.json#/methods/1/result/schema/properties/isNew: may now be null, which callers do not expect"
            ),
            (
                #""properties": {"epoch": {"type": "integer", "minimum": 0,"#,
                #""properties": {"epoch": {"type": "integer", "minimum": 1,"#,
                "workshop.json#/components/schemas/KeysChanged/properties/epoch: "
                    + "must now be at least 1, not 0: narrower"
            ),
            (
                #""pattern": "^[a-z]{1,20}$", "x-patch": true"#, #""pattern": "^[a-z]{1,20}$""#,
                "workshop.json#/methods/4/params/1/schema: "
                    + "no longer tells null from absent, which were different to callers"
            ),
            (
                #"{"oneOf": [{"$ref": "common.json#/Money"}, {"type": "null"}]}"#,
                #"{"oneOf": [{"$ref": "common.json#/Money"}, {"type": "null"}], "x-patch": true}"#,
                "workshop.json#/methods/1/params/3/schema: "
                    + "now tells null from absent, which were the same to callers"
            ),
            (
                #""x-actors": "nobody""#, #""x-actors": "everybody""#,
                "workshop.json#/methods/2: may no longer be called with keys that reach only some segments"
            ),
            (
                #""x-scope": "segments:read""#, #""x-scope": "segments:count""#,
                "workshop.json#/methods/2: now needs the scope segments:count, which existing keys may lack"
            ),
        ])
    func duties(_ old: String, _ new: String, _ message: String) throws {
        #expect(try problems(old, new) == [message])
    }

    @Test(
        "Growth is welcome: wider limits, new optional parameters, new members of replies, new values",
        arguments: [
            (#""maxLength": 500"#, #""maxLength": 501"#),
            (#""type": "string", "maxLength": 500"#, #""type": "string""#),
            (#""enum": ["everyone", "active-only", "7d"]"#, #""enum": ["everyone", "active-only", "7d", "nobody"]"#),
            (#""isNew": {"type""#, #""isTest": {"type": "boolean", "description": "A test."}, "isNew": {"type""#),
            (#""name": "messageId", "required": true"#, #""name": "messageId""#),
            (#""x-callers": ["admin""#, #""x-callers": ["anyone", "admin""#),
            (
                #""x-cost": 100, "x-callers": ["admin""#,
                #""x-cost": 100, "x-scope": "segments:write", "x-callers": ["public", "admin""#
            ),
            (
                #""by-name", "params": []"#,
                #""by-name", "params": [{"name": "why", "description": "Why.", "schema": {"type": "boolean"}}]"#
            ),
        ])
    func growth(_ old: String, _ new: String) throws {
        #expect(try problems(old, new) == [])
    }

    @Test(
        "What changes in common.json is seen where a contract uses it",
        arguments: [
            (
                #""format": "amount", "description": "How much."}"#,
                #""maxLength": 9, "description": "How much."}"#,
                "common.json#/components/schemas/Money/properties/amount: is of another type"
            ),
            (
                #""required": ["amount", "currency"]"#, #""required": ["currency"]"#,
                "common.json#/components/schemas/Money/properties/amount: is no longer always answered"
            ),
            (
                #""minimum": 1, "maximum": 500"#, #""minimum": 1, "maximum": 499"#,
                "common.json#/components/schemas/Limit: must now be at most 499, not 500: narrower"
            ),
        ])
    func common(_ old: String, _ new: String, _ message: String) throws {
        let changed = try DocumentSet(WorkshopSource.changed(inCommon: old, to: new))
        // Once for each direction in which such a value travels.
        #expect(Set(try problems(changed)) == [message])
    }

    @Test("A component may move to common.json, as what travels stays the same")
    func movedToCommon() throws {
        let moved = #"""
            "KeyRevocation": {
              "type": "object", "description": "When a key became useless.", "required": ["revokedAt"],
              "properties": {"revokedAt": {"$ref": "#/Timestamp"}}
            },
            "Money": {
            """#
        let own = ##"{"$ref": "#/KeyRevocation"}"##
        let files = [
            WorkshopSource.changed(inCommon: #""Money": {"#, to: moved)[0],
            WorkshopSource.changed(own, to: #"{"$ref": "common.json#/KeyRevocation"}"#)[1],
        ]
        #expect(try problems(DocumentSet(files)) == [])
    }

    @Test("A contract that is gone is refused")
    func goneContract() throws {
        let before = try DocumentSet(WorkshopSource.files)
        let after = try DocumentSet([WorkshopSource.files[0]])
        let error = #expect(throws: Problems.self) { try after.checkEvolution(from: before) }
        #expect(error?.description == "workshop.json: is gone: a contract is never removed")
    }
}
