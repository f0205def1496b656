/// A regular expression that answers in time proportional to its own length times the text's, whatever it is.
///
/// The syntax is the part of JavaScript's (ECMA-262, without flags) that a machine without backtracking can run:
/// literals, `.`, `[…]`, `\d \w \s \b` and their opposites, `^ $`, groups, `|`, and `* + ? {m,n}` greedy or lazy.
/// Refused are references to groups and what looks ahead or behind. As in JavaScript `\d` and `\w` are ASCII, `$` is the
/// end of the text and nothing before it, and `.` stops at U+2028 and U+2029 too. A character is a Unicode scalar;
/// in JavaScript without the flag `u` it is half of one above U+FFFF.
///
/// The machine is K. Thompson's simulation ("Regular expression search algorithm", CACM 11:6, 1968) over a program in
/// the manner of R. Cox ("Regular expression matching: the virtual machine approach", 2009).
public struct Pattern: Sendable, Equatable {
    /// Unicode scalars in a pattern.
    public static let maximumLength = 500
    /// Instructions of a program; counted repetitions are written out.
    public static let maximumInstructions = 500
    /// Unicode scalars of a text. No pattern matches a longer one.
    public static let maximumTextLength = 4_096
    /// Groups within groups.
    public static let maximumDepth = 50

    /// The pattern as it was written.
    public let text: String
    /// Whether "a" matches "A".
    public let ignoresCase: Bool
    private let program: [Instruction]

    enum Instruction: Sendable, Equatable {
        case one(ScalarSet)
        case check(PatternNode.Place)
        case jump(Int)
        case split(Int, Int)
        case accept
    }

    /// - Throws: ``AssignmentError`` with an empty pointer: what is wrong at which character, and what to write instead.
    public init(_ text: String, ignoringCase: Bool = false) throws(AssignmentError) {
        var parser = try PatternParser(text)
        let node = try parser.parse()
        var program: [Instruction] = []
        try Pattern.append(node, to: &program)
        program.append(.accept)
        self.text = text
        self.ignoresCase = ignoringCase
        self.program = program
    }

    /// Whether any part of `text` matches.
    public func matches(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        guard scalars.count <= Pattern.maximumTextLength else { return false }
        var now = Threads(capacity: program.count)
        var next = Threads(capacity: program.count)
        for position in 0...scalars.count {
            if follow(from: 0, into: &now, scalars, position) { return true }
            guard position < scalars.count else { break }
            let scalar = scalars[position]
            next.removeAll()
            for counter in now.counters {
                guard case .one(let set) = program[counter], set.contains(scalar, ignoringCase: ignoresCase) else {
                    continue
                }
                if follow(from: counter + 1, into: &next, scalars, position + 1) { return true }
            }
            swap(&now, &next)
        }
        return false
    }

    /// Adds the instructions that `start` leads to without reading; true if the program accepts here.
    private func follow(from start: Int, into threads: inout Threads, _ scalars: [UInt32], _ position: Int) -> Bool {
        var unfollowed = threads.counters.count
        threads.insert(start)
        while unfollowed < threads.counters.count {
            let counter = threads.counters[unfollowed]
            unfollowed += 1
            switch program[counter] {
            case .one: continue
            case .jump(let target): threads.insert(target)
            case .split(let first, let second):
                threads.insert(first)
                threads.insert(second)
            case .check(let place): if place.holds(scalars, position) { threads.insert(counter + 1) }
            case .accept: return true
            }
        }
        return false
    }

    /// The instructions that are under way, each once. Their order does not matter, as nobody asks what matched.
    private struct Threads {
        private(set) var counters: [Int] = []
        private var isThere: [Bool]

        init(capacity: Int) {
            isThere = Array(repeating: false, count: capacity)
            counters.reserveCapacity(capacity)
        }

        mutating func insert(_ counter: Int) {
            guard !isThere[counter] else { return }
            isThere[counter] = true
            counters.append(counter)
        }

        mutating func removeAll() {
            for counter in counters { isThere[counter] = false }
            counters.removeAll(keepingCapacity: true)
        }
    }

    private static func append(_ node: PatternNode, to program: inout [Instruction]) throws(AssignmentError) {
        guard program.count < maximumInstructions else {
            throw AssignmentError(
                pointer: "", message: "is too large a pattern; write smaller counts, or fewer alternatives")
        }
        switch node {
        case .one(let set): program.append(.one(set))
        case .check(let place): program.append(.check(place))
        case .sequence(let nodes): for node in nodes { try append(node, to: &program) }
        case .choice(let nodes): try append(choice: nodes, to: &program)
        case .repetition(let node, let least, let most):
            for _ in 0..<least {
                let before = program.count
                try append(node, to: &program)
                // What is empty stays so, however often; and counts within counts would never end.
                if program.count == before { break }
            }
            if let most {
                var splits: [Int] = []
                for _ in least..<most {
                    splits.append(program.count)
                    program.append(.accept)
                    try append(node, to: &program)
                }
                for split in splits { program[split] = .split(split + 1, program.count) }
            } else {
                let split = program.count
                program.append(.accept)
                try append(node, to: &program)
                program.append(.jump(split))
                program[split] = .split(split + 1, program.count)
            }
        }
    }

    private static func append(
        choice nodes: [PatternNode], to program: inout [Instruction]
    ) throws(AssignmentError) {
        var jumps: [Int] = []
        for (index, node) in nodes.enumerated() {
            let split = program.count
            let isLast = index == nodes.count - 1
            if !isLast { program.append(.accept) }
            try append(node, to: &program)
            if !isLast {
                jumps.append(program.count)
                program.append(.accept)
                program[split] = .split(split + 1, program.count)
            }
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }
}
