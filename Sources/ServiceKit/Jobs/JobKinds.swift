public import JSON
public import JSONRPC
public import SQLite
public import ServiceContract

/// What a service does with jobs of one kind.
public protocol JobKind: Sendable {
    /// Puts away what a job that somebody ends was in the middle of, in the transaction that ends it.
    func cancel(_ job: StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError)
}

extension JobKind {
    public func cancel(_ job: StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {}
}

/// The effect of a piece: moves the job on, and sets its status when the work is done.
///
/// It may run and be undone; only what it does in the transaction counts.
public typealias JobPiece =
    @Sendable (_ job: inout StoredJob, _ now: Timestamp, borrowing WriteTransaction) throws(RPCError) -> Void

/// A kind of job that the service drives itself, piece by piece.
public protocol JobWork: JobKind {
    /// Works out the next piece of `job`, in well under a second; other brands' jobs wait for it.
    ///
    /// What takes long to compute is computed here; the returned effect holds up the brand's other writes. An error
    /// that is retryable makes the runner try again; any other ends the job as failed.
    func next(of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime) async throws(RPCError) -> JobPiece
}

/// The kinds of jobs a service has, by name.
public struct JobKinds: Sendable {
    private var kinds: [String: any JobKind] = [:]

    public init() {}

    public subscript(name: String) -> (any JobKind)? {
        get { kinds[name] }
        set { kinds[name] = newValue }
    }

    /// What drives jobs of a kind; nil when their callers do.
    func work(of name: String) -> (any JobWork)? {
        kinds[name] as? any JobWork
    }

    /// Whether the service drives any jobs.
    var haveWork: Bool { kinds.values.contains { $0 is any JobWork } }
}
