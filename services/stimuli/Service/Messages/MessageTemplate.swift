import JSON
import Mustache
import StimuliAPI

/// A version of a template, ready to be written for people.
///
/// The language is Mustache's, of which partials, blocks and other delimiters are refused: a message is whole, and written
/// by nothing but itself. A name whose value is missing holds the message back. A section asks whether there is a value,
/// and so may go without.
struct MessageTemplate: Sendable {
    private let subject: MustacheTemplate?
    private let body: MustacheTemplate

    /// - Throws: ``TemplateProblem``
    init(subject: String?, body: String, contentType: ContentType) throws(TemplateProblem) {
        self.subject = try subject.map { text throws(TemplateProblem) in
            try Self.parse(text, as: .text, at: "/params/subject")
        }
        self.body = try Self.parse(body, as: contentType, at: "/params/body")
    }

    private static func parse(
        _ text: String, as type: ContentType, at place: String
    ) throws(TemplateProblem) -> MustacheTemplate {
        let pragma = type == .html ? "{{% CONTENT_TYPE:HTML}}\n" : "{{% CONTENT_TYPE:TEXT}}\n"
        do {
            return try MustacheTemplate(string: pragma + text)
        } catch {
            let reason = (error as? MustacheTemplate.ParserError)?.error ?? error
            throw TemplateProblem(at: place, "is no Mustache template: \(reason)")
        }
    }

    /// The message over some values.
    func rendered(over values: MessageValues) -> RenderedMessage {
        let log = RenderLog()
        let root = ObjectValue(values.object, at: nil, log)
        let subject = subject?.render(root)
        let body = body.render(root)
        guard log.missing.isEmpty else { return .missing(log.missing) }
        // A line break in a subject would begin another header.
        return .message(
            subject: subject.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }, body: body)
    }
}

/// What became of a message for one person.
enum RenderedMessage: Sendable, Equatable {
    case message(subject: String?, body: String)
    /// Names without a value, in the order in which they were met: it is not sent.
    case missing([String])
}

/// What is wrong with a template.
struct TemplateProblem: Error, Equatable {
    /// A JSON Pointer to the text.
    let place: String
    let problem: String

    init(at place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }
}

/// What a message is written over.
struct MessageValues: Sendable {
    var object: JSONObject

    /// The names that everything begins with.
    static let roots: Set<String> = ["person", "offer", "campaign"]

    init(person: JSONObject, offer: Offer?, campaign: (key: String, name: String)?) {
        object = JSONObject()
        object["person"] = .object(person)
        object["offer"] = offer.map { .object(Self.members(of: $0)) }
        object["campaign"] = campaign.map { ["key": .string($0.key), "name": .string($0.name)] }
    }

    /// What messages may say of an offer.
    private static func members(of offer: Offer) -> JSONObject {
        var members = JSONObject()
        members["key"] = .string(offer.key)
        members["name"] = .string(offer.name)
        members["code"] = offer.code.map { .string($0) }
        switch offer.terms {
        case .percentOff(let terms): members["percent"] = .string(percent(terms.share))
        case .amountOff(let terms):
            members["amount"] = .string("\(terms.amount)")
            members["currency"] = .string("\(terms.currency)")
        case .freeShipping: break
        case .gift(let terms): members["gift"] = .string(terms.gift)
        case .loyaltyPoints(let terms): members["points"] = .string("\(terms.points)")
        case .trial(let terms): members["days"] = .string("\(terms.days)")
        case .content(let terms): members["about"] = .string(terms.about)
        }
        return members
    }

    /// Ten-thousandths as people write percents: 1250 is 12.5.
    static func percent(_ share: Int) -> String {
        let (whole, rest) = share.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole)" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

// MARK: Values as Mustache meets them

/// What was met while one message was written.
private final class RenderLog {
    /// Elements of lists that one message may go through: they bound its length.
    static let maximumElements = 200

    private(set) var missing: [String] = []
    private var elements = 0

    func miss(_ path: String) {
        if !missing.contains(path) { missing.append(path) }
    }

    func mayGoThrough(_ count: Int) -> Bool {
        elements += count
        return elements <= Self.maximumElements
    }
}

/// A name without a value: false for a section, and missed wherever it is to be written.
private struct MissingValue: MustacheParent, MustacheCustomRenderable, MustacheTransformable {
    let path: String
    let log: RenderLog

    var isNull: Bool { true }
    var renderText: String {
        log.miss(path)
        return ""
    }

    func child(named name: String) -> Any? { MissingValue(path: "\(path).\(name)", log: log) }
    func transform(_ name: String) -> Any? { self }
}

/// Members under names. It answers for every name, so that one that is not there is noticed; but within a section the
/// names that everything begins with are found further out.
private struct ObjectValue: MustacheParent, MustacheCustomRenderable {
    private let members: JSONObject
    private let path: String?
    private let log: RenderLog

    init(_ members: JSONObject, at path: String?, _ log: RenderLog) {
        self.members = members
        self.path = path
        self.log = log
    }

    var isNull: Bool { false }
    /// An object is no text.
    var renderText: String {
        log.miss(path ?? "")
        return ""
    }

    func child(named name: String) -> Any? {
        if path != nil && MessageValues.roots.contains(name) && members[name] == nil { return nil }
        let path = path.map { "\($0).\(name)" } ?? name
        return mustacheValue(members[name] ?? .null, at: path, log)
    }
}

/// A list, which only sections go through.
private struct ListValue: MustacheSequence, MustacheCustomRenderable {
    let elements: [Any]
    let path: String
    let log: RenderLog

    var isNull: Bool { false }
    var renderText: String {
        log.miss(path)
        return ""
    }

    func makeIterator() -> IndexingIterator<[Any]> {
        guard log.mayGoThrough(elements.count) else {
            log.miss(path)
            return [].makeIterator()
        }
        return elements.makeIterator()
    }
}

private func mustacheValue(_ value: JSONValue, at path: String, _ log: RenderLog) -> Any {
    switch value {
    case .null: return MissingValue(path: path, log: log)
    case .bool(let bool): return bool
    case .number(let number): return number.text
    case .string(let text):
        return text.allSatisfy(\.isWhitespace) ? MissingValue(path: path, log: log) : text as Any
    case .array(let elements):
        return ListValue(
            elements: elements.enumerated().map { mustacheValue($1, at: "\(path).\($0)", log) }, path: path, log: log)
    case .object(let object): return ObjectValue(object, at: path, log)
    }
}
