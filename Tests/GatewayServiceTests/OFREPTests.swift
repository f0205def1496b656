import ExperimentsAPI
import JSON
import JSONRPC
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

@Suite("OpenFeature's remote evaluation", .timeLimit(.minutes(1)))
struct OFREPTests {
    private static let key = TestKey(1)
    private static let path = "/ofrep/v1/evaluate/flags"
    private static var bearer: [String: String] { ["Authorization": "Bearer \(key.key.text)"] }

    private static func assignment(
        _ experiment: String = "checkout", reason: String = "split", variant: String? = "new",
        config: JSONValue? = nil, propensity: JSONValue = 0.5
    ) -> JSONValue {
        var answer = JSONObject()
        answer["experiment"] = .string(experiment)
        if let variant {
            answer["variant"] = .string(variant)
            answer["bucket"] = 3_065
            answer["propensity"] = propensity
        }
        answer["reason"] = .string(reason)
        answer["phase"] = 2
        answer["version"] = 7
        answer["isSaved"] = .bool(reason == "sticky")
        if let config { answer["config"] = config }
        return .object(answer)
    }

    private static func reply(_ assignments: JSONValue..., unsaved: JSONValue? = nil) -> JSONValue {
        var answer = JSONObject()
        answer["assignments"] = .array(assignments)
        answer["configVersion"] = 12
        if let unsaved { answer["unsaved"] = unsaved }
        return .object(answer)
    }

    private func with(
        keys: [TestKey] = [OFREPTests.key], _ answer: @escaping FakeExperiments.Answer,
        _ body: (GatewayUnderTest, FakeExperiments) async throws -> Void
    ) async throws {
        let gateway = try await GatewayUnderTest(keys: keys, hasExperiments: false)
        let experiments = try await FakeExperiments(beside: gateway, answer)
        do {
            try await body(gateway, experiments)
        } catch {
            Issue.record(error)
        }
        try await gateway.stop()
        try await experiments.close()
    }

    @Test(
        "Why a unit has its variant, in OpenFeature's words",
        arguments: [
            (AssignmentReason.forced, "TARGETING_MATCH"), (.split, "SPLIT"), (.sticky, "SPLIT"),
            (.inactive, "DISABLED"), (.excluded, "DEFAULT"), (.outdated, "DEFAULT"), (.holdout, "DEFAULT"),
            (.layer, "DEFAULT"), (.targeting, "DEFAULT"), (.prerequisite, "DEFAULT"), (.coverage, "DEFAULT"),
            (.restricted, "DEFAULT"),
        ])
    func reasons(_ reason: AssignmentReason, _ word: String) {
        #expect(OFREPAnswer.reason(reason, propensity: 0.5) == word)
    }

    @Test("A variant that everybody has is static")
    func certain() {
        #expect(OFREPAnswer.reason(.split, propensity: 1) == "STATIC")
    }

