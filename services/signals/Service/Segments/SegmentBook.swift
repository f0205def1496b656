import JSON
import JSONRPC
import SegmentRules
import ServiceContract

/// Finds segments, and puts the rules of those that a rule names into their places.
struct SegmentBook: Sendable {
    private let segments = SegmentStore()

    /// - Throws: invalidParams unless there is exactly one of the two, notFound.
    func find(
        _ id: UUIDv7?, _ key: String?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSegment {
        switch (id, key) {
        case (let id?, nil):
            guard let found = try segments.find(id, in: transaction) else { throw .notFound("segment", id) }
            return found
        case (nil, let key?):
            guard let found = try segments.find(key: key, in: transaction) else { throw .notFound("segment", key) }
            return found
        default: throw .invalidParams(at: "/params", "needs either an id or a key")
        }
    }

    /// A segment by what rules and campaigns call it: its id or its key.
    func find(
        _ reference: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSegment? {
        if let id = UUIDv7(reference), let found = try segments.find(id, in: transaction) { return found }
        return try segments.find(key: reference, in: transaction)
    }

    /// The rule of a segment as it is carried out.
    ///
    /// - Throws: conflict for one that is out of use.
    func rule(
        of segment: StoredSegment, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> SegmentRule {
        guard !segment.isArchived else {
            throw .conflict("The segment \(segment.key) is archived, and has no members; name another.")
        }
        let rule = try segment.parsed()
        let named = try named(in: rule, in: transaction)
        do {
            return try rule.resolved(of: segment.key, named)
        } catch {
            throw .internalError("The rule of the segment \(segment.key) cannot be carried out: it \(error.message)")
        }
    }

    /// A rule that comes from a caller, as it is carried out, and in words.
    ///
    /// - Parameter key: of the segment whose rule it is to be; nil: none's.
    /// - Throws: invalidParams at what is wrong with it.
    @discardableResult
    func rule(
        _ json: JSONRaw, of key: String?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (resolved: SegmentRule, words: String) {
        let rule: SegmentRule
        do {
            rule = try SegmentRule(json)
        } catch {
            throw .invalidParams(at: "/params/rule" + error.pointer, error.message)
        }
        let named = try named(in: rule, in: transaction)
        do {
            return (try rule.resolved(of: key, named), rule.words)
        } catch {
            throw .invalidParams(at: "/params/rule", error.message)
        }
    }

    /// The segments that a rule leads to, by what rules call them; those that are not there or out of use are left out.
    private func named(
        in rule: SegmentRule, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String: SegmentRule.NamedRule] {
        var named: [String: SegmentRule.NamedRule] = [:]
        var left = rule.references
        while let reference = left.popLast() {
            guard named[reference] == nil, let segment = try find(reference, in: transaction), !segment.isArchived
            else { continue }
            let rule = try segment.parsed()
            named[reference] = SegmentRule.NamedRule(key: segment.key, rule: rule)
            left += rule.references
        }
        return named
    }
}
