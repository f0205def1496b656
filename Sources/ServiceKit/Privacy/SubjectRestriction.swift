import CommonAPI
public import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

/// A stop on the use of people's data, which stays.
public struct SubjectRestriction: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Every use: GDPR Art. 18.
        case restriction
        /// Marketing, profiling, and what rests on interests of others or of the public: GDPR Art. 21.
        case objection
        /// Sale and sharing: Cal. Civ. Code § 1798.120.
        case optOut
    }

    public let kind: Kind
    /// The privacy request.
    public let request: UUIDv7
    /// Whether it takes the place of an erasure that a legal hold keeps waiting.
    public let isForHold: Bool
    public let since: Timestamp
    /// The keyed hashes of all identifiers by which the person is known, here or to whoever asks: for services that hold
    /// nothing of them yet.
    public let digests: [[UInt8]]

    public init(
        kind: Kind, request: UUIDv7, isForHold: Bool = false, since: Timestamp, digests: [[UInt8]] = []
    ) {
        self.digests = digests
        self.kind = kind
        self.request = request
        self.isForHold = isForHold
        self.since = since
    }
}

extension SubjectErasure {
    /// Finds whom identifiers mean, and stops uses of their data.
    func restrict(
        _ given: [Identifier], actors: [UUIDv7], recipientsThrough: Int = 0, _ restriction: SubjectRestriction,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Outcome {
        var outcome = Outcome()
        guard let directory else { return outcome }
        let canonical = given.compactMap { try? $0.canonical() }
        let subjects = try directory.find(given + canonical, actors: actors, in: transaction)
        outcome.actors = subjects.map(\.id)
        outcome.identifiers = subjects.flatMap(\.identifiers).filter { !given.contains($0) }
        var unknown: [Identifier] = []
        if subjects.isEmpty {
            for identifier in Set(canonical)
            where try !tombstones.contains(type: identifier.type, value: identifier.value, in: transaction) {
                unknown.append(identifier)
            }
        }
        let whole = SubjectRestriction(
            kind: restriction.kind, request: restriction.request, isForHold: restriction.isForHold,
            since: restriction.since,
            digests: Set(given + canonical + subjects.flatMap(\.identifiers)).map {
                tombstones.digest($0.type, $0.value)
            })
        outcome.rows = try transaction.sum(
            directory.restrict(subjects, unknown: unknown, whole, in: transaction), of: restriction.request)
        outcome.recipients = try directory.recipients(of: subjects, after: recipientsThrough, in: transaction)
        return outcome
    }
}

extension PlatformService {
    func restrict(
        _ params: Subjects.Restrict.Params, for call: CallContext
    ) async throws(RPCError) -> Subjects.Restrict.Reply {
        guard let brand = call.brand else { throw .forbidden("A restriction needs a brand.") }
        Failpoint.restricted.before(runtime.name)
        defer { Failpoint.restricted.after(runtime.name) }
        guard let file = runtime.databases.file(of: brand) else {
            return Subjects.Restrict.Reply(identifiers: [], actors: [], rows: [])
        }
        let kind: SubjectRestriction.Kind =
            switch params.kind {
            case .restriction: .restriction
            case .objection: .objection
            case .optOut: .optOut
            }
        let restriction = SubjectRestriction(kind: kind, request: params.request, since: call.now)
        let outcome = try await runtime.write(file) { [brandErasure] transaction throws(RPCError) in
            try brandErasure.restrict(
                params.identifiers, actors: params.actors, recipientsThrough: params.recipientsThrough, restriction,
                in: transaction)
        }
        return Subjects.Restrict.Reply(
            identifiers: outcome.identifiers, actors: outcome.actors, rows: outcome.rows,
            recipients: outcome.recipients.isEmpty ? nil : outcome.recipients)
    }
}
