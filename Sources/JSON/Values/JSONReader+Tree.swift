extension JSONReader {
    /// Reads any value as a tree.
    mutating func readTree() throws(JSONError) -> JSONValue {
        // Names are compared once, by the skip; the tree is then built from bytes that are known to be good.
        try skip()
        let start = valueStart
        cursor = start
        let value = try tree()
        valueStart = start
        return value
    }

    /// Recurses at most `maximumDepth` levels deep.
    private mutating func tree() throws(JSONError) -> JSONValue {
        switch try peek() {
        case .null:
            _ = try readNull()
            return .null
        case .bool: return .bool(try readBool())
        case .number: return .number(try readNumber())
        case .string: return .string(try readString())
        case .array:
            var elements: [JSONValue] = []
            try beginArray()
            while try nextElement() { elements.append(try tree()) }
            return .array(elements)
        case .object:
            var members: [JSONObject.Member] = []
            try beginObject()
            while let name = try nextMember()?.string {
                members.append(JSONObject.Member(name: name, value: try tree()))
            }
            return .object(JSONObject(distinct: members))
        }
    }
}
