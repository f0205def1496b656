import ExperimentsAPI
import JSON
import JSONRPC
import NIOCore
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

@Suite("GrowthBook's SDKs", .timeLimit(.minutes(1)))
struct GrowthBookDoorTests {
    private static let client = TestKey(1, scopes: ["features:read", "exposures:write"])
    private static let remote = TestKey(2, scopes: ["features:evaluate"])
    private static let mighty = TestKey(3)

    private static func features(_ tag: String, known: JSONValue?) -> JSONValue {
        var reply = JSONObject()
        reply["tag"] = .string(tag)
        reply["configVersion"] = 3
        reply["changedAt"] = "2026-01-01T00:00:00Z"
        if known?.string != tag { reply["features"] = ["checkout": ["defaultValue": nil]] }
        return .object(reply)
    }

    private func with(
        _ environment: [String: String] = [:], _ answer: @escaping FakeExperiments.Answer,
        _ body: (GatewayUnderTest, FakeExperiments) async throws -> Void
    ) async throws {
        let gateway = try await GatewayUnderTest(
            environment, keys: [Self.client, Self.remote, Self.mighty], hasExperiments: false)
        let experiments = try await FakeExperiments(beside: gateway, answer)
        do {
            try await body(gateway, experiments)
        } catch {
            Issue.record(error)
        }
        try await gateway.stop()
        try await experiments.close()
    }

