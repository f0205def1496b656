import JSON
import JSONRPC
import Yams

/// A mapping as it was written, in YAML or JSON, as the JSON that the suite takes.
///
/// The YAML is that of the core schema of YAML 1.2 so far as JSON has it: `no` is a text and not false, a number is
/// written as JSON writes it. Tags, merge keys, keys that are no texts and second documents are refused.
struct MappingFile {
    /// No mapping is longer; `imports.create` has the same limit for its JSON.
    static let maximumBytes = 64 << 10
    /// Aliases repeat what they stand for: no mapping has more values than this.
    static let maximumValues = 8_192

    let name: String
    let json: JSONValue
    /// The line of each value, by its JSON Pointer.
    private let lines: [String: Int]

    static func read(_ path: String) throws(CommandFailure) -> MappingFile {
        guard let bytes = SmallFile.read(path) else {
            throw CommandFailure("\(path) cannot be read: \(lastSystemError).")
        }
        guard bytes.count <= maximumBytes else {
            throw CommandFailure(
                "\(path) has \(readableBytes(bytes.count)); a mapping has at most \(maximumBytes) bytes.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure("\(path) is no UTF-8 text.")
        }
        return try MappingFile(yaml: text, name: path)
    }

    /// - Parameter name: what errors call the file.
    init(yaml: String, name: String) throws(CommandFailure) {
        var reading = Reading(name: name)
        do {
            guard let root = try Parser(yaml: yaml).singleRoot() else { throw CommandFailure("\(name) is empty.") }
            json = try reading.value(of: root, at: "")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw Self.failure(error, name)
        }
        guard json.object != nil else { throw CommandFailure("\(name): a mapping is an object of names and values.") }
        self.name = name
        lines = reading.lines
    }

    /// What the mapping itself says of where its data comes from.
    var source: String? {
        if let source = json["source"]?.string { return source }
        // A template may be wrapped in the name of its industry.
        guard let object = json.object, object.count == 1, let member = object.first(where: { _ in true }) else {
            return nil
        }
        return member.value["source"]?.string
    }

    /// Where the suite found a mistake: the file and line that its JSON Pointer leads to.
    ///
    /// - Parameter pointer: relative to the mapping, such as `/source_fields/date`.
    func place(of pointer: String) -> String {
        var pointer = pointer
        while true {
            if let line = lines[pointer] { return "\(name), line \(line)" }
            guard let slash = pointer.lastIndex(of: "/") else { return name }
            pointer = String(pointer[..<slash])
        }
    }

    /// What the suite says of a mistake in this file, at the line where it was written; nil for any other error.
    ///
    /// - Parameter prefix: where the file stands in the parameters.
    func failure(of error: RPCError, under prefix: String = "/params/mapping") -> CommandFailure? {
        let data = error.data.flatMap { try? JSONValue(parsing: $0.bytes) }
        guard let pointer = data?["pointer"]?.string, pointer.hasPrefix(prefix), let problem = data?["problem"]?.string
        else { return nil }
        let inner = String(pointer.dropFirst(prefix.count))
        return CommandFailure("\(place(of: inner)): \(inner.isEmpty ? "the file" : inner) \(problem).")
    }

    private static func failure(_ error: any Error, _ name: String) -> CommandFailure {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            CommandFailure("\(name), line \(mark.line), column \(mark.column): \(problem).")
        case YamlError.duplicatedKeysInMapping(let names, let context):
            CommandFailure("\(name), line \(context.mark.line): \(names.joined(separator: ", ")) is there twice.")
        default:
            CommandFailure("\(name) is no valid YAML: \(error)".withoutTerminalControl)
        }
    }
}

/// One pass over the nodes of a document.
private struct Reading {
    let name: String
    var lines: [String: Int] = [:]
    private var values = 0

    init(name: String) { self.name = name }

    mutating func value(of node: Node, at pointer: String) throws(CommandFailure) -> JSONValue {
        values += 1
        guard values <= MappingFile.maximumValues else {
            throw failure(node, "a mapping has at most \(MappingFile.maximumValues.grouped) values")
        }
        lines[pointer] = node.mark?.line
        switch node {
        case .scalar(let scalar): return try self.scalar(scalar, node)
        case .sequence(let sequence):
            try refuseTag(sequence.tag, standard: .seq, node)
            var elements: [JSONValue] = []
            for (index, element) in sequence.enumerated() {
                elements.append(try value(of: element, at: "\(pointer)/\(index)"))
            }
            return .array(elements)
        case .mapping(let mapping):
            try refuseTag(mapping.tag, standard: .map, node)
            var object = JSONObject()
            for (key, element) in mapping {
                guard let name = key.scalar?.string, name != "<<" else {
                    throw failure(key, "a name is a text; merge keys are not read")
                }
                guard object[name] == nil else { throw failure(key, "\(name) is there twice") }
                lines["\(pointer)/\(JSONPointer.escape(name))"] = key.mark?.line
                object[name] = try value(of: element, at: "\(pointer)/\(JSONPointer.escape(name))")
            }
            return .object(object)
        case .alias: throw failure(node, "an alias stands for nothing")
        }
    }

    private func scalar(_ scalar: Node.Scalar, _ node: Node) throws(CommandFailure) -> JSONValue {
        let text = scalar.string
        if scalar.tag.description == Tag.Name.str.rawValue { return .string(text) }
        guard scalar.tag.description.isEmpty else { throw failure(node, "tags such as \(scalar.tag) are not read") }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "-.inf", "-.Inf", "-.INF", "+.inf", "+.Inf", "+.INF":
            throw failure(node, "\(text) is no number that JSON has")
        default:
            // A date, a telephone number or 007 is no JSON number, and so stays the text it is.
            if let number = try? JSONValue(json: text), number.number != nil { return number }
            return .string(text)
        }
    }

    private func refuseTag(_ tag: Tag, standard: Tag.Name, _ node: Node) throws(CommandFailure) {
        guard tag.description.isEmpty || tag.description == standard.rawValue else {
            throw failure(node, "tags such as \(tag) are not read")
        }
    }

    private func failure(_ node: Node, _ problem: String) -> CommandFailure {
        let place = node.mark.map { ", line \($0.line)" } ?? ""
        return CommandFailure("\(name)\(place): \(problem).")
    }
}
