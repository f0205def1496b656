import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Effects by segment: who is told apart, what is kept of it, and what is made of it.
@Suite struct SegmentTests {
    private static let dimensions =
        #"[{"attribute":"country","values":["DE","AT"]},{"attribute":"isNew","values":["true"]}]"#

    /// An experiment that runs, with a metric and two dimensions.
    private func measured(_ service: ExperimentsUnderTest, dimensions: String = dimensions) async throws -> Experiment {
        try await service.call(
            "metricDefinitions.create",
            #"{"key":"spend","name":"spend","kind":"mean","event":"order","valueField":"value"}"#)
        try await service.call(
            "metricDefinitions.create",
            #"{"key":"p80","name":"p80","kind":"quantile","share":0.8,"event":"order","valueField":"value"}"#)
        let draft = try await service.draft()
        try await service.call(
            "resultPlans.set",
            """
            {"experimentId":"\(draft.id)","metrics":[{"metric":"spend","role":"goal"},{"metric":"p80",\
            "role":"secondary"}],"dimensions":\(dimensions)}
            """)
        return try await service.start(draft)
    }

    private func expose(
        _ service: ExperimentsUnderTest, _ unit: String, _ variant: String, _ attributes: String?,
        at: String = "2026-01-01T12:00:00Z"
    ) async throws -> String {
        let more = attributes.map { #","attributes":\#($0)"# } ?? ""
        let reply = try await service.call(
            "experimentExposures.record",
            #"{"items":[{"experiment":"checkout","unit":"\#(unit)","variant":"\#(variant)","at":"\#(at)"\#(more)}]}"#)
        let verdict = try #require(reply["verdicts"]?[0])
        return verdict["message"]?.string ?? verdict["status"]?.string ?? ""
    }

    private func order(
        _ service: ExperimentsUnderTest, _ unit: String, _ value: Double, at: String = "2026-01-01T14:00:00Z",
        id: String = "a"
    ) async throws {
        try await service.call(
            "experimentEvents.record",
            """
            {"items":[{"type":"order","unitType":"user","unit":"\(unit)","metrics":{"value":\(value)},"at":"\(at)",\
            "messageId":"\(id)"}]}
            """)
    }

    /// Attribute, value and unit of every membership that is kept.
    private func memberships(_ service: ExperimentsUnderTest) async throws -> [[String]] {
        try await service.rows(
            """
            SELECT units.unit, segments.attribute, coalesce(segments.value, '*') FROM entry_segments
                JOIN segments ON segments.number = entry_segments.segment
                JOIN units ON units.number = entry_segments.unit
            ORDER BY 1, 2
            """)
    }

    @Test("A unit is in the segments that its first exposure names; of attributes nothing else is kept")
    func memberships() async throws {
        try await withExperiments { service in
            _ = try await measured(service)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control", #"{"country":"DE","isNew":true,"email":"a@example.org"}"#)
            _ = try await expose(service, "u2", "control", #"{"country":"FR","isNew":"true"}"#)
            _ = try await expose(service, "u3", "control", nil)
            _ = try await expose(service, "u4", "control", #"{"country":["DE"],"isNew":null}"#)
            // Who is known is not moved by what comes later.
            _ = try await expose(service, "u1", "control", #"{"country":"AT"}"#, at: "2026-01-01T13:00:00Z")
            let expected = [
                ["u1", "country", "DE"], ["u1", "isNew", "true"], ["u2", "country", "*"], ["u2", "isNew", "true"],
                ["u3", "country", "*"], ["u3", "isNew", "*"], ["u4", "country", "*"], ["u4", "isNew", "*"],
            ]
            #expect(try await memberships(service) == expected)
            // An exposure that comes to light, and was earlier, says better; one that says nothing changes nothing.
            _ = try await expose(service, "u1", "control", #"{"country":"AT"}"#, at: "2026-01-01T11:00:00Z")
            _ = try await expose(service, "u1", "control", nil, at: "2026-01-01T10:00:00Z")
            #expect(try await memberships(service).prefix(2) == [["u1", "country", "AT"], ["u1", "isNew", "*"]])
        }
    }

    @Test("An event that tells of an exposure tells of the unit by its context")
    func context() async throws {
        try await withExperiments { service in
            _ = try await measured(service)
            service.advance(hours: 48)
            try await service.call(
                "experimentEvents.record",
                """
                {"items":[{"type":"order","unitType":"user","unit":"u1","context":{"country":"AT"},\
                "experiments":[{"experiment":"checkout","variant":"new"}],"metrics":{"value":3},\
                "at":"2026-01-01T14:00:00Z"}]}
                """)
            #expect(try await memberships(service).first == ["u1", "country", "AT"])
        }
    }

    @Test("The sums of a dimension's segments add up to those of all units, in whatever order things come")
    func sums() async throws {
        let attributes = [#"{"country":"DE"}"#, #"{"country":"AT"}"#, "{}"]
        for order in [[0, 1, 2], [2, 1, 0]] {
            try await withExperiments { service in
                _ = try await measured(service)
                service.advance(hours: 96)
                for unit in 0..<30 { try await self.order(service, "u\(unit)", Double(unit)) }
                for step in order {
                    for unit in stride(from: step, to: 30, by: 3) {
                        _ = try await expose(service, "u\(unit)", unit % 2 == 0 ? "control" : "new", attributes[step])
                    }
                }
                for unit in 0..<30 { try await self.order(service, "u\(unit)", 1, at: "2026-01-02T10:00:00Z", id: "b") }
                // One of them turns out to have met the other variant before, and to be from elsewhere.
                _ = try await expose(
                    service, "u0", "new", #"{"country":"AT"}"#, at: "2026-01-01T09:00:00Z")
                let rows = try await service.rows(
                    """
                    SELECT segments.attribute, coalesce(segments.value, '*'), metric, metric_days.variant, day, hex(tally)
                    FROM metric_days LEFT JOIN segments ON segments.number = metric_days.segment
                    ORDER BY 1, 2, 3, 4, 5
                    """)
                // No dimension, country of three segments, isNew of one that is not empty.
                #expect(Set(rows.map { $0[0] }) == ["-", "country", "isNew"])
                let (all, isNew) = (rows.filter { $0[0] == "-" }, rows.filter { $0[0] == "isNew" })
                #expect(all.map { $0[2...] } == isNew.map { $0[2...] })
                #expect(Set(rows.filter { $0[0] == "country" }.map { $0[1] }) == ["DE", "AT", "*"])
            }
        }
    }

    @Test("An effect that was planted in one segment is found there and called different; elsewhere nothing is")
    func planted() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            service.advance(hours: 48)
            for batch in 0..<3 {
                var exposures: [String] = []
                var events: [String] = []
                for place in 0..<400 {
                    let unit = batch * 400 + place
                    let (isTreated, country) = (unit % 2 == 1, ["DE", "AT", "FR"][unit / 2 % 3])
                    exposures.append(
                        """
                        {"experiment":"checkout","unit":"u\(unit)","variant":"\(isTreated ? "new" : "control")",\
                        "at":"2026-01-01T12:00:00Z","attributes":{"country":"\(country)","isNew":\(unit / 2 % 5 == 0)}}
                        """)
                    // The same in both arms, but for Austria.
                    let value = 10 + unit / 2 * 7 % 13 + (isTreated && country == "AT" ? 3 : 0)
                    events.append(
                        """
                        {"type":"order","unitType":"user","unit":"u\(unit)","metrics":{"value":\(value)},\
                        "at":"2026-01-01T14:00:00Z","messageId":"a"}
                        """)
                }
                try await service.call(
                    "experimentExposures.record", #"{"items":[\#(exposures.joined(separator: ","))]}"#)
                try await service.call("experimentEvents.record", #"{"items":[\#(events.joined(separator: ","))]}"#)
            }
            func segments(_ attribute: String, _ more: String = "") async throws -> JSONValue {
                try await service.call(
                    "experimentResults.segments",
                    #"{"experimentId":"\#(experiment.id)","attribute":"\#(attribute)"\#(more)}"#)
            }
            let reply = try await segments("country")
            let metric = try #require(reply["metrics"]?[0])
            let parts = try #require(metric["segments"]?.array)
            #expect(parts.map { $0["value"]?.string } == ["DE", "AT", nil])
            let arms = try parts.map { try #require($0["arms"]?[0]) }
            #expect(arms.map { $0["units"]?.int64 } == [200, 200, 200])
            let adjusted = try arms.map { try #require($0["adjustedPValue"]?.number?.double) }
            #expect(adjusted[1] < 1e-6 && adjusted[0] > 0.5 && adjusted[2] > 0.5)
            #expect(abs(try #require(arms[1]["absolute"]?["value"]?.number?.double) - 3) < 0.3)
            let difference = try #require(metric["differences"]?[0])
            #expect(try #require(difference["adjustedPValue"]?.number?.double) < 1e-4)
            #expect(difference["summary"]?.string?.hasPrefix("The effect differs") == true)
            // All units show what is between.
            let all = try await service.call("experimentResults.get", #"{"experimentId":"\#(experiment.id)"}"#)
            let effect = try #require(all["metrics"]?[0]?["arms"]?[0]?["absolute"]?["value"]?.number?.double)
            #expect(effect > 0.5 && effect < 1.5)
            // The other dimension has Austrians in both segments alike.
            let isNew = try await segments("isNew")
            let summary = isNew["metrics"]?[0]?["differences"]?[0]?["summary"]?.string
            #expect(summary?.hasPrefix("Nothing shows") == true)
            // Quantiles are kept by segment as well, and all that is asked for is one family.
            let both = try await segments("country", #","metrics":["p80","spend"]"#)
            #expect(both["metrics"]?.array?.map { $0["metric"]?.string } == ["spend", "p80"])
            let again = try #require(both["metrics"]?[0]?["segments"]?[1]?["arms"]?[0])
            #expect(again["pValue"] == arms[1]["pValue"])
            #expect(
                try #require(again["adjustedPValue"]?.number?.double)
                    > (try #require(arms[1]["adjustedPValue"]?.number?.double)))
            let quantile = both["metrics"]?[1]?["segments"]?[1]?["arms"]?[0]?["absolute"]?["value"]?.number?.double
            #expect(abs((quantile ?? 0) - 3) < 0.5)
        }
    }

    @Test("Nothing is told of segments that are not planned, of metrics that are not, nor of a few units")
    func refusals() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            func refusal(_ more: String) async throws -> RPCError? {
                try await failure {
                    try await service.call(
                        "experimentResults.segments", #"{"experimentId":"\#(experiment.id)",\#(more)}"#)
                }
            }
            #expect(try await refusal(#""attribute":"city""#)?.code == RPCError.Code.notFound)
            #expect(try await refusal(#""attribute":"country","metrics":["clicks"]"#)?.code == RPCError.Code.notFound)
            let none = try await service.call(
                "experimentResults.segments", #"{"experimentId":"\#(experiment.id)","attribute":"country"}"#)
            let arm = none["metrics"]?[0]?["segments"]?[0]?["arms"]?[0]
            #expect(arm?["notEnoughData"]?.string == "needs 2 units and has 0")
            #expect(none["metrics"]?[0]?["differences"]?[0]?["pValue"] == nil)
        }
    }

    @Test("Dimensions are fixed once the experiment was started, and each is one with values that differ")
    func plans() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service)
            let plan = try await service.call("resultPlans.get", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(plan["dimensions"]?[0]?["values"] == ["DE", "AT"])
            func set(_ dimensions: String) async throws -> RPCError? {
                try await failure {
                    try await service.call(
                        "resultPlans.set",
                        """
                        {"experimentId":"\(experiment.id)","version":1,"metrics":[{"metric":"spend","role":"goal"},\
                        {"metric":"p80","role":"secondary"}],"dimensions":\(dimensions)}
                        """)
                }
            }
            #expect(try await set("[]")?.code == RPCError.Code.illegalTransition)
            #expect(
                try await set(#"[{"attribute":"a","values":["x","x"]}]"#)?.code == RPCError.Code.invalidParams)
            #expect(
                try await set(#"[{"attribute":"a","values":["x"]},{"attribute":"a","values":["y"]}]"#)?.code
                    == RPCError.Code.invalidParams)
            let (fifty, more) = ((0..<50).map { "\"\($0)\"" }, (0..<51).map { "\"\($0)\"" })
            let values = { (list: [String]) in #"[{"attribute":"a","values":[\#(list.joined(separator: ","))]}]"# }
            #expect(try await set(values(fifty))?.code == RPCError.Code.illegalTransition)
            #expect(try await set(values(more))?.code == RPCError.Code.invalidParams)
            #expect(try await set(Self.dimensions) == nil)
        }
    }

    @Test("An erased unit is in no segment any more, and what many did stays")
    func erasure() async throws {
        try await withExperiments { service in
            _ = try await measured(service)
            service.advance(hours: 48)
            _ = try await expose(service, "u1", "control", #"{"country":"DE"}"#)
            _ = try await expose(service, "u2", "control", #"{"country":"DE"}"#)
            try await order(service, "u1", 20)
            let rows = try await service.erase(Identifier(type: "customerId", value: "u1"))
            #expect(rows["entry_segments"] == 2)
            #expect(try await memberships(service).map { $0[0] } == ["u2", "u2"])
            #expect(try await service.number("SELECT count(*) FROM metric_days WHERE segment > 0") > 0)
            #expect(try await expose(service, "u1", "control", #"{"country":"DE"}"#).contains("erased"))
        }
    }
}
