import ExperimentsAPI
import JSON
import JSONRPC
import Testing

@testable import ExperimentsService

@Suite("Features for GrowthBook's SDKs")
struct FeaturesTests {
    private let service: ExperimentsUnderTest

    init() throws {
        service = try ExperimentsUnderTest()
    }

    private func get(_ known: String? = nil) async throws -> JSONValue {
        try await service.call("features.get", known.map { #"{"knownTag":"\#($0)"}"# } ?? "{}")
    }

    private func evaluate(_ params: String) async throws -> JSONValue {
        try #require(try await service.call("features.evaluate", params)["features"])
    }

    private func running(_ key: String, _ more: String = "") async throws -> JSONValue {
        let made = try await service.call(
            "experiments.create",
            """
            {"key": "\(key)", "name": "\(key)", "unitType": "user"\(more.isEmpty ? "" : ", " + more),
             "variants": [{"key": "control", "allocation": 5000, "isControl": true, "config": {"value": 1.0}},
                          {"key": "new", "allocation": 5000, "config": {"value": 2}}]}
            """)
        return try await service.call("experiments.start", #"{"id": \#(made["id"] ?? nil), "version": 1}"#)
    }

    @Test("A running experiment is a feature with one rule, with the variants' values as they were written")
    func rule() async throws {
        _ = try await running("checkout")
        _ = try await service.draft("draft")
        let reply = try await get()
        #expect(reply["features"]?.object?.members.map(\.name) == ["checkout"])
        let rule = try #require(reply["features"]?["checkout"]?["rules"]?[0])
        #expect(rule["variations"]?.description == "[1.0,2]")
        #expect(rule["meta"] == [["key": "control"], ["key": "new"]])
        #expect(rule["disableStickyBucketing"] == true)
        #expect(reply["features"]?["checkout"]?["defaultValue"]?.isNull == true)
    }

    @Test("Who has the features is not sent them again, until they are others")
    func tags() async throws {
        let experiment = try await service.running()
        let tag = try #require(try await get()["tag"]?.string)
        #expect(try await get(tag)["features"] == nil)
        #expect(try await get("other")["features"] != nil)
        _ = try await service.call(
            "experiments.pause", #"{"id": "\#(experiment.id)", "version": \#(experiment.version)}"#)
        let paused = try await get(tag)
        #expect(paused["features"]?.object?.isEmpty == true)
        #expect(paused["tag"]?.string != tag)
    }

    @Test("Features change when an experiment begins by itself")
    func time() async throws {
        let draft = try await service.draft(startAt: Timestamp(microseconds: service.now.microseconds + 7_200_000_000))
        _ = try await service.start(draft)
        let before = try await get()
        #expect(before["features"]?.object?.isEmpty == true)
        service.advance(hours: 3)
        let after = try await get(before["tag"]?.string)
        #expect(after["features"]?["checkout"] != nil)
        #expect(after["configVersion"] == before["configVersion"])
    }

    @Test("What only the server can decide is left out: sticky experiments, saved groups, and what needs these")
    func leftOut() async throws {
        _ = try await running("plain")
        _ = try await running("sticky", #""isSticky": true"#)
        _ = try await running("behind", #""prerequisites": [{"experiment": "sticky"}]"#)
        #expect(try await get()["features"]?.object?.members.map(\.name) == ["plain"])
        for condition in [
            #"{"id": {"$inGroup": "testers"}}"#, #"{"$or": [{"a": 1}, {"$not": {"id": {"$notInGroup": "g"}}}]}"#,
            #"{"$savedGroups": ["g"]}"#,
        ] {
            #expect(ClientFeatures.asksForGroups(try JSONValue.parse(condition)), "\(condition)")
        }
        #expect(!ClientFeatures.asksForGroups(["country": "$inGroup"]))
        #expect(!ClientFeatures.asksForGroups(nil))
        // The server decides them for whoever asks.
        let evaluated = try await evaluate(#"{"attributes": {"id": "u1"}}"#)
        #expect(evaluated.object?.count == 3)
        #expect(evaluated["sticky"]?["rules"]?[0]?["force"] != nil)
    }

    @Test("A prerequisite whose variants have values has a second feature, which says the variant")
    func parents() async throws {
        _ = try await running("parent")
        _ = try await running("child", #""prerequisites": [{"experiment": "parent", "variants": ["new"]}]"#)
        let features = try #require(try await get()["features"])
        #expect(features["child"]?["rules"]?[0]?["parentConditions"]?[0]?["id"] == "parent#variant")
        #expect(features["parent#variant"]?["rules"]?[0]?["variations"] == ["control", "new"])
        #expect(features["parent"]?["rules"]?[0]?["variations"]?.description == "[1.0,2]")
    }

    @Test("An evaluated feature has the unit's value, and what is to be reported, and no other value")
    func evaluated() async throws {
        _ = try await running("checkout")
        let own = try await service.evaluate("u1")
        let feature = try #require(try await evaluate(#"{"attributes": {"id": "u1"}}"#)["checkout"])
        let value = own.variant == "new" ? "2" : "1.0"
        let place = own.variant == "new" ? 1 : 0
        #expect(feature["rules"]?[0]?["force"]?.description == value)
        let track = try #require(feature["rules"]?[0]?["tracks"]?[0])
        #expect(track["experiment"]?["key"] == "checkout")
        #expect(track["experiment"]?["variations"]?[place]?.description == value)
        #expect(track["experiment"]?["variations"]?[1 - place]?.isNull == true)
        #expect(track["result"]?["key"]?.string == own.variant)
        #expect(track["result"]?["hashValue"] == "u1")
        #expect(track["result"]?["variationId"] == .number(JSONNumber(place)))
        #expect(try await evaluate("{}")["checkout"] == ["defaultValue": nil])
    }

    @Test("A client may take a variation or a value, but no variation that its condition rules out")
    func forced() async throws {
        _ = try await running("checkout", #""condition": {"country": "DE"}"#)
        func feature(_ more: String, country: String = "DE") async throws -> JSONValue {
            let attributes = #"{"id": "u1", "country": "\#(country)"}"#
            return try #require(try await evaluate(#"{"attributes": \#(attributes), \#(more)}"#)["checkout"])
        }
        for place in 0...1 {
            let taken = try await feature(#""forcedVariations": {"checkout": \#(place)}"#)
            #expect(taken["rules"]?[0]?["force"]?.description == (place == 0 ? "1.0" : "2"))
            // What nobody drew is no exposure.
            #expect(taken["rules"]?[0]?["tracks"] == nil)
        }
        #expect(
            try await feature(#""url": "https://a.example/?checkout=0", "forcedVariations": {"checkout": 1}"#)[
                "rules"]?[0]?[
                    "force"]?.description == "1.0")
        let hashed = try await feature(#""url": """#)
        #expect(try await feature(#""forcedVariations": {"checkout": 2}"#) == hashed)
        #expect(
            try await feature(#""forcedVariations": {"checkout": 1}"#, country: "FR") == ["defaultValue": nil])
        #expect(
            try await feature(#""forcedFeatures": {"checkout": "mine", "unknown": 1}"#) == ["defaultValue": "mine"])
    }

    @Test(
        "What a page's URL asks for",
        arguments: [
            ("https://a.example/?a=1&b=02#c=3", ["a": 1, "b": 2]), ("https://a.example/#?a=1", [:]),
            ("?a=-1&a=x&a=", [:]), ("?a=1&a=2", ["a": 1]), ("", [:]), ("?a=99999999999999999999", [:]),
        ])
    func overrides(_ url: String, _ expected: [String: Int]) {
        #expect(FeaturePlaces.overrides(in: url) == expected)
    }

    @Test("Sticky experiments that decided and kept nothing are named")
    func unsaved() async throws {
        _ = try await service.running(isSticky: true)
        let asked = #"{"targetingKey": "u1"}"#
        #expect(try await service.call("assignments.evaluate", asked)["unsaved"] == ["checkout"])
        _ = try await service.assign("u1")
        #expect(try await service.call("assignments.evaluate", asked)["unsaved"] == nil)
    }
}
