import JSON
import JSONRPC
import SegmentRules
import ServiceContract

/// Works out whom a rule holds for: for the length of one reading call.
///
/// A piece of the brand's people at a time, each test of a rule is one query about those whom the tests before left over.
/// What a query answers, the rule itself judges. A trait that must not be given out is not there.
struct SegmentMembers {
    /// People that are asked about at a time.
    static let peopleInPiece = 500
    /// People that one reading call goes through.
    static let peopleInRead = 5_000

    private let now: Timestamp
    private let facts = SegmentFactStore()
    private var special: SpecialFieldFilter
    private var checks: [String: UseCheck] = [:]

    init(at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        self.now = now
        special = try SpecialFieldFilter(at: now, in: transaction)
    }

    /// Goes through the next ``peopleInRead`` people behind `number`, oldest first, and hands over those whom the rule holds
    /// for, until `body` returns false.
    ///
    /// - Parameters:
    ///   - rule: nil: for everybody.
    ///   - sparesRestricted: whether people whose data is restricted are as if they were not there.
    /// - Returns: how many people were gone through, and up to whom; nobody is behind them where `last` is nil.
    mutating func each(
        of rule: SegmentRule?, after number: Int64, _ reach: ActorReach, sparesRestricted: Bool = true,
        in transaction: borrowing some Transaction & ~Copyable, _ body: (Int64) throws(RPCError) -> Bool
    ) throws(RPCError) -> (people: Int, last: Int64?) {
        var (people, last) = (0, number)
        while people < Self.peopleInRead {
            let piece =
                sparesRestricted
                ? try facts.unrestricted(after: last, limit: Self.peopleInPiece, reach, in: transaction)
                : try ActorStore().numbers(after: last, limit: Self.peopleInPiece, reach, in: transaction)
            people += piece.count
            let found = if let rule { try members(of: rule, among: piece, in: transaction) } else { piece }
            for member in found {
                guard try body(member) else { return (people, member) }
            }
            guard piece.count == Self.peopleInPiece, let next = piece.last else { return (people, nil) }
            last = next
        }
        return (people, last)
    }

    /// Those of `people` whom the rule holds for, in the same order.
    ///
    /// - Parameter rule: with the rules of other segments in their places.
    mutating func members(
        of rule: SegmentRule, among people: [Int64], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Int64] {
        if people.isEmpty { return [] }
        switch rule {
        case .all(let rules):
            var left = people
            for rule in rules { left = try members(of: rule, among: left, in: transaction) }
            return left
        case .any(let rules):
            var (found, left) = (Set<Int64>(), people)
            for rule in rules {
                found.formUnion(try members(of: rule, among: left, in: transaction))
                left.removeAll { found.contains($0) }
            }
            return people.filter { found.contains($0) }
        case .not(let rule):
            let others = Set(try members(of: rule, among: people, in: transaction))
            return people.filter { !others.contains($0) }
        case .trait(let name, let tests):
            let values = try facts.trait(name, of: .init(people), in: transaction)
            var members: [Int64] = []
            for person in people {
                var value = values[person]
                if value != nil, try !special.isGiven(name, of: person, in: transaction) { value = nil }
                if tests.allSatisfy({ $0.holds(for: value) }) { members.append(person) }
            }
            return members
        case .event(let test):
            let done = try facts.events(test, of: .init(people), at: now, in: transaction)
            return people.filter { test.holds(count: done[$0]?.count ?? 0, sum: done[$0]?.sum ?? 0) }
        case .kind(let kind):
            let members = try facts.ofKind(kind, .init(people), in: transaction)
            return people.filter { members.contains($0) }
        case .seen(let test):
            let seen = try facts.seen(test.end, .init(people), in: transaction)
            return people.filter { person in seen[person].map { test.holds(for: $0, at: now) } ?? false }
        case .purpose(let purpose):
            let check = try check(purpose, in: transaction)
            var members: [Int64] = []
            for person in people where try check.verdict(on: person, in: transaction).mayUse { members.append(person) }
            return members
        case .segment(let reference):
            throw .internalError("The rule of the segment '\(reference)' is not in its place.")
        }
    }

    private mutating func check(
        _ purpose: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UseCheck {
        if let check = checks[purpose] { return check }
        let check = try UseCheck(purpose, at: now, in: transaction)
        checks[purpose] = check
        return check
    }
}
