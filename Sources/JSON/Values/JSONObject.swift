/// The members of a JSON object in the order in which they were written.
///
/// Names are distinct byte by byte: "é" as one scalar and as two are different names. Two objects are equal when they
/// have the same members in whatever order.
public struct JSONObject: Sendable {
    /// One name and its value.
    public struct Member: Sendable, Hashable {
        /// After unescaping.
        public let name: String
        /// What the name stands for.
        public var value: JSONValue

        /// A member that is not in an object yet.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// In the order in which they were written; names are distinct.
    public private(set) var members: [Member] = []

    /// An object without members.
    public init() {}

    /// Members whose names are known to be distinct.
    init(distinct members: [Member]) { self.members = members }

    /// How many members there are.
    public var count: Int { members.count }

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of `name`. Setting it appends or replaces; setting nil removes. Takes time in proportion to `count`.
    public subscript(name: String) -> JSONValue? {
        get {
            members.first { $0.name.hasSameBytes(as: name) }?.value
        }
        set {
            let index = members.firstIndex { $0.name.hasSameBytes(as: name) }
            switch (index, newValue) {
            case (.some(let index), .some(let value)): members[index].value = value
            case (.some(let index), .none): members.remove(at: index)
            case (.none, .some(let value)): members.append(Member(name: name, value: value))
            case (.none, .none): break
            }
        }
    }

    private var inOrderOfNames: [Member] {
        members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.members == right.members || left.inOrderOfNames == right.inOrderOfNames
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(inOrderOfNames)
    }
}

extension JSONObject: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        guard try reader.peek() == .object, case .object(let object) = try reader.readTree() else {
            throw reader.mismatch("must be an object")
        }
        self = object
    }
}

extension JSONObject: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.key(member.name)
            member.value.write(to: &writer)
        }
        writer.endObject()
    }
}

extension String {
    /// Equality without Unicode normalisation, which is how JSON names are compared.
    fileprivate func hasSameBytes(as other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
