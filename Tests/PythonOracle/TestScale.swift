import Foundation

/// How long a test runs: a short while every time, as long as it should with `GYRE_TEST_FULL=1` (`ops/test --full`).
public enum TestScale {
    public static let isFull = ProcessInfo.processInfo.environment["GYRE_TEST_FULL"] == "1"

    /// Of a simulation.
    public static let runs = isFull ? 2_000 : 200
}

/// Whether so many of the runs are what chance makes of a rate: within five standard deviations of the binomial
/// distribution, which chance leaves once in a million.
public func isPlausible(_ count: Int, of runs: Int = TestScale.runs, rate: Double) -> Bool {
    abs(Double(count) - Double(runs) * rate) <= 5 * (Double(runs) * rate * (1 - rate)).squareRoot()
}

/// Whether so many are no more than that; for rules that may be on the safe side.
public func isAtMost(_ count: Int, of runs: Int = TestScale.runs, rate: Double) -> Bool {
    Double(count) <= Double(runs) * rate + 5 * (Double(runs) * rate * (1 - rate)).squareRoot()
}
