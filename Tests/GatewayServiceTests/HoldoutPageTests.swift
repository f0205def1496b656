import ExperimentsAPI
import JSON
import JSONRPC
import Synchronization
import Testing

@testable import GatewayService

/// The page of a holdout through a gateway, with an experiments service that answers from a closure.
@Suite(.timeLimit(.minutes(2)), .serialized) struct HoldoutPageTests {
    @Test("From all experiments to a holdout, and on to an experiment that it spans")
    func wholeWay() async throws {
        try await ExperimentsPageTests.withPage(
            FakeStaff(), { method, _ throws(RPCError) in try PlantedHoldout().answer(method) }
        ) { browser, experiments in
            let list = try await browser.get("/experiments")
            #expect(list.body.contains("<a href=\"/holdouts?key=2027\"><bdi>Nothing new in 2027</bdi></a>"))
            #expect(list.body.contains("5.0 %") && list.body.contains("layers: onboarding"))
            let paused = try await browser.get("/experiments?status=paused")
            #expect(!paused.body.contains("Holdouts"))
            let page = try await browser.get("/holdouts?key=2027")
            #expect(page.status == 200 && page.body.contains("<title>Nothing new in 2027 – Gyre</title>"))
            var rest = page.body[...]
            for part in [
                "Sign out", "Withheld", "5.0 % of all units", "layers: onboarding", "Entered", "10,000",
                "Let all have it.", "orders +5.0 % to +15.0 %: better.", "Judged by a confidence sequence", "Split",
                "withheld (control)", "500", "5.0 %", "admitted", "95.0 %", "Effects", "<svg", "Over time",
                "What it was withheld from", "<a href=\"/experiments?key=checkout\"><bdi>Free delivery</bdi></a>",
                "shipped", "new", "2026-01-01",
            ] {
                let found = try #require(rest.firstRange(of: part), "\(part) in \(rest)")
                rest = rest[found.upperBound...]
            }
            #expect(!page.body.contains("<script") && !page.body.contains("Ship: admitted"))
            let asked = experiments?.calls ?? []
            #expect(asked.contains("holdoutResults.get") && asked.contains("holdoutResults.series"))
        }
    }

    @Test("Without a plan, before it begins, and with nobody in it, there is a sentence and no drawing")
    func empty() async throws {
        let planted = Mutex(PlantedHoldout())
        try await ExperimentsPageTests.withPage(
            FakeStaff(), { method, _ throws(RPCError) in try planted.withLock(\.self).answer(method) }
        ) { browser, _ in
            for (status, hasPlan, sentence) in [
                (HoldoutStatus.active, false, "gyre holdouts plan 2027 plan.yaml"),
                (.planned, true, "It has not begun: nobody is withheld yet."),
                (.active, true, "Nobody has entered it yet."),
            ] {
                planted.withLock {
                    $0 = PlantedHoldout()
                    ($0.status, $0.hasPlan, $0.units) = (status, hasPlan, [0, 0])
                }
                let page = try await browser.get("/holdouts?key=2027")
                #expect(page.status == 200 && page.body.contains(sentence), "\(page.body)")
                #expect(!page.body.contains("<figure") && !page.body.contains("nan"))
            }
            planted.withLock {
                $0 = PlantedHoldout()
                $0.error = .conflict("Its units are being moved.")
            }
            let page = try await browser.get("/holdouts?key=2027")
            #expect(page.status == 200 && page.body.contains("Its units are being moved."))
            #expect(page.body.contains("5.0 % of all units"))
        }
    }

    @Test("What no holdout is called is not found; without a key there is the list; without a session, the way in")
    func unknown() async throws {
        try await ExperimentsPageTests.withPage(
            FakeStaff(), { _, _ throws(RPCError) in throw .notFound("holdout", "nobody") }
        ) { browser, _ in
            for key in ["nobody", "%3Cscript%3E", ""] {
                let page = try await browser.get("/holdouts?key=\(key)")
                #expect(page.status == 404 && page.body.contains("There is no holdout"))
                #expect(!page.body.contains("<script"))
            }
            #expect(try await browser.get("/holdouts")["location"] == "/experiments")
            browser.cookies = [:]
            let away = try await browser.get("/holdouts?key=2027")
            #expect(away.status == 303 && away["location"] == "/sign-in?to=/holdouts?key=2027")
        }
    }

    @Test("What was promised is told of the phase that is known, and of all only where there is one")
    func phases() throws {
        var planted = PlantedHoldout()
        planted.phases = 2
        let html = try ExperimentsPage().html(planted.report)
        #expect(html.contains("Phase 1") && html.contains("Phase 2"))
        #expect(html.ranges(of: "95.0 %</td><td class=\"number\">95.0 %</td>").count == 1)
        #expect(html.ranges(of: "95.0 %</td><td class=\"number\"></td>").count == 2)
    }

    @Test("What people wrote of a holdout is text", arguments: Hostile.texts)
    func hostile(text: String) throws {
        var planted = PlantedHoldout()
        planted.text = text
        let html = try ExperimentsPage().html(planted.report)
        #expect(!html.contains("<script") && html.contains(HTMLText.escaped(text)))
        #expect(!html.contains("\" onload") && !html.contains("' onload"))
    }
}

