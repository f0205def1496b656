import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceKit

/// What makes states and transitions a flow: every state can be reached from the first, a terminal one can be reached from
/// every state, and every transition can be taken.
enum FlowRules {
    /// - Throws: invalidParams at the place of what is wrong.
    static func check(_ flow: Flows.Create.Params) throws(RPCError) {
        var places: [String: Int] = [:]
        for (index, state) in flow.states.enumerated() {
            guard places.updateValue(index, forKey: state.name) == nil else {
                throw .invalidParams(at: "/params/states/\(index)/name", "is there twice")
            }
        }
        guard let first = places[flow.initialState] else {
            throw .invalidParams(at: "/params/initialState", "is none of the states")
        }
        let edges = try edges(flow, places)
        let reached = closure(from: [first], over: edges)
        if let lost = flow.states.indices.first(where: { !reached.contains($0) }) {
            throw .invalidParams(
                at: "/params/states/\(lost)",
                "cannot be reached from \(flow.initialState); add a transition, or leave it out")
        }
        let terminal = flow.states.indices.filter { flow.states[$0].isTerminal }
        guard !terminal.isEmpty else {
            throw .invalidParams(at: "/params/states", "has no terminal state; set isTerminal of the one where it ends")
        }
        let ending = closure(from: terminal, over: edges.map { ($0.to, $0.from) })
        if let stuck = flow.states.indices.first(where: { !ending.contains($0) }) {
            throw .invalidParams(
                at: "/params/states/\(stuck)", "leads to no terminal state; add a transition, or set its isTerminal")
        }
    }

    private typealias Edge = (from: Int, to: Int)

    /// The transitions as pairs of places.
    private static func edges(
        _ flow: Flows.Create.Params, _ places: [String: Int]
    ) throws(RPCError) -> [Edge] {
        var edges: [Edge] = []
        /// The events that a state's earlier transitions take in any case.
        var taken: [Int: Set<String>] = [:]
        for (index, transition) in flow.transitions.enumerated() {
            let place = "/params/transitions/\(index)"
            guard let from = places[transition.from] else {
                throw .invalidParams(at: "\(place)/from", "is none of the states")
            }
            guard let to = places[transition.to] else {
                throw .invalidParams(at: "\(place)/to", "is none of the states")
            }
            guard !flow.states[from].isTerminal else {
                throw .invalidParams(at: "\(place)/from", "is a terminal state, which nothing leaves")
            }
            guard taken[from]?.contains(transition.event) != true else {
                throw .invalidParams(
                    at: place, "is never taken: an earlier one takes \(transition.event) without a condition")
            }
            if let condition = transition.condition?.unlessEmpty {
                try check(condition, at: "\(place)/condition")
            } else {
                taken[from, default: []].insert(transition.event)
            }
            edges.append((from, to))
        }
        return edges
    }

    private static func check(_ condition: JSONRaw, at place: String) throws(RPCError) {
        do {
            _ = try Condition(try condition.value())
        } catch let error as AssignmentError {
            throw .invalidParams(at: place + error.pointer, error.message)
        } catch {
            throw .internalError("A condition that was read is no JSON: \(error)")
        }
    }

    /// All that edges lead to from some places, these among them.
    private static func closure(from start: [Int], over edges: [(from: Int, to: Int)]) -> Set<Int> {
        let targets = Dictionary(grouping: edges, by: \.from).mapValues { $0.map(\.to) }
        var reached = Set(start)
        var waiting = start
        while let place = waiting.popLast() {
            for next in targets[place] ?? [] where reached.insert(next).inserted { waiting.append(next) }
        }
        return reached
    }
}
