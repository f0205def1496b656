import JSON
import ServiceContract
import Testing

/// What the code in `Golden` accepts and refuses, and how it says so.
struct GeneratedReadingTests {
    private static let track = #""event":"x","messageId":"m-1""#

    private func problem(_ members: String) -> String? {
        do {
            _ = try Signals.Track.Params(json: "{\(Self.track),\(members)}")
            return nil
        } catch {
            return error.description
        }
    }

    @Test("Parameters are read into their types, absent ones being nil or the default of the contract")
    func reading() throws {
        let id = try #require(UUIDv7("01930000-0000-7000-8000-000000000001"))
        #expect(try Keys.Revoke.Params(json: #"{"id":"01930000-0000-7000-8000-000000000001"}"#) == .init(id: id))
        let preview = try Segments.Preview.Params(json: #"{"rules":[{"type":"is-empty","trait":"age"}],"key":7}"#)
        #expect(preview.in == .everyone)
        #expect(preview.limit == 50)
        #expect(preview.since == CalendarDate("2026-01-31"))
        #expect(preview.sort.isEmpty)
        #expect(preview.key == 7)
        #expect(preview.rules == [.isEmpty(.init(trait: "age"))])
    }

    @Test("A patch tells an absent member from null, and writes what it read")
    func patches() throws {
        let id = #""id":"01930000-0000-7000-8000-000000000001""#
        let kept = try Keys.Update.Params(json: "{\(id)}")
        #expect(kept.label == .keep && kept.budget == .keep && kept.limits == .keep)
        let set = try Keys.Update.Params(
            json: #"{\#(id),"label":"shop","budget":null,"limits":{"writer":true}}"#)
        #expect(set.label == .set("shop") && set.budget == .clear && set.limits == .set(.init(writer: true)))
        for params in [kept, set] { #expect(try Keys.Update.Params(json: params.json()) == params) }
        #expect(throws: JSONError.self) { try Keys.Update.Params(json: #"{\#(id),"label":"Shop"}"#) }
        for text in ["{}", #"{"writer":null}"#, #"{"writer":7,"seen":"2026-01-01T00:00:00Z"}"#] {
            #expect(String(decoding: try KeyChange(json: text).json(), as: UTF8.self) == text)
        }
        #expect(Patch.keep.applied(to: 1) == 1 && Patch.clear.applied(to: 1) == nil && Patch.set(2).applied(to: 1) == 2)
    }

    @Test(
        "A value that breaks its contract is refused with its place and the rule",
        arguments: [
            (#""traits":{"age":151}"#, "/traits/age: must be at most 150"),
            (#""traits":{"age":-1}"#, "/traits/age: must be at least 0"),
            (#""traits":{"age":1.5}"#, "/traits/age: must be an integer"),
            (#""traits":{"age":"1"}"#, "/traits/age: must be an integer"),
            (#""traits":{"age":null}"#, "/traits/age: must be an integer"),
            (#""traits":{"score":1.01}"#, "/traits/score: must be at most 1"),
            (#""traits":{"email":"nobody"}"#, "/traits/email: must be an e-mail address"),
            (#""traits":{"age":1,"age":2}"#, "/traits/age: appears twice"),
            (#""traits":{"\u0061ge":1,"age":2}"#, "/traits/age: appears twice"),
            (#""traits":{"shoes":44}"#, "/traits/shoes: is not a known member"),
            (#""traits":[]"#, "/traits: must be an object"),
            (#""value":{"amount":"1.00"}"#, "/value/currency: is required"),
            (#""value":{"amount":1.00,"currency":"EUR"}"#, "/value/amount: must be a string"),
            (#""timestamp":"yesterday""#, "/timestamp: must be a date and time such as 2026-01-31T12:00:00Z"),
            (#""properties":7"#, "/properties: must be an object"),
            (#""context":{}"#, "/context: must not be empty"),
            (#""context":{"a":"","b":"","c":"","d":""}"#, "/context: must have at most 3 members"),
            (#""context":{"a":"1","a":"2"}"#, "/context/a: appears twice"),
            (#""context":{"":"1"}"#, "/context/: must not have an empty name"),
            (#""context":{"a1":"1"}"#, "/context/a1: must have a name that matches ^[a-z]+$"),
            (#""context":{"abcdefghijk":"1"}"#, "/context/abcdefghijk: must have a name of at most 10 characters"),
            (#""context":{"a":"123456789012345678901"}"#, "/context/a: must have at most 20 characters"),
            (#""event":"again""#, "/event: appears twice"),
        ])
    func refusals(_ members: String, _ message: String) {
        #expect(problem(members) == message)
    }

    @Test("Limits hold exactly: what is at the limit is taken, one more is refused")
    func limits() {
        #expect(problem(#""traits":{"age":150,"score":1,"email":"a@b.c"}"#) == nil)
        let exact = #"{"k":""# + String(repeating: "x", count: 56) + #""}"#
        #expect(exact.utf8.count == 64)
        #expect(problem(#""properties":\#(exact)"#) == nil)
        #expect(
            problem(#""properties":\#(exact.replacing(":", with: ": "))"#) == "/properties: must have at most 64 bytes")
        #expect(problem(#""context":{"a":"","b":"","abcdefghij":"12345678901234567890"}"#) == nil)
    }

    @Test(
        "A pattern is checked character by character",
        arguments: [
            ("m-1", true), ("abc", true), ("a" + String(repeating: "-", count: 62), true),
            ("ab", false), ("1bc", false), ("aBc", false), ("abc é", false), ("abc\\n", false),
            ("a" + String(repeating: "-", count: 63), false),
        ])
    func patterns(_ text: String, _ isRight: Bool) {
        let read = try? Signals.Track.Params(json: #"{"event":"x","messageId":"\#(text)"}"#)
        #expect((read != nil) == isRight)
    }

    @Test("A required member that may be null must be there, an optional one may be absent or null")
    func null() throws {
        #expect(try Signals.Track.Reply(json: #"{"isNew":true,"actor":null}"#).actor == nil)
        let error = #expect(throws: JSONError.self) { try Signals.Track.Reply(json: #"{"isNew":true}"#) }
        #expect(error?.description == "/actor: is required")
        #expect(problem(#""value":null"#) == nil)
    }

    @Test("A word that is not in an enumeration is answered with those that are")
    func enumerations() throws {
        let error = #expect(throws: JSONError.self) {
            try Segments.Preview.Params(json: #"{"rules":[{"type":"is-empty","trait":"a"}],"in":"8d"}"#)
        }
        #expect(error?.description == "/in: must be everyone, active-only or 7d")
    }

    @Test("The member that tells objects apart may stand anywhere in them")
    func unions() throws {
        let nested = #"{"rules":[{"value":18,"trait":"age","type":"at-least"}],"type":"not"}"#
        let rule = try SegmentRule(json: nested)
        #expect(rule == .not(Negation(rules: [.atLeast(.init(trait: "age", value: 18))])))
    }

    @Test(
        "A wrong object of a union is refused at its place",
        arguments: [
            (#"{"type":"never","trait":"age"}"#, "/rules/1/type: must be at-least, is-empty or not"),
            (#"{"trait":"age"}"#, "/rules/1/type: is required"),
            (#"{"type":7}"#, "/rules/1/type: must be a string"),
            (#"{"type":"at-least","trait":"age"}"#, "/rules/1/value: is required"),
            (#"{"type":"is-empty","trait":"age","value":1}"#, "/rules/1/value: is not a known member"),
            (#"{"type":"is-empty","type":"is-empty","trait":"age"}"#, "/rules/1/type: appears twice"),
            (#"{"type":"not","rules":[{"type":"x"}]}"#, "/rules/1/rules/0/type: must be at-least, is-empty or not"),
            ("7", "/rules/1: must be an object"),
        ])
    func wrongUnions(_ rule: String, _ message: String) {
        let error = #expect(throws: JSONError.self) {
            try Segments.Preview.Params(json: #"{"rules":[{"type":"is-empty","trait":"age"},\#(rule)]}"#)
        }
        #expect(error?.description == message)
    }

    @Test("Members that this release does not know are ignored where that is asked for")
    func unknownMembers() throws {
        let reply = #"{"isNew":true,"actor":null,"isFuture":{"a":[1]}}"#
        #expect(try Signals.Track.Reply(json: reply, unknownMembers: .ignore).isNew)
        let empty = try Segments.Rebuild.Params(json: #"{"later":1}"#, unknownMembers: .ignore)
        #expect(empty == Segments.Rebuild.Params())
        #expect(throws: JSONError.self) { try Segments.Rebuild.Params(json: #"{"later":1}"#) }
    }
}
