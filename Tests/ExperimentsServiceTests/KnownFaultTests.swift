import ExperimentsAPI
import JSON
import JSONRPC
import Policies
import ServiceContract
import ServiceKit
import Testing

@testable import ExperimentsService

/// Faults that an engine in wide use has (gbstats 0.8.0), as its users would meet them: with the same data, what
/// `experimentResults.get` and `bandits.decide` say. The right numbers are mpmath's, at 40 digits.
@Suite("Seven faults of another engine, in the results that users get")
struct KnownFaultTests {
    /// What an experiment has shown that has ended, with one event of a value for each unit.
    ///
    /// - Parameters:
    ///   - plan: members of `resultPlans.set`, but for the metric.
    ///   - values: of the units of each variant.
    private func results(
        _ plan: String, metric: String = #"{"metric":"spend","role":"goal","scale":"absolute"}"#,
        shares: KeyValuePairs<String, Int> = ["control": 5_000, "new": 5_000], _ values: [String: [Double]]
    ) async throws -> JSONValue {
        let service = try ExperimentsUnderTest()
        defer { service.runtime.stop() }
        try await service.call(
            "metricDefinitions.create",
            #"{"key":"spend","name":"Spend","kind":"mean","event":"order","source":"client","valueField":"value"}"#)
        let draft = try await service.draft("checkout", shares)
        try await service.call(
            "resultPlans.set", #"{"experimentId":"\#(draft.id)","metrics":[\#(metric)],\#(plan)}"#)
        _ = try await service.start(draft)
        service.advance(hours: 24)
        let units = values.sorted { $0.key < $1.key }.flatMap { variant, values in
            values.enumerated().map { (unit: "\(variant)-\($0)", variant: variant, value: $1) }
        }
        for first in stride(from: 0, to: units.count, by: 500) {
            let some = units[first..<min(first + 500, units.count)]
            try await record(
                service, "experimentExposures.record",
                some.map {
                    """
                    {"experiment":"checkout","unit":"\($0.unit)","variant":"\($0.variant)","at":"2026-01-01T12:00:00Z"}
                    """
                })
            try await record(
                service, "experimentEvents.record",
                some.map {
                    """
                    {"type":"order","unitType":"user","unit":"\($0.unit)","metrics":{"value":\($0.value)},\
                    "at":"2026-01-01T13:00:00Z","messageId":"m"}
                    """
                })
        }
        let running = try await service.experiments.get(Experiments.Get.Params(id: draft.id), for: service.call)
        _ = try await service.experiments.complete(
            Experiments.Complete.Params(id: draft.id, version: running.version), for: service.call)
        return try await service.call("experimentResults.get", #"{"experimentId":"\#(draft.id)"}"#)
    }

    private func record(_ service: ExperimentsUnderTest, _ method: String, _ items: [String]) async throws {
        let reply = try await service.call(method, #"{"items":[\#(items.joined(separator: ","))]}"#)
        let verdicts = try #require(reply["verdicts"]?.array)
        #expect(verdicts.allSatisfy { $0["status"]?.string == "accepted" }, "\(verdicts.first ?? .null)")
    }

    /// Half of them a lower value, half of them 2 more.
    private func halves(_ count: Int, from lower: Double) -> [Double] {
        (0..<count).map { $0.isMultiple(of: 2) ? lower : lower + 2 }
    }

    private func arm(_ results: JSONValue) throws -> JSONValue { try #require(results["metrics"]?[0]?["arms"]?[0]) }

    private func isNear(_ value: JSONValue?, _ expected: Double, tolerance: Double = 1e-9) -> Bool {
        guard let value = value?.number?.double else { return false }
        return abs(value - expected) <= tolerance * abs(expected)
    }

    @Test("Fault 1: a t of 14.3 has a p-value, not 0")
    func farTail() async throws {
        let arm = try arm(
            try await results(
                #""engine":"fixed","correction":"none""#,
                ["control": halves(410, from: 0), "new": halves(410, from: 1)]))
        #expect(isNear(arm["pValue"], 1.434257122320818e-41))
        let corrected = try self.arm(
            try await results(
                #""engine":"fixed","correction":"holm""#,
                ["control": halves(410, from: 0), "new": halves(410, from: 1)]))
        #expect(isNear(corrected["adjustedPValue"], 1.434257122320818e-41))
    }

    @Test("Fault 2: values about a hundred million keep their variance of one")
    func cancellation() async throws {
        let arm = try arm(
            try await results(
                #""engine":"fixed","correction":"none""#,
                ["control": halves(100, from: 1e8 - 1), "new": halves(100, from: 1e8)]))
        #expect(isNear(arm["absolute"]?["value"], 1))
        #expect(isNear(arm["absolute"]?["standardError"], 0.1421338109037403))
    }

    @Test("Fault 3: an arm without a share does not soften the test of the split")
    func armWithoutShare() async throws {
        let results = try await results(
            #""engine":"fixed""#, shares: ["control": 5_000, "new": 5_000, "closed": 0],
            ["control": Array(repeating: 1, count: 1_000), "new": Array(repeating: 1, count: 1_100)])
        #expect(results["split"]?["units"]?.array?.compactMap(\.int64) == [1_000, 1_100, 0])
        // With two degrees of freedom it would be 0.0925.
        #expect(isNear(results["split"]?["pValue"], 0.02909633174125222))
        #expect(results["split"]?["isBroken"]?.bool == false)
    }

    @Test("Fault 4: a prior in the metric's unit is applied, and is another one than the same numbers as shares")
    func absolutePrior() async throws {
        let values = [
            "control": (0..<400).map { $0.isMultiple(of: 2) ? 0.0 : 20 },
            "new": (0..<400).map { $0.isMultiple(of: 2) ? 1.0 : 21 },
        ]
        for (scale, mean) in [("absolute", 0.1522190665931923), ("relative", 0.9472434713795832)] {
            let prior = #"{"mean":0,"standardDeviation":0.3,"scale":"\#(scale)"}"#
            let arm = try arm(try await results(#""engine":"bayesian","prior":\#(prior)"#, values))
            let interval = try #require(arm["absolute"]?["interval"])
            let (lower, upper) = (interval["lower"]?.number?.double, interval["upper"]?.number?.double)
            #expect(abs(try #require(lower) + #require(upper) - 2 * mean) < 1e-9, "\(scale)")
            let chance = try #require(arm["absolute"]?["chanceToWin"]?.number?.double)
            #expect(scale == "absolute" ? chance < 0.8 : chance > 0.9)
        }
    }

    /// Top-two itself is held against its formula in `PoliciesTests`; this is what a bandit's callers get.
    @Test("Fault 5: the best arm of a bandit has the largest share, with two arms too")
    func bestArm() async throws {
        for arms in [["a", "b"], ["a", "b", "c"]] {
            for best in arms {
                let service = try ExperimentsUnderTest()
                defer { service.runtime.stop() }
                _ = try await service.bandits.create(
                    Bandits.Create.Params(
                        key: "dinner", policyVersionId: try await service.versions()[0].id, kind: .thompson, arms: arms),
                    for: service.call)
                for arm in arms {
                    for index in 0..<10 {
                        let decision = try await service.bandits.decide(
                            Bandits.Decide.Params(key: "dinner", arms: [arm]), for: service.call)
                        _ = try await service.bandits.reward(
                            Bandits.Reward.Params(
                                decisionId: decision.id, reward: index < (arm == best ? 8 : 2) ? 1 : 0),
                            for: service.call)
                    }
                }
                let decision = try await service.bandits.decide(
                    Bandits.Decide.Params(key: "dinner"), for: service.call)
                let shares = decision.propensities
                #expect(shares.count == arms.count && shares.allSatisfy { $0 > 0 })
                let largest = shares.indices.max { shares[$0] < shares[$1] }
                #expect(largest.map { arms[$0] } == best)
            }
        }
    }

    @Test("Fault 6: one-sided p-values of guardrails go beyond 0.00001 and 0.4999")
    func oneSided() async throws {
        let guardrail = #"{"metric":"spend","role":"guardrail","scale":"absolute","margin":0.5}"#
        for (lower, isShown, pValue) in [(1.0, true, 9.615957324474066e-13), (0.0, false, 0.9999999999990384)] {
            let arm = try arm(
                try await results(
                    #""engine":"fixed""#, metric: guardrail,
                    ["control": halves(410, from: 1), "new": halves(410, from: lower)]))
            #expect(arm["nonInferiority"]?["isShown"]?.bool == isShown)
            #expect(isNear(arm["nonInferiority"]?["pValue"], pValue))
        }
    }

    @Test("Fault 7: an always valid p-value overflows nothing, and is 0 for no effect, however large")
    func overflow() async throws {
        // exp(727.2) is more than any Double, exp(-727.2) is not less than any.
        for (more, pValue) in [(3.61, Double("2.214742502e-316") ?? 0), (20, Double.leastNonzeroMagnitude)] {
            let arm = try arm(
                try await results(
                    #""engine":"alwaysValid","correction":"none""#,
                    ["control": halves(400, from: 0), "new": halves(400, from: more)]))
            #expect(isNear(arm["pValue"], pValue, tolerance: 1e-6), "\(arm["pValue"] ?? .null)")
        }
    }
}
