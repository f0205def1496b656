import ExperimentsAPI
import JSON
import JSONRPC
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

/// The page through a gateway, with an experiments service that answers from a closure.
@Suite(.timeLimit(.minutes(2)), .serialized) struct ExperimentsPageTests {
    static func withPage(
        _ staff: FakeStaff = FakeStaff(), _ answer: FakeExperiments.Answer?,
        _ body: (inout Browser, FakeExperiments?) async throws -> Void
    ) async throws {
        let gateway = try await GatewayUnderTest(keys: [], staff: staff, hasExperiments: false)
        var experiments: FakeExperiments?
        if let answer { experiments = try await FakeExperiments(beside: gateway, answer) }
        var browser = Browser(port: try await gateway.httpPort)
        let form = try await browser.get("/sign-in")
        _ = try await browser.post(
            "/sign-in",
            ["brand": "\(GatewayUnderTest.brand)", "email": "ada@example.org", "password": FakeStaff.password],
            token: form.token)
        try await body(&browser, experiments)
        try await experiments?.close()
        try await gateway.stop()
    }

    @Test("From the first page to all experiments, and to one with its split, plot and decision")
    func wholeWay() async throws {
        try await Self.withPage(FakeStaff(), { method, _ throws(RPCError) in try Planted().answer(method) }) {
            browser, experiments in
            #expect(try await browser.get("/").body.contains("<a href=\"/experiments\">"))
            let list = try await browser.get("/experiments")
            #expect(list.status == 200 && list.body.contains("<title>Experiments – Gyre</title>"))
            #expect(list.body.contains("<a href=\"/experiments?key=checkout\"><bdi>Free delivery</bdi></a>"))
            #expect(list.body.contains("10,000"))
            let page = try await browser.get("/experiments?key=checkout")
            #expect(page.status == 200 && page.body.contains("<title>Free delivery – Gyre</title>"))
            for text in [
                "Ship: new", "orders +5.0 % to +15.0 %: better.", "The split is as promised (p = 0.4100).", "50.1 %",
                "class=\"good\"", "+10.0 % (+5.0 % to +15.0 %)", "Sign out", "<bdi>Refunds asked for</bdi>",
            ] { #expect(page.body.contains(text), "\(text)") }
            #expect(page["content-security-policy"]?.contains("'none'") == true && page["cache-control"] == "no-store")
            #expect(!page.body.contains("http-equiv") && !page.body.contains("<script"))
            let asked = experiments?.calls ?? []
            #expect(asked.contains("experimentResults.get") && asked.contains("experimentResults.series"))
        }
    }

    @Test("Without a session there is the way to sign in, and nobody asks for experiments")
    func anonymous() async throws {
        try await Self.withPage(FakeStaff(), { method, _ throws(RPCError) in try Planted().answer(method) }) {
            browser, experiments in
            browser.cookies = [:]
            for path in ["/experiments", "/experiments?key=checkout"] {
                let answer = try await browser.get(path)
                #expect(answer.status == 303 && answer["location"] == "/sign-in?to=\(path)")
            }
            #expect(experiments?.calls.isEmpty == true)
        }
    }

    @Test("Who follows a link to an experiment comes to it by signing in, also after a wrong password")
    func link() async throws {
        try await Self.withPage(FakeStaff(), { method, _ throws(RPCError) in try Planted().answer(method) }) {
            browser, _ in
            browser.cookies = [:]
            let away = try await browser.get("/experiments?key=checkout&status=active")
            #expect(away["location"] == "/sign-in?to=/experiments?key=checkout%26status=active")
            var form = try await browser.get(away["location"] ?? "")
            #expect(form.body.contains("name=\"to\" value=\"/experiments?key=checkout&amp;status=active\""))
            for (password, status) in [("wrong", 401), (FakeStaff.password, 303)] {
                form = try await browser.post(
                    "/sign-in",
                    [
                        "brand": "\(GatewayUnderTest.brand)", "email": "ada@example.org", "password": password,
                        "to": "/experiments?key=checkout",
                    ], token: form.token)
                #expect(form.status == status)
            }
            #expect(form["location"] == "/experiments?key=checkout")
        }
    }

    @Test(
        "No link leads from signing in to anywhere else",
        arguments: [
            "//evil.example", "https://evil.example", "/experiments@evil.example", "/experiments/../x", "/sign-out",
            "/experiments?key=a\r\nSet-Cookie:x", "/experimentsx", "\\\\evil", "/experiments?a=\"<b>", "",
            "/experiments?key=" + String(repeating: "k", count: 200),
        ])
    func elsewhere(text: String) {
        #expect(Pages.place(text) == "/")
        #expect(Pages.place("/holdouts?key=2027") == "/holdouts?key=2027" && Pages.place("/holdouts") == "/")
        #expect(Pages.place(nil) == "/" && Pages.place("/experiments?key=a.b_c-1") == "/experiments?key=a.b_c-1")
    }

    @Test("Who may not see experiments is told so in a sentence, and nobody asks for them")
    func scope() async throws {
        let staff = FakeStaff(scopes: ["sessions:read", "sessions:write"], brandName: "A & B")
        try await Self.withPage(staff, { method, _ throws(RPCError) in try Planted().answer(method) }) {
            browser, experiments in
            for path in ["/experiments", "/experiments?key=checkout"] {
                let answer = try await browser.get(path)
                #expect(answer.status == 403 && answer.body.contains("ask an owner of A &amp; B for another role."))
                #expect(answer.body.contains("Sign out</button>"))
            }
            #expect(experiments?.calls.isEmpty == true)
        }
    }

    @Test("While the experiments service is down the page says so, under its bar")
    func down() async throws {
        try await Self.withPage(FakeStaff(), nil) { browser, _ in
            for path in ["/experiments", "/experiments?key=checkout"] {
                let answer = try await browser.get(path)
                #expect(answer.status == 503, "\(answer.status)")
                #expect(answer.body.contains("The experiments service does not answer; try again shortly."))
                #expect(answer.body.contains("Sign out</button>") && answer.body.contains("<a href=\"/\">"))
            }
        }
    }

    @Test(
        "What no experiment is called is not found, however it is written",
        arguments: [
            "nobody", "..", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "", "a%20b", String(repeating: "k", count: 101),
        ])
    func unknown(key: String) async throws {
        try await Self.withPage(FakeStaff(), { method, _ throws(RPCError) in throw .notFound("experiment", "nobody") })
        {
            browser, _ in
            let answer = try await browser.get("/experiments?key=\(key)")
            #expect(answer.status == 404 && answer.body.contains("There is no experiment"))
            #expect(!answer.body.contains("<script"))
        }
    }

    @Test(
        "What does not come is told in a sentence, above what came",
        arguments: [
            (RPCError.internalError("a bug"), false), (.conflict("It has no first unit."), true),
            (.invalidParams(at: "/params/power", "must be above 0.9"), true),
        ])
    func gaps(error: RPCError, isTold: Bool) async throws {
        let failing = Mutex<Set<String>>(["experimentResults.series"])
        try await Self.withPage(
            FakeStaff(),
            { method, _ throws(RPCError) in
                if failing.withLock({ $0.contains(method) }) { throw error }
                return try Planted().answer(method)
            }
        ) { browser, _ in
            var page = try await browser.get("/experiments?key=checkout")
            #expect(page.status == 200 && page.body.contains("How the effects came about cannot be shown."))
            #expect(page.body.contains("Ship: new") && !page.body.contains("<h2 id=\"history\">"))
            failing.withLock { $0 = ["experimentResults.get"] }
            page = try await browser.get("/experiments?key=checkout")
            #expect(page.status == 200 && page.body.contains("<p class=\"notice\" role=\"status\">"))
            #expect(page.body.contains("Of all units") && !page.body.contains("Ship: new"))
            #expect(page.body.contains(HTMLText.escaped(error.message)))
            #expect(isTold || !page.body.contains("a bug"))
        }
    }

    @Test("Whose session ends while the page asks is led to sign in")
    func ended() async throws {
        try await Self.withPage(
            FakeStaff(),
            { method, _ throws(RPCError) in
                if method == "experimentResults.series" { throw .sessionUnknown }
                return try Planted().answer(method)
            }
        ) { browser, _ in
            let page = try await browser.get("/experiments?key=checkout")
            #expect(page.status == 303 && page["location"]?.hasPrefix("/sign-in?ended=1") == true)
        }
    }

    @Test("A list of a status asks for that status, and says when there is none")
    func filter() async throws {
        let asked = Mutex<[String]>([])
        try await Self.withPage(
            FakeStaff(),
            { method, params throws(RPCError) in
                asked.withLock { $0.append(params["status"]?.string ?? "-") }
                return (try? JSONValue(parsing: Experiments.List.Reply(items: []).json())) ?? .null
            }
        ) { browser, _ in
            let paused = try await browser.get("/experiments?status=paused")
            #expect(paused.body.contains("No experiment is paused."))
            let all = try await browser.get("/experiments")
            #expect(all.body.contains("There are no experiments yet."))
            let other = try await browser.get("/experiments?status=%3Cb%3E")
            #expect(other.status == 200)
            // Experiments and those that run, of the last two pages holdouts as well.
            #expect(asked.withLock(\.self).sorted() == Array(repeating: "-", count: 7) + ["paused"])
        }
    }
}

/// The page of one experiment from what is known of it.
@Suite struct ExperimentReportTests {
    private func page(_ planted: Planted) throws -> String { try ExperimentsPage().html(planted.report) }

    @Test("The split comes first, then effects, then how they came about; the decision is above them with its reasons")
    func order() throws {
        let html = try page(Planted())
        var rest = html[...]
        for part in [
            "Free delivery", "More orders are finished.", "Ada", "Phase", "10,000 of 20,000 planned units", "Ship: new",
            "orders +5.0 % to +15.0 %: better.", "Judged by a confidence sequence", "What one unit does tells nothing",
            "Split", "The split is as promised", "5,010", "50.1 %", "50.0 %", "p = 0.8400", "Effects",
            "<svg", "orders, new: +10.0 % (+5.0 % to +15.0 %), better.", "refunds", "within its margin",
            "CUPED cut the variance by 40.0 %", "The figures behind it", "1.000", "1.100", "0.0021",
            "Over time", "<svg", "The figures, day by day", "2026-01-03", "+10.0 %",
        ] {
            let found = try #require(rest.firstRange(of: part), "\(part) in \(rest)")
            rest = rest[found.upperBound...]
        }
    }

    @Test("A metric has its name beside its key, in the drawing and in the table; one without a name its key once")
    func names() throws {
        let html = try page(Planted())
        #expect(html.contains(">Refunds asked for</text>") && html.contains(">refunds</text>"))
        #expect(html.contains("<bdi>Refunds asked for</bdi> <code>refunds</code>, guardrail"))
        #expect(html.contains("<code>orders</code>, goal") && !html.contains("<bdi>orders</bdi> <code>"))
        #expect(html.contains("Refunds asked for (refunds), new: +1.0 %"))
    }

    @Test("Days of the split are folded away, with the level that they share")
    func days() throws {
        var planted = Planted()
        #expect(try !page(planted).contains("The split, day by day"))
        planted.days = (1...3).map { ($0, [100 + $0, 1_099], $0 == 1 ? nil : 0.4) }
        let html = try page(planted)
        #expect(html.contains("<details><summary>The split, day by day</summary>"))
        #expect(html.contains("where p is below 0.0005, which is 0.0010 / 2: the level of the split"))
        #expect(html.contains("<tr><td>2026-01-01</td><td class=\"number\">101</td><td class=\"number\">1,099</td>"))
        #expect(html.contains("<td class=\"number\">too few</td>") && html.contains("<td class=\"number\">0.4000</td>"))
    }

    @Test("A day that stands out opens them, however long ago it was; one that chance brings about among many does not")
    func brokenDay() throws {
        var planted = Planted()
        planted.days = (1...80).map { ($0, [50, 50], $0 == 5 ? 0.000_1 : 0.5) }
        #expect(try page(planted).contains("<details><summary>The split, day by day</summary>"))
        planted.days[4].pValue = 0.000_01
        let html = try page(planted)
        #expect(
            html.contains("<details open><summary>The split, day by day: <span class=\"bad\">some stand out</span>"))
        #expect(html.contains("<tr><td>2026-01-05</td>") && html.contains("&lt; 0.0001, broken"))
        #expect(!html.contains("<tr><td>2026-01-06</td>") && html.contains("Only the last 60 of 80 days"))
    }

    @Test("The goal is shown by segment, with what is corrected and whether the effect differs")
    func segments() throws {
        var planted = Planted()
        #expect(try !page(planted).contains("By segment"))
        planted.isSegmented = true
        let html = try page(planted)
        #expect(
            html.contains("<summary>By <bdi>country</bdi>: <strong>the effect differs (p = 0.0030)</strong></summary>"))
        #expect(html.contains("<svg") && html.contains("DE, new: +10.0 % (+5.0 % to +15.0 %), better."))
        #expect(html.contains("all others: new: needs 2 units and has 0."))
        #expect(html.contains("<tr><td><bdi>DE</bdi></td><td>new</td><td class=\"number\">+10.0 %</td>"))
        planted.difference = 0.4
        #expect(try page(planted).contains("</bdi>: nothing shows that the effect differs (p = 0.4000)</summary>"))
        planted.difference = nil
        #expect(try page(planted).contains("<summary>By <bdi>country</bdi></summary>"))
    }

    @Test("Segments are as doubtful and as early as all units; without a goal there is the way to ask of any metric")
    func doubtfulSegments() throws {
        var planted = Planted()
        planted.isSegmented = true
        planted.isBroken = true
        #expect(try page(planted).contains("<summary>By <bdi>country</bdi></summary>"))
        #expect(try page(planted).contains("<section class=\"doubtful\" aria-labelledby=\"segments\">"))
        planted.isBroken = false
        planted.engine = .fixed
        let early = try page(planted).split(separator: "id=\"segments\"").last.map(String.init) ?? ""
        #expect(early.contains("these intervals count only there") && !early.contains("class=\"good\""))
        planted.hasGoal = false
        #expect(try page(planted).contains("gyre experiments segments checkout ATTRIBUTE --metric METRIC"))
    }

    @Test("Of many segments only the first are shown, and where the others are")
    func manySegments() throws {
        var planted = Planted()
        planted.isSegmented = true
        planted.segmentCount = 100
        let html = try page(planted)
        #expect(html.contains("<bdi>S60</bdi>") && !html.contains("<bdi>S61</bdi>"))
        #expect(html.contains("Only the first 60 of 101 segments are shown; gyre shows them all."))
    }

    @Test("What can be found is a sentence about the variant that needs most, with figures for all")
    func power() throws {
        var planted = Planted()
        let html = try page(planted)
        #expect(
            html.contains(
                "<p>orders, new: An effect of 2.1 % would have been found by now with a probability of 80.0 %. "
                    + "3400 more units find the planned effect.</p>"))
        #expect(html.contains("10,000 of 20,000 planned units are there, 812.5 came a day."))
        #expect(
            html.contains("<td class=\"number\">91.0 %</td><td class=\"number\">3,400</td><td class=\"number\">5</td>"))
        #expect(
            html.contains(
                "<td><bdi>Refunds asked for</bdi></td><td>new</td><td colspan=\"6\">Too little is known.</td>"))
        planted.isBroken = true
        #expect(try !page(planted).contains("What it can find"))
    }

    @Test("A broken split is an alarm, and what is below is marked as not to be trusted")
    func broken() throws {
        var planted = Planted()
        planted.isBroken = true
        planted.verdict = .broken
        let html = try page(planted)
        #expect(html.contains("role=\"alert\">The split is broken: units did not come to the variants as promised."))
        #expect(html.contains("<section class=\"doubtful\" aria-labelledby=\"effects\">"))
        #expect(html.contains("<section class=\"doubtful\" aria-labelledby=\"history\">"))
        #expect(html.contains("<span class=\"bad\">p &lt; 0.0001, broken</span>") && html.contains("Broken: new"))
        #expect(!html.contains("class=\"good\"") && !html.contains(", better."))
    }

    @Test("Intervals that count at the planned end only are no verdict before it")
    func early() throws {
        var planted = Planted()
        planted.engine = .fixed
        let html = try page(planted)
        #expect(html.contains("The planned end is not reached, and these intervals count only there."))
        #expect(!html.contains("class=\"good\"") && html.contains("class=\"open\"") && !html.contains(", better."))
        planted.hasEnded = true
        #expect(try page(planted).contains("class=\"good\""))
    }

    @Test("A metric without enough data says so in words, and has no bar")
    func notEnough() throws {
        var planted = Planted()
        planted.arm = ArmResult(variant: "new", notEnoughData: "needs 100 units and has 12")
        planted.hasGuardrail = false
        let html = try page(planted)
        #expect(
            html.contains(">not enough data yet</text>") && html.contains("orders, new: needs 100 units and has 12."))
        #expect(!html.contains("<rect") && !html.contains("nan"))
        planted.arm = ArmResult(variant: "new", units: 5, mean: 1, controlMean: 0)
        #expect(try page(planted).contains(">no relative effect</text>"))
    }

    @Test("A draft shows what it promises, and how to start it; without a plan, how to make one")
    func draft() throws {
        var planted = Planted()
        planted.status = .draft
        planted.hasResults = false
        var html = try page(planted)
        #expect(html.contains("It has not been started") && html.contains("gyre experiments start checkout"))
        #expect(html.contains("Of all units") && html.contains("50.0 %") && !html.contains("<h2 id=\"split\">"))
        planted.hasPlan = false
        html = try page(planted)
        #expect(html.contains("gyre experiments plan checkout plan.yaml") && html.contains("nothing is measured"))
        planted.status = .active
        #expect(try page(planted).contains("Nothing is measured in it yet"))
    }

    @Test("With nobody exposed, or no metrics, there is a sentence, and no empty drawing")
    func empty() throws {
        var planted = Planted()
        planted.units = [0, 0]
        var html = try page(planted)
        #expect(html.contains("Nobody has met a variant yet.") && !html.contains("<svg") && html.contains("50.0 %"))
        #expect(!html.contains("nan"))
        planted = Planted()
        planted.hasGoal = false
        planted.hasGuardrail = false
        html = try page(planted)
        #expect(html.contains("Its plan has no metrics") && !html.contains("<svg") && html.contains("5,010"))
    }

    @Test("What people wrote is text, wherever it stands", arguments: Hostile.texts)
    func hostile(text: String) throws {
        var planted = Planted()
        planted.text = text
        planted.isSegmented = true
        let html = try page(planted)
        #expect(!html.contains("<script") && !html.contains("\" onload") && !html.contains("' onload"))
        #expect(html.contains(HTMLText.escaped(text)))
        let bytes = Array(html.utf8)
        for raw in ["<script", "\"\u{301}", "'\u{301}"] {
            #expect(bytes.firstRange(of: Array(raw.utf8)) == nil, "\(raw)")
        }
        let title = PageFrame.html(title: text, refreshes: false, [])
        #expect(!title.contains("<script") && title.contains("<title>\(HTMLText.escaped(text)) – Gyre</title>"))
    }

    @Test("A metric of a unit of its own has an axis of its own; its variants that nobody named show no other's name")
    func absolute() throws {
        var planted = Planted()
        planted.scale = .absolute
        let html = try page(planted)
        #expect(
            html.contains("Effect on orders, in its own unit") && html.contains("Effects, as shares of the control"))
        #expect(!html.contains("<bdi class=\"quiet\">Free delivery</bdi>"))
    }

    @Test(
        "An interval says what it says by its side, the margin and what is better",
        arguments: [
            (MetricRole.goal, MetricDirection.higherIsBetter, 0.01, 0.02, EffectFinding.better),
            (.goal, .higherIsBetter, -0.02, -0.01, .worse), (.goal, .higherIsBetter, -0.01, 0.01, .unclear),
            (.goal, .lowerIsBetter, 0.01, 0.02, .worse), (.secondary, .lowerIsBetter, -0.02, -0.01, .better),
            (.goal, .higherIsBetter, 0, 0.1, .unclear), (.guardrail, .higherIsBetter, -0.04, 0.1, .safe),
            (.guardrail, .higherIsBetter, -0.06, 0.1, .doubtful), (.guardrail, .higherIsBetter, -0.2, -0.06, .harmed),
            (.guardrail, .lowerIsBetter, -0.2, 0.04, .safe), (.guardrail, .lowerIsBetter, 0.06, 0.1, .harmed),
            (.guardrail, .lowerIsBetter, 0.01, 0.1, .doubtful),
        ])
    func findings(
        role: MetricRole, direction: MetricDirection, lower: Double, upper: Double, expected: EffectFinding
    ) {
        let metric = MetricResult(metric: "m", role: role, direction: direction, scale: .relative, arms: [])
        #expect(EffectFinding(metric, margin: 0.05, EffectInterval(lower: lower, upper: upper)) == expected)
        #expect(EffectFinding(metric, margin: 0.05, nil) == nil)
    }

    @Test("Those that run come first, the newest of them on top")
    func sorted() {
        let order: [(String, ExperimentStatus)] = [
            ("a", .completed), ("b", .active), ("c", .draft), ("d", .active), ("e", .paused),
        ]
        let experiments = order.map { key, status in
            var planted = Planted()
            (planted.key, planted.status) = (key, status)
            return planted.experiment
        }
        #expect(ExperimentsPage.sorted(experiments).map(\.key) == ["d", "b", "e", "c", "a"])
    }
}

