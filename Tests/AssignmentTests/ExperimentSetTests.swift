import JSON
import Testing

@testable import Assignment

@Suite("Experiments")
struct ExperimentSetTests {
    private func experiment(_ key: String, _ shares: Int...) throws -> ExperimentDefinition {
        let names = ["control", "treatment", "third"]
        let all = shares.isEmpty ? [5_000, 5_000] : shares
        return ExperimentDefinition(
            key: key, allocation: try Allocation(zip(names, all).map { Allocation.Share($0, $1) }))
    }

    private func unit(
        _ id: String, _ more: [String: JSONValue] = [:], forced: [String: ForcedAssignment] = [:],
        sticky: [StickyAssignment] = []
    ) -> UnitContext {
        var object = JSONObject()
        object["id"] = .string(id)
        for (name, value) in more { object[name] = value }
        return UnitContext(
            attributes: AttributeValue(.object(object)), forced: forced, sticky: StickyAssignments(sticky))
    }

    @Test("Each reason leads to its variant or to none, in the order of the checks")
    func reasons() throws {
        var checkout = try experiment("checkout", 4_000, 4_000)
        checkout.condition = ["country": "DE"]
        checkout.isSticky = true
        checkout.bucketVersion = 2
        checkout.minimumBucketVersion = 1
        checkout.phase = 3
        checkout.version = 17
        let set = try ExperimentSet(experiments: [checkout])
        let german: [String: JSONValue] = ["country": "DE"]
        let bucket = HashVersion.v2.bucket(seed: "checkout", value: "u1")
        let split = try #require(set.evaluate("checkout", for: unit("u1", german)))
        let expected = checkout.allocation.arm(of: bucket).map { checkout.allocation.arms[$0].variant }
        #expect(split.variant == expected)
        #expect(split.bucket == bucket)
        #expect(split.reason == (expected == nil ? .coverage : .split))
        #expect((split.phase, split.version, split.bucketVersion) == (3, 17, 2))
        #expect(set.evaluate("checkout", for: unit("u1"))?.reason == .targeting)
        #expect(set.evaluate("checkout", for: unit("", german))?.reason == .missingUnit)
        func reason(_ more: [String: JSONValue], stored version: Int, _ variant: String) -> Evaluation? {
            let stored = StickyAssignment(
                experiment: "checkout", bucketVersion: version, variant: variant, unit: "u1", propensity: 0.25)
            return set.evaluate("checkout", for: unit("u1", more, sticky: [stored]))
        }
        // Kept although the condition no longer holds.
        let kept = try #require(reason([:], stored: 2, "treatment"))
        #expect(kept.reason == .sticky)
        #expect(kept.variant == "treatment")
        #expect(kept.propensity == 0.25)
        #expect(kept.isRandomised)
        #expect(reason([:], stored: 1, "treatment")?.reason == .targeting)
        #expect(reason(german, stored: 0, "treatment")?.reason == .outdated)
        #expect(reason(german, stored: 2, "gone")?.reason == split.reason)
        func forced(_ decision: ForcedAssignment) -> Evaluation? {
            set.evaluate("checkout", for: unit("u1", german, forced: ["checkout": decision]))
        }
        #expect(forced(.variant("control"))?.reason == .forced)
        #expect(forced(.variant("control"))?.variant == "control")
        #expect(forced(.variant("control"))?.propensity == nil)
        #expect(forced(.variant("control"))?.isRandomised == false)
        #expect(forced(.variant("gone"))?.reason == split.reason)
        #expect(forced(.excluded)?.reason == .excluded)
        checkout.isActive = false
        let paused = try ExperimentSet(experiments: [checkout])
        #expect(paused.evaluate("checkout", for: unit("u1", german))?.reason == .inactive)
        #expect(paused.evaluate(["unknown", "checkout"], for: unit("u1")).map { $0?.reason } == [nil, .inactive])
    }

