import JSON
import JSONRPC
import Testing

@testable import ServiceKit

/// What a service tells others: in order, until it arrives.
@Suite struct OutboxTests {
    private let gateway = PlayedPeer("gateway")
    private let tenancy = PlayedPeer("tenancy")

    private func service(in directory: TemporaryDirectory = TemporaryDirectory()) throws -> ServiceFixture {
        try ServiceFixture(in: directory, peers: [gateway, tenancy])
    }

    @Test("Messages arrive once, in the order in which they were told, and leave the outbox")
    func order() async throws {
        try await withService(service()) { service throws in
            let texts = (0..<Outbox.batch * 2 + 1).map(String.init)
            for text in texts { _ = try await service.send("notes.tell", text, to: ["gateway", "tenancy"]) }
            try await eventually { gateway.applied.count == texts.count && tenancy.applied.count == texts.count }
            #expect(gateway.applied == texts)
            #expect(tenancy.applied == texts)
            try await eventually { try await service.number("SELECT count(*) FROM outbox") == 0 }
        }
    }

    @Test("Who keeps databases of brands gets a brand's messages for the brand's, and others for their own")
    func brands() async throws {
        let experiments = PlayedPeer("experiments")
        try await withService(try ServiceFixture(peers: [gateway, experiments])) { service throws in
            _ = try await service.send("notes.tell", "a", to: ["gateway", "experiments"])
            try await eventually { gateway.applied == ["a"] && experiments.applied == ["a"] }
            #expect(experiments.asked.allSatisfy { $0.method == "brandMessages.deliver" })
            #expect(experiments.asked.allSatisfy { $0.brand == ServiceFixture.brand })
            #expect(gateway.asked.allSatisfy { $0.method == "messages.deliver" && $0.brand == nil })
        }
    }

    @Test("A reply that got lost makes a message come twice and take effect once")
    func lostReplies() async throws {
        try await withService(service()) { service throws in
            gateway.loseReplies(3)
            for text in ["a", "b", "c"] { _ = try await service.send("notes.tell", text, to: ["gateway"]) }
            try await eventually { try await service.number("SELECT count(*) FROM outbox") == 0 }
            #expect(gateway.applied == ["a", "b", "c"])
            #expect(gateway.attempts >= 4)
        }
    }

    @Test("What was told while a recipient was down arrives when it is back, after a restart too")
    func recovery() async throws {
        let directory = TemporaryDirectory()
        gateway.setFailure(.dependencyUnavailable("gateway"))
        try await withService(service(in: directory)) { service throws in
            for text in ["a", "b"] { _ = try await service.send("notes.tell", text, to: ["gateway"]) }
            try await eventually { gateway.attempts > 0 }
        }
        gateway.setFailure(nil)
        try await withService(service(in: directory)) { service throws in
            try await eventually { gateway.applied == ["a", "b"] }
            _ = try await service.send("notes.tell", "c", to: ["gateway"])
            try await eventually { gateway.applied == ["a", "b", "c"] }
        }
    }

    @Test("A recipient that is down holds nobody else up")
    func independence() async throws {
        try await withService(service()) { service throws in
            gateway.setFailure(.dependencyUnavailable("gateway"))
            for text in ["a", "b", "c"] {
                _ = try await service.send("notes.tell", text, to: ["gateway", "tenancy"])
                try await eventually { tenancy.applied.last == text }
            }
            gateway.setFailure(nil)
            try await eventually { gateway.applied == ["a", "b", "c"] }
        }
    }

    @Test("A recipient that is silent holds up no other brand's messages for longer than one deadline")
    func silence() async throws {
        try await withService(service()) { service throws in
            gateway.setSilent(true)
            var elsewhere = service.call
            elsewhere.brand = ServiceFixture.otherBrand
            for call in [service.call, elsewhere] {
                _ = try await service.send("notes.tell", "a", to: ["gateway", "tenancy"], as: call)
            }
            let start = ContinuousClock.now
            try await eventually { tenancy.attempts == 2 }
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test("A batch holds as many messages as fit into a line, and one in any case")
    func batchBytes() async throws {
        try await withService(service()) { service throws in
            // A body's members and quotes are 27 bytes.
            let sizes = [Outbox.batchBytes, Outbox.batchBytes / 2, Outbox.batchBytes / 2, 28, 28]
            let time = service.clock.now
            let counts = try await service.write { transaction throws(RPCError) in
                var counts: [Int] = []
                for size in sizes {
                    let note = Note(text: String(repeating: "a", count: size - 27))
                    try transaction.tell("nobody", "note.told", note, at: time)
                }
                for first in 1...4 {
                    counts.append(try Outbox.waiting(for: "nobody", in: transaction).count)
                    try Outbox.remove(upTo: Int64(first), for: "nobody", in: transaction)
                }
                return counts
            }
            #expect(counts == [1, 2, 3, 2])
        }
    }

    @Test("A call that fails tells nobody anything")
    func rollback() async throws {
        try await withService(service()) { service throws in
            let failed = await failure { () async throws(RPCError) in try await service.send("notes.break", "a") }
            #expect(failed?.code == RPCError.Code.conflict)
            _ = try await service.send("notes.tell", "b", to: ["gateway"])
            try await eventually { gateway.applied == ["b"] }
            #expect(try await service.count() == 0)
        }
    }

    @Test("A call that waits for delivery is answered when every recipient has it")
    func settlement() async throws {
        try await withService(service()) { service throws in
            for number in 0..<20 {
                _ = try await service.send("notes.settle", "\(number)", to: ["gateway", "tenancy"])
                #expect(gateway.applied.last == "\(number)")
                #expect(tenancy.applied.last == "\(number)")
            }
        }
    }

    @Test("It waits no longer than its limit, for a recipient that is down or silent", arguments: [true, false])
    func settlementLimit(isSilent: Bool) async throws {
        try await withService(service()) { service throws in
            if isSilent { gateway.setSilent(true) } else { gateway.setFailure(.dependencyUnavailable("gateway")) }
            let start = ContinuousClock.now
            _ = try await service.send("notes.settle", "a", to: ["gateway"])
            let waited = ContinuousClock.now - start
            #expect(waited >= .milliseconds(OutboxCourier.settlementMilliseconds))
            // Far less than for ever, however busy the machine is.
            #expect(waited < .seconds(20))
        }
    }

    @Test("A repeated call that gets its kept reply waits for delivery as the first did")
    func settledReplay() async throws {
        try await withService(service()) { service throws in
            gateway.setFailure(.dependencyUnavailable("gateway"))
            _ = try await service.send("notes.settle", "a", to: ["gateway"], key: "k")
            let start = ContinuousClock.now
            _ = try await service.send("notes.settle", "a", to: ["gateway"], key: "k")
            #expect(ContinuousClock.now - start >= .milliseconds(OutboxCourier.settlementMilliseconds))
            gateway.setFailure(nil)
            _ = try await service.send("notes.settle", "a", to: ["gateway"], key: "k")
            #expect(gateway.applied == ["a"])
        }
    }
}
