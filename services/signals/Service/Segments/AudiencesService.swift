import CommonAPI
import JSON
import JSONRPC
import SegmentRules
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `audiences.read`: who is in an audience, and what decides about each.
struct AudiencesService: Audiences.Service {
    private let book = SegmentBook()

    func read(
        _ params: Audiences.Read.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Audiences.Read.Reply {
        let cursor = try ListCursor(params.cursor)
        let rule = try rule(params, in: transaction)
        var members = try SegmentMembers(at: call.now, in: transaction)
        let check = try UseCheck(params.purpose, at: call.now, in: transaction)
        var details = try AudienceDetails(params.traits, at: call.now, in: transaction)
        var page = ListPage<(number: Int64, member: AudienceMember)>(limit: params.limit)
        let gone = try members.each(
            of: rule, after: cursor.position, ActorReach(of: call), sparesRestricted: false, in: transaction
        ) { number throws(RPCError) in
            let member = try details.member(number, check, in: transaction)
            return page.add((number, member), bytes: 500 + (member.traits?.bytes.count ?? 0))
        }
        let last = page.hasMore ? page.items.last?.number : gone.last
        return Audiences.Read.Reply(items: page.items.map(\.member), nextCursor: last.map { "\($0)" })
    }

    /// In one of the segments, and in none of others; nil: everybody.
    private func rule(
        _ params: Audiences.Read.Params, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> SegmentRule? {
        let included = try rules(params.include, in: transaction)
        let excluded = try rules(params.exclude, in: transaction)
        var parts: [SegmentRule] = []
        if !included.isEmpty { parts.append(.any(included)) }
        if !excluded.isEmpty { parts.append(.not(.any(excluded))) }
        return parts.isEmpty ? nil : .all(parts)
    }

    private func rules(
        _ references: [String], in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> [SegmentRule] {
        var rules: [SegmentRule] = []
        for reference in references {
            guard let segment = try book.find(reference, in: transaction) else {
                throw .notFound("segment", reference)
            }
            rules.append(try book.rule(of: segment, in: transaction))
        }
        return rules
    }
}

/// What is told of the people of an audience: for the length of one reading call.
private struct AudienceDetails {
    /// Traits that may name a time zone, the first that does.
    private static let zoneTraits = ["timeZone", "timezone", "time_zone"]

    private let traits: [String]
    private let facts = SegmentFactStore()
    private var special: SpecialFieldFilter
    /// Which names are time zones that this machine knows.
    private var zones: [String: Bool] = [:]

    init(
        _ traits: [String], at now: Timestamp, in transaction: borrowing ReadTransaction
    ) throws(RPCError) {
        self.traits = traits
        special = try SpecialFieldFilter(at: now, in: transaction)
    }

    /// Of whom may not be used there is the id and the reason only.
    mutating func member(
        _ number: Int64, _ check: UseCheck, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> AudienceMember {
        guard let person = try facts.contact(of: number, in: transaction) else {
            throw .internalError("An actor is not there that was a moment ago.")
        }
        let verdict = try check.verdict(on: number, in: transaction)
        guard verdict.mayUse else {
            return AudienceMember(id: person.id, use: UseDecision(mayUse: false, reason: verdict.reason))
        }
        return AudienceMember(
            id: person.id,
            use: UseDecision(
                mayUse: true, reason: verdict.reason, legalBasis: verdict.legalBasis, expiresAt: verdict.expiresAt),
            kind: AudienceMember.Kind(rawValue: person.kind), timeZone: try zone(of: number, in: transaction),
            email: person.email, phone: person.phone,
            traits: traits.isEmpty ? nil : try given(traits, of: number, in: transaction))
    }

    private mutating func zone(
        of number: Int64, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> String? {
        let given = try given(Self.zoneTraits, of: number, in: transaction)
        guard let stated = try? JSONValue(parsing: given.bytes) else { return nil }
        for name in Self.zoneTraits {
            guard let zone = stated[name]?.string else { continue }
            if zones[zone] == nil { zones[zone] = ZoneFiles().contains(zone) }
            if zones[zone] == true { return zone }
        }
        return nil
    }

    private mutating func given(
        _ names: [String], of number: Int64, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> JSONRaw {
        try special.split(try facts.traits(names, of: number, in: transaction), of: number, in: transaction).given
    }
}
