import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import SQLite
import Testing

@testable import ServiceKit

/// How calls are run: each where its kind belongs, each answered once.
@Suite struct MethodDispatcherTests {
    @Test("A write changes its brand's database, and no other's")
    func brands() async throws {
        try await withService { service throws in
            var elsewhere = service.call
            elsewhere.brand = ServiceFixture.otherBrand
            #expect(try await service.send("notes.add", "a") == ["count": 1])
            #expect(try await service.send("notes.count", as: elsewhere) == ["count": 0])
            #expect(try await service.send("notes.count") == ["count": 1])
        }
    }

    @Test("A brand that is not here is not found, and its database does not come to be")
    func unknownBrand() async throws {
        try await withService { service throws in
            let nobody = UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 99)
            var call = service.call
            call.brand = nobody
            for method in ["notes.add", "notes.count"] {
                let failed = await failure { () async throws(RPCError) in
                    try await service.send(method, "a", as: call)
                }
                #expect(failed == .notFound("brand", nobody))
            }
            #expect(!FileBytes.names(in: service.directory.path + "/notes").contains("\(nobody).db"))
            call.brand = nil
            let failed = await failure { () async throws(RPCError) in
                try await service.send("notes.count", as: call)
            }
            #expect(failed?.code == RPCError.Code.forbidden)
        }
    }

    @Test("Unknown methods, missing contexts, callers without scope and bad parameters each get their error")
    func refusals() async throws {
        try await withService { service throws in
            let unknown = await failure { () async throws(RPCError) in try await service.send("notes.sing") }
            #expect(unknown == .methodNotFound("notes.sing"))
            let anonymous = await failure { () async throws(RPCError) in
                try await service.client.call("notes.count", params: Note(text: "").json(), context: nil)
            }
            #expect(anonymous?.code == RPCError.Code.invalidRequest)
            var call = service.call
            call.scopes = ["notes:read"]
            let scopeless = await failure { () async throws(RPCError) in
                try await service.send("notes.add", "a", as: call)
            }
            #expect(scopeless?.code == RPCError.Code.forbidden)
            let long = await failure { () async throws(RPCError) in
                try await service.send("notes.add", String(repeating: "a", count: 21))
            }
            #expect(long?.message == "/params/text: must have at most 20 characters")
            #expect(try await service.count() == 0)
        }
    }

    @Test("A member that nobody declared is a client's mistake and a sibling's newer release")
    func unknownMembers() async throws {
        try await withService { service throws in
            let params = Array(#"{"text":"a","colour":"red"}"#.utf8)
            let failed = await failure { () async throws(RPCError) in
                try await service.client.call("notes.count", params: params, context: service.call)
            }
            #expect(failed?.code == RPCError.Code.invalidParams)
            #expect(failed?.message.hasPrefix("/params/colour: ") == true)
            let delivery = """
                {"sender":"signals","incarnation":"\(String(repeating: "a", count: 32))","colour":"red",\
                "messages":[{"sequence":1,"topic":"note.told","body":{"text":"a","colour":"red"}}]}
                """
            let reply = try await service.client.call(
                "messages.deliver", params: Array(delivery.utf8), context: CallContext(principal: "service:signals"))
            #expect(String(decoding: reply, as: UTF8.self) == #"{"highWaterMark":1}"#)
        }
    }

    @Test("A write whose deadline passed while it waited has no effect")
    func deadlines() async throws {
        try await withService { service throws in
            var call = service.call
            call.deadlineMilliseconds = -1
            let failed = await failure { () async throws(RPCError) in
                try await service.send("notes.add", "a", as: call)
            }
            #expect(failed == .deadlineExceeded)
            call.deadlineMilliseconds = 0
            #expect(try await service.send("notes.add", "a", as: call) == ["count": 1])
        }
    }

    @Test("An audited call that succeeds leaves an entry with field names and no values; one that fails leaves none")
    func audit() async throws {
        let tenancy = PlayedPeer("tenancy")
        try await withService(try ServiceFixture(peers: [PlayedPeer("gateway"), tenancy])) { service throws in
            _ = try await service.send("notes.add", "a secret")
            _ = await failure { () async throws(RPCError) in try await service.send("notes.add", "a secret") }
            _ = try await service.send("notes.wait")
            _ = await failure { () async throws(RPCError) in try await service.send("notes.wait", "throw") }
            _ = try await service.send("notes.add", "another")
            try await eventually { tenancy.applied.count == 3 }
            #expect(tenancy.applied == Array(repeating: "audit.recorded", count: 3))
        }
    }

    @Test("Writes of one connection keep their order")
    func order() async throws {
        try await withService { service throws in
            let lines = (0..<50).map { number in
                #"{"jsonrpc":"2.0","id":\#(number),"method":"notes.add","params":{"text":"\#(number)"},"context":"#
                    + String(decoding: service.call.json(), as: UTF8.self) + "}"
            }
            let batch = "[" + lines.joined(separator: ",") + "]"
            let reply = await service.client.send(line: Array(batch.utf8))
            let answers = try JSONValue(parsing: try #require(reply)).array ?? []
            #expect(answers.count == 50)
            for answer in answers {
                let id = try #require(answer["id"]?.int64)
                #expect(answer["result"]?["count"]?.int64 == id + 1)
            }
        }
    }

    @Test("Of calls that share a commit, one that fails after it changed something leaves nothing, and the others stay")
    func failureAmongOthers() async throws {
        try await withService { service throws in
            let methods = (0..<40).map { $0 % 9 == 5 ? "notes.break" : "notes.add" }
            let lines = methods.enumerated().map { number, method in
                #"{"jsonrpc":"2.0","id":\#(number),"method":"\#(method)","params":{"text":"\#(number)"},"context":"#
                    + String(decoding: service.call.json(), as: UTF8.self) + "}"
            }
            let batch = Array("[\(lines.joined(separator: ","))]".utf8)
            let (client, writer, file) = (service.client, service.runtime.writer, try service.brandFile)
            // The writer is kept busy until all of them wait.
            let reply = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                group.addTask {
                    try await writer.maintain(file) { _ in while writer.waitingCount < 40 { usleep(1_000) } }
                    return nil
                }
                group.addTask { await client.send(line: batch) }
                return try await group.reduce(nil) { $0 ?? $1 }
            }
            var added: Int64 = 0
            for answer in try JSONValue(parsing: try #require(reply)).array ?? [] {
                let id = Int(try #require(answer["id"]?.int64))
                if methods[id] == "notes.add" { added += 1 }
                #expect(answer["result"]?["count"]?.int64 == (methods[id] == "notes.add" ? added : nil))
                #expect((answer["error"]?["code"] == nil) == (methods[id] == "notes.add"))
            }
            #expect(added == 36)
            #expect(try await service.count() == 36)
            #expect(service.peers["gateway"]?.applied.isEmpty == true)
        }
    }

    @Test("A flow ends when its caller withdraws the call or goes away", arguments: [true, false])
    func cancellation(byID: Bool) async throws {
        try await withService { service throws in
            let connection = RecordingChannel()
            let dispatcher = service.dispatcher
            let session = Session(handler: dispatcher, channel: connection)
            let line =
                #"{"jsonrpc":"2.0","id":"w","method":"notes.wait","params":{"text":"wait"},"context":"#
                + String(decoding: service.call.json(), as: UTF8.self) + "}"
            #expect(Array(line.utf8).withUnsafeBytes { session.receive($0) } == 1)
            try await eventually { service.flow.waiting == 1 }
            if byID {
                let other = #"{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":"x"}}"#
                #expect(Array(other.utf8).withUnsafeBytes { session.receive($0) } == 0)
                #expect(service.flow.cancelled == 0)
                let cancel = #"{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":"w"}}"#
                #expect(Array(cancel.utf8).withUnsafeBytes { session.receive($0) } == 0)
            } else {
                session.close()
            }
            try await eventually { service.flow.cancelled == 1 }
            try await eventually { connection.messages.count == 1 }
            #expect(connection.messages.first?.contains("\(RPCError.Code.cancelled)") == true)
        }
    }

    @Test("As many flows run as may, and one more is told to come again")
    func flowLimit() async throws {
        try await withService { service throws in
            let connection = RecordingChannel()
            let session = Session(handler: service.dispatcher, channel: connection)
            func start(_ number: Int) {
                let line =
                    #"{"jsonrpc":"2.0","id":\#(number),"method":"notes.wait","params":{"text":"wait"},"context":"#
                    + String(decoding: service.call.json(), as: UTF8.self) + "}"
                Array(line.utf8).withUnsafeBytes { _ = session.receive($0) }
            }
            for number in 1...MethodDispatcher.maximumFlows { start(number) }
            try await eventually { service.flow.waiting == MethodDispatcher.maximumFlows }
            #expect(connection.messages.isEmpty)
            start(0)
            #expect(connection.messages.count == 1)
            #expect(connection.messages.first?.contains("\(RPCError.Code.busy)") == true)
            session.close()
            try await eventually { connection.messages.count == MethodDispatcher.maximumFlows + 1 }
            // Room again.
            #expect(try await service.send("notes.wait") == ["count": 0])
        }
    }

    @Test("A service says that it can write, and which brands it has")
    func health() async throws {
        try await withService { service throws in
            let reply = try await service.client.call(
                "health.check", params: Array("{}".utf8), context: CallContext(principal: "service:gateway"))
            let health = try JSONValue(parsing: reply)
            #expect(health["writable"]?.bool == true)
            #expect(health["service"]?.string == "notes")
            #expect(health["brands"]?.int64 == 2)
            #expect(health["startedAt"]?.string == "2026-01-01T00:00:00Z")
        }
    }
}