/// A holdout that ended well, and what a test changes of it.
struct PlantedHoldout: Sendable {
    var text = "Nothing new in 2027"
    var status = HoldoutStatus.active
    var hasPlan = true
    var units = [500, 9_500]
    var phases = 1
    /// Of the results.
    var error: RPCError?

    private static let time = Timestamp(microseconds: 1_767_225_600_000_000)
    private static let id = UUIDv7(milliseconds: 7, sequence: 0, random: 9)

    var holdout: Holdout {
        Holdout(
            id: Self.id, key: "2027", name: text, description: text, share: 500, scope: .layers,
            members: ["onboarding"], unitType: "user", hashVersion: 2, seed: "holdout:2027", hashAttribute: "id",
            startAt: Self.time, status: status, createdAt: Self.time, updatedAt: Self.time, version: 1)
    }

    var results: HoldoutResults.Get.Reply {
        let arm = ArmResult(
            variant: "admitted", units: 9_500, controlUnits: 500, mean: 1.1, controlMean: 1, relative: Planted.effect)
        return HoldoutResults.Get.Reply(
            holdout: "2027", status: status, at: Self.time, startedAt: Self.time, hasEnded: false,
            entered: units.reduce(0, +), withheldShare: 500,
            split: SplitResult(
                units: units, pValue: 0.5, sequentialPValue: 0.5, isBroken: false,
                phases: (1...phases).map { SplitPart(phase: $0, units: units, pValue: 0.5) }, days: []),
            metrics: [
                MetricResult(metric: "orders", role: .goal, direction: .higherIsBetter, scale: .relative, arms: [arm])
            ],
            decision: ArmDecision(
                variant: "admitted", verdict: .ship, reasons: ["orders +5.0 % to +15.0 %: better."]),
            words: "Let all have it.",
            experiments: [
                SpannedExperiment(
                    key: "checkout", name: text == "Nothing new in 2027" ? "Free delivery" : text, state: .shipped,
                    variant: "new", since: Self.time)
            ])
    }

    var report: HoldoutReport {
        HoldoutReport(
            holdout: holdout, plan: Planted().plan, results: results,
            findings: Findings(results, plan: Planted().plan, metricNames: ["orders": text], series: []), gaps: [])
    }

    /// What the experiments service says.
    func answer(_ method: String) throws(RPCError) -> JSONValue {
        switch method {
        case "holdouts.get": return try told(holdout)
        case "holdoutPlans.get":
            guard hasPlan else { throw .notFound("plan of the holdout", "2027") }
            return try told(Planted().plan)
        case "holdoutResults.get":
            if let error { throw error }
            return try told(results)
        case "holdoutResults.series":
            let series = Planted().series
            return try told(
                HoldoutResults.Series.Reply(
                    metric: series.metric, scale: series.scale,
                    points: series.points.map { point in
                        .init(
                            day: point.day,
                            arms: point.arms.map { .init(variant: "admitted", value: $0.value, interval: $0.interval) })
                    }))
        default: return try Planted().answer(method)
        }
    }

    private func told(_ reply: some JSONWritable) throws(RPCError) -> JSONValue {
        guard let value = try? JSONValue(parsing: reply.json()) else { throw .internalError("no JSON") }
        return value
    }
}
