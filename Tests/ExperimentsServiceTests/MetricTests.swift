import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import Testing

@testable import ExperimentsService

/// Exposures, events and what they amount to.
@Suite struct MetricTests {
    /// An experiment that runs, with two metrics: how many orders, and what they were worth, within a week.
    private func measured(_ service: ExperimentsUnderTest, source: String = "client") async throws -> Experiment {
        for (key, kind, more) in [
            ("orders", "count", ""), ("spend", "mean", #","valueField":"value","lookBackSeconds":864000"#),
            ("p90", "quantile", #","valueField":"value","share":0.9"#),
        ] {
            try await service.call(
                "metricDefinitions.create",
                """
                {"key":"\(key)","name":"\(key)","kind":"\(kind)","event":"order","source":"\(source)",\
                "windowSeconds":604800\(more)}
                """)
        }
        let draft = try await service.draft()
        try await service.call(
            "resultPlans.set",
            """
            {"experimentId":"\(draft.id)","metrics":[{"metric":"orders","role":"goal"},{"metric":"spend","role":"goal"},\
            {"metric":"p90","role":"secondary"}],"engine":"fixed","correction":"none"}
            """)
        return try await service.start(draft)
    }

    private func expose(
        _ service: ExperimentsUnderTest, _ unit: String, _ variant: String, at: String = "2026-01-01T12:00:00Z"
    ) async throws -> String {
        let reply = try await service.call(
            "experimentExposures.record",
            #"{"items":[{"experiment":"checkout","unit":"\#(unit)","variant":"\#(variant)","at":"\#(at)"}]}"#)
        return try status(reply)
    }

    private func order(
        _ service: ExperimentsUnderTest, _ unit: String, _ value: Double, at: String, id: String
    ) async throws -> String {
        let reply = try await service.call(
            "experimentEvents.record",
            """
            {"items":[{"type":"order","unitType":"user","unit":"\(unit)","metrics":{"value":\(value)},"at":"\(at)",\
            "messageId":"\(id)"}]}
            """)
        return try status(reply)
    }

    private func status(_ reply: JSONValue) throws -> String {
        let verdict = try #require(reply["verdicts"]?[0])
        return verdict["message"]?.string ?? verdict["status"]?.string ?? ""
    }

    /// All sums that are kept, as rows of text: the same rows are the same sums.
    private func state(_ service: ExperimentsUnderTest) async throws -> [[String]] {
        var rows: [[String]] = []
        for sql: StaticString in [
            "SELECT hex(tally), metric, phase, variant, day FROM metric_days ORDER BY 2, 3, 4, 5",
            "SELECT hex(tally), metric, variant, day, bin FROM metric_bins WHERE tally <> x'0000' ORDER BY 2, 3, 4, 5",
            "SELECT count, sum_high + sum_low, minimum, maximum, metric, variant, hour FROM metric_hours ORDER BY 5, 6, 7",
            "SELECT units, several, phase, variant, day FROM entry_days WHERE units > 0 ORDER BY 3, 4, 5",
            "SELECT hex(trajectory), metric FROM unit_trajectories ORDER BY unit, metric",
        ] { rows += try await service.rows(sql) }
        return rows.filter { !$0[0].allSatisfy { $0 == "0" } }
    }

    @Test("A unit is exposed once in a phase, and what cannot be an exposure is refused with its reason")
    func exposures() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            service.advance(hours: 24)
            #expect(try await expose(service, "u1", "control") == "accepted")
            #expect(try await expose(service, "u1", "control", at: "2026-01-01T13:00:00Z") == "duplicate")
            #expect(try await expose(service, "u1", "nothing").contains("variant of checkout"))
            #expect(try await expose(service, "u1", "control", at: "2025-12-31T23:59:59Z").contains("did not run"))
            #expect(try await expose(service, "u1", "control", at: "2026-01-02T00:05:01Z").contains("5 minutes"))
            #expect(try await service.number("SELECT count(*) FROM experiment_exposures") == 1)
            let listed = try await service.call(
                "experimentExposures.list", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(listed["items"]?[0]?["unit"]?.string == "u1")
        }
    }

    @Test("The same events in whatever order, late or twice, come to the same sums")
    func anyOrder() async throws {
        let events: [(String, Double, String, String)] = [
            ("u1", 10, "2025-12-30T00:00:00Z", "before"), ("u1", 20, "2026-01-01T14:00:00Z", "a"),
            ("u1", 5, "2026-01-03T14:00:00Z", "b"), ("u1", 99, "2026-01-09T14:00:00Z", "behind the window"),
            ("u2", 7, "2026-01-02T10:00:00Z", "c"), ("u3", 1, "2026-01-02T10:00:00Z", "nobody's"),
        ]
        var states: [[[String]]] = []
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 2, 4, 1, 3, 5, 1]] {
            for exposesFirst in [true, false] {
                try await withExperiments { service in
                    _ = try await measured(service)
                    service.advance(hours: 240)
                    func expose() async throws {
                        _ = try await self.expose(service, "u1", "control")
                        _ = try await self.expose(service, "u2", "new")
                    }
                    // That both are known has nothing to do with when.
                    _ = try await self.order(service, "u1", 0, at: "2025-01-01T00:00:00Z", id: "x")
                    _ = try await self.order(service, "u2", 0, at: "2025-01-01T00:00:00Z", id: "x")
                    if exposesFirst { try await expose() }
                    for index in order {
                        let (unit, value, time, id) = events[index]
                        _ = try await self.order(service, unit, value, at: time, id: id)
                    }
                    if !exposesFirst { try await expose() }
                    states.append(try await state(service))
                }
            }
        }
        #expect(Set(states).count == 1)
        #expect(states[0].count > 10)
    }

