import ExperimentsAPI
import JSONRPC

extension ExperimentsPage {
    /// Pages of phases that are asked for, of 100 each.
    static let maximumPhasePages = 10
    /// Pages of metrics that are looked through for names, of 500 each.
    static let maximumMetricPages = 4
    /// Goals whose effects are shown over time.
    static let maximumSeries = 6

    /// Asks for all that the page of an experiment shows, as much of it at once as can be.
    func report(_ key: String, _ door: DoorClient) async throws(RPCError) -> ExperimentReport {
        let experiment = try await experiment(key, door)
        async let askedPhases = ConcurrentCalls.outcome { () throws(RPCError) in
            try await self.phases(of: experiment, door)
        }
        async let askedPlan = ConcurrentCalls.outcome { () throws(RPCError) in try await self.plan(of: experiment, door)
        }
        let phases = try await askedPhases.get()
        let plan = try await askedPlan.get()
        var gathered = Gathered()
        var findings: Findings?
        if let plan, experiment.phase != nil {
            findings = try await self.findings(of: experiment, phases, plan, door, &gathered)
        }
        return ExperimentReport(
            experiment: experiment, phases: phases, plan: plan, findings: findings, gaps: gathered.gaps)
    }

    private func findings(
        of experiment: Experiment, _ phases: [Phase], _ plan: ResultPlan, _ door: DoorClient,
        _ gathered: inout Gathered
    ) async throws(RPCError) -> Findings? {
        let client = ExperimentResults.Client(door)
        async let askedResults = ConcurrentCalls.outcome { () throws(RPCError) in
            try await client.get(.init(experimentId: experiment.id))
        }
        async let askedSeries = ConcurrentCalls.outcomes(plan.goals.prefix(Self.maximumSeries)) {
            metric throws(RPCError) in
            try await client.series(.init(experimentId: experiment.id, metric: metric))
        }
        let dimensions = plan.goals.isEmpty ? [] : plan.dimensions ?? []
        async let askedSegments = ConcurrentCalls.outcomes(dimensions.map(\.attribute)) { attribute throws(RPCError) in
            try await client.segments(
                .init(experimentId: experiment.id, attribute: attribute, metrics: Array(plan.goals.prefix(1))))
        }
        async let askedPower = ConcurrentCalls.outcome { () throws(RPCError) in
            try await ExperimentPower.Client(door).get(.init(experimentId: experiment.id))
        }
        async let askedNames = ConcurrentCalls.outcome { () throws(RPCError) in
            try await self.names(of: plan.metrics.map(\.metric), door)
        }
        guard let results = try gathered.take(await askedResults) else { return nil }
        let series = try gathered.take(await askedSeries, "How the effects came about")
        return Findings(
            plan: plan, results: results, phases: phases.map(Findings.PromisedPhase.init),
            variantNames: experiment.variantNames,
            metricNames: try gathered.take(await askedNames, "The names of the metrics") ?? [:], series: series,
            segments: try gathered.take(await askedSegments, "Effects by segment"),
            power: try gathered.take(await askedPower, "What it can find"))
    }

    /// How people call metrics, by their keys.
    func names(of metrics: [String], _ door: DoorClient) async throws(RPCError) -> [String: String] {
        let client = MetricDefinitions.Client(door)
        var wanted = Set(metrics)
        var names: [String: String] = [:]
        var cursor: String?
        for _ in 0..<Self.maximumMetricPages where !wanted.isEmpty {
            let page = try await client.list(.init(cursor: cursor, limit: 500))
            for metric in page.items where wanted.remove(metric.key) != nil { names[metric.key] = metric.name }
            cursor = page.nextCursor
            if cursor == nil { break }
        }
        return names
    }

    private func experiment(_ key: String, _ door: DoorClient) async throws(RPCError) -> Experiment {
        do throws(RPCError) {
            return try await Experiments.Client(door).get(.init(key: key))
        } catch {
            // What cannot be a key is no experiment's.
            throw error.code == RPCError.Code.invalidParams ? .notFound("experiment", key) : error
        }
    }

    private func phases(of experiment: Experiment, _ door: DoorClient) async throws(RPCError) -> [Phase] {
        guard experiment.phase != nil else { return [] }
        let client = ExperimentPhases.Client(door)
        var phases: [Phase] = []
        var cursor: String?
        for _ in 0..<Self.maximumPhasePages {
            let page = try await client.list(.init(experimentId: experiment.id, cursor: cursor, limit: 100))
            phases += page.items
            cursor = page.nextCursor
            if cursor == nil { break }
        }
        return phases
    }

    private func plan(of experiment: Experiment, _ door: DoorClient) async throws(RPCError) -> ResultPlan? {
        do throws(RPCError) {
            return try await ResultPlans.Client(door).get(.init(experimentId: experiment.id))
        } catch {
            guard error.code == RPCError.Code.notFound else { throw error }
            return nil
        }
    }
}
