import JSON
import JSONRPC
import Testing

@testable import ServiceKit

/// One effect for calls that carry the same idempotency key.
@Suite struct IdempotencyTests {
    @Test("A repeated call has no second effect and gets the first reply, whatever happened since")
    func replay() async throws {
        try await withService { service throws in
            let first = try await service.send("notes.add", "a", key: "k")
            _ = try await service.send("notes.add", "b")
            #expect(try await service.send("notes.add", "a", key: "k") == first)
            #expect(first == ["count": 1])
            #expect(try await service.count() == 2)
            // One entry of the audit trail for each effect.
            try await eventually { service.peers["tenancy"]?.applied.count == 2 }
        }
    }

    @Test("A reply outlives the process")
    func restart() async throws {
        let directory = TemporaryDirectory()
        try await withService(try ServiceFixture(in: directory)) { service throws in
            _ = try await service.send("notes.add", "a", key: "k")
        }
        try await withService(try ServiceFixture(in: directory)) { service throws in
            #expect(try await service.send("notes.add", "a", key: "k") == ["count": 1])
            #expect(try await service.count() == 1)
        }
    }

    @Test("The same key for other parameters is a mismatch and has no effect")
    func mismatch() async throws {
        try await withService { service throws in
            _ = try await service.send("notes.add", "a", key: "k")
            let failed = await failure { () async throws(RPCError) in
                try await service.send("notes.add", "b", key: "k")
            }
            #expect(failed == .idempotencyMismatch)
            #expect(try await service.count() == 1)
        }
    }

    @Test("Keys of other callers, methods and brands are other keys")
    func namespaces() async throws {
        try await withService { service throws in
            _ = try await service.send("notes.add", "a", key: "k")
            var other = service.call
            other.principal = "key:2"
            #expect(try await service.send("notes.add", "b", key: "k", as: other) == ["count": 2])
            #expect(try await service.send("notes.settle", "a", key: "k") == ["count": 2])
            var elsewhere = service.call
            elsewhere.brand = ServiceFixture.otherBrand
            #expect(try await service.send("notes.add", "a", key: "k", as: elsewhere) == ["count": 1])
        }
    }

    @Test("A call that failed keeps no reply: it may be repaired and sent again under its key")
    func failures() async throws {
        try await withService { service throws in
            _ = try await service.send("notes.add", "a")
            let failed = await failure { () async throws(RPCError) in
                try await service.send("notes.add", "a", key: "k")
            }
            #expect(failed?.code == RPCError.Code.internalError)
            #expect(try await service.send("notes.add", "b", key: "k") == ["count": 2])
        }
    }

    @Test(
        "A reply is kept for 24 hours and not a microsecond longer",
        arguments: [(-1, true), (0, true), (1, false)])
    func retention(microseconds: Int64, isKept: Bool) async throws {
        try await withService { service throws in
            _ = try await service.send("notes.add", "a", key: "k")
            service.clock.advance(microseconds: IdempotencyStore.retentionMicroseconds + microseconds)
            let failed = await failure { () async throws(RPCError) in
                try await service.send("notes.add", "b", key: "k")
            }
            #expect((failed == .idempotencyMismatch) == isKept)
            #expect(try await service.count() == (isKept ? 1 : 2))
            // The name may be used again, and then means the new effect.
            if !isKept { #expect(try await service.send("notes.add", "b", key: "k") == ["count": 2]) }
        }
    }

    @Test("The table does not grow beyond the calls of a day")
    func growth() async throws {
        try await withService { service throws in
            for number in 0..<10 { _ = try await service.send("notes.add", "\(number)", key: "\(number)") }
            service.clock.advance(microseconds: IdempotencyStore.retentionMicroseconds + 1)
            for number in 10..<16 { _ = try await service.send("notes.add", "\(number)", key: "\(number)") }
            #expect(try await service.number("SELECT count(*) FROM idempotency_replies") == 6)
        }
    }

    @Test("A method that is not idempotent ignores the key")
    func ignored() async throws {
        try await withService { service throws in
            for _ in 0..<2 { _ = try await service.send("notes.tell", "a", key: "k") }
            #expect(try await service.number("SELECT count(*) FROM idempotency_replies") == 0)
        }
    }

    @Test("A key has at most 255 characters", arguments: [(0, false), (1, true), (255, true), (256, false)])
    func lengths(length: Int, isAllowed: Bool) async throws {
        try await withService { service throws in
            let failed = await failure { () async throws(RPCError) in
                try await service.send("notes.add", "a", key: String(repeating: "é", count: length))
            }
            #expect((failed == nil) == isAllowed)
        }
    }
}
