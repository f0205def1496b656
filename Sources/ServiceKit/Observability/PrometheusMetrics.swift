public import CoreMetrics
import Synchronization

/// The metrics of this process, kept in memory until Prometheus asks for ``text()``.
///
/// Counters become counters, meters and single-value recorders gauges, aggregating recorders and timers histograms
/// with fixed buckets; timers are in seconds and their names end with `_seconds`. Names and labels are made to fit
/// Prometheus, so `gyre.calls` is found as `gyre_calls`.
///
/// Memory is bounded whatever callers put into labels: beyond ``maximumSeries`` further series are dropped, and
/// `gyre_metrics_dropped_series_total` counts how often that happened. A metric whose name is taken by one of another kind,
/// or by one of the process's own, is dropped in the same way.
public final class PrometheusMetrics: MetricsFactory {
    /// Label sets of all metrics together; a histogram counts as one. The process's own come on top.
    public static let maximumSeries = 1_000
    /// The content type of ``text()``: version 0.0.4 of Prometheus' text format.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static let droppedName = "gyre_metrics_dropped_series_total"

    private struct Family {
        let kind: PrometheusKind
        /// By their labels as written.
        var series: [String: any PrometheusSeries] = [:]
    }

    private struct Registry {
        var families: [String: Family] = [:]
        var count = 0
        var helps: [String: String] = [:]
    }

    private let registry = Mutex(Registry())
    private let dropped = Atomic<Int64>(0)
    private let process: @Sendable () -> PrometheusProcess?

    /// Metrics of this process; give them to `MetricsSystem.bootstrap`.
    public convenience init() {
        self.init(process: { .current() })
    }

    /// - Parameter process: measures the process itself; nil where the system does not tell.
    init(process: @escaping @Sendable () -> PrometheusProcess?) {
        self.process = process
    }

    // MARK: Describing

    /// Says what metrics count, in one line each, for whoever reads ``text()``.
    ///
    /// - Parameter helps: by the label that a metric is made with; timers with their `_seconds`.
    public func describe(_ helps: [String: String]) {
        registry.withLock { registry in
            for (label, help) in helps {
                registry.helps[PrometheusIdentity.name(label, allowsColon: true)] = help
            }
        }
    }

    // MARK: Making

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter, PrometheusCounter.init) ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter, PrometheusFloatingPointCounter.init) ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge, PrometheusGauge.init) ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, .gauge, PrometheusGauge.init) ?? NOOPMetricsHandler.instance
        }
        let buckets = PrometheusHistogram.valueBuckets
        return series(label, dimensions, .histogram) { PrometheusHistogram($0, buckets: buckets) }
            ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("_seconds") ? label : label + "_seconds"
        let buckets = PrometheusHistogram.secondBuckets
        return series(name, dimensions, .histogram) { PrometheusHistogram($0, buckets: buckets) }
            ?? NOOPMetricsHandler.instance
    }

    /// The series of this name and these labels, made when it is new; nil when it is dropped.
    private func series<Series: PrometheusSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: PrometheusKind,
        _ make: (PrometheusIdentity) -> Series
    ) -> Series? {
        let identity = PrometheusIdentity(label: label, dimensions: dimensions)
        let series = registry.withLock { registry -> Series? in
            var family = registry.families[identity.name] ?? Family(kind: kind)
            if let known = family.series[identity.labels] { return known as? Series }
            guard family.kind == kind, registry.count < Self.maximumSeries, !Self.isReserved(identity.name) else {
                return nil
            }
            let series = make(identity)
            family.series[identity.labels] = series
            registry.families[identity.name] = family
            registry.count += 1
            return series
        }
        if series == nil { dropped.wrappingAdd(1, ordering: .relaxed) }
        return series
    }

    private static func isReserved(_ name: String) -> Bool {
        name == droppedName || PrometheusProcess.names.contains(name)
    }

    // MARK: Removing

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func remove(_ handler: AnyObject) {
        guard let series = handler as? any PrometheusSeries else { return }
        registry.withLock { registry in
            let identity = series.identity
            guard let current = registry.families[identity.name]?.series[identity.labels], current === series else {
                return
            }
            registry.families[identity.name]?.series[identity.labels] = nil
            if registry.families[identity.name]?.series.isEmpty == true { registry.families[identity.name] = nil }
            registry.count -= 1
        }
    }

    // MARK: Reading

    /// All metrics in Prometheus' text format, sorted by name and labels.
    public func text() -> [UInt8] {
        let (families, helps) = registry.withLock { registry in (registry.families, registry.helps) }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.type(name, family.kind, help: helps[name])
            for (_, series) in family.series.sorted(by: { $0.key < $1.key }) { series.write(to: &text) }
        }
        text.type(Self.droppedName, .counter, help: "Series that were not kept, for there were too many.")
        text.sample(Self.droppedName, labels: "", Double(dropped.load(ordering: .relaxed)))
        process()?.write(to: &text)
        return text.bytes
    }
}
