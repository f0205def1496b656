import ExperimentsAPI
import JSONRPC

extension ExperimentsPage {
    /// Asks for all that the page of a holdout shows, as much of it at once as can be.
    func holdoutReport(_ key: String, _ door: DoorClient) async throws(RPCError) -> HoldoutReport {
        let holdout = try await holdout(key, door)
        guard let plan = try await plan(of: holdout, door) else {
            return HoldoutReport(holdout: holdout, plan: nil, results: nil, findings: nil, gaps: [])
        }
        let client = HoldoutResults.Client(door)
        async let askedResults = ConcurrentCalls.outcome { () throws(RPCError) in
            try await client.get(.init(holdoutId: holdout.id))
        }
        async let askedSeries = ConcurrentCalls.outcomes(plan.goals.prefix(Self.maximumSeries)) {
            metric throws(RPCError) in
            try await client.series(.init(holdoutId: holdout.id, metric: metric))
        }
        async let askedNames = ConcurrentCalls.outcome { () throws(RPCError) in
            try await self.names(of: plan.metrics.map(\.metric), door)
        }
        var gathered = Gathered()
        guard let results = try gathered.take(await askedResults) else {
            return HoldoutReport(holdout: holdout, plan: plan, results: nil, findings: nil, gaps: gathered.gaps)
        }
        let findings = Findings(
            results, plan: plan,
            metricNames: try gathered.take(await askedNames, "The names of the metrics") ?? [:],
            series: try gathered.take(await askedSeries, "How the effects came about"))
        return HoldoutReport(holdout: holdout, plan: plan, results: results, findings: findings, gaps: gathered.gaps)
    }

    private func holdout(_ key: String, _ door: DoorClient) async throws(RPCError) -> Holdout {
        do throws(RPCError) {
            return try await Holdouts.Client(door).get(.init(key: key))
        } catch {
            // What cannot be a key is no holdout's.
            throw error.code == RPCError.Code.invalidParams ? .notFound("holdout", key) : error
        }
    }

    private func plan(of holdout: Holdout, _ door: DoorClient) async throws(RPCError) -> ResultPlan? {
        do throws(RPCError) {
            return try await HoldoutPlans.Client(door).get(.init(holdoutId: holdout.id))
        } catch {
            guard error.code == RPCError.Code.notFound else { throw error }
            return nil
        }
    }
}
