import JSON
import SignalsAPI

/// Which properties of events hold specially protected data: those of which a brand says so, wherever in the properties
/// they stand. None is known by its name alone: a parcel has a weight, and goods a condition.
struct SpecialPropertyRegistry: Sendable {
    /// Properties that a brand may declare.
    static let maximumDeclarations = 1_000

    /// By comparable names.
    private let declared: [String: SpecialCategory]

    init(_ declarations: [(name: String, category: SpecialCategory)]) {
        declared = Dictionary(declarations.map { ($0.name, $0.category) }) { _, last in last }
    }

    /// Whether nothing is declared: then there is nothing to look for.
    var isEmpty: Bool { declared.isEmpty }

    /// All that is declared, by name.
    var all: [SpecialProperty] {
        declared.map { SpecialProperty(name: $0.key, category: $0.value) }.sorted { $0.name < $1.name }
    }

    private func category(of name: String) -> SpecialCategory? {
        declared[SpecialTraitRegistry.comparable(name)]
    }

    // MARK: In a JSON object

    /// A special property that is stated, and where.
    struct Stated: Equatable {
        /// A JSON Pointer from the object.
        let pointer: String
        let category: SpecialCategory
    }

    /// The special properties that an object states, at any depth; null states nothing.
    func stated(in object: [UInt8]) throws(JSONError) -> [Stated] {
        var found: [Stated] = []
        try object.withJSONReader { (reader) throws(JSONError) in try look(&reader, at: "", &found) }
        return found
    }

    private func look(
        _ reader: inout JSONReader, at pointer: String, _ found: inout [Stated]
    ) throws(JSONError) {
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            while let name = try reader.nextMember()?.string {
                let place = pointer + "/" + JSONPointer.escape(name)
                if try reader.peek() != .null, let category = category(of: name) {
                    found.append(Stated(pointer: place, category: category))
                }
                try look(&reader, at: place, &found)
            }
        case .array:
            try reader.beginArray()
            var index = 0
            while try reader.nextElement() {
                try look(&reader, at: "\(pointer)/\(index)", &found)
                index += 1
            }
        default: try reader.skip()
        }
    }

    /// An object without the special properties whose category is not `allowed`.
    func without(allBut allowed: Set<SpecialCategory>, _ object: [UInt8]) throws(JSONError) -> JSONRaw {
        try object.withJSONReader { (reader) throws(JSONError) in
            var writer = JSONWriter(capacity: object.count)
            try copy(&reader, allowed, to: &writer)
            return try JSONRaw(validating: writer.bytes())
        }
    }

    private func copy(
        _ reader: inout JSONReader, _ allowed: Set<SpecialCategory>, to writer: inout JSONWriter
    ) throws(JSONError) {
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            writer.beginObject()
            while let name = try reader.nextMember()?.string {
                if let category = category(of: name), !allowed.contains(category) {
                    try reader.skip()
                    continue
                }
                writer.key(name)
                try copy(&reader, allowed, to: &writer)
            }
            writer.endObject()
        case .array:
            try reader.beginArray()
            writer.beginArray()
            while try reader.nextElement() { try copy(&reader, allowed, to: &writer) }
            writer.endArray()
        default: writer.raw(try reader.readRaw())
        }
    }
}
