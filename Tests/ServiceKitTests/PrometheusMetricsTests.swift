import CoreMetrics
import Testing

@testable import ServiceKit

/// Metrics as Prometheus reads them.
@Suite struct PrometheusMetricsTests {
    private let metrics = PrometheusMetrics(process: { nil })

    private var lines: [Substring] {
        String(decoding: metrics.text(), as: UTF8.self).split(separator: "\n")
    }

    @Test("Each kind of metric is written as the text format 0.0.4 wants it")
    func goldenText() {
        metrics.makeCounter(label: "gyre.calls", dimensions: [("method", "signals.track"), ("code", "0")])
            .increment(by: 3)
        metrics.makeCounter(label: "gyre.calls", dimensions: [("method", "keys.revoke"), ("code", "-32010")])
            .increment(by: 1)
        metrics.makeFloatingPointCounter(label: "gyre.busy.seconds", dimensions: []).increment(by: 0.25)
        metrics.makeMeter(label: "gyre.queue", dimensions: []).set(12.5)
        metrics.makeRecorder(label: "gyre.brands", dimensions: [], aggregate: false).record(Int64(7))
        let sizes = metrics.makeRecorder(label: "gyre.batch", dimensions: [("service", "tenancy")], aggregate: true)
        for size: Int64 in [1, 2, 3, 2_000_000] { sizes.record(size) }

        let expected = """
            # TYPE gyre_batch histogram
            gyre_batch_bucket{service="tenancy",le="1"} 1
            gyre_batch_bucket{service="tenancy",le="2"} 2
            gyre_batch_bucket{service="tenancy",le="5"} 3
            gyre_batch_bucket{service="tenancy",le="10"} 3
            gyre_batch_bucket{service="tenancy",le="20"} 3
            gyre_batch_bucket{service="tenancy",le="50"} 3
            gyre_batch_bucket{service="tenancy",le="100"} 3
            gyre_batch_bucket{service="tenancy",le="200"} 3
            gyre_batch_bucket{service="tenancy",le="500"} 3
            gyre_batch_bucket{service="tenancy",le="1000"} 3
            gyre_batch_bucket{service="tenancy",le="2000"} 3
            gyre_batch_bucket{service="tenancy",le="5000"} 3
            gyre_batch_bucket{service="tenancy",le="10000"} 3
            gyre_batch_bucket{service="tenancy",le="100000"} 3
            gyre_batch_bucket{service="tenancy",le="1000000"} 3
            gyre_batch_bucket{service="tenancy",le="+Inf"} 4
            gyre_batch_sum{service="tenancy"} 2000006
            gyre_batch_count{service="tenancy"} 4
            # TYPE gyre_brands gauge
            gyre_brands 7
            # TYPE gyre_busy_seconds counter
            gyre_busy_seconds 0.25
            # TYPE gyre_calls counter
            gyre_calls{code="-32010",method="keys.revoke"} 1
            gyre_calls{code="0",method="signals.track"} 3
            # TYPE gyre_queue gauge
            gyre_queue 12.5
            # HELP gyre_metrics_dropped_series_total Series that were not kept, for there were too many.
            # TYPE gyre_metrics_dropped_series_total counter
            gyre_metrics_dropped_series_total 0

            """
        #expect(String(decoding: metrics.text(), as: UTF8.self) == expected)
    }

    @Test("Timers count in seconds, and a value on a bound belongs to its bucket")
    func timers() {
        let timer = metrics.makeTimer(label: "gyre.call", dimensions: [])
        timer.recordNanoseconds(100_000)
        timer.recordNanoseconds(100_001)
        timer.recordNanoseconds(20_000_000_000)
        #expect(lines.contains(#"gyre_call_seconds_bucket{le="0.0001"} 1"#))
        #expect(lines.contains(#"gyre_call_seconds_bucket{le="0.00025"} 2"#))
        #expect(lines.contains(#"gyre_call_seconds_bucket{le="10"} 2"#))
        #expect(lines.contains(#"gyre_call_seconds_bucket{le="+Inf"} 3"#))
        #expect(lines.contains("gyre_call_seconds_count 3"))
        #expect(lines.contains { $0.hasPrefix("gyre_call_seconds_sum 20.0002") })
    }

