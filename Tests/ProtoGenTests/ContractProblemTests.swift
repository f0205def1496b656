import ProtoGen
import Testing

/// What the generator says of a contract that it cannot use: file, JSON Pointer, and what is wrong.
struct ContractProblemTests {
    /// Everything that is wrong after `old` became `new` in the workshop's contract.
    private func problems(_ old: String, _ new: String) -> [String] {
        do {
            let set = try DocumentSet(WorkshopSource.changed(old, to: new))
            _ = try set.render()
            try set.checkRules()
            return []
        } catch {
            return error.list.map(\.description)
        }
    }

    @Test("The workshop's own contract is sound")
    func sound() {
        #expect(problems("keys.revoke", "keys.revoke") == [])
    }

    @Test(
        "What is outside the subset is refused with file and place",
        arguments: [
            (
                #""maxLength": 500"#, #""maxlength": 500"#,
                "workshop.json#/methods/0/params/1/schema/maxlength: is not part of a string; "
                    + "proto-json/README.md lists what is"
            ),
            (
                #""x-actors": "nobody""#, #""x-actors": "none""#,
                "workshop.json#/methods/2/x-actors: must be everybody, reached or nobody"
            ),
            (
                #""x-actors": "nobody""#, #""x-actors": "reached""#,
                "workshop.json#/methods/2: cannot answer with the reached actors: only what works in the brand's "
                    + "database can"
            ),
            (
                #""maxLength": 500"#, #""maxLength": "many""#,
                "workshop.json#/methods/0/params/1/schema/maxLength: must be an integer"
            ),
            (
                #""minLength": 1, "maxLength": 200"#, #""minLength": 2, "maxLength": 1"#,
                "workshop.json#/methods/1/params/0/schema: has minLength above maxLength"
            ),
            (
                #"{"type": "string", "format": "email","#, #"{"type": "string", "format": "phone","#,
                "workshop.json#/methods/1/params/4/schema/properties/email/format: "
                    + "must be amount, currency, date, date-time, email, uuid or byte"
            ),
            (
                #""^[a-z][a-z0-9-]{2,62}$""#, #""^(a|b)+$""#,
                "workshop.json#/methods/1/params/1/schema/pattern: "
                    + "may hold character classes and counts only, not '('"
            ),
            (
                #"{"type": "boolean", "description": "Whether it was taken for the first time."}"#,
                #"{"type": ["boolean", "string"], "description": "Whether."}"#,
                "workshop.json#/methods/1/result/schema/properties/isNew/type: "
                    + "must be one type, or one type and \"null\""
            ),
            (
                #""additionalProperties": {"type": "number"}"#, #""additionalProperties": true"#,
                "workshop.json#/methods/2/result/schema/properties/largestBy/additionalProperties: "
                    + "must be false or a schema; for open-ended values use x-raw"
            ),
            (
                #""required": ["isNew", "actor"]"#, #""required": ["isNew", "actors"]"#,
                "workshop.json#/methods/1/result/schema: requires 'actors', which is not among its properties"
            ),
            (
                #""x-kind": "flow""#, #""x-kind": "stream""#,
                "workshop.json#/methods/3/x-kind: must be read, write or flow"
            ),
            (
                #""name": "keys.revoke""#, #""name": "keys.revoke.all""#,
                "workshop.json#/methods/0/name: "
                    + "must be nouns.verb in lower camel case, such as privacyRequests.submit"
            ),
            (
                #""x-scope": "keys:write", "#, "",
                "workshop.json#/methods/0: "
                    + "lacks 'x-scope': a public method needs one (or 'x-callers' without public)"
            ),
            (
                #""x-cost": 100, "#, "",
                "workshop.json#/methods/3: lacks 'x-cost'"
            ),
            (
                #""service:signals""#, #""signals""#,
                "workshop.json#/methods/3/x-callers/1: must be public, anyone, admin or service:<name>"
            ),
            (
                #""x-privacy": "none""#, #""x-privacy": "low""#,
                "workshop.json#/methods/0/params/1/x-privacy: "
                    + "must be none, identifier, personal, sensitive or secret"
            ),
            (
                #""type": ["integer", "null"], "x-patch": true"#, #""type": "integer", "x-patch": true"#,
                "workshop.json#/components/schemas/KeyChange/properties/writer/x-patch: "
                    + "tells absent from null: this must allow null and have no default"
            ),
            (
                #""type": ["integer", "null"], "x-patch": true"#,
                #""type": ["integer", "null"], "x-patch": true, "default": 1"#,
                "workshop.json#/components/schemas/KeyChange/properties/writer/x-patch: "
                    + "tells absent from null: this must allow null and have no default"
            ),
            (
                #""required": [],"#, #""required": ["seen"],"#,
                "workshop.json#/components/schemas/KeyChange/properties/seen: "
                    + "is required and has 'x-patch': it would never be absent"
            ),
            (
                #""name": "label", "description""#, #""name": "label", "required": true, "description""#,
                "workshop.json#/methods/4/params/1/schema: is required and has 'x-patch': it would never be absent"
            ),
            (
                #""KeysChanged": {"#,
                #""Nothing": {"type": ["string", "null"], "x-patch": true, "description": "."}, "KeysChanged": {"#,
                "workshop.json#/components/schemas/Nothing: has 'x-patch', which belongs to a member"
            ),
            (
                #""openrpc": "1.3.2""#, #""openrpc": "1.2.6""#,
                "workshop.json#/openrpc: must be a version of OpenRPC 1.4 or 1.3, such as 1.4.0"
            ),
        ])
    func subset(_ old: String, _ new: String, _ message: String) {
        #expect(problems(old, new) == [message])
    }

