import CommonAPI
import JSON
import JSONRPC
import JSONRPCInProcess
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI
import Testing

@testable import SignalsService

/// Lifecycle, tenure, purchases and value, as they are asked for.
@Suite struct ScoresTests {
    private func list(
        _ service: SignalsUnderTest, asOf: String? = nil, stage: CustomerStage? = nil, quintiles: Bool = true,
        limit: Int = 100
    ) async throws -> [ActorScores] {
        var found: [ActorScores] = []
        var cursor: String?
        repeat {
            let page = try await Scores.Client(service.client).list(
                Scores.List.Params(
                    asOf: asOf.flatMap { CalendarDate($0) }, stage: stage, quintiles: quintiles, cursor: cursor,
                    limit: limit), for: service.call)
            found += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return found
    }

    private func scores(
        _ service: SignalsUnderTest, _ customer: String = "a", asOf: String? = nil
    ) async throws -> Scores.Get.Reply {
        try await Scores.Client(service.client).get(
            Scores.Get.Params(
                identifier: Identifier(type: "customerId", value: customer), asOf: asOf.flatMap { CalendarDate($0) }),
            for: service.call)
    }

    @Test("Several purchases of one UTC day are one, whatever their order, and a refund is none")
    func days() async throws {
        try await withSignals { service in
            try await service.track("Order Completed", "a", at: "2025-11-03T23:59:59.999999Z", revenue: "5.00")
            try await service.track("Order Completed", "a", at: "2025-11-01T22:00:00-03:00", revenue: "7.0005")
            try await service.track("Order Completed", "a", at: "2025-11-02T23:00:00Z", revenue: "1.00")
            try await service.track("Order Refunded", "a", at: "2025-12-30T00:00:00Z", revenue: "-3.00")
            try await service.track("Product Viewed", "a", at: "2025-10-31T00:00:00Z", revenue: "100.00")
            let told = try await scores(service)
            #expect(told.currency == nil && told.customers == 1)
            #expect(told.scores.stage == .active && told.scores.tenureDays == 62)
            #expect(told.scores.value == Amount("10.0005"))
            let bought = try #require(told.scores.purchases)
            #expect(bought.firstOn.description == "2025-11-02" && bought.lastOn.description == "2025-11-03")
            #expect(bought.frequency == 1 && bought.recencyDays == 1)
            #expect(bought.ageDays == 60 && bought.daysSincePurchase == 59)
            #expect(bought.monetaryValue == Amount("5.00"))
        }
    }

    @Test("What happened after a day does not count on it")
    func asOf() async throws {
        try await withSignals { service in
            try await service.identify("a", #"{"plan": "gold"}"#, at: "2025-01-01T12:00:00Z")
            try await service.track("Order Completed", "a", at: "2025-02-01T23:59:59Z", revenue: "5.00")
            try await service.track("Order Completed", "a", at: "2025-02-02T00:00:00Z", revenue: "7.00")
            let none = try await scores(service, asOf: "2024-12-31").scores
            #expect(none.stage == .prospect && none.tenureDays == nil && none.value == .zero && none.purchases == nil)
            let known = try await scores(service, asOf: "2025-01-31")
            #expect(known.scores.stage == .prospect && known.scores.tenureDays == 30)
            #expect(known.scores.quintiles == nil && known.customers == 0)
            #expect(try await scores(service, asOf: "2025-02-01").scores.value == Amount("5.00"))
            #expect(try await scores(service, asOf: "2025-02-02").scores.value == Amount("12.00"))
        }
    }

    @Test("People go from new to active, at risk and churned the day after the rules' days")
    func stages() async throws {
        try await withSignals { service in
            try await service.track("Order Completed", "a", at: "2025-01-01T00:00:00Z", revenue: "5.00")
            try await service.track("Order Completed", "b", at: "2025-01-01T00:00:00Z", revenue: "5.00")
            try await service.track("Order Completed", "b", at: "2025-01-31T00:00:00Z", revenue: "5.00")
            try await service.identify("c", #"{"plan": "gold"}"#, at: "2025-01-01T12:00:00Z")
            let expected: [(String, [CustomerStage])] = [
                ("2025-01-31", [.new, .new, .prospect]), ("2025-02-01", [.active, .active, .prospect]),
                ("2025-04-01", [.active, .active, .prospect]), ("2025-04-02", [.atRisk, .active, .prospect]),
                ("2025-06-30", [.atRisk, .atRisk, .prospect]), ("2025-07-01", [.churned, .atRisk, .prospect]),
            ]
            for (day, stages) in expected {
                #expect(try await list(service, asOf: day).map(\.stage) == stages, "\(day)")
            }
            #expect(try await list(service, asOf: "2025-04-02", stage: .active, limit: 1).count == 1)
            _ = try await service.call("scoreRules.set", #"{"newDays": 1, "atRiskDays": 10, "churnedDays": 20}"#)
            #expect(try await list(service, asOf: "2025-01-31").map(\.stage) == [.churned, .active, .prospect])
        }
    }

    @Test("Amounts in another currency are in no sum; the first purchase says which it is, until a rule does")
    func currencies() async throws {
        try await withSignals { service in
            try await service.track(
                "Order Completed", "a", at: "2025-12-01T00:00:00Z", revenue: "5.00", currency: "USD")
            try await service.track(
                "Order Completed", "a", at: "2025-12-02T00:00:00Z", revenue: "70.00", currency: "EUR")
            try await service.track(
                "Order Completed", "a", at: "2025-12-03T00:00:00Z", revenue: "9.00", currency: "USD")
            try await service.track("Order Completed", "a", at: "2025-12-04T00:00:00Z", revenue: "2.00")
            try await service.track("Order Completed", "a", at: "2025-12-05T00:00:00Z")
            try await service.track("Return", "a", at: "2025-12-06T00:00:00Z", revenue: "-1.00", currency: "EUR")
            var told = try await scores(service)
            #expect(told.currency == Currency("USD"))
            #expect(told.scores.value == Amount("16.00") && told.scores.unsummed == 2)
            // Of 9, 2 and nothing; the day with euros only is no day of dollars.
            #expect(told.scores.purchases?.monetaryValue == Amount("3.6667"))
            #expect(told.scores.purchases?.frequency == 4)
            _ = try await service.call("scoreRules.set", #"{"currency": "EUR"}"#)
            told = try await scores(service)
            #expect(told.currency == Currency("EUR"))
            #expect(told.scores.value == Amount("71.00") && told.scores.unsummed == 2)
        }
    }

    @Test("Somebody who was given back more than they paid is worth less than nothing")
    func refundOfNothing() async throws {
        try await withSignals { service in
            try await service.track(
                "Order Refunded", "a", at: "2025-12-06T00:00:00Z", revenue: "-1.00", currency: "EUR")
            let told = try await scores(service)
            #expect(told.scores.stage == .prospect && told.scores.value == Amount("-1.00") && told.customers == 0)
        }
    }

    @Test("Whose data is restricted is refused, left out of lists, and compared with nobody")
    func restricted() async throws {
        try await withSignals { service in
            for (index, name) in ["a", "b", "c", "d", "e"].enumerated() {
                try await service.track(
                    "Order Completed", name, at: "2025-12-0\(index + 1)T00:00:00Z", revenue: "\(index + 1).00",
                    currency: index == 0 ? "USD" : "EUR")
            }
            #expect(try await list(service).compactMap(\.quintiles?.recency) == [1, 2, 3, 4, 5])
            _ = try await service.call(
                "restrictions.place",
                #"{"kind": "restriction", "identifier": {"type": "customerId", "value": "a"}}"#)
            let left = try await list(service, limit: 2)
            #expect(left.compactMap(\.quintiles?.recency) == [1, 2, 3, 4])
            let told = try await scores(service, "b")
            #expect(told.customers == 4 && told.currency == Currency("EUR"))
            #expect(try await failure { try await scores(service, "a") }?.code == RPCError.Code.restricted)
        }
    }

    @Test("Only people whose data may be used for a purpose are listed for it")
    func purpose() async throws {
        try await withSignals { service in
            try await service.track("Order Completed", "a", revenue: "1.00")
            try await service.track("Order Completed", "b", revenue: "1.00")
            _ = try await service.call("purposes.set", #"{"name": "profiling", "legalBasis": "legitimateInterests"}"#)
            _ = try await service.call(
                "restrictions.place", #"{"kind": "objection", "identifier": {"type": "customerId", "value": "b"}}"#)
            let page = try await Scores.Client(service.client).list(
                Scores.List.Params(purpose: "profiling"), for: service.call)
            #expect(page.items.map(\.actorId) == [try await service.actor("a").id])
        }
    }

    @Test("Pages of any size give each person once, with the same scores as a call for each")
    func pages() async throws {
        try await withSignals { service in
            var generator = SeededGenerator(seed: 7)
            for index in 0..<60 {
                try await service.track(
                    index % 3 == 0 ? "Visit" : "Order Completed", "p\(index % 17)",
                    at:
                        "2025-\(["07", "09", "11"][index % 3])-\(10 + Int.random(in: 0..<18, using: &generator))T08:00:00Z",
                    revenue: "\(Int.random(in: 1..<500, using: &generator)).00")
            }
            let whole = try await list(service)
            #expect(whole.count == 17)
            for limit in [1, 2, 16, 17, 18] { #expect(try await list(service, limit: limit) == whole) }
            for scored in whole {
                let one = try await Scores.Client(service.client).get(
                    Scores.Get.Params(actorId: scored.actorId), for: service.call)
                #expect(one.scores == scored && one.customers == whole.count { $0.purchases != nil })
            }
            #expect(try await list(service, quintiles: false).allSatisfy { $0.quintiles == nil })
        }
    }

    @Test("Rules that contradict themselves are refused and change nothing; what is absent is as in a new brand")
    func rules() async throws {
        try await withSignals { service in
            let rules = ScoreRules.Client(service.client)
            let first = try await rules.get(ScoreRules.Get.Params(), for: service.call)
            #expect(first == .ofNewBrand)
            let set = try await rules.set(
                ScoreRules.Set.Params(purchaseEvents: ["Bought \"x\"", "b"], atRiskDays: 2, churnedDays: 3),
                for: service.call)
            #expect(try await rules.get(ScoreRules.Get.Params(), for: service.call) == set)
            let refused = try await failure {
                try await rules.set(ScoreRules.Set.Params(atRiskDays: 90, churnedDays: 90), for: service.call)
            }
            #expect(refused?.code == RPCError.Code.invalidParams)
            #expect(try await rules.get(ScoreRules.Get.Params(), for: service.call) == set)
            #expect(try await rules.set(ScoreRules.Set.Params(), for: service.call) == first)
        }
    }

    @Test("A value beyond the largest amount is an error, not another number")
    func overflow() async throws {
        try await withSignals { service in
            for day in ["01", "02"] {
                try await service.track(
                    "Order Completed", "a", at: "2025-12-\(day)T00:00:00Z", revenue: "922337203685477.5807")
            }
            #expect(try await failure { try await scores(service) }?.code == RPCError.Code.conflict)
            #expect(try await scores(service, asOf: "2025-12-01").scores.value == .maximum)
        }
    }

    @Test("An erased person is in no score of others")
    func erased() async throws {
        try await withSignals { service in
            try await service.track("Order Completed", "a", revenue: "1.00")
            try await service.track("Order Completed", "b", revenue: "1.00")
            try await service.erase(Identifier(type: "customerId", value: "a"))
            #expect(try await scores(service, "b").customers == 1)
            #expect(try await failure { try await scores(service, "a") }?.code == RPCError.Code.notFound)
        }
    }

    @Test(
        "Everybody's purchases are read through the index of signals by actor, without sorting",
        arguments: [nil, ["gold"]])
    func plan(segments: [String]?) async throws {
        try await withSignals { service in
            var call = service.call
            call.segments = segments
            let reach = ActorReach(of: call)
            let file = try service.file
            let plan = try await service.runtime.read(file) { transaction throws(RPCError) in
                var lines: [String] = []
                try transaction.each(
                    sql: "EXPLAIN QUERY PLAN " + PurchaseStore.everybody(reach),
                    Arguments(reach.arguments + [Int64(5), "[]"])
                ) { row in
                    lines.append(row.text(3))
                    return true
                }
                return lines
            }
            #expect(
                plan.contains { $0.contains("USING INDEX signals_by_actor (actor=? AND occurred_at<?)") }, "\(plan)")
            #expect(!plan.contains { $0.contains("FOR ORDER BY") }, "\(plan)")
        }
    }
}
