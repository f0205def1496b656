public import JSON

/// Long work for one brand: how far it is, and where it goes on after a restart.
///
/// A job is driven by its callers, as an import is by whoever sends its chunks, or by ``JobRunner`` in pieces. Either
/// way the effect of each step and the progress it made lie in one transaction, so that none is done twice or lost.
public struct StoredJob: Sendable {
    /// What may follow: a running job ends in one of the others, and stays there.
    public enum Status: String, Sendable {
        case running
        case completed
        case failed
        case cancelled
    }

    public let id: UUIDv7
    /// What is done: `import`.
    public let kind: String
    public var status: Status
    /// How much is done, in ``unit``.
    public var done: Int
    /// How much there is to do; nil where that is not known.
    public var total: Int?
    /// What is counted: `bytes`.
    public let unit: String
    /// Where the work goes on: ids and figures, nothing of people.
    public var state: JSONRaw?
    /// Why it failed, or why it does not go on right now.
    public var problem: String?
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: UUIDv7, kind: String, status: Status = .running, done: Int = 0, total: Int? = nil, unit: String,
        state: JSONRaw? = nil, problem: String? = nil, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.status = status
        self.done = done
        self.total = total
        self.unit = unit
        self.state = state
        self.problem = problem
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
