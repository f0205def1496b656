import JSON
import SignalsAPI

/// Which fields of an object hold specially protected data, wherever in it they stand.
protocol SpecialFieldRegistry: Sendable {
    /// What a field of this name holds; nil: nothing special.
    func category(of name: String) -> SpecialCategory?
}

/// A special field that is stated, and where.
struct StatedSpecialField: Equatable {
    /// A JSON Pointer from the object.
    let pointer: String
    let category: SpecialCategory
}

extension SpecialFieldRegistry {
    /// The special fields that a value states, at any depth; null states nothing.
    ///
    /// - Parameter pointer: where the value stands.
    func stated(in value: [UInt8], at pointer: String = "") throws(JSONError) -> [StatedSpecialField] {
        var found: [StatedSpecialField] = []
        try value.withJSONReader { (reader) throws(JSONError) in try look(&reader, at: pointer, &found) }
        return found
    }

    private func look(
        _ reader: inout JSONReader, at pointer: String, _ found: inout [StatedSpecialField]
    ) throws(JSONError) {
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            while let name = try reader.nextMember()?.string {
                let place = pointer + "/" + JSONPointer.escape(name)
                if try reader.peek() != .null, let category = category(of: name) {
                    found.append(StatedSpecialField(pointer: place, category: category))
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

    /// An object without the special fields whose category is not `allowed`.
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