    @Test("Propensities are the shares that units really get")
    func propensities() throws {
        let set = try ExperimentSet(experiments: [try experiment("p", 1_000, 3_000, 2_000)])
        var counts: [String: Int] = [:]
        for index in 0..<50_000 {
            let answer = try #require(set.evaluate("p", for: unit("u\(index)")))
            counts[answer.variant ?? "none", default: 0] += 1
            let expected = ["control": 0.1, "treatment": 0.3, "third": 0.2][answer.variant ?? "", default: 0.4]
            #expect(answer.propensity == expected)
        }
        for (name, part) in [("control", 0.1), ("treatment", 0.3), ("third", 0.2), ("none", 0.4)] {
            // Within five standard errors.
            let error = 5 * (part * (1 - part) / 50_000).squareRoot()
            #expect(abs(Double(counts[name] ?? 0) / 50_000 - part) < error, "\(name)")
        }
    }

    @Test("Experiments of a layer share no unit, and a holdout withholds the same units from all it is for")
    func layersAndHoldouts() throws {
        let definitions = try ["a", "b", "c", "free"].map { try experiment($0) }
        let layer = LayerDefinition(
            key: "shop",
            slots: [
                .init("a", BucketSet([try BucketRange(0, 3_000), try BucketRange(9_000, 10_000)])),
                .init("b", BucketSet([try BucketRange(3_000, 6_000)])),
                .init("c", BucketSet([try BucketRange(6_000, 9_000)])),
            ])
        let holdouts = [
            HoldoutDefinition(key: "all", withheld: BucketSet([try BucketRange(0, 500)])),
            HoldoutDefinition(key: "shop", withheld: BucketSet([try BucketRange(0, 1_000)]), scope: .layers(["shop"])),
        ]
        let set = try ExperimentSet(experiments: definitions, layers: [layer], holdouts: holdouts)
        var reasons: [Evaluation.Reason: Int] = [:]
        for index in 0..<5_000 {
            let unit = unit("u\(index)")
            let answers = set.evaluateAll(for: unit)
            for answer in answers { reasons[answer.reason, default: 0] += 1 }
            #expect(answers.prefix(3).count { $0.variant != nil } <= 1)
            let withheld = set.withholding(unit)
            #expect(withheld.map(\.holdout) == ["all", "shop"])
            if withheld[0].isWithheld {
                #expect(answers.allSatisfy { $0.reason == .holdout && $0.variant == nil })
            } else if withheld[1].isWithheld {
                #expect(answers.prefix(3).allSatisfy { $0.reason == .holdout })
                #expect(answers[3].reason == .split)
            } else {
                #expect(answers.prefix(3).count { $0.variant != nil } == 1)
            }
        }
        #expect(Set(reasons.keys) == [.holdout, .layer, .split])
    }

    @Test("A holdout is asked about a unit whatever it says itself, unless another one withholds the unit")
    func askedHoldouts() throws {
        var resting = try experiment("resting")
        resting.isActive = false
        let half = BucketSet([try BucketRange(0, 5_000)])
        let set = try ExperimentSet(
            experiments: [try experiment("a"), try experiment("b"), resting],
            holdouts: [
                HoldoutDefinition(key: "one", withheld: half, scope: .experiments(["a", "resting"])),
                HoldoutDefinition(key: "two", withheld: half, scope: .experiments(["a", "b"])),
            ])
        for index in 0..<500 {
            let unit = unit("u\(index)")
            let withheld = set.withholding(unit)
            func asked(_ key: String) throws -> [String] {
                let evaluation = try #require(set.evaluate(key, for: unit))
                return set.holdouts(asked: [evaluation], about: unit).map(\.holdout)
            }
            #expect(try asked("a").contains("one") == !withheld[1].isWithheld)
            #expect(try asked("a").contains("two") == !withheld[0].isWithheld)
            #expect(try asked("b") == ["two"])
            #expect(try asked("resting").isEmpty)
        }
    }

