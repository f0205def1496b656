import ExperimentsAPI
import JSON
import JSONRPC
import Mustache
import ResultWords
import ServiceContract

/// The experiments of a brand, and its holdouts, for staff: all of them, or one with its split, its effects, and what to
/// do.
///
/// It asks with its reader's session, so it shows what they may see, and is charged to them.
struct ExperimentsPage: Sendable {
    /// Experiments that are listed.
    static let maximumExperiments = 500

    private let list: MustacheTemplate
    /// Of experiments and of holdouts.
    private let one: MustacheTemplate

    init() throws {
        list = try MustacheTemplate(html: Self.listSource)
        one = try MustacheTemplate(html: Self.oneSource)
    }

    // MARK: All of them

    private struct ListContent {
        struct Filter {
            let name: String
            let link: String
            let isCurrent: Bool
        }

        struct Row {
            let key: String
            let name: String
            let status: String
            let owner: String?
            let units: String?
            let variants: String
        }

        struct HoldoutRow {
            let key: String
            let name: String
            let status: String
            let withheld: String
            let from: String
            let since: String
        }

        let brand: String
        let gaps: [String]
        let filters: [Filter]
        let rows: [Row]
        let hasRows: Bool
        let nothing: String
        let isFirst: Bool
        let more: String?
        let holdouts: [HoldoutRow]
        let hasHoldouts: Bool
        let moreHoldouts: String?
    }

    /// - Parameter status: only those; nil: all that are not archived.
    func section(_ staff: StaffBar.SignedIn, status: ExperimentStatus?, _ door: DoorClient) async throws(RPCError)
        -> String
    {
        async let askedPage = ConcurrentCalls.outcome { () throws(RPCError) in
            try await Experiments.Client(door).list(.init(status: status, limit: Self.maximumExperiments))
        }
        async let askedRunning = ConcurrentCalls.outcome { () throws(RPCError) in
            try await ActiveExperiments.Client(door).list(.init(limit: Self.maximumExperiments)).items
        }
        // Beside all experiments, not beside those of a status.
        async let askedHoldouts = ConcurrentCalls.outcomes(status == nil ? [Self.maximumExperiments] : []) {
            limit throws(RPCError) in try await Holdouts.Client(door).list(.init(limit: limit))
        }
        let page = try await askedPage.get()
        var gathered = Gathered()
        let running = try gathered.take(await askedRunning, "How many units each has") ?? []
        let holdouts = try gathered.take(await askedHoldouts, "Holdouts").first
        let units = Dictionary(running.map { ($0.id, $0.units) }) { first, _ in first }
        let filters = [ListContent.Filter(name: "all", link: "/experiments", isCurrent: status == nil)]
        return list.render(
            ListContent(
                brand: staff.brand, gaps: gathered.gaps,
                filters: filters
                    + ExperimentStatus.allCases.map {
                        .init(name: $0.rawValue, link: "/experiments?status=\($0.rawValue)", isCurrent: $0 == status)
                    },
                rows: Self.sorted(page.items).map { experiment in
                    .init(
                        key: experiment.key, name: experiment.name, status: experiment.status.rawValue,
                        owner: experiment.owner, units: units[experiment.id].map { StatusPage.grouped($0) },
                        variants: experiment.variants.map(\.key).joined(separator: ", "))
                },
                hasRows: !page.items.isEmpty,
                nothing: status.map { "No experiment is \($0.rawValue)." } ?? "There are no experiments yet.",
                isFirst: status == nil && page.items.isEmpty,
                more: page.nextCursor == nil
                    ? nil : "Only the first \(Self.maximumExperiments) are shown; gyre lists them all.",
                holdouts: (holdouts?.items ?? []).reversed().map { holdout in
                    .init(
                        key: holdout.key, name: holdout.name, status: holdout.status.rawValue,
                        withheld: ResultWords.percent(Double(holdout.share) / 10_000),
                        from: HoldoutReport.words(holdout), since: ExperimentReport.day(holdout.startAt))
                }, hasHoldouts: holdouts?.items.isEmpty == false,
                moreHoldouts: holdouts?.nextCursor == nil
                    ? nil : "Only the first \(Self.maximumExperiments) holdouts are shown; gyre lists them all."))
    }

    /// Those that run first, then by their life; in each the newest first.
    static func sorted(_ experiments: [Experiment]) -> [Experiment] {
        let order: [ExperimentStatus] = [.active, .paused, .draft, .completed, .archived]
        return order.flatMap { status in experiments.filter { $0.status == status }.reversed() }
    }

    // MARK: One of them

    /// - Returns: what the page is called, and the page.
    func section(_ key: String, _ door: DoorClient) async throws(RPCError) -> (title: String, html: String) {
        let report = try await report(key, door)
        return (report.experiment.name, html(report))
    }

    /// - Returns: what the page is called, and the page.
    func section(holdout key: String, _ door: DoorClient) async throws(RPCError) -> (title: String, html: String) {
        let report = try await holdoutReport(key, door)
        return (report.holdout.name, html(report))
    }

    func html(_ report: ExperimentReport) -> String { one.render(ResultPageContent(report)) }

    func html(_ report: HoldoutReport) -> String { one.render(ResultPageContent(report)) }
}