    @Test("A counter never goes back, and the same name and labels are the same counter")
    func counters() {
        let counter = metrics.makeCounter(label: "calls", dimensions: [("a", "1"), ("b", "2")])
        counter.increment(by: 2)
        counter.increment(by: -5)
        metrics.makeCounter(label: "calls", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
        #expect(lines.contains(#"calls{a="1",b="2"} 3"#))
        counter.reset()
        #expect(lines.contains(#"calls{a="1",b="2"} 0"#))

        let seconds = metrics.makeFloatingPointCounter(label: "seconds", dimensions: [])
        for amount in [0.5, -1, .nan, .infinity, 0.25] { seconds.increment(by: amount) }
        #expect(lines.contains("seconds 0.75"))
        seconds.reset()
        #expect(lines.contains("seconds 0"))
    }

    @Test("A meter goes up and down, and takes what is no number")
    func meters() {
        let meter = metrics.makeMeter(label: "queue", dimensions: [])
        meter.set(Int64(10))
        meter.increment(by: 2)
        meter.decrement(by: 0.5)
        #expect(lines.contains("queue 11.5"))
        meter.set(Double.nan)
        #expect(lines.contains("queue NaN"))
        meter.set(-Double.infinity)
        #expect(lines.contains("queue -Inf"))
    }

    @Test("The thousandth series is kept; the next is dropped and counted, and makes room for nobody")
    func seriesLimit() {
        for number in 1..<PrometheusMetrics.maximumSeries {
            metrics.makeCounter(label: "calls", dimensions: [("brand", "\(number)")]).increment(by: 1)
        }
        #expect(lines.contains("gyre_metrics_dropped_series_total 0"))
        let last = metrics.makeTimer(label: "last", dimensions: [])
        last.recordNanoseconds(1)
        #expect(lines.contains("last_seconds_count 1"))
        #expect(lines.contains("gyre_metrics_dropped_series_total 0"))

        metrics.makeCounter(label: "calls", dimensions: [("brand", "one too many")]).increment(by: 1)
        metrics.makeMeter(label: "another", dimensions: []).set(Int64(1))
        #expect(lines.contains("gyre_metrics_dropped_series_total 2"))
        #expect(!lines.contains { $0.contains("one too many") || $0.contains("another") })
        // What is there is found again, at the limit too.
        metrics.makeCounter(label: "calls", dimensions: [("brand", "1")]).increment(by: 1)
        #expect(lines.contains(#"calls{brand="1"} 2"#))

        metrics.destroyTimer(last)
        metrics.makeMeter(label: "another", dimensions: []).set(Int64(1))
        #expect(lines.contains("another 1"))
        #expect(!lines.contains { $0.contains("last") })
    }

    @Test("What a metric counts stands before its type, in one line, under the label it is made with")
    func helps() {
        metrics.describe(["gyre.queue": #"Waiting, \ and not."#])
        metrics.makeMeter(label: "gyre.queue", dimensions: []).set(Int64(1))
        #expect(
            lines.prefix(3) == [#"# HELP gyre_queue Waiting, \\ and not."#, "# TYPE gyre_queue gauge", "gyre_queue 1"])
    }

    @Test("A name that another kind of metric has is dropped, and so is one of the process's own")
    func takenNames() {
        metrics.makeCounter(label: "calls", dimensions: []).increment(by: 1)
        metrics.makeMeter(label: "calls", dimensions: []).set(Int64(9))
        metrics.makeFloatingPointCounter(label: "calls", dimensions: []).increment(by: 9)
        metrics.makeMeter(label: "process_open_fds", dimensions: []).set(Int64(9))
        metrics.makeCounter(label: "gyre.metrics.dropped.series.total", dimensions: []).increment(by: 9)
        #expect(
            lines == [
                "# TYPE calls counter", "calls 1",
                "# HELP gyre_metrics_dropped_series_total Series that were not kept, for there were too many.",
                "# TYPE gyre_metrics_dropped_series_total counter", "gyre_metrics_dropped_series_total 4",
            ])
    }

    @Test(
        "Names and labels are made to fit",
        arguments: [
            ("a.b-c", [], "a_b_c"), ("9lives", [], "_9lives"), ("", [], "_"), ("größe", [], "gr____e"),
            ("rule:rate", [], "rule:rate"),
            ("a", [("x y", #"say "hi"\"# + "\n")], #"a{x_y="say \"hi\"\\\n"}"#),
            ("a", [("le", "1"), ("__name__", "b"), ("", "")], #"a{_="",label__name__="b",label_le="1"}"#),
            ("a", [("x.y", "first"), ("x_y", "second")], #"a{x_y="first"}"#),
        ] as [(String, [(String, String)], String)])
    func fitting(name: String, dimensions: [(String, String)], expected: String) {
        let identity = PrometheusIdentity(label: name, dimensions: dimensions)
        #expect(identity.name + identity.labels == expected)
    }

    @Test("Names and label values are cut at their limit, between characters")
    func longNames() {
        let limit = PrometheusIdentity.maximumBytes
        for (length, kept) in [(limit - 1, limit - 1), (limit, limit), (limit + 1, limit)] {
            let text = String(repeating: "a", count: length)
            let identity = PrometheusIdentity(label: text, dimensions: [("x", text)])
            #expect(identity.name.utf8.count == kept)
            #expect(identity.labels.utf8.count == kept + #"{x=""}"#.utf8.count)
        }
        let identity = PrometheusIdentity(
            label: "a", dimensions: [("x", String(repeating: "a", count: limit - 1) + "é")])
        #expect(identity.labels.utf8.count == limit - 1 + #"{x=""}"#.utf8.count)
    }

    @Test("Counting from many tasks at once loses nothing")
    func concurrency() async {
        let counter = metrics.makeCounter(label: "calls", dimensions: [])
        let seconds = metrics.makeFloatingPointCounter(label: "seconds", dimensions: [])
        let sizes = metrics.makeRecorder(label: "sizes", dimensions: [], aggregate: true)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<2_500 {
                        counter.increment(by: 1)
                        seconds.increment(by: 0.5)
                        sizes.record(Int64(3))
                    }
                }
            }
        }
        #expect(lines.contains("calls 10000"))
        #expect(lines.contains("seconds 5000"))
        #expect(lines.contains("sizes_count 10000"))
        #expect(lines.contains("sizes_sum 30000"))
    }
}
