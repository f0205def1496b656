import Testing

@testable import SQLite

/// Lines of numbers, in a class because `#expect` takes no mutating calls.
final class NumberLines {
    struct Turn: Equatable {
        let file: DatabaseFile
        /// nil for an errand.
        let works: [Int]?
    }

    private var lines: FileLines<Int>

    init(batchLimit: Int, limit: Int) {
        lines = FileLines(batchLimit: batchLimit, limit: limit)
    }

    var count: Int { lines.count }

    func add(_ work: Int, to number: Int) -> Bool { lines.add(work, to: DatabaseFile("\(number).db")) }

    func addErrand(to number: Int) -> Bool { lines.add(errand: { _ in }, to: DatabaseFile("\(number).db")) }

    func stop() { lines.stop() }

    func hold(_ number: Int) { lines.hold(DatabaseFile("\(number).db")) }

    func release(_ number: Int) { lines.release(DatabaseFile("\(number).db")) }

    /// nil when nothing waits.
    func next() -> Turn? {
        switch lines.next() {
        case .works(let file, let works): Turn(file: file, works: works)
        case .errand: Turn.errand
        case nil: nil
        }
    }

    var isAtEnd: Bool {
        if case .some(nil) = lines.nextOrStop() { true } else { false }
    }
}

extension NumberLines.Turn {
    static let errand = NumberLines.Turn(file: DatabaseFile(""), works: nil)

    static func works(_ number: Int, _ works: [Int]) -> NumberLines.Turn {
        NumberLines.Turn(file: DatabaseFile("\(number).db"), works: works)
    }
}

@Suite struct FileLinesTests {
    @Test("A turn is everything that waits for a file, and files take turns in the order of their first work")
    func turns() {
        let lines = NumberLines(batchLimit: 10, limit: 100)
        for (work, number) in [2, 0, 2, 1, 0].enumerated() { #expect(lines.add(work, to: number)) }
        #expect(lines.next() == .works(2, [0, 2]))
        #expect(lines.next() == .works(0, [1, 4]))
        #expect(lines.next() == .works(1, [3]))
        #expect(lines.next() == nil)
        #expect(lines.count == 0)
    }

    @Test("An errand has a turn of its own, between the works before and after it, and no limit")
    func errands() {
        let lines = NumberLines(batchLimit: 10, limit: 2)
        #expect(lines.add(1, to: 0))
        #expect(lines.addErrand(to: 0))
        #expect(!lines.add(2, to: 0))
        #expect(lines.addErrand(to: 0))
        #expect(lines.next() == .works(0, [1]))
        #expect(!lines.add(3, to: 0), "the errands still wait")
        #expect(lines.next() == .errand)
        #expect(lines.add(4, to: 0))
        #expect(lines.next() == .errand)
        #expect(lines.next() == .works(0, [4]))
    }

    @Test("A file that is held has no turn while others have theirs; released, it goes on in its order")
    func held() {
        let lines = NumberLines(batchLimit: 10, limit: 10)
        for (work, number) in [0, 1, 2].enumerated() { #expect(lines.add(work, to: number)) }
        #expect(lines.next() == .works(0, [0]))
        lines.hold(0)
        lines.hold(1)
        #expect(lines.add(3, to: 0))
        #expect(lines.addErrand(to: 0))
        #expect(lines.add(4, to: 0))
        #expect(lines.next() == .works(2, [2]))
        #expect(lines.next() == nil)
        lines.release(0)
        lines.release(0)
        #expect(lines.next() == .works(0, [3]))
        #expect(lines.next() == .errand)
        #expect(lines.next() == .works(0, [4]))
        #expect(lines.next() == nil)
        lines.release(1)
        #expect(lines.next() == .works(1, [1]))
        lines.hold(1)
        lines.release(1)
        #expect(lines.next() == nil)
    }

    @Test("Stopped lines are not at their end while a file is held")
    func stoppedAndHeld() {
        let lines = NumberLines(batchLimit: 10, limit: 10)
        lines.hold(0)
        #expect(lines.add(1, to: 0))
        lines.stop()
        #expect(lines.next() == nil)
        #expect(!lines.isAtEnd)
        lines.release(0)
        #expect(lines.next() == .works(0, [1]))
        #expect(lines.isAtEnd)
    }

    @Test("Stopped lines take nothing more and give out what they have")
    func stopped() {
        let lines = NumberLines(batchLimit: 10, limit: 10)
        #expect(lines.add(1, to: 0))
        lines.stop()
        #expect(!lines.add(2, to: 0))
        #expect(!lines.addErrand(to: 0))
        #expect(lines.next() == .works(0, [1]))
        #expect(lines.isAtEnd)
    }

    @Test("Whatever comes in whatever order, each file gets its works once and in order, at most a batch at a time")
    func random() {
        for seed in 0..<10 {
            var random = SplitMix64(seed: UInt64(seed))
            let batchLimit = 1 + seed % 5
            let lines = NumberLines(batchLimit: batchLimit, limit: 200)
            var submitted: [DatabaseFile: [Int]] = [:]
            var taken: [DatabaseFile: [Int]] = [:]
            for step in 0..<2_000 {
                if Int.random(in: 0..<3, using: &random) < 2 {
                    let number = Int.random(in: 0..<90, using: &random)
                    if lines.add(step, to: number) { submitted[DatabaseFile("\(number).db"), default: []].append(step) }
                } else if let turn = lines.next(), let works = turn.works {
                    #expect(!works.isEmpty && works.count <= batchLimit)
                    taken[turn.file, default: []] += works
                }
            }
            #expect(lines.count == submitted.values.joined().count - taken.values.joined().count)
            while let turn = lines.next() { taken[turn.file, default: []] += turn.works ?? [] }
            #expect(taken == submitted)
            #expect(lines.count == 0)
        }
    }
}
