import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit

/// What others tell a service: applied exactly once.
@Suite struct InboxTests {
    private func deliver(
        _ texts: [(sequence: Int, text: String)], to service: ServiceFixture, topic: String = "note.told",
        sender: String = "signals", by courier: String? = nil, incarnation: Character = "a"
    ) async throws(RPCError) -> Int {
        var messages: [Message] = []
        for (sequence, text) in texts {
            guard let body = try? JSONRaw(validating: Note(text: text).json()) else { throw .internalError("no JSON") }
            messages.append(Message(sequence: sequence, topic: topic, body: body))
        }
        let params = Messages.Deliver.Params(
            sender: sender, incarnation: String(repeating: incarnation, count: 32), messages: messages)
        return try await Messages.Client(service.client).deliver(
            params, for: CallContext(principal: "service:\(courier ?? sender)")
        ).highWaterMark
    }

    private func notes(_ service: ServiceFixture) async throws -> [String] {
        try await service.runtime.read(service.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT text FROM notes ORDER BY number") { $0.text(0) }
        }
    }

    @Test("Messages that come again, alone or among new ones, have no second effect")
    func duplicates() async throws {
        try await withService { service throws in
            #expect(try await deliver([(1, "a"), (2, "b")], to: service) == 2)
            #expect(try await deliver([(1, "a"), (2, "b")], to: service) == 2)
            #expect(try await deliver([(2, "b"), (3, "c")], to: service) == 3)
            #expect(try await deliver([(1, "a")], to: service) == 3)
            // Numbers may have gaps: an outbox has several recipients.
            #expect(try await deliver([(7, "d")], to: service) == 7)
            #expect(try await notes(service) == ["a", "b", "c", "d"])
        }
    }

    @Test("Each sender, and each life of its database, counts for itself")
    func senders() async throws {
        try await withService { service throws in
            #expect(try await deliver([(1, "a")], to: service) == 1)
            #expect(try await deliver([(1, "b")], to: service, sender: "tenancy") == 1)
            #expect(try await deliver([(1, "c")], to: service, incarnation: "b") == 1)
            #expect(try await notes(service) == ["a", "b", "c"])
        }
    }

    @Test("No service delivers messages of another")
    func impostor() async throws {
        try await withService { service throws in
            let failed = await failure { () async throws(RPCError) in
                try await deliver([(1, "a")], to: service, sender: "tenancy", by: "signals")
            }
            #expect(failed?.code == RPCError.Code.forbidden)
            #expect(try await notes(service) == [])
        }
    }

    @Test("A message whose effect fails is not counted, and nothing of its delivery is kept")
    func failures() async throws {
        try await withService { service throws in
            _ = try await deliver([(1, "a")], to: service)
            // The table refuses a text twice.
            let failed = await failure { () async throws(RPCError) in
                try await deliver([(2, "b"), (3, "a"), (4, "c")], to: service)
            }
            #expect(failed?.code == RPCError.Code.internalError)
            #expect(try await notes(service) == ["a"])
            #expect(try await deliver([(2, "b"), (4, "c")], to: service) == 4)
            #expect(try await notes(service) == ["a", "b", "c"])
        }
    }

    @Test("A message that this release does not understand is set aside, and those behind it go on")
    func deadLetters() async throws {
        try await withService { service throws in
            #expect(try await deliver([(1, "a")], to: service, topic: "note.sung") == 1)
            #expect(try await deliver([(2, "b")], to: service) == 2)
            #expect(try await notes(service) == ["b"])
            let runtime = service.runtime
            let letters = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
                try transaction.all("SELECT sequence, topic, problem FROM dead_letters") {
                    "\($0.int64(0)) \($0.text(1)) \($0.text(2))"
                }
            }
            #expect(letters == ["1 note.sung This release does not know the topic."])
        }
    }

    @Test("The mark outlives the process")
    func restart() async throws {
        let directory = TemporaryDirectory()
        try await withService(try ServiceFixture(in: directory)) { service throws in
            #expect(try await deliver([(1, "a"), (2, "b")], to: service) == 2)
        }
        try await withService(try ServiceFixture(in: directory)) { service throws in
            #expect(try await deliver([(1, "a"), (2, "b"), (3, "c")], to: service) == 3)
            #expect(try await notes(service) == ["a", "b", "c"])
        }
    }
}
