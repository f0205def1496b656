/// What is wrong with a contract, and where: the file, and the JSON Pointer (RFC 6901) of the place in it.
public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's name, such as `tenancy.json`.
    public let file: String
    /// The place in the file; empty for the file as a whole.
    public let pointer: String
    /// Continues the sentence "`place` …", such as "must be read, write or flow".
    public let message: String

    public init(file: String, pointer: String, _ message: String) {
        self.file = file
        self.pointer = pointer
        self.message = message
    }

    /// `tenancy.json#/methods/0/x-kind: must be read, write or flow`.
    public var description: String { pointer.isEmpty ? "\(file): \(message)" : "\(file)#\(pointer): \(message)" }
}

/// Everything that is wrong, so that one run shows it all.
public struct Problems: Error, Equatable, Sendable, CustomStringConvertible {
    public private(set) var list: [Problem] = []

    public init() {}

    public var isEmpty: Bool { list.isEmpty }

    /// One problem a line.
    public var description: String { list.map(\.description).joined(separator: "\n") }

    mutating func add(_ problem: Problem) {
        list.append(problem)
    }

    mutating func add(contentsOf problems: Problems) {
        list += problems.list
    }

    /// Runs `body` and keeps what it throws, so that its siblings are still looked at.
    ///
    /// - Returns: what `body` made, or nil when it found a problem.
    mutating func collect<Value>(_ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch let problem as Problem {
            list.append(problem)
        } catch let problems as Problems {
            list += problems.list
        } catch {
            list.append(Problem(file: "proto-gen", pointer: "", "\(error)"))
        }
        return nil
    }

    /// Throws if anything was found.
    func throwIfAny() throws(Problems) {
        if !isEmpty { throw self }
    }
}
