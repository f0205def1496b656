import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Power, units and smallest effects: before a test, from figures given and from history; and during one.
@Suite struct PowerTests {
    // MARK: Before, by hand

    @Test("A proportion and an effect make units and days; two of effect, units and power make the third")
    func byHand() async throws {
        try await withExperiments { service in
            func estimate(_ params: String) async throws -> JSONValue {
                try await service.call("experimentPower.estimate", params)
            }
            // statsmodels' normal_power_het has 80 % at 51,158.9 units.
            let share = try await estimate(#"{"mean":0.2,"effect":0.05,"unitsPerDay":4000,"weeks":3}"#)
            #expect(share["units"]?.int64 == 51_159)
            #expect(share["arms"]?[1]?.int64 == 25_580)
            #expect(share["days"]?.int64 == 13)
            #expect(share["effect"]?["absolute"]?.number?.double == 0.05 * 0.2)
            #expect(share["baseline"]?["standardDeviation"]?.number?.double == 0.2 * 2)
            let weeks = try #require(share["weeks"]?.array)
            #expect(weeks.map { $0["units"]?.int64 } == [28_000, 56_000, 84_000])
            let effects = weeks.compactMap { $0["effect"]?["relative"]?.number?.double }
            #expect(effects.count == 3 && effects[0] > effects[1] && effects[1] > effects[2])
            #expect(effects[0] > 0.05 && effects[1] < 0.05)

            // NormalIndPower: 19,622.2 units for 2 of 50; 10,000 find 2.8016.
            let mean = try await estimate(
                #"{"mean":80,"standardDeviation":50,"effect":2,"scale":"absolute","questions":1}"#)
            #expect(mean["units"]?.int64 == 19_623)
            let found = try await estimate(#"{"mean":80,"standardDeviation":50,"units":10000}"#)
            #expect(abs(try #require(found["effect"]?["absolute"]?.number?.double) - 2.801_585) < 1e-5)
            let power = try await estimate(
                #"{"mean":80,"standardDeviation":50,"units":10000,"effect":2,"scale":"absolute"}"#)
            #expect(abs(try #require(power["power"]?.number?.double) - 0.516_005) < 1e-6)

            let half = try await estimate(
                #"{"mean":80,"standardDeviation":50,"effect":2,"scale":"absolute","varianceCut":0.5}"#)
            #expect(half["units"]?.int64 == 9_812)
            // Each way to look costs more than the one before it.
            var last: Int64 = 0
            for engine in [
                #""fixed""#, #""groupSequential""#, #""groupSequential","spending":"pocock""#, #""alwaysValid""#,
            ] {
                let reply = try await estimate(#"{"mean":0.2,"effect":0.05,"engine":\#(engine)}"#)
                let units = try #require(reply["units"]?.int64)
                #expect(units > last, "\(engine)")
                last = units
            }
            let three = try await estimate(#"{"mean":0.2,"effect":0.05,"shares":[1,1,1]}"#)
            #expect(three["questions"]?.int64 == 2 && three["units"]?.int64 ?? 0 > 51_159 * 3 / 2)
        }
    }

    @Test(
        "What cannot be reckoned is refused at its place",
        arguments: [
            (#"{"mean":0.2}"#, "/params/effect"), (#"{"effect":0.1}"#, "/params/metric"),
            (#"{"mean":2,"effect":0.1}"#, "/params/mean"), (#"{"mean":0,"effect":0.1}"#, "/params/mean"),
            (#"{"mean":0.2,"effect":0}"#, "/params/effect"),
            (#"{"mean":0.2,"effect":4.1}"#, "/params/effect"), (#"{"mean":0.2,"effect":1e-9}"#, "/params/effect"),
            (#"{"mean":1,"standardDeviation":0,"effect":0.1}"#, "/params/standardDeviation"),
            (#"{"mean":0,"standardDeviation":1,"effect":0.1}"#, "/params/scale"),
            (#"{"mean":0.2,"effect":0.1,"shares":[1,0]}"#, "/params/shares"),
            (#"{"mean":0.2,"effect":0.1,"looks":[0.5,1]}"#, "/params/looks"),
            (#"{"mean":0.2,"effect":0.1,"engine":"groupSequential","looks":[1,0.5]}"#, "/params/looks"),
            (#"{"mean":0.2,"effect":0.1,"engine":"groupSequential","looks":[0.5,0.9]}"#, "/params/looks"),
            (#"{"mean":0.2,"unitsPerDay":0}"#, "/params/unitsPerDay"),
            (#"{"mean":0.2,"effect":0.1,"alpha":0.5,"power":0.5}"#, "/params/power"),
            (#"{"mean":0.2,"effect":0.1,"alpha":0.5,"isOneSided":true}"#, "/params/alpha"),
            (#"{"mean":0.2,"effect":0.1,"engine":"bayesian","questions":3}"#, "/params/questions"),
            (
                #"{"mean":0.2,"effect":0.1,"experimentId":"01930000-0000-7000-8000-000000000001"}"#,
                "/params/experimentId"
            ),
        ])
    func refusals(params: String, place: String) async throws {
        try await withExperiments { service in
            let refusal = try await failure { try await service.call("experimentPower.estimate", params) }
            #expect(refusal?.code == RPCError.Code.invalidParams)
            #expect(
                refusal?.message.contains(place) == true || "\(refusal as Any)".contains(place), "\(refusal as Any)")
        }
    }

    @Test("So few units that no share of units can show anything are told without an effect")
    func nothingFound() async throws {
        try await withExperiments { service in
            let reply = try await service.call("experimentPower.estimate", #"{"mean":0.9,"units":20}"#)
            #expect(reply["effect"] == nil && reply["units"]?.int64 == 20)
        }
    }

    // MARK: From what experiments showed

    /// An experiment that runs, of `units` units in two arms, exposed on as many days as there are hundreds; each spends
    /// what it spent before and some more.
    private func measured(
        _ service: ExperimentsUnderTest, units: Int, plan: String = "", worthHaving: String = ""
    ) async throws -> Experiment {
        for (key, kind, more) in [
            ("spend", "mean", #","valueField":"value","lookBackSeconds":864000"#), ("ordered", "proportion", ""),
        ] {
            try await service.call(
                "metricDefinitions.create",
                #"{"key":"\#(key)","name":"\#(key)","kind":"\#(kind)","event":"order"\#(more)}"#)
        }
        let draft = try await service.draft()
        try await service.call(
            "resultPlans.set",
            """
            {"experimentId":"\(draft.id)","metrics":[{"metric":"spend","role":"goal"\(worthHaving)},\
            {"metric":"ordered","role":"guardrail","margin":0.1}],"correction":"none"\(plan)}
            """)
        let experiment = try await service.start(draft)
        service.advance(hours: 24 * Int64((units + 99) / 100))
        for day in 0..<((units + 99) / 100) {
            var exposures: [String] = []
            var events: [String] = []
            for unit in (day * 100)..<min(units, day * 100 + 100) {
                let date = Timestamp(
                    microseconds: ExperimentsUnderTest.start.microseconds + Int64(day) * 86_400_000_000)
                let variant = unit % 2 == 0 ? "control" : "new"
                exposures.append(
                    #"{"experiment":"checkout","unit":"u\#(unit)","variant":"\#(variant)","at":"\#(date)"}"#)
                for (value, seconds) in [(before(unit), -3_600), (after(unit), 3_600)] where value > 0 {
                    let time = Timestamp(microseconds: date.microseconds + Int64(seconds) * 1_000_000)
                    events.append(
                        """
                        {"type":"order","unitType":"user","unit":"u\(unit)","metrics":{"value":\(value)},"at":"\(time)",\
                        "messageId":"\(seconds)"}
                        """)
                }
            }
            try await service.call("experimentExposures.record", #"{"items":[\#(exposures.joined(separator: ","))]}"#)
            try await service.call("experimentEvents.record", #"{"items":[\#(events.joined(separator: ","))]}"#)
        }
        return experiment
    }

    private func before(_ unit: Int) -> Int { 1 + unit * 7 % 13 }
    /// Nothing of each fifth unit.
    private func after(_ unit: Int) -> Int { unit % 5 == 0 ? 0 : before(unit) + 1 + unit * 11 % 5 }

    @Test("A metric's history gives mean, deviation and the cut of CUPED, as the control's units were")
    func history() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, units: 600)
            let reply = try await service.call(
                "experimentPower.estimate", #"{"metric":"spend","effect":0.1,"unitsPerDay":100}"#)
            let baseline = try #require(reply["baseline"])
            #expect(baseline["experiment"]?.string == "checkout" && baseline["units"]?.int64 == 300)
            let control = stride(from: 0, to: 600, by: 2)
            let (y, x) = (control.map { Double(after($0)) }, control.map { Double(before($0)) })
            func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
            func covariance(_ a: [Double], _ b: [Double]) -> Double {
                zip(a, b).reduce(0) { $0 + ($1.0 - mean(a)) * ($1.1 - mean(b)) } / Double(a.count - 1)
            }
            func figure(_ name: String) throws -> Double { try #require(baseline[name]?.number?.double) }
            #expect(abs(try figure("mean") - mean(y)) < 1e-9)
            #expect(abs(try figure("standardDeviation") - covariance(y, y).squareRoot()) < 1e-9)
            let explained = covariance(x, y) * covariance(x, y) / covariance(x, x) / covariance(y, y)
            #expect(abs(try figure("varianceCut") - (1 - (1 - explained) * 299 / 298)) < 1e-9)
            #expect(explained > 0.25)
            // Without the covariate it takes as many more units as the variance is larger.
            let plain = try await service.call(
                "experimentPower.estimate", #"{"metric":"spend","effect":0.1,"varianceCut":0}"#)
            let units = try #require(plain["units"]?.number?.double)
            #expect(
                abs(try #require(reply["units"]?.number?.double) / units - (1 - (try figure("varianceCut")))) < 0.01)
            let named = try await service.call(
                "experimentPower.estimate",
                #"{"metric":"ordered","effect":0.1,"experimentId":"\#(experiment.id)"}"#)
            #expect(named["baseline"]?["isProportion"]?.bool == true)
            #expect(abs(try #require(named["baseline"]?["mean"]?.number?.double) - 0.8) < 1e-12)
        }
    }

    @Test("A metric without a history, of another brand's words or too few units, says so and what to give instead")
    func noHistory() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, units: 199)
            func refusal(_ params: String) async throws -> RPCError? {
                try await failure { try await service.call("experimentPower.estimate", params) }
            }
            #expect(try await refusal(#"{"metric":"nothing","effect":0.1}"#)?.code == RPCError.Code.notFound)
            let few = try await refusal(#"{"metric":"ordered","effect":0.1,"historyDays":1,"unitsPerDay":9}"#)
            #expect(few == nil)
            try await service.call(
                "metricDefinitions.create", #"{"key":"other","name":"other","kind":"count","event":"visit"}"#)
            let never = try await refusal(#"{"metric":"other","effect":0.1}"#)
            #expect(never?.code == RPCError.Code.conflict && never?.message.contains("give mean") == true)
            let elsewhere = try await refusal(#"{"metric":"other","effect":0.1,"experimentId":"\#(experiment.id)"}"#)
            #expect(elsewhere?.message.contains("does not measure") == true)
            service.advance(hours: 24 * 30)
            let old = try await refusal(#"{"metric":"ordered","effect":0.1,"historyDays":20}"#)
            #expect(old?.message.contains("last 20 days") == true)
        }
    }

    // MARK: During

    @Test("A running experiment says what it finds now and at its end, and how many units and days are missing")
    func running() async throws {
        try await withExperiments { service in
            let experiment = try await measured(
                service, units: 600, plan: #","plannedUnits":2000"#, worthHaving: #","worthHaving":0.05"#)
            let reply = try await service.call("experimentPower.get", #"{"experimentId":"\#(experiment.id)"}"#)
            #expect(reply["units"]?.int64 == 600 && reply["plannedUnits"]?.int64 == 2_000)
            #expect(reply["unitsPerDay"]?.number?.double == 100)
            let spend = try #require(reply["metrics"]?[0]?["arms"]?[0])
            #expect(spend["variant"]?.string == "new" && spend["units"]?.int64 == 300)
            #expect(try #require(spend["varianceCut"]?.number?.double) > 0.3)
            // The same as its results' standard error, times z of level and power.
            let results = try await service.call("experimentResults.get", #"{"experimentId":"\#(experiment.id)"}"#)
            let result = try #require(results["metrics"]?[0]?["arms"]?[0])
            let error = try #require(result["absolute"]?["standardError"]?.number?.double)
            let (now, end) = (
                try #require(spend["effect"]?["absolute"]?.number?.double),
                try #require(spend["effectAtEnd"]?["absolute"]?.number?.double)
            )
            #expect(abs(now / error - 2.801_585_2) < 1e-5)
            #expect(abs(end / now - (600.0 / 2_000).squareRoot()) < 1e-9)
            let planned = try #require(spend["planned"])
            let effect = try #require(planned["effect"]?["absolute"]?.number?.double)
            #expect(abs(effect - 0.05 * (try #require(result["controlMean"]?.number?.double))) < 1e-9)
            let missing = try #require(planned["unitsMissing"]?.int64)
            let needed = 600 * (now / effect) * (now / effect)
            #expect(abs(Double(missing) + 600 - needed) < 2)
            #expect(planned["days"]?.int64 == (missing + 99) / 100)
            #expect(spend["summary"]?.string?.contains("\(missing) more units") == true)
            #expect(planned["conditionalPower"] != nil)
            let guardrail = try #require(reply["metrics"]?[1]?["arms"]?[0]?["planned"])
            #expect(guardrail["conditionalPower"] == nil)
            #expect(abs(try #require(guardrail["effect"]?["relative"]?.number?.double) - 0.1) < 1e-12)

            // Who is paused waits, and nobody comes.
            _ = try await service.experiments.pause(
                Experiments.Pause.Params(id: experiment.id, version: experiment.version), for: service.call)
            let paused = try await service.call("experimentPower.get", #"{"experimentId":"\#(experiment.id)"}"#)
            let waits = try #require(paused["metrics"]?[0]?["arms"]?[0])
            #expect(paused["unitsPerDay"] == nil && waits["planned"]?["days"] == nil)
            #expect(waits["summary"]?.string?.contains("none come now") == true)
        }
    }

    @Test("Too few units are told, and what an effect that is planned nowhere would need")
    func early() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, units: 198)
            let early = try await service.call("experimentPower.get", #"{"experimentId":"\#(experiment.id)"}"#)
            let arm = try #require(early["metrics"]?[0]?["arms"]?[0])
            #expect(arm["notEnoughData"]?.string == "needs 100 units and has 99")
            #expect(arm["effect"] == nil && arm["planned"] == nil)
        }
        try await withExperiments { service in
            let experiment = try await measured(service, units: 400)
            let id = #""experimentId":"\#(experiment.id)""#
            let unplanned = try await service.call("experimentPower.get", "{\(id)}")
            let arm = try #require(unplanned["metrics"]?[0]?["arms"]?[0])
            #expect(arm["effect"] != nil && arm["planned"] == nil && arm["effectAtEnd"] == nil)
            #expect(arm["summary"]?.string?.contains("No effect is planned") == true)
            let asked = try await service.call("experimentPower.get", "{\(id),\"effect\":0.5}")
            let enough = try #require(asked["metrics"]?[0]?["arms"]?[0])
            #expect(enough["planned"]?["unitsMissing"]?.int64 == 0)
            #expect(enough["summary"]?.string?.contains("enough units") == true)
            // The guardrail's own margin goes before it.
            let guardrail = asked["metrics"]?[1]?["arms"]?[0]?["planned"]?["effect"]?["relative"]?.number?.double
            #expect(abs((guardrail ?? 0) - 0.1) < 1e-12)
            let tiny = try await service.call("experimentPower.get", "{\(id),\"effect\":1e-9}")
            #expect(
                tiny["metrics"]?[0]?["arms"]?[0]?["summary"]?.string?.contains("No number of units") == true)
        }
    }
}
