import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Shares that follow what is known of variants.
@Suite struct ShareMovingTests {
    /// A sticky experiment that runs, whose goal is that somebody orders.
    private func ready(
        _ service: ExperimentsUnderTest, _ shares: KeyValuePairs<String, Int> = ["control": 5_000, "new": 5_000],
        isSticky: Bool = true
    ) async throws -> Experiment {
        for (key, more) in [
            ("ordered", #""kind":"proportion""#), ("basket", #""kind":"ratio","denominatorEvent":"visit""#),
        ] {
            try await service.call(
                "metricDefinitions.create",
                #"{"key":"\#(key)","name":"\#(key)","event":"order","source":"client",\#(more)}"#)
        }
        let draft = try await service.draft("e", shares, isSticky: isSticky)
        try await service.call(
            "resultPlans.set",
            """
            {"experimentId":"\(draft.id)","correction":"none","metrics":[{"metric":"ordered","role":"goal"},\
            {"metric":"basket","role":"goal"}]}
            """)
        return try await service.start(draft)
    }

    private func set(_ service: ExperimentsUnderTest, _ experiment: Experiment, _ more: String = "") async throws {
        try await service.call(
            "experimentBandits.set", #"{"experimentId":"\#(experiment.id)","metric":"ordered"\#(more)}"#)
    }

    /// Assigns units, exposes them, and has a share of each variant order.
    private func play(
        _ service: ExperimentsUnderTest, _ units: Range<Int>, ordering: [String: Int]
    ) async throws {
        var (exposures, orders, seen): ([String], [String], [String: Int]) = ([], [], [:])
        for unit in units {
            guard let variant = try await service.assign("u\(unit)", "e").variant else { continue }
            exposures.append(#"{"experiment":"e","unit":"u\#(unit)","variant":"\#(variant)"}"#)
            seen[variant, default: 0] += 1
            if let every = ordering[variant], seen[variant, default: 0] % every == 0 {
                orders.append(#"{"type":"order","unitType":"user","unit":"u\#(unit)","messageId":"m\#(unit)"}"#)
            }
        }
        try await service.call("experimentExposures.record", #"{"items":[\#(exposures.joined(separator: ","))]}"#)
        try await service.call("experimentEvents.record", #"{"items":[\#(orders.joined(separator: ","))]}"#)
    }

    private func current(_ service: ExperimentsUnderTest) async throws -> Experiment {
        try await service.experiments.get(Experiments.Get.Params(key: "e"), for: service.call)
    }

    @Test("Shares are moved to the better variant as a new phase, and who has a variant keeps it")
    func moved() async throws {
        try await withExperiments { service in
            let experiment = try await ready(service, ["control": 4_000, "new": 4_000])
            try await set(service, experiment, #","floor":1000"#)
            let early = try await service.call("experimentBandits.weigh", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(early["arms"]?.array?.isEmpty == true)
            #expect(early["notEnoughData"]?.string == "needs 100 units and has 0")
            try await play(service, 0..<400, ordering: ["control": 10, "new": 3])
            let weighed = try await service.call("experimentBandits.weigh", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(try #require(weighed["arms"]?[1]?["chance"]?.number?.double) > 0.999)
            let before = try await service.rows("SELECT unit, variant FROM assignments ORDER BY unit")

            let params = #"{"experimentId":"\#(experiment.id)","version":\#(experiment.version)}"#
            let applied = try await service.call("experimentBandits.apply", params)
            // Of the 80 % that the experiment has the floor is 10 %: what else there is goes to the better one.
            #expect(applied["move"]?["arms"]?[0]?["allocation"]?.int64 == 800)
            #expect(applied["move"]?["arms"]?[1]?["allocation"]?.int64 == 7_200)
            #expect(applied["move"]?["arms"]?[1]?["propensity"]?.number?.double == 0.9)
            let after = try await current(service)
            #expect(after.phase == 2 && after.variants.map(\.allocation) == [800, 7_200])
            #expect(after.version == applied["experimentVersion"]?.int64.map(Int.init))
            let stale = try await failure { try await service.call("experimentBandits.apply", params) }
            #expect(stale?.code == RPCError.Code.versionMismatch)
            for unit in 0..<400 { _ = try await service.assign("u\(unit)", "e") }
            let kept = try await service.rows(
                "SELECT unit, variant FROM assignments WHERE phase = 1 ORDER BY unit")
            #expect(kept == before)

            let moves = try await service.call("experimentBandits.moves", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(moves["items"]?.array?.count == 1 && moves["items"]?[0]?["phase"]?.int64 == 2)
            #expect(moves["items"]?[0]?["mover"]?.string == "caller")
            let refusal = try await failure {
                try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                    try transaction.run("UPDATE share_moves SET phase = 1")
                }
            }
            #expect(refusal != nil)
        }
    }

    @Test("A variant that was drawn in one phase and met in the next counts by the shares of the first")
    func drawn() async throws {
        try await withExperiments { service in
            let experiment = try await ready(service)
            try await set(service, experiment)
            try await play(service, 0..<400, ordering: ["control": 10, "new": 3])
            let late = try #require(try await service.assign("late", "e").variant)
            try await service.call(
                "experimentBandits.apply", #"{"experimentId":"\#(experiment.id)","version":\#(experiment.version)}"#)
            service.advance(hours: 1)
            try await service.call(
                "experimentExposures.record",
                #"{"items":[{"experiment":"e","unit":"late","variant":"\#(late)"}]}"#)
            #expect(
                try await service.rows(
                    """
                    SELECT entries.phase, experiment_exposures.phase FROM entries JOIN units ON units.number = entries.unit
                        JOIN experiment_exposures ON experiment_exposures.unit = units.number
                    WHERE units.unit = 'late'
                    """) == [["1", "2"]])
        }
    }

    @Test("By itself shares move once a period, not before every variant has its units")
    func schedule() async throws {
        try await withExperiments { service in
            let experiment = try await ready(service)
            try await set(service, experiment, #","periodHours":24,"burnInUnits":150"#)
            let schedule = ShareSchedule(runtime: service.runtime)
            func phase() async throws -> Int? { try await current(service).phase }
            await schedule.look()
            #expect(try await service.rows("SELECT looked_at FROM share_rules") == [["-"]])
            service.advance(hours: 24)
            await schedule.look()
            #expect(try await service.rows("SELECT looked_at FROM share_rules") != [["-"]])
            #expect(try await phase() == 1)
            try await play(service, 0..<400, ordering: ["control": 10, "new": 3])
            service.advance(hours: 23)
            await schedule.look()
            #expect(try await phase() == 1)
            service.advance(hours: 1)
            await schedule.look()
            #expect(try await phase() == 2)
            #expect(try await service.rows("SELECT mover, phase FROM share_moves") == [["period", "2"]])
            await schedule.look()
            #expect(try await phase() == 2)
            // Nothing new is known: the shares stay, and so does the phase.
            service.advance(hours: 24)
            await schedule.look()
            #expect(try await phase() == 2)
            #expect(try await service.number("SELECT count(*) FROM share_moves") == 2)
            let paused = try await current(service)
            _ = try await service.experiments.pause(
                Experiments.Pause.Params(id: paused.id, version: paused.version), for: service.call)
            service.advance(hours: 48)
            await schedule.look()
            #expect(try await service.number("SELECT count(*) FROM share_moves") == 2)
        }
    }

    @Test(
        "A rule that would harm is refused: units that change variants, a measure that decides nothing, a floor too high"
    )
    func refused() async throws {
        try await withExperiments { service in
            let experiment = try await ready(service, isSticky: false)
            func refusal(_ more: String) async throws -> RPCError? {
                try await failure {
                    try await service.call("experimentBandits.set", #"{"experimentId":"\#(experiment.id)",\#(more)}"#)
                }
            }
            #expect(try await refusal(#""metric":"ordered""#)?.message.contains("sticky") == true)
            #expect(try await refusal(#""metric":"basket""#)?.message.contains("/params/metric") == true)
            #expect(try await refusal(#""metric":"nothing""#)?.code == RPCError.Code.notFound)
            // Units that come once may do without.
            try await service.call("unitTypes.set", #"{"type":"user"}"#)
            #expect(try await refusal(#""metric":"ordered","floor":5001"#)?.code == RPCError.Code.invalidParams)
            #expect(try await refusal(#""metric":"ordered","floor":5000"#) == nil)
            #expect(try await refusal(#""metric":"ordered""#)?.code == RPCError.Code.conflict)
            #expect(try await refusal(#""metric":"ordered","version":2"#)?.code == RPCError.Code.versionMismatch)
            #expect(try await refusal(#""metric":"ordered","version":1"#) == nil)
        }
    }

    private static let divisions: [(weights: [Double], total: Int, step: Int, shares: [Int])] = [
        ([0.5, 0.5], 10_000, 1, [5_000, 5_000]),
        ([1.0 / 3, 1.0 / 3, 1.0 / 3], 10_000, 1, [3_334, 3_333, 3_333]),
        ([0.05, 0.95], 2_000, 10, [100, 1_900]),
        ([0.999, 0.001], 30, 10, [30, 0]),
        ([0.2, 0.3, 0.5], 7, 1, [1, 2, 4]),
    ]

    @Test("Shares come to the total in whole steps", arguments: divisions)
    func whole(weights: [Double], total: Int, step: Int, shares: [Int]) {
        #expect(ShareMoving.shares(weights, of: total, step: step) == shares)
    }
}
