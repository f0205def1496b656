import CoreMetrics
import Synchronization

/// What Prometheus calls the type of a metric.
enum PrometheusKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// One line, or for a histogram one group of lines, of ``PrometheusMetrics/text()``.
protocol PrometheusSeries: AnyObject, Sendable {
    var identity: PrometheusIdentity { get }
    func write(to text: inout PrometheusText)
}

/// A number that only grows, counted in whole steps.
final class PrometheusCounter: PrometheusSeries, CounterHandler {
    let identity: PrometheusIdentity
    private let value = Atomic<Int64>(0)

    init(_ identity: PrometheusIdentity) {
        self.identity = identity
    }

    func increment(by amount: Int64) {
        // A counter that went back would look like a restart.
        guard amount > 0 else { return }
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func write(to text: inout PrometheusText) {
        text.sample(identity.name, labels: identity.labels, value.load(ordering: .relaxed))
    }
}

/// A number that only grows, such as seconds.
final class PrometheusFloatingPointCounter: PrometheusSeries, FloatingPointCounterHandler {
    let identity: PrometheusIdentity
    private let value = AtomicDouble()

    init(_ identity: PrometheusIdentity) {
        self.identity = identity
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.add(amount)
    }

    func reset() {
        value.set(0)
    }

    func write(to text: inout PrometheusText) {
        text.sample(identity.name, labels: identity.labels, value.get())
    }
}

/// A number that goes up and down.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    let identity: PrometheusIdentity
    private let value = AtomicDouble()

    init(_ identity: PrometheusIdentity) {
        self.identity = identity
    }

    func set(_ value: Int64) { self.value.set(Double(value)) }
    func set(_ value: Double) { self.value.set(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }
    func record(_ value: Int64) { self.value.set(Double(value)) }
    func record(_ value: Double) { self.value.set(value) }

    func write(to text: inout PrometheusText) {
        text.sample(identity.name, labels: identity.labels, value.get())
    }
}

/// How many values fell at or below each bound, how many there were, and their sum.
final class PrometheusHistogram: PrometheusSeries, RecorderHandler, TimerHandler {
    /// Bounds of timers, in seconds: from a call in memory to one that waited for a disk that failed.
    static let secondBuckets: [Double] = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    /// Bounds of recorders, which count items or bytes.
    static let valueBuckets: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000,
    ]

    private struct Counts {
        /// By bucket, not yet added up; the last is for what exceeds every bound.
        var buckets: [Int64]
        var sum = 0.0
    }

    let identity: PrometheusIdentity
    private let bounds: [Double]
    private let counts: Mutex<Counts>

    /// - Parameter buckets: upper bounds, ascending; one more without bound is added.
    init(_ identity: PrometheusIdentity, buckets: [Double]) {
        self.identity = identity
        bounds = buckets
        counts = Mutex(Counts(buckets: Array(repeating: 0, count: buckets.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts.withLock { counts in
            counts.buckets[index] += 1
            counts.sum += value
        }
    }

    func write(to text: inout PrometheusText) {
        let counts = counts.withLock(\.self)
        var total: Int64 = 0
        for (index, count) in counts.buckets.enumerated() {
            total += count
            let bound = index < bounds.count ? bounds[index] : .infinity
            text.sample(identity.name + "_bucket", labels: identity.labels(bound: bound), total)
        }
        text.sample(identity.name + "_sum", labels: identity.labels, counts.sum)
        text.sample(identity.name + "_count", labels: identity.labels, total)
    }
}

/// A number that several threads change.
struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(0)

    func get() -> Double {
        Double(bitPattern: bits.load(ordering: .relaxed))
    }

    func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let sum = Double(bitPattern: current) + amount
            let (exchanged, original) = bits.weakCompareExchange(
                expected: current, desired: sum.bitPattern, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
