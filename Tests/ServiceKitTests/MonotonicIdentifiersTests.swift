import JSON
import Testing

@testable import ServiceKit

/// Ids that never go back.
@Suite struct MonotonicIdentifiersTests {
    private let start = Timestamp(microseconds: 1_767_225_600_000_000)

    @Test("A million ids of one moment are distinct, ascending, and of version 7")
    func million() {
        let identifiers = MonotonicIdentifiers()
        var last = identifiers.next(at: start)
        for _ in 0..<1_000_000 {
            let next = identifiers.next(at: start)
            guard last < next, next.high & 0xF000 == 0x7000, next.low >> 62 == 0b10 else {
                Issue.record("\(next) follows \(last)")
                return
            }
            last = next
        }
        // All that counting up fitted into the random bits of one millisecond.
        #expect(last.high >> 16 == 1_767_225_600_000)
    }

    @Test("An id begins with the milliseconds it was made at")
    func time() {
        let identifiers = MonotonicIdentifiers()
        for milliseconds: Int64 in [0, 1, 1_767_225_600_000, 281_474_976_710_655] {
            let id = identifiers.next(at: Timestamp(microseconds: milliseconds * 1_000 + 999))
            #expect(id.high >> 16 == UInt64(milliseconds))
        }
    }

    @Test("A clock that goes back, or before 1970, makes no id that goes back")
    func clockSteps() {
        let identifiers = MonotonicIdentifiers()
        var last = identifiers.next(at: start)
        for step: Int64 in [-1, -3_600_000_000, 0, -start.microseconds - 1, 5_000, -5_000, 1_000] {
            let next = identifiers.next(at: Timestamp(microseconds: start.microseconds + step))
            #expect(last < next)
            last = next
        }
    }

    @Test("Two processes that make ids in the same millisecond make different ones")
    func randomness() {
        let ids = Set((0..<1_000).map { _ in MonotonicIdentifiers().next(at: start) })
        #expect(ids.count == 1_000)
    }

    @Test("Ids made by several tasks at once are distinct")
    func concurrency() async {
        let identifiers = MonotonicIdentifiers()
        let start = start
        let ids = await withTaskGroup(of: [UUIDv7].self) { group in
            for _ in 0..<4 { group.addTask { (0..<5_000).map { _ in identifiers.next(at: start) } } }
            return await group.reduce(into: Set<UUIDv7>()) { $0.formUnion($1) }
        }
        #expect(ids.count == 20_000)
    }
}