/// An experiment with a goal and a guardrail, and what a test changes of it.
struct Planted {
    var key = "checkout"
    var text = "Free delivery"
    var status = ExperimentStatus.active
    var engine = InferenceEngine.alwaysValid
    var scale = EffectScaleName.relative
    var verdict = Verdict.ship
    var units = [4_990, 5_010]
    var isBroken = false
    /// Of January and what follows.
    var days: [(day: Int, units: [Int], pValue: Double?)] = []
    var hasEnded = false
    var isSegmented = false
    var segmentCount = 1
    /// Of the test whether the effect differs between segments.
    var difference: Double? = 0.003
    var hasPlan = true
    var hasResults = true
    var hasGoal = true
    var hasGuardrail = true
    var arm = ArmResult(
        variant: "new", units: 5_010, controlUnits: 4_990, mean: 1.1, controlMean: 1, absolute: Planted.effect,
        relative: Planted.effect, pValue: 0.0021, varianceCut: 0.4,
        assumptions: ["What one unit does tells nothing of another."])

    static let effect = EffectFigure(value: 0.1, interval: EffectInterval(lower: 0.05, upper: 0.15))
    private static let time = Timestamp(microseconds: 1_767_225_600_000_000)
    private static let id = UUIDv7(milliseconds: 7, sequence: 0, random: 7)