    @Test("The features come with a tag, and only when they are new")
    func features() async throws {
        try await with { _, params throws(RPCError) in
            Self.features("t1", known: params["knownTag"])
        } _: { gateway, _ in
            let path = "/api/features/\(Self.client.key.text)"
            let first = try await HTTPExchange(gateway, "GET", path)
            #expect(first.status == 200)
            #expect(
                first.json == [
                    "status": 200, "features": ["checkout": ["defaultValue": nil]], "experiments": [],
                    "savedGroups": [:], "dateUpdated": "2026-01-01T00:00:00Z",
                ])
            #expect(first.headers["etag"] == "\"t1\"")
            #expect(first.headers["cache-control"] == "public, no-cache")
            #expect(first.headers["x-sse-support"] == "enabled")
            #expect(first.headers["access-control-allow-origin"] == "*")
            for header in ["\"t1\"", "W/\"t1\"", "\"t0\", \"t1\"", "*"] {
                let again = try await HTTPExchange(gateway, "GET", path, ["If-None-Match": header])
                #expect(again.status == 304, "\(header)")
                #expect(again.body == "")
            }
            let other = try await HTTPExchange(gateway, "GET", path, ["If-None-Match": "\"t0\""])
            #expect(other.status == 200)
        }
    }

    @Test("A client key may do what a public key may, and a key that may do more is none")
    func keys() async throws {
        try await with { _, params throws(RPCError) in
            Self.features("t1", known: params["knownTag"])
        } _: { gateway, experiments in
            for (key, status) in [(Self.mighty.key.text, 403), (Self.remote.key.text, 403), ("gy_live_x", 401)] {
                let answer = try await HTTPExchange(gateway, "GET", "/api/features/\(key)")
                #expect(answer.status == status)
                #expect(answer.json?["status"] == .number(JSONNumber(status)))
                #expect(answer.json?["error"]?.string?.isEmpty == false)
            }
            let evaluated = try await HTTPExchange(
                gateway, "POST", "/api/eval/\(Self.client.key.text)", body: #"{"attributes":{}}"#)
            #expect(evaluated.status == 403)
            #expect(experiments.calls.isEmpty)
        }
    }

    @Test("Remote evaluation passes on what the SDK says of its user")
    func evaluation() async throws {
        try await with { method, params throws(RPCError) in
            guard method == "features.evaluate", params["attributes"] == ["id": "u1"],
                params["forcedVariations"] == ["checkout": 1], params["forcedFeatures"] == ["a": 2, "b": nil],
                params["url"] == "https://shop.example/?x=1"
            else { throw .internalError("wrong parameters: \(params)") }
            return [
                "features": ["checkout": ["defaultValue": nil]], "configVersion": 3,
                "changedAt": "2026-01-01T00:00:00Z",
            ]
        } _: { gateway, _ in
            let body = """
                {"attributes": {"id": "u1"}, "forcedVariations": {"checkout": 1}, "url": "https://shop.example/?x=1",
                 "forcedFeatures": [["a", 1], ["b", null], ["a", 2]], "unknown": []}
                """
            let answer = try await HTTPExchange(gateway, "POST", "/api/eval/\(Self.remote.key.text)", body: body)
            #expect(answer.status == 200, "\(answer.body)")
            #expect(answer.json?["features"] == ["checkout": ["defaultValue": nil]])
            #expect(answer.headers["cache-control"] == "no-store")
        }
    }

    @Test(
        "A body that is no question is refused",
        arguments: [
            "", "{", "[]", #"{"attributes": 1}"#, #"{"forcedVariations": []}"#, #"{"forcedVariations": {"a": -1}}"#,
            #"{"forcedVariations": {"a": 1.5}}"#, #"{"forcedFeatures": [["a"]]}"#, #"{"forcedFeatures": "a"}"#,
        ])
    func badInput(_ body: String) {
        #expect(throws: RPCError.self) { try RemoteEvaluation.params(Array(body.utf8)) }
    }

    @Test("Exposures are found among a plugin's events, in both manners")
    func exposures() throws {
        let tracked = try TrackedExposures(
            Array(
                """
                [{"event_name": "$$experiment_viewed", "properties_json":
                    {"experiment_id": "checkout", "variation_id": 3, "variation_key": "new", "hash_value": "u1"}},
                 {"event_name": "$$feature_evaluated", "properties_json": {"feature_key": "checkout"}},
                 {"event_name": "Experiment Viewed", "properties_json":
                    {"experimentId": "delivery", "variationId": "fast", "hashAttribute": "id", "hashValue": 5}},
                 {"event_name": "$$experiment_viewed", "properties_json": "{\\"experiment_id\\": \\"a b\\"}"},
                 {"event_name": "$$experiment_viewed", "properties_json": {"experiment_id": "a", "variation_id": 1}},
                 {"event_name": "$$experiment_viewed", "properties_json":
                    {"experiment_id": "a", "variation_key": "b", "hash_value": "\(String(repeating: "x", count: 257))"}},
                 {"event_name": "Bought"}, 5]
                """.utf8))
        #expect(tracked.items.map(\.index) == [0, 2])
        #expect(
            tracked.items.map(\.item) == [
                ExposureItem(experiment: "checkout", unit: "u1", variant: "new"),
                ExposureItem(experiment: "delivery", unit: "5", variant: "fast"),
            ])
        #expect(tracked.rejections.map(\.index) == [3, 4, 5])
        #expect(tracked.others == 3)
        let event = #"{"event_name":"x"}"#
        let most = Array(repeating: event, count: TrackedExposures.maximumEvents)
        #expect(try TrackedExposures(Array("[\(most.joined(separator: ","))]".utf8)).others == most.count)
        #expect(throws: RPCError.self) {
            try TrackedExposures(Array("[\((most + [event]).joined(separator: ","))]".utf8))
        }
        for body in ["", "5", "[", "null"] {
            #expect(throws: RPCError.self) { try TrackedExposures(Array(body.utf8)) }
        }
    }

    /// What is passed on of an event beside its exposure.
    private func told(_ event: String) throws -> JSONValue? {
        let exposed = #""properties_json": {"experiment_id": "a", "variation_key": "b", "hash_value": "u1"}"#
        let tracked = try TrackedExposures(
            Array(#"{"event_name": "$$experiment_viewed", \#(exposed), \#(event)}"#.utf8))
        return try #require(tracked.items.first).item.attributes.map { try JSONValue(parsing: $0.bytes) }
    }

    @Test("Of what an event says of its unit that is passed on by which units may be told apart")
    func attributes() throws {
        #expect(
            try told(
                #""context_json": {"country": "DE", "age": 30.0, "isNew": true, "tags": ["a"], "plan": null}, "user_id": "u1""#
            ) == ["country": "DE", "age": .number(try #require(JSONNumber("30.0"))), "isNew": true])
        #expect(try told(#""context_json": "{\"country\": \"DE\"}""#) == ["country": "DE"])
        // What a plugin puts beside the others has its own name again.
        #expect(
            try told(#""context_json": {"utmTerm": "x"}, "utm_source": "mail", "utm_term": "y", "utm_medium": null"#)
                == ["utmTerm": "x", "utmSource": "mail"])
        for nothing in ["{}", "[]", "5", "null", #""{""#, #"{"a": {"b": 1}}"#] {
            #expect(try told(#""context_json": \#(nothing)"#) == nil)
        }
        let (most, more) = (String(repeating: "ä", count: 100), String(repeating: "ä", count: 101))
        #expect(
            try told(#""context_json": {"a": "\#(most)", "\#(most)": 1, "b": "\#(more)", "\#(more)": 1}"#)
                == ["a": .string(most), most: 1])
        #expect(try told(#""context_json": {"a": 1\#(String(repeating: "0", count: 100))}"#) == nil)
    }

    @Test("Attributes of 16 KiB are passed on; with more the exposure is recorded without any")
    func manyAttributes() throws {
        let value = String(repeating: "x", count: 100)
        func context(_ last: Int) -> String {
            let members = (0..<142).map { #""k-\#(1_000_000 + $0)":"\#(value)","# }.joined()
            return #"{\#(members)"l":"\#(String(repeating: "y", count: last))"}"#
        }
        let rest = TrackedExposures.maximumAttributesBytes - context(0).utf8.count
        try #require((0..<100).contains(rest))
        #expect(try told(#""context_json": \#(context(rest))"#)?.object?.count == 143)
        #expect(try told(#""context_json": \#(context(rest + 1))"#) == nil)
    }

    @Test("What a plugin sends is recorded, and what became of it is answered")
    func track() async throws {
        try await with { method, params throws(RPCError) in
            guard method == "experimentExposures.record", let items = params["items"]?.array, items.count == 3,
                items.allSatisfy({ $0["attributes"] == ["country": "DE"] })
            else { throw .internalError("wrong parameters") }
            return [
                "verdicts": [
                    ["index": 0, "status": "accepted"], ["index": 1, "status": "duplicate"],
                    ["index": 2, "status": "rejected", "code": -32004, "message": "There is no experiment gone."],
                ]
            ]
        } _: { gateway, _ in
            func event(_ experiment: String) -> String {
                """
                {"event_name": "$$experiment_viewed", "context_json": {"country": "DE"}, "properties_json":
                 {"experiment_id": "\(experiment)", "variation_key": "new", "hash_value": "u1"}}
                """
            }
            let body = "[{\"event_name\": \"x\"}, \(event("a")), \(event("a")), \(event("gone"))]"
            let answer = try await HTTPExchange(
                gateway, "POST", "/track?client_key=\(Self.client.key.text)", ["Content-Type": "text/plain"], body: body
            )
            #expect(
                answer.json == [
                    "status": 200, "accepted": 1, "duplicates": 1, "ignored": 1,
                    "rejected": [["index": 3, "message": "There is no experiment gone."]],
                ])
            let refused = try await HTTPExchange(
                gateway, "POST", "/track?client_key=\(Self.remote.key.text)", body: body)
            #expect(refused.status == 403)
            #expect(try await HTTPExchange(gateway, "POST", "/track", body: body).status == 401)
        }
    }

    @Test("A stream has the features, then those that replace them, and ends when its key is revoked")
    func streams() async throws {
        let tag = Mutex("t1")
        let isRevoked = Mutex(false)
        try await with { _, params throws(RPCError) in
            if isRevoked.withLock(\.self) { throw .unauthenticated("revoked") }
            return Self.features(tag.withLock(\.self), known: params["knownTag"])
        } _: { gateway, _ in
            let stream = RawStream(port: try await gateway.httpPort)
            await stream.send("GET /sub/\(Self.client.key.text) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            let first = await stream.read { $0.contains("event: features\n") && $0.hasSuffix("\n\n\r\n") }
            #expect(first?.contains("text/event-stream") == true)
            #expect(first?.contains("x-sse-support: enabled") == true)
            #expect(first?.contains("id: t1\nevent: features\ndata: {\"status\":200,") == true)
            tag.withLock { $0 = "t2" }
            let second = await stream.read { $0.contains("id: t2\n") }
            #expect(second?.contains("event: features\n") == true)
            isRevoked.withLock { $0 = true }
            // The end of a chunked body.
            #expect(await stream.read { $0.hasSuffix("0\r\n\r\n") } != nil)
        }
    }

    @Test("Who says what they know is not told it again, and the end of the process ends a stream")
    func resumedStream() async throws {
        let gateway = try await GatewayUnderTest(keys: [Self.client], hasExperiments: false)
        let experiments = try await FakeExperiments(beside: gateway) { _, params throws(RPCError) in
            Self.features("t1", known: params["knownTag"])
        }
        let stream = RawStream(port: try await gateway.httpPort)
        await stream.send(
            "GET /sub/\(Self.client.key.text) HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: t1\r\n\r\n")
        let head = await stream.read { $0.contains("retry: 1000\n\n") }
        #expect(head?.contains("event:") == false)
        async let rest = stream.read()
        try await gateway.stop()
        try await experiments.close()
        #expect(await rest?.contains("event:") == false)
    }

    @Test("There is a place for so many listeners, and half of them for one key")
    func places() throws {
        let streams = FeatureStreams(maximum: 4) { _, _ throws(RPCError) in nil }
        let event = FeatureStreams.Event("features", id: "1", data: [])
        var held = try (0..<2).map { _ in try #require(streams.subscribe("a", latest: event)) }
        #expect(streams.subscribe("a", latest: event) == nil)
        held += try (0..<2).map { _ in try #require(streams.subscribe("b", latest: event)) }
        #expect(streams.subscribe("c", latest: event) == nil)
        #expect(streams.count == 4)
        held.removeLast()
        #expect(streams.subscribe("c", latest: event) != nil)
        held.removeAll()
        #expect(streams.count == 0)
    }

    @Test("An address with client keys has a rate of its own")
    func addressRate() async throws {
        try await with(["GYRE_CLIENT_ADDRESS_RATE": "3"]) { _, params throws(RPCError) in
            Self.features("t1", known: params["knownTag"])
        } _: { gateway, _ in
            var answers: [HTTPExchange] = []
            for _ in 0..<8 {
                answers.append(try await HTTPExchange(gateway, "GET", "/api/features/\(Self.client.key.text)"))
            }
            #expect(answers[0].status == 200)
            let refused = try #require(answers.first { $0.status == 429 })
            #expect(refused.headers["retry-after"] == "1")
            #expect(refused.json?["error"]?.string?.hasPrefix("This address with client keys may spend 3") == true)
        }
    }

    @Test("Only what is nothing but a call is not charged to the address by the TLS door")
    func charge() {
        #expect(AddressCharge.isCall("POST", "/rpc"))
        #expect(AddressCharge.isCall("POST", "/ofrep/v1/evaluate/flags/a"))
        #expect(!AddressCharge.isCall("OPTIONS", "/ofrep/v1/evaluate/flags/a"))
        #expect(!AddressCharge.isCall("GET", "/api/features/a"))
    }
}