    @Test(
        "A reference that leads nowhere is refused where it stands",
        arguments: [
            (
                ##""schema": {"$ref": "#/KeyRevocation"}"##, ##""schema": {"$ref": "#/Revocation"}"##,
                "workshop.json#/methods/0/result/schema: "
                    + "refers to Revocation, which workshop.json does not have among its schemas"
            ),
            (
                ##""schema": {"$ref": "#/KeyRevocation"}"##, ##""schema": {"$ref": "tenancy.json#/KeyRevocation"}"##,
                "workshop.json#/methods/0/result/schema/$ref: "
                    + "may refer to this document and to common.json only"
            ),
            (
                #"{"$ref": "common.json#/conflict"}"#, #"{"$ref": "common.json#/gone"}"#,
                "workshop.json#/methods/0/errors/1: "
                    + "refers to gone, which common.json does not have among its errors"
            ),
            (
                #""x-error": "common.json#/notFound""#, ##""x-error": "#/unknownEvent""##,
                "workshop.json#/methods/0/examples/1/x-error: is not among the method's errors"
            ),
            (
                ##""type": "array", "maxItems": 3, "items": {"$ref": "#/Rule"}, "description""##,
                ##""$ref": "#/Negation", "description""##,
                "workshop.json#/components/schemas/Negation: "
                    + "contains itself (Negation → Negation) with no array between"
            ),
        ])
    func references(_ old: String, _ new: String, _ message: String) {
        #expect(problems(old, new) == [message])
    }

    @Test(
        "What would make wrong Swift is refused before it is rendered",
        arguments: [
            (
                #""name": "messageId""#, #""name": "message_id""#,
                "workshop.json#/methods/1/params/1/name: "
                    + "must have a name in lower camel case, such as revokedAt (and not self or init)"
            ),
            (
                #""name": "traits", "description""#, #""name": "string", "description""#,
                "workshop.json#/methods/1/params/4/schema: "
                    + "would make a type 'String', a name that is taken: give it a 'title'"
            ),
            (
                #""title": "SegmentRule""#, #""title": "Segments""#,
                "workshop.json#/components/schemas/Rule: "
                    + "is the Swift name of a noun or a verb of this contract; choose another"
            ),
            (
                #""title": "SegmentRule""#, #""title": "Money""#,
                "workshop.json#/components/schemas/Rule: "
                    + "is the name of a type of common.json; use that or choose another"
            ),
            (
                #""name": "signals.track""#, #""name": "signals.money""#,
                "workshop.json#/methods/1/params/3/schema: "
                    + "refers to Money, the Swift name of a noun or a verb of this contract"
            ),
            (
                #""enum": ["everyone", "active-only", "7d"]"#, #""enum": ["everyone", "7d", "every-one", "everyOne"]"#,
                "workshop.json#/methods/2/params/1/schema/enum: "
                    + "has two values of one Swift name, 'every-one' and 'everyOne'"
            ),
            (
                #""default": "2026-01-31""#, #""default": "2026-02-31""#,
                "workshop.json#/methods/2/params/4/schema/default: must be a date such as 2026-01-31"
            ),
            (
                #"{"type": "object", "x-raw": true}"#,
                #"{"type": "array", "maxItems": 1, "items": {"type": "boolean"}}"#,
                "workshop.json#/methods/3/result/schema: must be an object, a component that is one, or a raw object: "
                    + "replies grow by members"
            ),
        ])
    func names(_ old: String, _ new: String, _ message: String) {
        #expect(problems(old, new).first == message)
    }

    @Test("What is no JSON is refused with its byte")
    func syntax() {
        let found = problems(#""openrpc": "1.3.2","#, #""openrpc": "1.3.2""#)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("workshop.json#/openrpc: byte 25: ") == true)
    }

    @Test("A problem in each of several methods and components is told at once")
    func several() {
        let found = problems(#""description": ""#, #""describes": ""#)
        #expect(found.count == 10)
    }

    @Test("A noun has one owner, an error code one meaning, a service one contract")
    func owners() {
        let other = WorkshopSource.workshop.replacing("9001", with: "9002")
        let files = WorkshopSource.files + [SourceFile(name: "copy.json", bytes: Array(other.utf8))]
        let error = #expect(throws: Problems.self) { try DocumentSet(files) }
        let messages = error?.list.map(\.description) ?? []
        #expect(messages.contains("workshop.json#/methods/0: belongs to 'keys', a noun that copy.json owns"))
        #expect(messages.contains("workshop.json: has the x-service of copy.json"))
        #expect(messages.contains("workshop.json: has an 'x-error-range' that overlaps that of copy.json"))

        let codes = WorkshopSource.changed("9001", to: "-32004")
        #expect(throws: Problems.self) { try DocumentSet(codes) }
    }
}
