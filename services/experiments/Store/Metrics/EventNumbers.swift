import ExperimentMetrics
import JSON
import JSONRPC
import ServiceContract

/// The numbers of an event by their names, read once.
struct EventNumbers: Sendable {
    private let members: [(name: String, value: Double)]

    /// What is no finite number is left out.
    init(_ metrics: JSONRaw?) {
        guard let metrics, case .object(let all)? = try? JSONValue(parsing: metrics.bytes) else {
            members = []
            return
        }
        var members: [(name: String, value: Double)] = []
        for member in all {
            if case .number(let number) = member.value, let value = number.double, value.isFinite {
                members.append((member.name, value))
            }
        }
        self.members = members
    }

    /// - Throws: invalidParams for what is no number that sums can take.
    init(checking metrics: JSONRaw?) throws(RPCError) {
        guard let metrics, let value = try? JSONValue(parsing: metrics.bytes) else {
            members = []
            return
        }
        guard case .object(let all) = value else {
            throw .invalidParams(at: "/metrics", "must be an object of numbers")
        }
        var members: [(name: String, value: Double)] = []
        for member in all {
            let place = "/metrics/\(JSONPointer.escape(member.name))"
            guard case .number(let number) = member.value, let value = number.double, value.isFinite else {
                throw .invalidParams(at: place, "must be a finite number")
            }
            guard abs(value) <= MetricEvent.largestValue else {
                throw .invalidParams(at: place, "must be from -1e60 to 1e60")
            }
            members.append((member.name, value))
        }
        self.members = members
    }

    /// Nil for one that is not there.
    subscript(name: String) -> Double? { members.first { $0.name == name }?.value }
}
