import CommonAPI
import Foundation
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit

/// `databaseCopies.write`.
@Suite struct DatabaseCopiesTests {
    private static let call = CallContext(principal: "service:gateway")

    private func write(
        _ service: ServiceFixture, to directory: String, after: String? = nil
    ) async throws(RPCError) -> DatabaseCopies.Write.Reply {
        try await DatabaseCopies.Client(service.client).write(
            DatabaseCopies.Write.Params(directory: directory, after: after), for: Self.call)
    }

    @Test("Every database is copied as the reply describes it, the service's own first")
    func all() async throws {
        let target = TemporaryDirectory()
        #expect(FileBytes.createDirectory(target.path))
        try await withService { service in
            _ = try await service.send("notes.add", "kept")
            let reply = try await write(service, to: target.path)
            #expect(reply.isComplete)
            #expect(
                reply.files.map(\.file) == [
                    "service.db", "\(ServiceFixture.brand).db", "\(ServiceFixture.otherBrand).db",
                ])
            for copy in reply.files {
                let content = try #require(FileBytes.digest("\(target.path)/notes/\(copy.file)"))
                #expect(content.bytes == copy.bytes && content.hash == copy.sha256)
                #expect(copy.migration == "0001-notes")
            }
            #expect(Set(reply.files.map(\.incarnation)).count == 3)
            let copy = try Connection(path: "\(target.path)/notes/\(ServiceFixture.brand).db")
            let notes = try copy.prepare("SELECT text FROM notes")
            #expect(try notes.step() && notes.text(0) == "kept")
            // An audit entry went to tenancy's outbox.
            #expect(reply.files[1].lastMessage == 1)
        }
    }

    @Test("A call that names the last file finds what was made since, and nothing else")
    func later() async throws {
        let target = TemporaryDirectory()
        #expect(FileBytes.createDirectory(target.path))
        try await withService { service in
            let first = try await write(service, to: target.path)
            let second = try await write(service, to: target.path, after: first.files.last?.file)
            #expect(second.files.isEmpty && second.isComplete)
            let brand = UUIDv7(milliseconds: 0x0193_0000_0001, sequence: 0, random: 1)
            _ = try service.runtime.databases.create(brand)
            let third = try await write(service, to: target.path, after: first.files.last?.file)
            #expect(third.files.map(\.file) == ["\(brand).db"])
        }
    }

    @Test("A directory that is not there, or no absolute path, is refused")
    func directories() async throws {
        try await withService { service in
            let missing = await #expect(throws: RPCError.self) { try await write(service, to: "/nowhere/at/all") }
            #expect(missing?.code == RPCError.Code.conflict)
            let relative = await #expect(throws: RPCError.self) { try await write(service, to: "here") }
            #expect(relative?.code == RPCError.Code.invalidParams)
        }
    }
}