    @Test("What is retracted leaves nothing, and does not come again")
    func retraction() async throws {
        try await withExperiments { service in
            _ = try await measured(service)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control")
            #expect(try await order(service, "u1", 20, at: "2026-01-01T14:00:00Z", id: "a") == "accepted")
            let before = try await state(service)
            #expect(try await order(service, "u1", 70, at: "2026-01-01T14:30:00Z", id: "b") == "accepted")
            #expect(try await order(service, "u1", 70, at: "2026-01-01T14:30:00Z", id: "b") == "duplicate")
            #expect(try await state(service) != before)
            let listed = try await service.call("experimentEvents.list", #"{"type":"order"}"#)
            let id = try #require(listed["items"]?[1]?["id"]?.string)
            let reply = try await service.call("experimentEvents.retract", #"{"ids":["\#(id)"]}"#)
            #expect(reply["retracted"]?.int64 == 1)
            #expect(try await state(service) == before)
            #expect(try await order(service, "u1", 70, at: "2026-01-01T14:30:00Z", id: "b") == "duplicate")
            let again = try await service.call("experimentEvents.retract", #"{"ids":["\#(id)"]}"#)
            #expect(again["retracted"]?.int64 == 0)
            #expect(try await state(service) == before)
        }
    }

    @Test("An hour has the values of the events that count, before and after one of them is taken back")
    func hours() async throws {
        try await withExperiments { service in
            for (key, more) in [
                ("soon", #""kind":"mean","windowSeconds":300"#),
                ("value", #""kind":"ratio","denominatorEvent":"visit""#),
            ] {
                try await service.call(
                    "metricDefinitions.create",
                    #"{"key":"\#(key)","name":"\#(key)","event":"order","source":"client","valueField":"value",\#(more)}"#
                )
            }
            let draft = try await service.draft()
            try await service.call(
                "resultPlans.set",
                """
                {"experimentId":"\(draft.id)","correction":"none","metrics":[{"metric":"soon","role":"goal"},\
                {"metric":"value","role":"goal"}]}
                """)
            _ = try await service.start(draft)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control", at: "2026-01-01T12:30:00Z")
            for (value, minute, id) in [(999.0, 20, "early"), (5, 31, "a"), (7, 32, "b"), (500, 50, "late")] {
                _ = try await order(service, "u1", value, at: "2026-01-01T12:\(minute):00Z", id: id)
            }
            for id in ["v1", "v2"] {
                try await service.call(
                    "experimentEvents.record",
                    """
                    {"items":[{"type":"visit","unitType":"user","unit":"u1","at":"2026-01-01T12:40:00Z",\
                    "messageId":"\(id)"}]}
                    """)
            }
            let sql: StaticString =
                "SELECT count, sum_high, minimum, maximum FROM metric_hours WHERE count > 0 ORDER BY metric"
            // A visit stands below the line of the ratio, and has no value.
            #expect(
                try await service.rows(sql)
                    == [["2", "12.0", "5.0", "7.0"], ["3", "512.0", "5.0", "500.0"]])
            let listed = try await service.call("experimentEvents.list", #"{"type":"order"}"#)
            let seven = try #require(listed["items"]?.array?.first { $0["messageId"]?.string == "b" }?["id"]?.string)
            try await service.call("experimentEvents.retract", #"{"ids":["\#(seven)"]}"#)
            #expect(
                try await service.rows(sql)
                    == [["1", "5.0", "5.0", "5.0"], ["2", "505.0", "5.0", "500.0"]])
        }
    }

    @Test("An exposure that comes to light late counts, as if it had come at once")
    func lateExposure() async throws {
        var states: [[[String]]] = []
        for times in [
            ["2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"], ["2026-01-02T12:00:00Z", "2026-01-01T12:00:00Z"],
        ] {
            try await withExperiments { service in
                _ = try await measured(service)
                service.advance(hours: 96)
                _ = try await order(service, "u1", 3, at: "2026-01-01T11:00:00Z", id: "a")
                _ = try await order(service, "u1", 20, at: "2026-01-01T14:00:00Z", id: "b")
                for time in times { _ = try await expose(service, "u1", "new", at: time) }
                states.append(try await state(service))
            }
        }
        #expect(Set(states).count == 1)
    }

    @Test("A unit for which somebody decided by hand counts for no result")
    func forced() async throws {
        try await withExperiments { service in
            _ = try await measured(service)
            service.advance(hours: 48)
            try await service.call(
                "forcedAssignments.set", #"{"experiment":"checkout","unit":"qa","variant":"new"}"#)
            #expect(try await expose(service, "qa", "new") == "accepted")
            #expect(try await expose(service, "u1", "new") == "accepted")
            #expect(try await service.number("SELECT count(*) FROM entries") == 1)
        }
    }

    @Test("Who meets another variant counts for the first, and is told of")
    func severalVariants() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control")
            _ = try await expose(service, "u1", "new", at: "2026-01-01T13:00:00Z")
            #expect(try await service.number("SELECT several FROM entry_days WHERE units = 1") == 1)
            let results = try await service.call("experimentResults.get", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(results["severalVariantsShare"]?.number?.double == 1)
            #expect(results["recommendation"]?["verdict"]?.string == "broken")
        }
    }

    @Test("A metric that is added later is reckoned from the events that are kept")
    func filling() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            service.advance(hours: 48)
            for unit in 0..<450 {
                _ = try await expose(service, "u\(unit)", unit % 2 == 0 ? "control" : "new")
            }
            _ = try await order(service, "u7", 20, at: "2026-01-01T14:00:00Z", id: "a")
            try await service.call(
                "metricDefinitions.create",
                """
                {"key":"again","name":"again","kind":"mean","event":"order","valueField":"value","windowSeconds":604800,\
                "lookBackSeconds":864000}
                """)
            let goals =
                #"{"metric":"orders","role":"goal"},{"metric":"spend","role":"goal"},{"metric":"p90","role":"secondary"}"#
            let refusal = try await failure {
                try await service.call(
                    "resultPlans.set",
                    """
                    {"experimentId":"\(experiment.id)","version":1,"correction":"none",\
                    "metrics":[\(goals),{"metric":"again","role":"goal"}]}
                    """)
            }
            #expect(refusal?.code == RPCError.Code.illegalTransition)
            try await service.call(
                "resultPlans.set",
                """
                {"experimentId":"\(experiment.id)","version":1,"correction":"none",\
                "metrics":[\(goals),{"metric":"again","role":"secondary"}]}
                """)
            try await service.ended("metricFilling")
            #expect(
                try await service.number(
                    """
                    SELECT count(*) FROM metric_days AS a JOIN metric_days AS b USING (experiment, phase, variant, day, tally)
                    WHERE a.metric = 2 AND b.metric = 4
                    """) == 2)
        }
    }

    @Test("Results are those of the sums, and say what to do")
    func results() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            service.advance(hours: 48)
            for unit in 0..<200 {
                _ = try await expose(service, "u\(unit)", unit % 2 == 0 ? "control" : "new")
                for index in 0..<(1 + unit % 3 + (unit % 2)) {
                    _ = try await order(
                        service, "u\(unit)", Double(unit % 7), at: "2026-01-01T1\(3 + index):00:00Z", id: "\(index)")
                }
            }
            let results = try await service.call("experimentResults.get", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(results["split"]?["units"]?[0]?.int64 == 100)
            #expect(results["split"]?["isBroken"]?.bool == false)
            let orders = try #require(results["metrics"]?[0]?["arms"]?[0])
            // Of unit % 3 the even ones have 34, 33, 33; so do the odd ones.
            #expect(
                orders["controlMean"]?.number?.double == 1.99 || orders["controlMean"]?.number?.double == 2.01
                    || orders["controlMean"]?.number?.double == 2.0)
            let mean = try #require(orders["mean"]?.number?.double)
            #expect(mean > 2.9 && mean < 3.1)
            #expect(try #require(orders["pValue"]?.number?.double) < 1e-9)
            let series = try await service.call(
                "experimentResults.series", #"{"experimentId":"\#(experiment.id)","metric":"orders"}"#)
            #expect(series["points"]?[0]?["day"]?.string == "2026-01-01")
            let hours = try await service.call(
                "experimentAggregates.list",
                #"{"experimentId":"\#(experiment.id)","metric":"orders","bucket":"hourly","limit":1}"#)
            #expect(hours["items"]?[0]?["count"]?.int64 == 100)
            #expect(hours["items"]?[0]?["bucketStart"]?.string == "2026-01-01T13:00:00Z")
            #expect(hours["nextCursor"]?.string == "1")
            let days = try await service.call(
                "experimentAggregates.list", #"{"experimentId":"\#(experiment.id)","metric":"spend","bucket":"daily"}"#)
            #expect(days["items"]?[0]?["maximum"]?.number?.double == 6)
        }
    }

    @Test("Events come from signals page by page, each once, and wait for nobody who was erased")
    func following() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, source: "signals")
            try await service.ended("signalFetching")
            #expect(try await service.number("SELECT count(*) FROM outbox WHERE topic = 'signals.follow'") == 1)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control")
            _ = try await service.erase(Identifier(type: "customerId", value: "u2"))
            let time = try #require(Timestamp("2026-01-01T14:00:00Z"))
            service.signals.feed(
                try (0..<10).map { number in
                    FedSignal(
                        messageId: "m\(number)", timestamp: time, units: [number % 5 == 4 ? "u2" : "u1"],
                        metrics: try JSONRaw(validating: #"{"value":\#(number)}"#))
                })
            // Of many that come at once signals says where the first one is.
            try await service.arrived(through: 1)
            try await service.ended("signalFetching")
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 8)
            try await service.arrived(through: 10)
            try await service.ended("signalFetching")
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 8)
            let days = try await service.call(
                "experimentAggregates.list", #"{"experimentId":"\#(experiment.id)","metric":"spend"}"#)
            #expect(days["items"]?[0]?["sum"]?.number?.double == 32)
        }
    }

    @Test("An event that went for its age does not come again when signals is asked anew")
    func aged() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, source: "signals")
            try await service.ended("signalFetching")
            service.advance(hours: 24 * 40)
            _ = try await expose(service, "u1", "control")
            service.signals.feed(
                try ["2026-01-02T00:00:00Z", "2026-01-06T00:00:00Z"].map { time in
                    FedSignal(
                        messageId: time, timestamp: try #require(Timestamp(time)), units: ["u1"],
                        metrics: try JSONRaw(validating: #"{"value":7}"#))
                })
            try await service.arrived(through: 2)
            try await service.ended("signalFetching")
            // As a rule of 37 days and its job do.
            try await service.write { transaction throws(RPCError) in
                try transaction.run("INSERT INTO retention_rules (name, days) VALUES ('experiment_events', 37)")
                try transaction.run("DELETE FROM experiment_events WHERE message_id = '2026-01-02T00:00:00Z'")
            }
            try await service.call(
                "metricDefinitions.create",
                #"{"key":"items","name":"Items","kind":"mean","event":"order","source":"signals","valueField":"items"}"#
            )
            let second = try await service.draft("second")
            try await service.call(
                "resultPlans.set",
                #"{"experimentId":"\#(second.id)","metrics":[{"metric":"items","role":"secondary"}]}"#)
            try await service.ended("signalFetching")
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 1)
            let days = try await service.call(
                "experimentAggregates.list",
                #"{"experimentId":"\#(experiment.id)","metric":"orders","bucket":"daily"}"#)
            #expect(days["items"]?.array?.compactMap { $0["count"]?.int64 } == [1, 1])
        }
    }

    @Test("A metric that needs another number of events that are there counts it of all of them")
    func moreNumbers() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, source: "signals")
            try await service.ended("signalFetching")
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control")
            let time = try #require(Timestamp("2026-01-01T14:00:00Z"))
            service.signals.feed(
                try (1...8).map { number in
                    FedSignal(
                        messageId: "m\(number)", timestamp: time, units: ["u1"],
                        metrics: try JSONRaw(validating: #"{"value":\#(number),"items":\#(number * 10)}"#))
                })
            try await service.arrived(through: 8)
            try await service.ended("signalFetching")
            try await service.call(
                "metricDefinitions.create",
                #"{"key":"items","name":"Items","kind":"mean","event":"order","source":"signals","valueField":"items"}"#
            )
            try await service.call(
                "resultPlans.set",
                """
                {"experimentId":"\(experiment.id)","metrics":[{"metric":"orders","role":"goal"},\
                {"metric":"spend","role":"goal"},{"metric":"p90","role":"secondary"},\
                {"metric":"items","role":"secondary"}],"engine":"fixed","correction":"none","version":1}
                """)
            try await service.ended("signalFetching")
            try await service.ended("metricFilling")
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 8)
            for (metric, sum) in [("items", 360.0), ("spend", 36), ("orders", 8)] {
                let hours = try await service.call(
                    "experimentAggregates.list", #"{"experimentId":"\#(experiment.id)","metric":"\#(metric)"}"#)
                #expect(hours["items"]?[0]?["sum"]?.number?.double == sum, "\(metric)")
                #expect(hours["items"]?[0]?["count"]?.int64 == 8, "\(metric)")
            }
        }
    }

    @Test("An erased unit's events are gone, and what many did stays")
    func erasure() async throws {
        try await withExperiments { service in
            _ = try await measured(service)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control")
            _ = try await order(service, "u1", 20, at: "2026-01-01T14:00:00Z", id: "a")
            let rows = try await service.erase(Identifier(type: "customerId", value: "u1"))
            #expect(rows["experiment_events"] == 1 && rows["entries"] == 1 && rows["unit_trajectories"] == 3)
            #expect(try await service.number("SELECT count(*) FROM metric_days") > 0)
            #expect(try await expose(service, "u1", "control").contains("erased"))
        }
    }
}
