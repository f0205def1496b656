/// Times two ways of doing the same thing, in turns, so that both meet the same machine.
struct Stopwatch {
    private static let roundsOfOne = 200

    private var ours: Duration = .zero
    private var yardstick: Duration = .zero
    private var rounds = 0

    /// Runs both for about `seconds` in all, the first of its rounds uncounted, and returns microseconds a round.
    static func compare(
        seconds: Double, ours: () throws -> Int, yardstick: () throws -> Int
    ) rethrows -> (ours: Double, yardstick: Double) {
        var watch = Stopwatch()
        var kept = 0  // Keeps the compiler from leaving out work whose result nobody wants.
        try watch.time(&kept, ours, yardstick)
        watch = Stopwatch()
        repeat { try watch.time(&kept, ours, yardstick) } while watch.ours + watch.yardstick < .seconds(seconds)
        precondition(kept != 0)
        let count = Double(watch.rounds * roundsOfOne)
        return (watch.ours / .microseconds(1) / count, watch.yardstick / .microseconds(1) / count)
    }

    private mutating func time(_ kept: inout Int, _ ours: () throws -> Int, _ yardstick: () throws -> Int) rethrows {
        let clock = ContinuousClock()
        self.ours += try clock.measure { for _ in 0..<Self.roundsOfOne { kept &+= try ours() } }
        self.yardstick += try clock.measure { for _ in 0..<Self.roundsOfOne { kept &+= try yardstick() } }
        rounds += 1
    }
}