    var experiment: Experiment {
        Experiment(
            id: Self.id, key: key, name: text, description: text == "Free delivery" ? nil : text,
            hypothesis: text == "Free delivery" ? "More orders are finished." : text,
            owner: text == "Free delivery" ? "Ada" : text, unitType: "user", status: status, hashVersion: 2, seed: key,
            hashAttribute: "id", prerequisites: [], isSticky: false, bucketVersion: 0, minimumBucketVersion: 0,
            variants: [
                Variant(key: "control", allocation: 5_000, isControl: true),
                Variant(key: "new", name: text == "Free delivery" ? nil : text, allocation: 5_000, isControl: false),
            ], phase: status == .draft ? nil : 1, createdAt: Self.time, updatedAt: Self.time, version: 2)
    }

    var phases: [Phase] {
        guard status != .draft else { return [] }
        return [
            Phase(
                number: 1, openedAt: Self.time, reason: .start, prerequisites: [],
                arms: ["control", "new"].map { PhaseArm(variant: $0, allocation: 5_000, ranges: []) })
        ]
    }

    var plan: ResultPlan {
        ResultPlan(
            metrics: (hasGoal ? [PlannedMetric(metric: "orders", role: .goal, scale: scale)] : []) + [
                PlannedMetric(metric: "refunds", role: .guardrail, scale: .relative, margin: 0.2)
            ], engine: engine, alpha: 0.05, correction: .holm, plannedUnits: 20_000, sampleRatioAlpha: 0.001,
            version: 1,
            dimensions: isSegmented ? [SegmentDimension(attribute: attribute, values: ["DE"])] : nil)
    }