    @Test(
        "A flag's value is the config's, as it was written, or the variant's key",
        arguments: [
            (nil, #""new""#), (#"{"value":true}"#, "true"), (#"{"value":1.0}"#, "1.0"), (#"{"value":1}"#, "1"),
            (#"{"value":{"a":[1]}}"#, #"{"a":[1]}"#), (#"{"value":null}"#, "null"), (#"{"colour":"red"}"#, #""new""#),
            (#"{"policy_version_id":"p"}"#, #"{"policy_version_id":"p"}"#),
            (
                #"{"execution_strategy":"prompt_template","x":1}"#,
                #"{"execution_strategy":"prompt_template","x":1}"#
            ),
        ])
    func values(_ config: String?, _ value: String) async throws {
        let config = try config.map { try JSONValue.parse($0) }
        try await with { _, _ throws(RPCError) in
            Self.reply(Self.assignment(config: config))
        } _: { gateway, _ in
            let answer = try await HTTPExchange(
                gateway, "POST", "\(Self.path)/checkout", Self.bearer, body: #"{"context":{"targetingKey":"u1"}}"#)
            #expect(answer.status == 200)
            #expect(answer.body.contains("\"value\":\(value),"), "\(answer.body)")
            #expect(answer.json?["key"] == "checkout")
            #expect(answer.json?["variant"] == "new")
            #expect(answer.json?["reason"] == "SPLIT")
            #expect(
                answer.json?["metadata"] == [
                    "experiment": "checkout", "assignmentReason": "split", "phase": 2, "bucket": 3_065, "version": 7,
                    "configVersion": 12, "isSaved": false,
                ])
        }
    }

    @Test("A unit in no variant gets no value, so that the code's own default is taken")
    func noVariant() async throws {
        try await with { _, _ throws(RPCError) in
            Self.reply(Self.assignment(reason: "coverage", variant: nil))
        } _: { gateway, _ in
            let answer = try await HTTPExchange(gateway, "POST", "\(Self.path)/checkout", Self.bearer, body: "{}")
            #expect(answer.status == 200)
            #expect(answer.json?["value"] == nil)
            #expect(answer.json?["variant"] == "")
            #expect(answer.json?["reason"] == "DEFAULT")
        }
    }

    @Test("The key may be a bearer's or X-API-Key, and the unit an attribute as long as it likes")
    func context() async throws {
        let long = String(repeating: "ü", count: 2_000)
        try await with { _, params throws(RPCError) in
            guard params["attributes"]?["id"]?.string == long, params["attributes"]?["country"] == "DE",
                params["experiments"] == ["checkout"]
            else { throw .internalError("wrong parameters") }
            return Self.reply(Self.assignment())
        } _: { gateway, _ in
            let answer = try await HTTPExchange(
                gateway, "POST", "\(Self.path)/checkout", ["X-API-Key": Self.key.key.text],
                body: #"{"context":{"targetingKey":"\#(long)","country":"DE"}}"#)
            #expect(answer.status == 200, "\(answer.body)")
        }
    }

    @Test(
        "What is wrong with a request is said with a code and with details",
        arguments: [
            ("{", 400, "PARSE_ERROR"), ("[]", 400, "PARSE_ERROR"), (#"{"context":1}"#, 400, "INVALID_CONTEXT"),
            (#"{"context":{"targetingKey":5}}"#, 400, "INVALID_CONTEXT"),
            (#"{"context":{}}"#, 400, "TARGETING_KEY_MISSING"), ("", 400, "TARGETING_KEY_MISSING"),
        ])
    func badInput(_ body: String, _ status: Int, _ code: String) async throws {
        try await with { _, _ throws(RPCError) in
            Self.reply(Self.assignment(reason: "missingUnit", variant: nil))
        } _: { gateway, _ in
            let answer = try await HTTPExchange(gateway, "POST", "\(Self.path)/checkout", Self.bearer, body: body)
            #expect(answer.status == status)
            #expect(answer.json?["errorCode"]?.string == code)
            #expect(answer.json?["errorDetails"]?.string?.isEmpty == false)
            #expect(answer.json?["key"] == "checkout")
        }
    }

    @Test(
        "Errors of a call become statuses and codes",
        arguments: [
            (RPCError.notFound("experiment", "gone"), 404, "FLAG_NOT_FOUND"),
            (.invalidParams(at: "/params/experiments/0", "must match"), 404, "FLAG_NOT_FOUND"),
            (.invalidParams(at: "/params/attributes", "must be smaller"), 400, "INVALID_CONTEXT"),
            (.internalError("cause"), 500, "GENERAL"), (.dependencyUnavailable("tenancy"), 503, "GENERAL"),
            (.forbidden("no"), 403, "GENERAL"), (.unauthenticated("no"), 401, "GENERAL"),
        ])
    func errors(_ error: RPCError, _ status: Int, _ code: String) {
        let answer = OFREPDoor.openFeature(error, isAboutOne: true)
        #expect(answer.status == status)
        #expect(answer.code.rawValue == code)
    }

    @Test("Without a good key nothing is evaluated, and beyond the key's rate nothing more")
    func refused() async throws {
        let slow = TestKey(2, rate: 1, burst: 1)
        try await with(keys: [Self.key, slow]) { _, _ throws(RPCError) in
            Self.reply(Self.assignment())
        } _: { gateway, experiments in
            let path = "\(Self.path)/checkout"
            let none = try await HTTPExchange(gateway, "POST", path, body: "{}")
            #expect(none.status == 401)
            let wrong = try await HTTPExchange(gateway, "POST", path, ["X-API-Key": "gy_live_x"], body: "{}")
            #expect(wrong.status == 401)
            #expect(experiments.calls.isEmpty)
            let mine = ["X-API-Key": slow.key.text]
            #expect(try await HTTPExchange(gateway, "POST", path, mine, body: "{}").status == 200)
            let late = try await HTTPExchange(gateway, "POST", path, mine, body: "{}")
            #expect(late.status == 429)
            #expect(late.headers["retry-after"] == "1")
            #expect(late.json?["errorDetails"]?.string?.isEmpty == false)
        }
    }

    @Test("All flags have a tag, and who has them is told that they are the same")
    func bulk() async throws {
        try await with { _, params throws(RPCError) in
            guard params["experiments"] == nil else { throw .internalError("asked for some") }
            return Self.reply(
                Self.assignment(), Self.assignment("other", reason: "missingUnit", variant: nil),
                Self.assignment("third", reason: "inactive", variant: nil))
        } _: { gateway, _ in
            let first = try await HTTPExchange(gateway, "POST", Self.path, Self.bearer, body: "{}")
            #expect(first.status == 200)
            #expect(first.json?["flags"]?.array?.count == 3)
            #expect(first.json?["flags"]?[1]?["errorCode"] == "TARGETING_KEY_MISSING")
            #expect(first.json?["flags"]?[2]?["reason"] == "DISABLED")
            #expect(first.json?["metadata"] == ["configVersion": 12])
            let tag = try #require(first.headers["etag"])
            let again = try await HTTPExchange(
                gateway, "POST", Self.path, Self.bearer.merging(["If-None-Match": tag]) { $1 }, body: "{}")
            #expect(again.status == 304)
            #expect(again.body == "")
            #expect(again.headers["etag"] == tag)
            let other = try await HTTPExchange(
                gateway, "POST", Self.path, Self.bearer.merging(["If-None-Match": "\"other\""]) { $1 }, body: "{}")
            #expect(other.status == 200)
        }
    }

    @Test("All flags say where changes are told: the stream there needs no header, and ends with its key")
    func streams() async throws {
        let version = Mutex(12)
        let isRevoked = Mutex(false)
        try await with { _, _ throws(RPCError) in
            if isRevoked.withLock(\.self) { throw .unauthenticated("revoked") }
            var reply = Self.reply(Self.assignment())
            if case .object(var members) = reply {
                members["configVersion"] = .number(JSONNumber(version.withLock(\.self)))
                reply = .object(members)
            }
            return reply
        } _: { gateway, _ in
            let bulk = try await HTTPExchange(gateway, "POST", Self.path, Self.bearer, body: "{}")
            let told = try #require(bulk.json?["eventStreams"]?[0])
            #expect(bulk.json?["eventStreams"]?.array?.count == 1 && told["type"] == "sse")
            #expect(told["inactivityDelaySec"] == 120)
            let path = try #require(told["endpoint"]?["requestUri"]?.string)
            #expect(path.hasPrefix("/ofrep/v1/streams/") && !path.contains(Self.key.key.text))
            let again = try await HTTPExchange(gateway, "POST", Self.path, Self.bearer, body: "{}")
            #expect(again.body == bulk.body, "a client that is told the same keeps its stream")

            let stream = RawStream(port: try await gateway.httpPort)
            await stream.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            let first = await stream.read { $0.contains("event: message\n") && $0.hasSuffix("\n\n\r\n") }
            #expect(first?.contains("text/event-stream") == true)
            #expect(first?.lowercased().contains("access-control-allow-origin: *") == true)
            #expect(first?.contains(#"data: {"type":"refetchEvaluation","etag":""#) == true)
            version.withLock { $0 = 13 }
            #expect(await stream.read { $0.contains("refetchEvaluation") } != nil)
            isRevoked.withLock { $0 = true }
            // The end of a chunked body.
            #expect(await stream.read { $0.hasSuffix("0\r\n\r\n") } != nil)
        }
    }

    @Test("An address that nobody was told opens no stream")
    func wrongStream() async throws {
        let tokens = try StreamTokens(try Tombstones(key: Array(repeating: 1, count: 32)))
        let other = try StreamTokens(try Tombstones(key: Array(repeating: 2, count: 32)))
        let token = try tokens.token(of: "gy_live_x")
        #expect(tokens.key(of: token) == "gy_live_x" && other.key(of: token) == nil)
        #expect(try tokens.token(of: "gy_live_x") == token && tokens.token(of: "gy_live_y") != token)
        try await with { _, _ throws(RPCError) in
            Self.reply()
        } _: { gateway, experiments in
            for wrong in ["x", token, Self.key.key.text] {
                let answer = try await HTTPExchange(gateway, "GET", "/ofrep/v1/streams/\(wrong)")
                #expect(answer.status == 404)
                #expect(answer.json?["errorDetails"]?.string?.isEmpty == false)
            }
            #expect(experiments.calls.isEmpty)
        }
    }

    @Test("A key that reaches only some people is refused, and told why: who a unit is, experiments do not know")
    func limitedKey() async throws {
        let limited = TestKey(4, segments: ["gold"])
        try await with(keys: [limited]) { _, _ throws(RPCError) in
            Self.reply(Self.assignment())
        } _: { gateway, experiments in
            for path in [Self.path, "\(Self.path)/checkout"] {
                let answer = try await HTTPExchange(
                    gateway, "POST", path, ["X-API-Key": limited.key.text],
                    body: #"{"context":{"targetingKey":"u1"}}"#)
                #expect(answer.status == 403)
                #expect(answer.json?["errorCode"] == "GENERAL")
                #expect(answer.json?["errorDetails"]?.string?.contains("allowedSegments") == true)
            }
            #expect(experiments.calls.isEmpty)
        }
    }

    @Test("What a sticky experiment decides is kept, by keys that may")
    func sticky() async throws {
        let reader = TestKey(3, scopes: ["assignments:read"])
        try await with(keys: [Self.key, reader]) { method, _ throws(RPCError) in
            method == "assignments.assign"
                ? Self.reply(Self.assignment(reason: "sticky")) : Self.reply(Self.assignment(), unsaved: ["checkout"])
        } _: { gateway, experiments in
            let kept = try await HTTPExchange(gateway, "POST", "\(Self.path)/checkout", Self.bearer, body: "{}")
            #expect(kept.json?["metadata"]?["isSaved"] == true)
            #expect(experiments.calls == ["assignments.evaluate", "assignments.assign"])
            let decided = try await HTTPExchange(
                gateway, "POST", "\(Self.path)/checkout", ["X-API-Key": reader.key.text], body: "{}")
            #expect(decided.status == 200)
            #expect(decided.json?["metadata"]?["isSaved"] == false)
            #expect(experiments.calls.count == 3)
        }
    }

    @Test("Pages of other sites may ask, and learn what they may send and read")
    func crossOrigin() async throws {
        try await with { _, _ throws(RPCError) in
            Self.reply()
        } _: { gateway, _ in
            let asked = try await HTTPExchange(gateway, "OPTIONS", Self.path)
            #expect(asked.status == 204)
            #expect(asked.headers["access-control-allow-origin"] == "*")
            #expect(asked.headers["access-control-allow-methods"] == "POST")
            #expect(asked.headers["access-control-allow-headers"]?.contains("x-api-key") == true)
            #expect(asked.headers["access-control-max-age"] == "7200")
            let answered = try await HTTPExchange(gateway, "POST", Self.path, Self.bearer, body: "{}")
            #expect(answered.headers["access-control-allow-origin"] == "*")
            #expect(answered.headers["access-control-expose-headers"]?.contains("etag") == true)
            let refused = try await HTTPExchange(gateway, "POST", Self.path, body: "{}")
            #expect(refused.headers["access-control-allow-origin"] == "*")
        }
    }

    @Test(
        "A tag is found among those that a header names",
        arguments: [
            ("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("a", true), ("\"b\"", false),
            ("", false), (nil, false),
        ])
    func tags(_ header: String?, _ matches: Bool) {
        #expect(EntityTag.matches(header, "\"a\"") == matches)
        #expect(EntityTag.matches(header, "a") == matches)
    }
}
