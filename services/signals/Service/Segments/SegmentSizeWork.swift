import JSON
import JSONRPC
import SQLite
import SegmentRules
import ServiceContract
import ServiceKit

/// Counts how many people are in segments, and keeps the counts as those of the day: of one segment after it changed, or
/// of all that have no count of the day.
///
/// Some thousand people at a time, each in a read of its own, while everybody writes: a count is of the minutes it took.
struct SegmentSizeWork: JobWork {
    static let kind = "segmentSizes"
    private static let microsecondsInDay: Int64 = 86_400_000_000

    private let segments = SegmentStore()
    private let book = SegmentBook()

    /// The day of a moment, in UTC, since 1970.
    static func day(of time: Timestamp) -> Int64 {
        let remainder = time.microseconds % microsecondsInDay
        return (time.microseconds - (remainder < 0 ? remainder + microsecondsInDay : remainder)) / microsecondsInDay
    }

    /// Begins to count, unless such a count is under way and will see what changed.
    ///
    /// - Parameter segment: its number; nil: all that have no count of the day.
    static func begin(
        for segment: Int64?, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for job in try JobStore().running(in: transaction) where job.kind == kind {
            let position = try SegmentSizePosition(job)
            if position.only == segment, !position.isThrough { return }
        }
        _ = try JobStore().begin(
            kind, unit: "people", state: JSONRaw(SegmentSizePosition(only: segment)), at: now, in: transaction)
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        let (before, now) = (try SegmentSizePosition(job), runtime.clock.now())
        let after = try await runtime.read(file) { transaction throws(RPCError) in
            try advanced(before, at: now, in: transaction)
        }
        return { job, now, transaction throws(RPCError) in
            // What the count is of may have changed since it was read: then it begins anew.
            guard let number = after.segment else {
                job.total = job.done
                job.status = .completed
                return
            }
            let goesOn = before.segment == number && before.version == after.version
            job.done += after.everybody - (goesOn ? before.everybody : 0)
            var position = after
            if after.isCounted {
                if try segments.find(number: number, in: transaction)?.version == after.version {
                    try segments.keep(
                        SegmentStore.Size(
                            day: Self.day(of: now), people: after.people, everybody: after.everybody, countedAt: now),
                        of: number, in: transaction)
                    position = SegmentSizePosition(only: after.only, isThrough: after.only != nil, behind: number)
                } else {
                    position = SegmentSizePosition(only: after.only, behind: number - 1)
                }
            }
            job.state = JSONRaw(position)
        }
    }

    /// One read further: into the next segment, or through some thousand more people of the one at hand; without a segment
    /// where there is none left.
    private func advanced(
        _ before: SegmentSizePosition, at now: Timestamp, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> SegmentSizePosition {
        var position = before
        if before.isThrough { return SegmentSizePosition(only: before.only, isThrough: true) }
        var number = before.segment ?? before.only
        if number == nil {
            number = try segments.uncounted(after: before.behind, on: Self.day(of: now), in: transaction)
        }
        guard let number, let segment = try segments.find(number: number, in: transaction), !segment.isArchived else {
            return SegmentSizePosition(only: before.only, isThrough: true)
        }
        if position.segment != number || position.version != segment.version {
            position = SegmentSizePosition(only: before.only, behind: before.behind)
            position.segment = number
            position.version = segment.version
        }
        let rule = try book.rule(of: segment, in: transaction)
        var members = try SegmentMembers(at: now, in: transaction)
        var people = 0
        let gone = try members.each(of: rule, after: position.place, .everybody, in: transaction) { _ in
            people += 1
            return true
        }
        position.people += people
        position.everybody += gone.people
        position.place = gone.last ?? position.place
        position.isCounted = gone.last == nil
        return position
    }
}

/// Where a count goes on.
struct SegmentSizePosition: JSONReadable, JSONWritable, Equatable {
    /// The only segment to count; nil: all that have no count of the day.
    let only: Int64?
    /// Whether nothing is left to count.
    var isThrough = false
    /// Segments up to this one are done.
    var behind: Int64 = 0
    /// The segment at hand, and the version of its rule; nil: the next one.
    var segment: Int64?
    var version = 0
    /// People up to this one were gone through.
    var place: Int64 = 0
    var people = 0
    var everybody = 0
    /// Whether all people were. Never kept.
    var isCounted = false

    init(only: Int64?, isThrough: Bool = false, behind: Int64 = 0) {
        self.only = only
        self.isThrough = isThrough
        self.behind = behind
    }

    init(_ job: StoredJob) throws(RPCError) {
        guard let state = job.state else { throw .internalError("The job \(job.id) has no state.") }
        do throws(JSONError) {
            self = try SegmentSizePosition(json: state.bytes)
        } catch {
            throw .internalError("The state of the job \(job.id) cannot be read: \(error.message)")
        }
    }

    init(from reader: inout JSONReader) throws(JSONError) {
        var only: Int64?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "only": only = try reader.readInt64()
            case "isThrough": isThrough = try reader.readBool()
            case "behind": behind = try reader.readInt64()
            case "segment": segment = try reader.readInt64()
            case "version": version = try Int(reader.readInt64())
            case "place": place = try reader.readInt64()
            case "people": people = try Int(reader.readInt64())
            case "everybody": everybody = try Int(reader.readInt64())
            default: try reader.skip()
            }
        }
        self.only = only
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let only {
            writer.key("only")
            writer.int(only)
        }
        writer.key("isThrough")
        writer.bool(isThrough)
        writer.key("behind")
        writer.int(behind)
        if let segment {
            writer.key("segment")
            writer.int(segment)
        }
        writer.key("version")
        writer.int(version)
        writer.key("place")
        writer.int(place)
        writer.key("people")
        writer.int(people)
        writer.key("everybody")
        writer.int(everybody)
        writer.endObject()
    }
}