    private var attribute: String { text == "Free delivery" ? "country" : text }

    var power: ExperimentPower.Get.Reply {
        let effect = EffectSize(absolute: 0.02, relative: 0.021)
        return ExperimentPower.Get.Reply(
            experiment: key, status: status, at: Self.time, power: 0.8, units: 10_000, plannedUnits: 20_000,
            unitsPerDay: 812.5,
            metrics: [
                MetricPower(
                    metric: "orders", role: .goal, scale: .relative,
                    arms: [
                        ArmPower(
                            variant: "new", summary: "3400 more units find the planned effect.", effect: effect,
                            planned: PlannedEffect(effect: effect, unitsMissing: 3_400, days: 5, power: 0.91)),
                        ArmPower(
                            variant: "newer", summary: "There are enough units.", effect: effect,
                            planned: PlannedEffect(effect: effect, unitsMissing: 0, days: 0)),
                    ]),
                MetricPower(
                    metric: "refunds", role: .guardrail, scale: .relative,
                    arms: [ArmPower(variant: "new", summary: "Too little is known.", notEnoughData: "needs 100 units")]),
            ], assumptions: ["The units to come vary as those so far."])
    }

    var segments: ExperimentResults.Segments.Reply {
        ExperimentResults.Segments.Reply(
            experiment: key, at: Self.time, attribute: attribute, arms: ["control", "new"], control: "control",
            metrics: [
                MetricSegments(
                    metric: "orders", role: .goal, direction: .higherIsBetter, scale: scale,
                    segments: (1...segmentCount).map { number in
                        SegmentResult(
                            value: text != "Free delivery" ? text : number == 1 ? "DE" : "S\(number)", arms: [arm])
                    } + [
                        SegmentResult(arms: [ArmResult(variant: "new", notEnoughData: "needs 2 units and has 0")])
                    ],
                    differences: [
                        SegmentDifference(
                            variant: "new", pValue: difference, summary: "The effect differs between the segments.")
                    ])
            ], assumptions: ["Which segment a unit is in was fixed before its exposure."])
    }

