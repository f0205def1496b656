import CommonAPI
import JSON
import JSONRPC
import SegmentRules
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `segments.*`.
struct SegmentsService: Segments.Service {
    /// Segments of a brand that are in use.
    static let maximum = 500

    let runtime: ServiceRuntime
    let book = SegmentBook()
    let actors = ActorsService()
    private let segments = SegmentStore()

    init(runtime: ServiceRuntime) {
        self.runtime = runtime
    }

    func create(
        _ params: Segments.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Create.Reply {
        guard try segments.find(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has, or had, a segment \(params.key); choose another key.")
        }
        guard try active(in: transaction).count < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) segments; archive one.")
        }
        try book.rule(params.rule, of: params.key, in: transaction)
        let segment = StoredSegment(
            number: try segments.nextNumber(in: transaction), id: transaction.newID(at: call.now), key: params.key,
            name: params.name, description: params.description, rule: params.rule, createdAt: call.now,
            updatedAt: call.now, version: 1)
        try segments.insert(segment, in: transaction)
        try SegmentSizeWork.begin(for: segment.number, at: call.now, in: transaction)
        return try segment.reply()
    }

    func get(
        _ params: Segments.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Get.Reply {
        try book.find(params.id, params.key, in: transaction).reply()
    }

    func list(
        _ params: Segments.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<(number: Int64, segment: Segment)>(limit: params.limit)
        for segment in try segments.list(
            after: cursor.position, isArchived: params.isArchived, limit: params.limit + 1, in: transaction)
        {
            let reply = try segment.reply()
            guard page.add((segment.number, reply), bytes: reply.rule.bytes.count + reply.words.utf8.count) else {
                break
            }
        }
        return Segments.List.Reply(
            items: page.items.map(\.segment), nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func update(
        _ params: Segments.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Update.Reply {
        var segment = try changeable(params.id, version: params.version, in: transaction)
        segment.name = params.name ?? segment.name
        segment.description = params.description.applied(to: segment.description)
        segment.version += 1
        segment.updatedAt = call.now
        if let rule = params.rule {
            try book.rule(rule, of: segment.key, in: transaction)
            segment.rule = rule
        }
        try segments.update(segment, in: transaction)
        if params.rule != nil {
            try checkOthers(than: segment, in: transaction)
            try SegmentSizeWork.begin(for: segment.number, at: call.now, in: transaction)
        }
        return try segment.reply()
    }

    func archive(
        _ params: Segments.Archive.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Archive.Reply {
        var segment = try changeable(params.id, version: params.version, in: transaction)
        var users: [String] = []
        for other in try active(in: transaction) {
            let names = try other.parsed().references
            if names.contains(where: { $0 == segment.key || UUIDv7($0) == segment.id }) { users.append(other.key) }
        }
        guard users.isEmpty else {
            throw .conflict(
                "The segments \(users.joined(separator: ", ")) name \(segment.key): change or archive these first.")
        }
        segment.isArchived = true
        segment.version += 1
        segment.updatedAt = call.now
        try segments.update(segment, in: transaction)
        return try segment.reply()
    }

    private func changeable(
        _ id: UUIDv7, version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredSegment {
        let segment = try book.find(id, nil, in: transaction)
        guard segment.version == version else {
            throw .versionMismatch("segment", expected: Int64(version), actual: Int64(segment.version))
        }
        guard !segment.isArchived else {
            throw .illegalTransition("The segment \(segment.key) is archived, and stays as it is.")
        }
        return segment
    }

    /// Refuses a change by which a segment that names this one would be more than a rule may be.
    private func checkOthers(
        than segment: StoredSegment, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for other in try active(in: transaction) where other.number != segment.number {
            if try other.parsed().references.isEmpty { continue }
            do throws(RPCError) {
                _ = try book.rule(of: other, in: transaction)
            } catch {
                throw .conflict("With this rule the segment \(other.key), which leads to it, would be too large.")
            }
        }
    }

    func active(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [StoredSegment] {
        try segments.list(after: 0, isArchived: false, limit: Self.maximum, in: transaction)
    }

    func sizes(
        _ params: Segments.Sizes.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Sizes.Reply {
        let segment = try book.find(params.id, params.key, in: transaction)
        let cursor = try ListCursor(params.cursor, from: .max)
        let found = try segments.sizes(
            of: segment.number, before: cursor.position, limit: params.limit + 1, in: transaction)
        var items: [SegmentSize] = []
        for size in found.prefix(params.limit) {
            guard let date = CalendarDate(dayNumber: Int(size.day)) else {
                throw .internalError("A size is of a day that is none.")
            }
            items.append(
                SegmentSize(
                    date: date, people: size.people, everybody: size.everybody, countedAt: size.countedAt))
        }
        return Segments.Sizes.Reply(
            items: items,
            nextCursor: found.count > params.limit ? "\(found[params.limit - 1].day)" : nil)
    }
}

extension StoredSegment {
    func reply() throws(RPCError) -> Segment {
        Segment(
            id: id, key: key, name: name, description: description, rule: rule, words: try parsed().words,
            status: isArchived ? .archived : .active, createdAt: createdAt, updatedAt: updatedAt, version: version)
    }

    /// The rule; those of the segments that it names are not in their places.
    func parsed() throws(RPCError) -> SegmentRule {
        do {
            return try SegmentRule(rule)
        } catch {
            throw .internalError("The segment \(key) has a rule that is none: \(error.pointer) \(error.message)")
        }
    }
}