    @Test("A prerequisite lets in only who is in the other experiment, in the variants that will do")
    func prerequisites() throws {
        let parent = try experiment("parent", 3_000, 3_000)
        var child = try experiment("child")
        child.prerequisites = [Prerequisite("parent", variants: ["treatment"])]
        var grandchild = try experiment("grandchild")
        grandchild.prerequisites = [Prerequisite("child"), Prerequisite("parent")]
        // In any order of definition.
        let set = try ExperimentSet(experiments: [grandchild, child, parent])
        for index in 0..<1_000 {
            let answers = set.evaluateAll(for: unit("u\(index)"))
            #expect((answers[1].variant != nil) == (answers[2].variant == "treatment"))
            #expect((answers[0].variant != nil) == (answers[1].variant != nil))
            if answers[1].variant == nil { #expect(answers[1].reason == .prerequisite) }
        }
    }

    @Test("What cannot be compiled is refused with its place: cycles, overlaps, shared seeds, what does not exist")
    func refusals() throws {
        func refusal(
            _ experiments: [ExperimentDefinition], layers: [LayerDefinition] = [], holdouts: [HoldoutDefinition] = []
        ) -> String {
            do throws(AssignmentError) {
                _ = try ExperimentSet(experiments: experiments, layers: layers, holdouts: holdouts)
                return "accepted"
            } catch {
                return error.description
            }
        }
        var (a, b, c) = (try experiment("a"), try experiment("b"), try experiment("c"))
        a.prerequisites = [Prerequisite("b")]
        b.prerequisites = [Prerequisite("c", variants: ["control"])]
        #expect(refusal([a, b, c]) == "accepted")
        c.prerequisites = [Prerequisite("a")]
        #expect(
            refusal([a, b, c]) == "/experiments/2/prerequisites/0: closes a cycle of prerequisites: a → b → c → a")
        c.prerequisites = [Prerequisite("c")]
        #expect(refusal([c]).hasSuffix("closes a cycle of prerequisites: c → c"))
        c.prerequisites = [Prerequisite("gone")]
        #expect(refusal([c]) == "/experiments/0/prerequisites/0: names the experiment 'gone', which does not exist")
        c.prerequisites = []
        a.prerequisites = [Prerequisite("c", variants: ["red"])]
        #expect(
            refusal([a, c]).contains("names the variant 'red', which 'c' does not have; it has control, treatment"))
        a.prerequisites = []
        b.prerequisites = []
        #expect(refusal([a, b, a]) == "/experiments/2/key: 'a' is there twice")
        a.condition = ["age": ["$gtt": 1]]
        #expect(refusal([b, a]).hasPrefix("/experiments/1/condition/age/$gtt: is no operator"))
        a.condition = nil
        let lower = BucketSet([try BucketRange(0, 6_000)])
        let upper = BucketSet([try BucketRange(5_000, 10_000)])
        let overlap = LayerDefinition(key: "l", slots: [.init("a", lower), .init("b", upper)])
        #expect(
            refusal([a, b], layers: [overlap])
                == "/layers/0/slots/1: overlaps the slot of 'a' in buckets [5000, 6000); what is free is none")
        let twice = LayerDefinition(key: "m", slots: [.init("a", lower)])
        #expect(
            refusal([a], layers: [twice, LayerDefinition(key: "l", slots: [.init("a", lower)])])
                .hasPrefix("/layers/1/slots/0: gives 'a' a second slot"))
        #expect(
            refusal([a], layers: [LayerDefinition(key: "l", seed: "a", slots: [.init("a", lower)])]).contains(
                "seed 'a'"))
        #expect(refusal([a], holdouts: [HoldoutDefinition(key: "h", seed: "a", withheld: lower)]).contains("seed 'a'"))
        #expect(
            refusal([a], holdouts: [HoldoutDefinition(key: "h", withheld: lower, scope: .layers(["x"]))])
                == "/holdouts/0/scope/0: names the layer 'x', which does not exist")
        c.seed = ""
        #expect(refusal([c]) == "/experiments/0/seed: must not be empty; the key will do")
        c.seed = "c"
        c.hashAttribute = ""
        #expect(refusal([c]).hasPrefix("/experiments/0/hashAttribute: must name"))
        c.bucketVersion = -1
        c.hashAttribute = "id"
        #expect(refusal([c]) == "/experiments/0/bucketVersion: must not be negative")
        b.minimumBucketVersion = 1
        #expect(refusal([b]).hasPrefix("/experiments/0/minimumBucketVersion: must be from 0 to"))
    }

    @Test("A chain of prerequisites may be so long and no longer")
    func chain() throws {
        func chain(_ length: Int) throws -> [ExperimentDefinition] {
            try (0..<length).map { index in
                var definition = try experiment("e\(index)")
                if index > 0 { definition.prerequisites = [Prerequisite("e\(index - 1)")] }
                return definition
            }
        }
        #expect(throws: Never.self) { try ExperimentSet(experiments: try chain(ExperimentSet.maximumChain)) }
        #expect(throws: AssignmentError.self) {
            try ExperimentSet(experiments: try chain(ExperimentSet.maximumChain + 1))
        }
        #expect(throws: AssignmentError.self) {
            try ExperimentSet(experiments: try chain(ExperimentSet.maximumChain + 1).reversed())
        }
    }

    @Test("A set has limits that hold at their edges")
    func limits() throws {
        func accepts(_ experiments: Int, layers: Int = 0, holdouts: Int = 0, prerequisites: Int = 0) throws -> Bool {
            let one = try experiment("e")
            var definitions = (0..<experiments).map { index in
                var definition = one
                definition.key = "e\(index)"
                definition.seed = definition.key
                return definition
            }
            if prerequisites > 0 {
                definitions[0].prerequisites = (1...prerequisites).map { Prerequisite("e\($0)") }
            }
            let layers = (0..<layers).map { LayerDefinition(key: "l\($0)", slots: []) }
            let holdouts = (0..<holdouts).map { HoldoutDefinition(key: "h\($0)", withheld: BucketSet()) }
            return (try? ExperimentSet(experiments: definitions, layers: layers, holdouts: holdouts)) != nil
        }
        let most = ExperimentSet.maximumExperiments
        #expect(try accepts(most) && !accepts(most + 1))
        let (layers, holdouts) = (ExperimentSet.maximumLayers, ExperimentSet.maximumHoldouts)
        #expect(try accepts(1, layers: layers) && !accepts(1, layers: layers + 1))
        #expect(try accepts(1, holdouts: holdouts) && !accepts(1, holdouts: holdouts + 1))
        let needed = ExperimentSet.maximumPrerequisites
        #expect(try accepts(needed + 1, prerequisites: needed) && !accepts(needed + 2, prerequisites: needed + 1))
    }

    @Test("An explanation has the decision of the evaluation, and each step up to it")
    func explanation() throws {
        var checkout = try experiment("checkout")
        checkout.condition = ["country": "DE", "age": ["$gte": 18]]
        let layer = LayerDefinition(key: "shop", slots: [.init("checkout", .all)])
        let holdout = HoldoutDefinition(key: "h", withheld: BucketSet([try BucketRange(0, 100)]))
        let set = try ExperimentSet(experiments: [checkout], layers: [layer], holdouts: [holdout])
        var decisive = 0
        for index in 0..<500 {
            let unit = unit("u\(index)", ["country": index % 2 == 0 ? "DE" : "AT", "age": 40])
            let explanation = try #require(set.explain("checkout", for: unit))
            #expect(explanation.evaluation == set.evaluate("checkout", for: unit))
            #expect(explanation.steps.last?.isDecisive == true)
            #expect(explanation.steps.dropLast().allSatisfy { !$0.isDecisive })
            decisive += explanation.steps.last?.check == .targeting ? 1 : 0
        }
        #expect(decisive > 200)
        let explanation = try #require(set.explain("checkout", for: unit("u7", ["country": "AT"])))
        #expect(explanation.steps.map(\.check) == [.forced, .active, .unit, .holdout, .layer, .targeting])
        #expect(
            explanation.steps.last?.answers == [
                .init(pointer: "/country", holds: false), .init(pointer: "/age", holds: false),
            ])
        #expect(!explanation.steps.contains { $0.detail.contains("u7") || $0.detail.contains("AT") })
    }

    @Test("A unit may be named by a number or by a path, and keys that only look alike are different")
    func names() throws {
        var company = try experiment("é", 10_000)
        company.hashAttribute = "company.id"
        var other = try experiment("e\u{301}", 0, 10_000)
        other.hashAttribute = "company.id"
        let set = try ExperimentSet(experiments: [company, other])
        let unit = UnitContext(attributes: try AttributeValue(json: #"{"company":{"id":12.50}}"#))
        #expect(set.evaluate("é", for: unit)?.variant == "control")
        #expect(set.evaluate("é", for: unit)?.unit == "12.5")
        #expect(set.evaluate("e\u{301}", for: unit)?.variant == "treatment")
        for attributes in [#"{"company":{"id":true}}"#, #"{"company":{"id":0}}"#, #"{"company":{"id":""}}"#, "{}"] {
            let unit = UnitContext(attributes: try AttributeValue(json: attributes))
            #expect(set.evaluate("é", for: unit)?.reason == .missingUnit)
        }
    }
}