    /// Metrics that nobody named are called by their keys.
    var metricNames: [(key: String, name: String)] {
        text == "Free delivery"
            ? [("orders", "orders"), ("refunds", "Refunds asked for")] : [("orders", text), ("refunds", text)]
    }

    private var metrics: [MetricInfo] {
        metricNames.map { key, name in
            MetricInfo(
                id: Self.id, key: key, name: name, kind: .proportion, event: key, source: .signals, delaySeconds: 0,
                direction: .higherIsBetter, isArchived: false, createdAt: Self.time, version: 1)
        }
    }

    var results: ExperimentResults.Get.Reply {
        let safe = EffectFigure(value: 0.01, interval: EffectInterval(lower: -0.03, upper: 0.05))
        let decision = ArmDecision(
            variant: "new", verdict: verdict, reasons: ["orders +5.0 % to +15.0 %: better."])
        let pValue = isBroken ? 0.000_001 : 0.84
        return ExperimentResults.Get.Reply(
            experiment: key, status: status, at: Self.time, arms: ["control", "new"], control: "control",
            hasEnded: hasEnded, severalVariantsShare: 0,
            split: SplitResult(
                units: units, pValue: pValue, sequentialPValue: isBroken ? 0.000_001 : 0.41, isBroken: isBroken,
                phases: [SplitPart(phase: 1, units: units, pValue: pValue)],
                days: days.map { day, units, pValue in
                    SplitPart(
                        phase: 1, day: CalendarDate(dayNumber: 20_453 + day), units: units, pValue: pValue)
                }),
            metrics: (hasGoal
                ? [MetricResult(metric: "orders", role: .goal, direction: .higherIsBetter, scale: scale, arms: [arm])]
                : [])
                + (hasGuardrail
                    ? [
                        MetricResult(
                            metric: "refunds", role: .guardrail, direction: .lowerIsBetter, scale: .relative,
                            arms: [
                                ArmResult(
                                    variant: "new", units: 5_010, controlUnits: 4_990, mean: 0.11, controlMean: 0.1,
                                    relative: safe)
                            ])
                    ] : []),
            decisions: [decision], recommendation: decision)
    }

