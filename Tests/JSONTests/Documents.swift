import JSON

/// Reads all of `document` with `body`.
func read<R>(
    _ document: String, unknownMembers: JSONReader.UnknownMembers = .refuse,
    _ body: (inout JSONReader) throws(JSONError) -> R
) throws(JSONError) -> R {
    try Array(document.utf8).withJSONReader(unknownMembers: unknownMembers, body)
}

/// The error that reading `document` with `body` ends with; nil if it ends well.
func failure<R>(
    _ document: String, unknownMembers: JSONReader.UnknownMembers = .refuse,
    _ body: (inout JSONReader) throws(JSONError) -> R
) -> JSONError? {
    do {
        _ = try read(document, unknownMembers: unknownMembers, body)
        return nil
    } catch {
        return error
    }
}

/// What validating `bytes` without reading them into anything ends with; nil if they are a document.
func verdict(_ bytes: [UInt8]) -> JSONError? {
    do {
        try bytes.withJSONReader { (reader) throws(JSONError) in try reader.skip() }
        return nil
    } catch {
        return error
    }
}

func verdict(_ document: String) -> JSONError? { verdict(Array(document.utf8)) }

/// `document` inside `depth` arrays.
func nested(_ document: String, inArrays depth: Int) -> String {
    String(repeating: "[", count: depth) + document + String(repeating: "]", count: depth)
}

/// A small type as the generator writes it.
struct Person: JSONReadable, Equatable {
    var id: Int64
    var name: String?
    var traits: Traits?

    init(id: Int64, name: String? = nil, traits: Traits? = nil) {
        self.id = id
        self.name = name
        self.traits = traits
    }

    init(from reader: inout JSONReader) throws(JSONError) {
        var seen: UInt64 = 0
        var id: Int64?
        var name: String?
        var traits: Traits?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "id":
                try reader.once(&seen, 0)
                id = try reader.readInt64()
            case "name":
                try reader.once(&seen, 1)
                name = try reader.readString(lengths: 1...10)
            case "traits":
                try reader.once(&seen, 63)
                traits = try Traits(from: &reader)
            default: try reader.unknownMember()
            }
        }
        guard let id else { throw reader.missing("id") }
        self.init(id: id, name: name, traits: traits)
    }

    struct Traits: JSONReadable, Equatable {
        var age: Int64
        var tags: [String] = []

        init(age: Int64, tags: [String] = []) {
            self.age = age
            self.tags = tags
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            var seen: UInt64 = 0
            var age: Int64?
            var tags: [String] = []
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "age":
                    try reader.once(&seen, 0)
                    age = try reader.readInt64(in: 0...150)
                case "a/b~c":
                    try reader.once(&seen, 1)
                    tags = try [String](from: &reader)
                default: try reader.unknownMember()
                }
            }
            guard let age else { throw reader.missing("age") }
            self.init(age: age, tags: tags)
        }
    }
}
