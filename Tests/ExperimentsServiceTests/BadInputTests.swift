import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// What cannot be right, as callers send it: its declared error at its place, or an honest "not enough data"; never a
/// wrong number.
@Suite("Bad input through every call") struct BadInputTests {
    /// A call that has to be refused with what its contract declares.
    private func refused(
        _ service: ExperimentsUnderTest, _ method: String, _ params: String, _ code: Int, _ says: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let error = try await failure { try await service.call(method, params) }
        #expect(error?.code == code, sourceLocation: location)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")", sourceLocation: location)
    }

    private func create(_ variants: String, _ more: String = "") -> String {
        #"{"key":"e","name":"E","unitType":"user","variants":[\#(variants)]\#(more)}"#
    }

    private func half(_ key: String, _ more: String = "") -> String {
        #"{"key":"\#(key)","allocation":5000\#(more)}"#
    }

    @Test("Weights that do not sum")
    func weights() async throws {
        try await withExperiments { service in
            let control = #","isControl":true"#
            for (first, second) in [(5_000, 5_001), (10_000, 1)] {
                try await refused(
                    service, "experiments.create",
                    create(
                        #"{"key":"a","allocation":\#(first)\#(control)},{"key":"b","allocation":\#(second)}"#),
                    RPCError.Code.invalidParams, "/params/variants")
            }
            try await refused(
                service, "experiments.create",
                create(#"{"key":"a","allocation":-1\#(control)},{"key":"b","allocation":1}"#),
                RPCError.Code.invalidParams, "/params/variants/0/allocation")
            try await refused(
                service, "experiments.create",
                create(#"{"key":"a","allocation":0.5\#(control)},{"key":"b","allocation":1}"#),
                RPCError.Code.invalidParams, "/params/variants/0/allocation")
            let running = try await service.running()
            try await refused(
                service, "experiments.update",
                #"{"id":"\#(running.id)","version":\#(running.version),"variants":[\#(half("control", control)),{"key":"new","allocation":5001}]}"#,
                RPCError.Code.invalidParams, "/params/variants")
        }
    }

    @Test("An overlapping layer")
    func layer() async throws {
        try await withExperiments { service in
            try await service.call("layers.create", #"{"key":"page","name":"Page"}"#)
            func slot(_ key: String, _ lower: Int, _ upper: Int) -> String {
                """
                {"key":"\(key)","name":"X","unitType":"user","slot":{"layer":"page","ranges":[{"lower":\(lower),\
                "upper":\(upper)}]},"variants":[\(half("control", #","isControl":true"#)),\(half("new"))]}
                """
            }
            try await service.call("experiments.create", slot("a", 0, 6_000))
            try await refused(
                service, "experiments.create", slot("b", 5_999, 7_000), RPCError.Code.conflict, "[5999, 6000)")
            try await service.call("experiments.create", slot("c", 6_000, 7_000))
        }
    }

    @Test("A config that does not match its strategy, and a reference to a policy that is deprecated")
    func config() async throws {
        try await withExperiments { service in
            let version = try await service.policyVersion(of: try await service.policy())
            func draft(_ config: String) -> String {
                create(
                    [half("control", #","isControl":true"#), half("new", #","config":\#(config)"#)].joined(
                        separator: ","))
            }
            let place = "/params/variants/1/config"
            for (config, member) in [
                (#"{"execution_strategy":"mlflow_model"}"#, "/mlflow_model"),
                (
                    #"{"execution_strategy":"prompt_template","mlflow_model":{"policy_version_id":"\#(version.id)"}}"#,
                    ""
                ),
                (
                    #"{"execution_strategy":"hybrid","mlflow_model":{"policy_version_id":"\#(version.id)"}}"#,
                    "/prompt_config"
                ),
                (#"{"execution_strategy":"guess"}"#, "/execution_strategy"),
                (#"{"value":1,"unknown":2}"#, "/unknown"),
            ] {
                try await refused(
                    service, "experiments.create", draft(config), RPCError.Code.invalidParams, place + member)
            }
            _ = try await service.set(.deprecated, of: version)
            try await refused(
                service, "experiments.create", draft(#"{"policy_version_id":"\#(version.id)"}"#),
                RPCError.Code.invalidParams, place + "/policy_version_id")
        }
    }

    @Test("An illegal transition")
    func transition() async throws {
        try await withExperiments { service in
            let draft = try await service.draft()
            func step(_ verb: String, _ version: Int) async throws {
                try await refused(
                    service, "experiments.\(verb)", #"{"id":"\#(draft.id)","version":\#(version)}"#,
                    RPCError.Code.illegalTransition, "An experiment that is ")
            }
            for verb in ["pause", "resume", "complete", "archive"] { try await step(verb, draft.version) }
            let running = try await service.start(draft)
            for verb in ["start", "resume", "archive"] { try await step(verb, running.version) }
        }
    }

    // MARK: Metrics

    @Test(
        "An option that says nothing of a metric of its kind, or two that do not go together",
        arguments: [
            (#""kind":"ratio","valueField":"a","denominatorField":"b","bounds":{"upper":5}"#, "/bounds"),
            (#""kind":"ratio","valueField":"a","denominatorField":"b","bounds":{"upperShare":0.99}"#, "/bounds"),
            (#""kind":"proportion","bounds":{"upper":1}"#, "/bounds"),
            (#""kind":"quantile","share":0.5,"bounds":{"upper":1}"#, "/bounds"),
            (#""kind":"eventQuantile","share":0.5,"valueField":"a","bounds":{"upper":1}"#, "/bounds"),
            (#""kind":"retention","fromSeconds":1,"toSeconds":2,"bounds":{"upper":1}"#, "/bounds"),
            (#""kind":"mean","bounds":{}"#, "/bounds"),
            (#""kind":"mean","bounds":{"upper":1,"lowerShare":0.1}"#, "/bounds"),
            (#""kind":"mean","bounds":{"lower":2,"upper":1}"#, "/bounds/upper"),
            (#""kind":"mean","bounds":{"lowerShare":0.2,"upperShare":0.1}"#, "/bounds/upperShare"),
            (#""kind":"mean","bounds":{"lowerShare":0}"#, "/bounds/lowerShare"),
            (#""kind":"mean","bounds":{"upper":1,"ignoringZeros":true}"#, "/bounds/ignoringZeros"),
            (#""kind":"proportion","valueField":"a""#, "/valueField"),
            (#""kind":"count","valueField":"a""#, "/valueField"),
            (#""kind":"retention","fromSeconds":1,"toSeconds":2,"valueField":"a""#, "/valueField"),
            (#""kind":"eventQuantile","share":0.5"#, "/valueField"),
            (#""kind":"ratio""#, "/denominatorField"),
            (#""kind":"ratio","valueField":"a","denominatorField":"a""#, "/denominatorField"),
            (#""kind":"ratio","denominatorEvent":"order""#, "/denominatorField"),
            (#""kind":"mean","denominatorField":"a""#, "/denominatorEvent"),
            (#""kind":"mean","share":0.5"#, "/share"), (#""kind":"quantile""#, "/share"),
            (#""kind":"quantile","share":1"#, "/share"),
            (#""kind":"quantile","share":0.5,"lookBackSeconds":5"#, "/lookBackSeconds"),
            (#""kind":"mean","toSeconds":5"#, "/fromSeconds"),
            (#""kind":"retention","fromSeconds":2,"toSeconds":2"#, "/toSeconds"),
            (#""kind":"retention","fromSeconds":1"#, "/toSeconds"),
            (#""kind":"retention","fromSeconds":1,"toSeconds":2,"windowSeconds":5"#, "/windowSeconds"),
            (#""kind":"retention","fromSeconds":1,"toSeconds":2,"delaySeconds":5"#, "/delaySeconds"),
            (#""kind":"mean","countsFinishedWindowsOnly":true"#, "/windowSeconds"),
        ])
    func metric(_ options: String, _ pointer: String) async throws {
        try await withExperiments { service in
            try await refused(
                service, "metricDefinitions.create", #"{"key":"m","name":"M","event":"order",\#(options)}"#,
                RPCError.Code.invalidParams, "/params\(pointer): ")
        }
    }

    @Test(
        "Every kind with what belongs to it is taken",
        arguments: [
            #""kind":"proportion","lookBackSeconds":5"#, #""kind":"count","bounds":{"upper":5}"#, #""kind":"mean""#,
            #""kind":"mean","valueField":"a","bounds":{"upperShare":0.99,"ignoringZeros":true}"#,
            #""kind":"ratio","valueField":"a""#, #""kind":"ratio","denominatorEvent":"visit""#,
            #""kind":"ratio","valueField":"a","denominatorEvent":"visit","denominatorField":"a""#,
            #""kind":"quantile","share":0.9"#, #""kind":"eventQuantile","share":0.9,"valueField":"a""#,
            #""kind":"retention","fromSeconds":1,"toSeconds":2"#,
        ])
    func goodMetric(_ options: String) async throws {
        try await withExperiments { service in
            try await service.call(
                "metricDefinitions.create", #"{"key":"m","name":"M","event":"order",\#(options)}"#)
        }
    }

    // MARK: Numbers

    /// An experiment that runs and measures the mean of a value.
    private func measured(_ service: ExperimentsUnderTest, _ shares: KeyValuePairs<String, Int>) async throws
        -> Experiment
    {
        try await service.call(
            "metricDefinitions.create",
            #"{"key":"spend","name":"Spend","kind":"mean","event":"order","source":"client","valueField":"value"}"#)
        let draft = try await service.draft("checkout", shares)
        try await service.call(
            "resultPlans.set",
            #"{"experimentId":"\#(draft.id)","metrics":[{"metric":"spend","role":"goal"}],"correction":"none"}"#)
        let running = try await service.start(draft)
        service.advance(hours: 24)
        return running
    }

    private func expose(_ service: ExperimentsUnderTest, _ unit: String, _ variant: String) async throws {
        let reply = try await service.call(
            "experimentExposures.record",
            #"{"items":[{"experiment":"checkout","unit":"\#(unit)","variant":"\#(variant)","at":"2026-01-01T12:00:00Z"}]}"#
        )
        #expect(reply["verdicts"]?[0]?["status"]?.string == "accepted")
    }

    private func order(_ service: ExperimentsUnderTest, _ unit: String, _ value: String) async throws -> JSONValue? {
        try await service.call(
            "experimentEvents.record",
            """
            {"items":[{"type":"order","unitType":"user","unit":"\(unit)","metrics":{"value":\(value)},\
            "at":"2026-01-01T13:00:00Z"}]}
            """)["verdicts"]?[0]
    }

    private func results(_ service: ExperimentsUnderTest, _ experiment: Experiment) async throws -> JSONValue {
        try await service.call("experimentResults.get", #"{"experimentId":"\#(experiment.id)"}"#)
    }

    /// No answer but the reason, and so no decision but to go on.
    private func isNotEnough(_ results: JSONValue, _ says: String) throws {
        let arm = try #require(results["metrics"]?[0]?["arms"]?[0])
        #expect(arm["notEnoughData"]?.string?.contains(says) == true, "\(arm)")
        #expect(arm.object?.count == 2, "no number beside it: \(arm)")
        #expect(results["recommendation"]?["verdict"]?.string == "keepRunning")
    }

    @Test("A metric with one unit, and with one in an arm only")
    func oneUnit() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, ["control": 5_000, "new": 5_000])
            try isNotEnough(try await results(service, experiment), "needs 2 units and has 0")
            try await expose(service, "a", "new")
            _ = try await order(service, "a", "5")
            try isNotEnough(try await results(service, experiment), "needs 2 units and has 0")
            for unit in ["b", "c", "d"] {
                try await expose(service, unit, "control")
                _ = try await order(service, unit, "5")
            }
            try isNotEnough(try await results(service, experiment), "needs 2 units and has 1")
        }
    }

    @Test("Zero variance")
    func noVariance() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, ["control": 5_000, "new": 5_000])
            for number in 0..<8 {
                try await expose(service, "u\(number)", number.isMultiple(of: 2) ? "control" : "new")
                _ = try await order(service, "u\(number)", number.isMultiple(of: 2) ? "1" : "2")
            }
            try isNotEnough(try await results(service, experiment), "values of each variant are the same")
        }
    }

    @Test("NaN, infinity, texts for numbers, and numbers that nothing real is as large as")
    func noNumber() async throws {
        try await withExperiments { service in
            let experiment = try await measured(service, ["control": 5_000, "new": 5_000])
            let broken = try await failure { try await order(service, "u", "NaN") }
            #expect(broken != nil, "JSON has no NaN")
            for value in [#""NaN""#, #""Infinity""#, "null", "true", "[1]", "1e400", "-1e61", "1e61"] {
                let verdict = try await order(service, "u", value)
                #expect(verdict?["status"]?.string == "rejected", "\(value)")
                #expect(verdict?["message"]?.string?.contains("/metrics/value") == true, "\(value)")
            }
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 0)
            for number in 0..<8 {
                try await expose(service, "u\(number)", number.isMultiple(of: 2) ? "control" : "new")
                #expect(try await order(service, "u\(number)", "\(number)e59")?["status"]?.string == "accepted")
            }
            let arm = try await results(service, experiment)["metrics"]?[0]?["arms"]?[0]
            for (member, mean) in [("controlMean", 3e59), ("mean", 4e59)] {
                #expect(arm?[member]?.number?.double.map { abs($0 / mean - 1) < 1e-12 } == true, "\(arm ?? .null)")
            }
            #expect(arm?["pValue"]?.number?.double.map { $0 > 0 && $0 < 1 } == true)
        }
    }

    @Test("An arm without traffic: without a share it is said, with one that nobody meets the experiment is broken")
    func emptyArm() async throws {
        for share in [0, 3_000] {
            try await withExperiments { service in
                let experiment = try await measured(service, ["control": 5_000, "closed": share, "new": 2_000])
                for number in 0..<70 {
                    try await expose(service, "u\(number)", number < 50 ? "control" : "new")
                    _ = try await order(service, "u\(number)", "\(number % 7)")
                }
                let results = try await results(service, experiment)
                let arms = try #require(results["metrics"]?[0]?["arms"]?.array)
                #expect(arms.map { $0["variant"]?.string } == ["closed", "new"])
                #expect(arms[0]["notEnoughData"]?.string == "needs 2 units and has 0" && arms[0].object?.count == 2)
                #expect(arms[1]["pValue"] != nil)
                #expect(results["split"]?["isBroken"]?.bool == (share > 0))
                #expect((results["recommendation"]?["verdict"]?.string == "broken") == (share > 0))
            }
        }
    }
}