    var series: ExperimentResults.Series.Reply {
        ExperimentResults.Series.Reply(
            metric: "orders", scale: scale,
            points: (1...3).compactMap { day in
                CalendarDate(year: 2026, month: 1, day: day).map { date in
                    ResultSeriesPoint(
                        day: date,
                        arms: [SeriesArm(variant: "new", value: 0.1, interval: Self.effect.interval)])
                }
            })
    }

    var report: ExperimentReport {
        ExperimentReport(
            experiment: experiment, phases: phases, plan: hasPlan ? plan : nil,
            findings: hasPlan && hasResults ? findings : nil, gaps: [])
    }

    private var findings: Findings {
        Findings(
            plan: plan, results: results, phases: phases.map(Findings.PromisedPhase.init),
            variantNames: experiment.variantNames,
            metricNames: Dictionary(uniqueKeysWithValues: metricNames.map { ($0.key, $0.name) }),
            series: hasGoal ? [series] : [], segments: hasGoal && isSegmented ? [segments] : [],
            power: power)
    }

    /// What the experiments service says of it.
    func answer(_ method: String) throws(RPCError) -> JSONValue {
        switch method {
        case "holdouts.list": try told(Holdouts.List.Reply(items: [PlantedHoldout().holdout]))
        case "experiments.list": try told(Experiments.List.Reply(items: [experiment]))
        case "activeExperiments.list":
            try told(
                ActiveExperiments.List.Reply(items: [
                    ActiveExperiment(
                        id: Self.id, key: key, name: text, variants: 2, allocation: 10_000, startedAt: Self.time,
                        units: 10_000)
                ]))
        case "experiments.get": try told(experiment)
        case "experimentPhases.list": try told(ExperimentPhases.List.Reply(items: phases))
        case "resultPlans.get": try told(plan)
        case "experimentResults.get": try told(results)
        case "experimentResults.series": try told(series)
        case "experimentPower.get": try told(power)
        case "experimentResults.segments": try told(segments)
        case "metricDefinitions.list": try told(MetricDefinitions.List.Reply(items: metrics))
        default: throw .notFound("method", method)
        }
    }

    private func told(_ reply: some JSONWritable) throws(RPCError) -> JSONValue {
        guard let value = try? JSONValue(parsing: reply.json()) else { throw .internalError("no JSON") }
        return value
    }
}
