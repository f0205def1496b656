/// What waits for a thread: a line for each file, and the order in which files get their turn.
///
/// A file's own order is kept. Files take turns, and a turn is everything that waits for its file up to the batch
/// limit, so one busy brand delays another by one batch and never starves it.
struct FileLines<Work: Sendable>: Sendable {
    /// Something that has a turn of its own, between batches.
    typealias Errand = @Sendable (ThreadConnections) -> Void

    enum Turn: Sendable {
        case works(DatabaseFile, [Work])
        case errand(Errand)
    }

    private enum Item: Sendable {
        case work(Work)
        case errand(Errand)
    }

    private struct Line: Sendable {
        var items: [Item]
    }

    /// Works a turn takes at most.
    let batchLimit: Int

    /// Works and errands that may wait.
    let limit: Int

    private(set) var count = 0
    private(set) var isStopped = false
    private var lines: [DatabaseFile: Line] = [:]

    /// Files that have no turn for now, whatever waits for them.
    private var held: Set<DatabaseFile> = []

    /// Files that wait for their turn, each once: taken from `turns` at `nextTurn`.
    private var turns: [DatabaseFile] = []
    private var nextTurn = 0

    init(batchLimit: Int, limit: Int) {
        self.batchLimit = batchLimit
        self.limit = limit
    }

    var isFull: Bool { count >= limit }

    /// False when the lines are full or stopped; then nothing was added.
    mutating func add(_ work: Work, to file: DatabaseFile) -> Bool {
        guard !isFull, !isStopped else { return false }
        append(.work(work), to: file)
        return true
    }

    /// Errands are few and come from inside, so the limit does not hold for them. False when stopped.
    mutating func add(errand: @escaping Errand, to file: DatabaseFile) -> Bool {
        guard !isStopped else { return false }
        append(.errand(errand), to: file)
        return true
    }

    /// Takes no more from now on. What waits still has its turn.
    mutating func stop() {
        isStopped = true
    }

    /// Gives the file no turn until ``release(_:)``. To be called in its turn.
    mutating func hold(_ file: DatabaseFile) {
        held.insert(file)
        if let place = turns[nextTurn...].firstIndex(of: file) { turns.remove(at: place) }
    }

    /// Ends what ``hold(_:)`` began.
    mutating func release(_ file: DatabaseFile) {
        guard held.remove(file) != nil, lines[file] != nil else { return }
        turns.append(file)
    }

    /// The next turn; nil when nothing waits.
    mutating func next() -> Turn? {
        guard nextTurn < turns.count else { return nil }
        let file = turns[nextTurn]
        nextTurn += 1
        if nextTurn == turns.count {
            turns.removeAll(keepingCapacity: true)
            nextTurn = 0
        } else if nextTurn > turns.count / 2, nextTurn >= 64 {
            turns.removeFirst(nextTurn)
            nextTurn = 0
        }
        guard var line = lines.removeValue(forKey: file) else { return nil }
        let turn = take(from: &line, of: file)
        if !line.items.isEmpty {
            lines[file] = line
            turns.append(file)
        }
        return turn
    }

    private mutating func append(_ item: Item, to file: DatabaseFile) {
        count += 1
        if lines[file]?.items.append(item) == nil {
            lines[file] = Line(items: [item])
            if !held.contains(file) { turns.append(file) }
        }
    }

    private mutating func take(from line: inout Line, of file: DatabaseFile) -> Turn {
        if case .errand(let errand) = line.items[0] {
            line.items.removeFirst()
            count -= 1
            return .errand(errand)
        }
        var works: [Work] = []
        works.reserveCapacity(min(batchLimit, line.items.count))
        for item in line.items.prefix(batchLimit) {
            guard case .work(let work) = item else { break }
            works.append(work)
        }
        line.items.removeFirst(works.count)
        count -= works.count
        return .works(file, works)
    }
}

extension FileLines {
    /// The next turn; `.some(nil)` when nothing waits and nothing will come; nil to wait.
    mutating func nextOrStop() -> Turn?? {
        if let turn = next() { return .some(turn) }
        return isStopped && held.isEmpty ? .some(nil) : nil
    }
}

extension Monitor {
    /// What a queue's thread does all its life: turn after turn, until the lines are stopped and empty.
    func serve<Work>(
        _ connections: ThreadConnections, _ perform: ([Work], DatabaseFile, ThreadConnections) -> Void
    ) where State == FileLines<Work> {
        while let turn = wait(for: { $0.nextOrStop() }) {
            switch turn {
            case .works(let file, let works):
                perform(works, file, connections)
                connections.relieveMemory(after: file)
            case .errand(let errand):
                errand(connections)
            }
        }
        connections.closeAll()
    }
}
