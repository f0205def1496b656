import JSON

/// A value of a contract together with its place, so that every complaint can name it.
struct Node {
    let file: String
    let pointer: String
    let value: JSONValue

    init(file: String, pointer: String = "", _ value: JSONValue) {
        self.file = file
        self.pointer = pointer
        self.value = value
    }

    func problem(_ message: String) -> Problem {
        Problem(file: file, pointer: pointer, message)
    }

    // MARK: Members and elements

    /// The members of an object, in the order of the file.
    func members() throws(Problem) -> [(name: String, node: Node)] {
        guard case .object(let object) = value else { throw problem("must be an object") }
        return object.map { member in
            (member.name, Node(file: file, pointer: "\(pointer)/\(JSONPointer.escape(member.name))", member.value))
        }
    }

    func elements() throws(Problem) -> [Node] {
        guard case .array(let array) = value else { throw problem("must be an array") }
        return array.enumerated().map { Node(file: file, pointer: "\(pointer)/\($0.offset)", $0.element) }
    }

    /// The member `name`, or nil where it is absent.
    func member(_ name: String) -> Node? {
        value[name].map { Node(file: file, pointer: "\(pointer)/\(JSONPointer.escape(name))", $0) }
    }

    func requiredMember(_ name: String) throws(Problem) -> Node {
        guard case .object = value else { throw problem("must be an object") }
        guard let member = member(name) else { throw problem("lacks '\(name)'") }
        return member
    }

    /// Refuses members outside the subset by name.
    func refuseMembers(besides known: Set<String>, in what: String) throws(Problem) {
        for (name, node) in try members() where !known.contains(name) {
            throw node.problem("is not part of \(what); proto-json/README.md lists what is")
        }
    }

    // MARK: Scalars

    func string() throws(Problem) -> String {
        guard case .string(let string) = value else { throw problem("must be a string") }
        return string
    }

    /// A string that says something.
    func text() throws(Problem) -> String {
        let text = try string()
        guard text.contains(where: { !$0.isWhitespace }) else { throw problem("must not be empty") }
        return text
    }

    func bool() throws(Problem) -> Bool {
        guard case .bool(let bool) = value else { throw problem("must be true or false") }
        return bool
    }

    func integer() throws(Problem) -> Int64 {
        guard let integer = value.int64 else { throw problem("must be an integer") }
        return integer
    }

    /// A number that counts something.
    func count() throws(Problem) -> Int {
        let integer = try integer()
        guard integer >= 0 else { throw problem("must be at least 0") }
        return Int(integer)
    }

    func number() throws(Problem) -> Double {
        guard let double = value.double else { throw problem("must be a number") }
        return double
    }

    func strings() throws(Problem) -> [String] {
        var strings: [String] = []
        for element in try elements() {
            let string = try element.string()
            if strings.contains(string) { throw element.problem("stands here twice") }
            strings.append(string)
        }
        return strings
    }

    /// One of a few words.
    func word<Word: RawRepresentable & CaseIterable>(
        _ type: Word.Type = Word.self
    ) throws(Problem) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try string()) else {
            throw problem("must be \(Phrase.oneOf(Word.allCases.map(\.rawValue)))")
        }
        return word
    }
}
