import GatewayAPI
import JSON
import JSONRPC
import Mustache
import ServiceKit
import SignalsAPI
import TenancyAPI

/// How the suite is, for the page at `/`: is everything running, which brands, how many people and signals, the last hour, what to do next.
struct StatusPage: Sendable {
    /// Brands shown; there may be a thousand.
    static let maximumBrands = 20
    static let minutes = 60

    private let status: SystemStatus
    private let brands: Brands.Client
    private let signals: Signals.Client
    private let actors: Actors.Client
    private let clock: ServiceKit.Clock
    private let template: MustacheTemplate

    init(status: SystemStatus, tenancy: any JSONRPCClient, signals: any JSONRPCClient, clock: ServiceKit.Clock) throws {
        self.status = status
        brands = Brands.Client(tenancy)
        self.signals = Signals.Client(signals)
        actors = Actors.Client(signals)
        self.clock = clock
        template = try MustacheTemplate(html: Self.source)
    }

    func section() async -> String {
        template.render(await content())
    }

    /// The brands that the page shows.
    func brandNames() async -> [Brand] {
        let call = CallContext(principal: "service:gateway", deadlineMilliseconds: 2_000)
        return (try? await brands.list(Brands.List.Params(limit: Self.maximumBrands), for: call).items) ?? []
    }

    /// What the template shows.
    struct Content {
        struct Service {
            let name: String
            let isReady: Bool
            let detail: String
        }

        struct Brand {
            let id: String
            let name: String
            let industry: String
            let people: String
            let signals: String
            let revenue: String
            let hour: String
            let bars: [Bar]
        }

        /// A bar of the chart, in its own coordinates: 60 wide, 24 high, from the top.
        struct Bar {
            let x: Int
            let y: Int
            let height: Int
            let label: String
        }

        let isAllReady: Bool
        let services: [Service]
        let brands: [Brand]
        let hasBrands: Bool
        let isWithoutBrands: Bool
        let isWithoutSignals: Bool
        let moreBrands: String?
    }

    private func content() async -> Content {
        let services = await status.all()
        let call = CallContext(principal: "service:gateway", deadlineMilliseconds: 2_000)
        let page = try? await brands.list(Brands.List.Params(limit: Self.maximumBrands), for: call)
        var shown: [Content.Brand] = []
        var hasSignals = false
        for brand in page?.items ?? [] {
            guard let entry = try? await describe(brand) else { continue }
            hasSignals = hasSignals || entry.signals != "0"
            shown.append(entry)
        }
        return Content(
            isAllReady: services.allSatisfy(\.ready),
            services: services.map {
                Content.Service(
                    name: $0.name, isReady: $0.ready,
                    detail: $0.problem ?? $0.startedAt.map { "since \(Self.readable($0))" } ?? "")
            },
            brands: shown, hasBrands: !shown.isEmpty, isWithoutBrands: shown.isEmpty,
            isWithoutSignals: !shown.isEmpty && !hasSignals,
            moreBrands: page?.nextCursor == nil ? nil : "Only the first \(Self.maximumBrands) brands are shown.")
    }

    private func describe(_ brand: Brand) async throws(RPCError) -> Content.Brand {
        let call = CallContext(brand: brand.id, principal: "admin", deadlineMilliseconds: 2_000)
        let sums = try await signals.summarize(Signals.Summarize.Params(), for: call)
        let people = try await actors.count(Actors.Count.Params(), for: call).actors
        let arrivals = try await signals.arrivals(Signals.Arrivals.Params(minutes: Self.minutes), for: call)
        let total = arrivals.series.reduce(0) { $0 + $1.signals }
        return Content.Brand(
            id: "\(brand.id)", name: brand.name, industry: brand.industry.rawValue,
            people: Self.grouped(people), signals: Self.grouped(sums.signals),
            revenue: sums.revenue.map { "\(Self.grouped($0.amount)) \($0.currency)" }.joined(separator: ", "),
            hour: "\(Self.grouped(total)) in the last hour", bars: bars(arrivals.series))
    }

    private func bars(_ series: [Stretch]) -> [Content.Bar] {
        let peak = series.map(\.signals).max() ?? 1
        let thisMinute = clock.now().microseconds / 60_000_000
        return series.compactMap { stretch in
            let ago = Int(thisMinute - stretch.from.microseconds / 60_000_000)
            guard (0..<Self.minutes).contains(ago) else { return nil }
            let height = max(1, stretch.signals * 24 / max(1, peak))
            return Content.Bar(
                x: Self.minutes - 1 - ago, y: 24 - height, height: height,
                label: "\(Self.grouped(stretch.signals)) at \(Self.readable(stretch.from))")
        }
    }

    /// 2026-01-31 12:05:59 UTC.
    static func readable(_ time: Timestamp) -> String {
        let text = "\(Timestamp(microseconds: time.microseconds / 1_000_000 * 1_000_000))"
        return text.replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    /// 2500315.63 as 2,500,315.63.
    static func grouped(_ amount: Amount) -> String {
        let parts = amount.description.split(separator: ".", maxSplits: 1)
        guard let whole = Int(parts[0]), whole != 0 else { return amount.description }
        return ([grouped(whole)] + parts.dropFirst().map(String.init)).joined(separator: ".")
    }

    /// 69659 as 69,659.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0 && index % 3 == 0 && digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
