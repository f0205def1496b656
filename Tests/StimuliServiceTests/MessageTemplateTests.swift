import JSON
import JSONRPC
import StimuliAPI
import Testing

@testable import StimuliService

struct MessageTemplateTests {
    private static let offer = Offer(
        id: CountedIdentifiers.id(1), key: "spring-10", name: "Ten percent off",
        terms: .percentOff(.init(share: 1_250)), code: "SPRING", isArchived: false, createdAt: StimuliUnderTest.start,
        updatedAt: StimuliUnderTest.start, version: 1)

    private func rendered(
        _ body: String, subject: String? = nil, over person: String = "{}", as type: ContentType = .text
    ) throws -> RenderedMessage {
        let person = try #require(try JSONValue.parse(person).object)
        return try MessageTemplate(subject: subject, body: body, contentType: type).rendered(
            over: MessageValues(person: person, offer: Self.offer, campaign: ("spring", "Spring")))
    }

    static let messages: [(body: String, person: String, text: String)] = [
        ("Hello {{person.firstName}}!", #"{"firstName": "Ada"}"#, "Hello Ada!"),
        ("{{offer.percent}} % with {{offer.code}}", "{}", "12.5 % with SPRING"),
        ("{{campaign.name}}", "{}", "Spring"),
        ("{{ person.address.city }}", #"{"address": {"city": "Kiel"}}"#, "Kiel"),
        ("{{person.age}}", #"{"age": 41.50}"#, "41.50"),
        ("Hello{{#person.firstName}} {{person.firstName}}{{/person.firstName}}!", "{}", "Hello!"),
        ("{{^person.firstName}}You{{/person.firstName}}", #"{"firstName": "  "}"#, "You"),
        ("{{#person.isVip}}VIP{{/person.isVip}}{{^person.isVip}}all{{/person.isVip}}", #"{"isVip": false}"#, "all"),
        ("{{#person.tags}}[{{.}}]{{/person.tags}}", #"{"tags": ["a", "b"]}"#, "[a][b]"),
        ("{{#person.pets}}{{name}} {{offer.code}};{{/person.pets}}", #"{"pets": [{"name": "Rex"}]}"#, "Rex SPRING;"),
        ("{{uppercased(person.city)}}", #"{"city": "Kiel"}"#, "KIEL"),
        ("{{! nothing }}line\nline\n", "{}", "line\nline\n"),
        ("  {{#person.a}}\n  x\n  {{/person.a}}\ny", #"{"a": true}"#, "  x\ny"),
        ("1 < 2 & {{person.x}}", #"{"x": "<b>"}"#, "1 < 2 & <b>"),
    ]

    @Test("A message is written over what is known", arguments: messages)
    func values(body: String, person: String, text: String) throws {
        #expect(try rendered(body, over: person) == .message(subject: nil, body: text))
    }

    @Test(
        "A name without a value holds a message back, once for each name",
        arguments: [
            ("{{person.firstName}}", ["person.firstName"]),
            ("{{person.a}} {{person.b}} {{{person.a}}}", ["person.a", "person.b"]),
            ("{{person.address.city}}", ["person.address.city"]),
            ("{{uppercased(person.city)}}", ["person.city"]),
            ("{{offer.gift}}", ["offer.gift"]),
            ("{{#person.pets}}{{name}}{{/person.pets}}", ["person.pets.0.name"]),
            // An object and a list are no text.
            ("{{person.pets}}", ["person.pets"]), ("{{offer}}", ["offer"]),
        ])
    func strict(body: String, missing: [String]) throws {
        #expect(try rendered(body, over: #"{"pets": [{"age": 3}]}"#) == .missing(missing))
    }

    @Test("HTML is written with the characters that mean something replaced, and only there")
    func html() throws {
        #expect(
            try rendered("<p>{{person.x}}</p>", subject: "{{person.x}}", over: #"{"x": "<&"}"#, as: .html)
                == .message(subject: "<&", body: "<p>&lt;&amp;</p>"))
    }

    @Test("A line break in a value begins no other line of the subject")
    func subjectLine() throws {
        #expect(
            try rendered("x", subject: "Hi {{person.x}}", over: #"{"x": "a\r\nBcc: b\n\nc"}"#)
                == .message(subject: "Hi a Bcc: b c", body: "x"))
    }

    @Test("Lists of 200 elements in all are written, one more is not")
    func longLists() throws {
        for (count, isWritten) in [(100, true), (101, false)] {
            let person = #"{"list": [\#(Array(repeating: "1", count: count).joined(separator: ","))]}"#
            let message = try rendered(
                "{{#person.list}}.{{/person.list}}{{#person.list}}.{{/person.list}}", over: person)
            let dots = String(repeating: ".", count: 2 * count)
            #expect(message == (isWritten ? .message(subject: nil, body: dots) : .missing(["person.list"])))
        }
    }

    @Test("The names that a message uses of a person are known before anybody is asked")
    func fields() throws {
        let tags = try TemplateTags(
            subject: "{{person.firstName}}",
            body: "{{#person.pets}}{{name}}{{person.city}}{{/person.pets}}{{{person.address.city}}}{{offer.code}}")
        #expect(tags.fields == ["firstName", "pets", "city", "address"])
    }

    @Test(
        "What a message may not have is told, with the place",
        arguments: [
            ("{{>header}}", "partials"), ("{{<parent}}{{/parent}}", "partials"), ("{{$block}}{{/block}}", "partials"),
            ("{{=<% %>=}}", "delimiters"), ("{{% CONTENT_TYPE:HTML}}", "settings"),
            ("{{firstName}}", "the name firstName"), ("{{}}", "no name"), ("{{.}}", "the name ."),
            ("{{customer.name}}", "the name customer.name"), ("{{person}}", "the name person"),
            ("{{person..name}}", "person..name"),
            (
                String(repeating: "{{#person.a}}", count: 9) + String(repeating: "{{/person.a}}", count: 9),
                "more than 8 sections"
            ),
        ])
    func refused(body: String, says: String) throws {
        let problem = #expect(throws: TemplateProblem.self) { try TemplateTags(subject: nil, body: body) }
        #expect(problem?.problem.contains(says) == true, "\(problem?.problem ?? "nothing")")
        #expect(problem?.place == "/params/body")
    }

    @Test("Eight sections within each other are fine")
    func depth() throws {
        _ = try TemplateTags(
            subject: nil,
            body: String(repeating: "{{#person.a}}", count: 8) + String(repeating: "{{/person.a}}", count: 8))
    }

    @Test(
        "What is no template at all is told too",
        arguments: ["{{#person.a}}", "{{person.a", "{{#person.a}}{{/person.b}}", "{{/person.a}}"])
    func broken(body: String) {
        let problem = #expect(throws: TemplateProblem.self) {
            try MessageTemplate(subject: nil, body: body, contentType: .text)
        }
        #expect(problem?.problem.hasPrefix("is no Mustache template") == true)
    }

    @Test(
        "Shares are written as people write percents",
        arguments: [(1_000, "10"), (1_250, "12.5"), (1, "0.01"), (1_205, "12.05")])
    func percents(share: Int, text: String) { #expect(MessageValues.percent(share) == text) }
}
