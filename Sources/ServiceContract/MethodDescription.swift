/// What the contract says of one method beside its parameters and reply; generated.
///
/// A class, because every call carries it along.
public final class MethodDescription: Sendable {
    /// How a method may touch its database.
    public enum Kind: Sendable, Equatable {
        /// Synchronous, in a read transaction.
        case read
        /// Synchronous, in a savepoint of the group commit; answered when it is on disk.
        case write
        /// Asynchronous; changes state only by calling writes.
        case flow
    }

    /// Which database a read or write runs against.
    public enum Database: Sendable, Equatable {
        /// The file of the brand that the call is for.
        case brand
        /// The service's one file for what belongs to no brand.
        case service
    }

    /// What a method has to do with the actors of its brand.
    public enum Actors: Sendable, Equatable {
        /// It may be about any of them: who reaches only some may not call it.
        case everybody
        /// It counts, answers and changes those that its caller reaches, as if there were no others, and makes none.
        case reached
        /// It is about none.
        case nobody
    }

    /// `nouns.verb`.
    public let name: String
    /// One sentence.
    public let summary: String
    public let kind: Kind
    public let database: Database
    /// What a key needs to call it, as `noun:verb`; nil where keys do not reach.
    public let scope: String?
    /// Cost units of one call, or of one element of ``costItems``.
    public let cost: Int
    /// The array parameter whose elements are charged one by one.
    public let costItems: String?
    /// Whether each call leaves an entry in the audit trail.
    public let isAudited: Bool
    /// Whether a call may carry an idempotency key that keeps its reply for 24 hours.
    public let isIdempotent: Bool
    /// Whether the reply waits until what the call tells other services has arrived there.
    public let awaitsDelivery: Bool
    public let actors: Actors
    /// Who may call: `public` (keys with the scope), `anyone` (no key needed), `admin`, `service:<name>`.
    public let callers: [String]

    public init(
        name: String, summary: String, kind: Kind, database: Database, scope: String?, cost: Int, costItems: String?,
        isAudited: Bool, isIdempotent: Bool, awaitsDelivery: Bool = false, actors: Actors = .everybody,
        callers: [String]
    ) {
        self.name = name
        self.summary = summary
        self.kind = kind
        self.database = database
        self.scope = scope
        self.cost = cost
        self.costItems = costItems
        self.isAudited = isAudited
        self.isIdempotent = isIdempotent
        self.awaitsDelivery = awaitsDelivery
        self.actors = actors
        self.callers = callers
    }
}

/// An example from the contract: executed by the contract tests, shown by the reference pages.
public struct MethodExample: Sendable, Equatable {
    public let method: String
    /// What the example shows.
    public let name: String
    /// The state it starts from; nil: an empty database.
    public let fixture: String?
    /// JSON text of the parameters.
    public let params: String
    /// JSON text of the reply; nil when the example shows an error.
    public let result: String?
    public let errorCode: Int?

    public init(method: String, name: String, fixture: String?, params: String, result: String?, errorCode: Int?) {
        self.method = method
        self.name = name
        self.fixture = fixture
        self.params = params
        self.result = result
        self.errorCode = errorCode
    }
}
