/// The life of all services of a suite: restarts each on its own, and ends them in order, the gateway first, so that
/// what it admitted can still be answered.
struct SuiteSupervision {
    struct Action: Equatable {
        let service: String
        let what: ServiceSupervision.Action
    }

    /// From the request to end until what is left is killed.
    static let drainMilliseconds: Int64 = 5_000
    /// How long the other services wait for the gateway to end before them.
    static let gatewayFirstMilliseconds: Int64 = 2_000

    private(set) var services: [(name: String, supervision: ServiceSupervision)]
    private var stoppedAt: Int64?

    /// - Parameter names: in the order in which they start; the last one is the door and ends first.
    init(_ names: [String]) {
        services = names.map { ($0, ServiceSupervision()) }
    }

    var isStopping: Bool { stoppedAt != nil }

    var isOver: Bool { services.allSatisfy { $0.supervision.state == .ended } }

    /// Does what is due.
    mutating func act(at now: Int64) -> [Action] {
        var actions: [Action] = []
        for index in services.indices {
            if let stop = stopIfDue(index, at: now) {
                actions.append(Action(service: services[index].name, what: stop))
            }
            if let due = services[index].supervision.act(at: now) {
                actions.append(Action(service: services[index].name, what: due))
            }
        }
        return actions
    }

    /// When something is due next without anything happening; nil: never.
    var nextMoment: Int64? {
        var moments = services.compactMap(\.supervision.nextMoment)
        if let stoppedAt, services.contains(where: { Self.awaitsStop($0.supervision) }) {
            moments.append(stoppedAt + Self.gatewayFirstMilliseconds)
        }
        return moments.min()
    }

    /// Begins to end the suite; a second request kills what is left.
    mutating func stop(at now: Int64) {
        if stoppedAt == nil { stoppedAt = now } else { stoppedAt = now - Self.drainMilliseconds }
        guard let stoppedAt, stoppedAt < now else { return }
        for index in services.indices { services[index].supervision.hasten(to: now) }
    }

    /// Lets `change` answer for the service called `name`.
    mutating func update<R>(_ name: String, _ change: (inout ServiceSupervision) -> R) -> R? {
        guard let index = services.firstIndex(where: { $0.name == name }) else { return nil }
        return change(&services[index].supervision)
    }

    private mutating func stopIfDue(_ index: Int, at now: Int64) -> ServiceSupervision.Action? {
        guard let stoppedAt else { return nil }
        let isDoor = index == services.count - 1
        let doorIsClosed = services.last?.supervision.state == .ended
        guard isDoor || doorIsClosed || now - stoppedAt >= Self.gatewayFirstMilliseconds else { return nil }
        return services[index].supervision.stop(at: now, deadline: stoppedAt + Self.drainMilliseconds)
    }

    private static func awaitsStop(_ supervision: ServiceSupervision) -> Bool {
        switch supervision.state {
        case .waiting, .running: true
        case .stopping, .killed, .ended: false
        }
    }
}
