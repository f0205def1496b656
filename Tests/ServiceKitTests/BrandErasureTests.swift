import Foundation
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit

/// A brand's database goes, and never comes back.
@Suite struct BrandErasureTests {
    private let tenancy = CallContext(principal: "service:tenancy")

    private func withService(
        in directory: TemporaryDirectory = TemporaryDirectory(), peers: [PlayedPeer] = [PlayedPeer("gateway")],
        _ body: (ServiceFixture) async throws -> Void
    ) async throws {
        let service = try ServiceFixture(in: directory, peers: peers)
        do {
            try await body(service)
        } catch {
            service.runtime.stop()
            throw error
        }
        service.runtime.stop()
    }

    private func files(_ service: ServiceFixture) -> [String] {
        FileBytes.names(in: service.directory.path + "/notes").filter { $0.hasPrefix("\(ServiceFixture.brand)") }
    }

    @Test("No file of an erased brand is left but its marker, calls do not find it, and others are as they were")
    func erase() async throws {
        try await withService { service in
            _ = try await service.send("notes.add", "personal")
            _ = try await service.send("notes.count")
            let otherBrand = CallContext(brand: ServiceFixture.otherBrand, principal: "key:1", scopes: ["notes:*"])
            _ = try await service.send("notes.add", "kept", as: otherBrand)
            // As a migration that crashed, and an erasure that was killed, would have left them.
            for ending in ["db.before-0002", "erased.1.new"] {
                let left = service.directory.path + "/notes/\(ServiceFixture.brand).\(ending)"
                #expect(FileBytes.writeDurably([1], to: left))
            }
            _ = try await service.runtime.write(try #require(service.runtime.databases.file(of: ServiceFixture.brand)))
            {
                transaction throws(RPCError) in try transaction.run("DELETE FROM outbox")
            }
            let client = BrandFiles.Client(service.client)
            #expect(try await client.erase(.init(brand: ServiceFixture.brand), for: tenancy) == .init(erased: true))
            #expect(files(service) == ["\(ServiceFixture.brand).erased"])
            #expect(try await client.erase(.init(brand: ServiceFixture.brand), for: tenancy) == .init(erased: false))
            let failed = await failure { () async throws(RPCError) in try await service.send("notes.count") }
            #expect(failed == .notFound("brand", ServiceFixture.brand))
            let kept = try await service.send("notes.count", as: otherBrand)
            #expect(kept["count"]?.int64 == 1)
        }
    }

    @Test("An erased brand is never created again, by no later process either, and not where it never was")
    func revival() async throws {
        let directory = TemporaryDirectory()
        let nobody = UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 99)
        let databases = try BrandDatabases(
            directory: directory.path + "/notes", brandMigrations: [], serviceMigrations: [])
        _ = try databases.create(ServiceFixture.brand)
        #expect(try databases.finishErasure(of: ServiceFixture.brand))
        #expect(try !databases.finishErasure(of: nobody))
        for databases in [
            databases,
            try BrandDatabases(directory: directory.path + "/notes", brandMigrations: [], serviceMigrations: []),
        ] {
            #expect(databases.all.isEmpty)
            for brand in [ServiceFixture.brand, nobody] {
                let error = #expect(throws: RPCError.self) { try databases.create(brand) }
                #expect(error?.code == RPCError.Code.conflict)
                #expect(databases.file(of: brand) == nil)
            }
        }
    }

    @Test("Of a file that is created while its brand is erased nothing stays, whoever comes first at each step")
    func creationMeanwhile() async throws {
        let directory = TemporaryDirectory()
        let folder = directory.path + "/notes"
        let databases = try BrandDatabases(directory: folder, brandMigrations: [], serviceMigrations: [])
        for number in 0..<100 {
            let brand = UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 100 + UInt64(number))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? databases.create(brand) }
                group.addTask { _ = try? databases.finishErasure(of: brand) }
            }
            #expect(databases.file(of: brand) == nil)
            #expect(FileBytes.names(in: folder).filter { $0.hasPrefix("\(brand)") } == ["\(brand).erased"])
        }
    }

    @Test("A crash between the marker and the last file is finished by the next process")
    func crash() throws {
        let directory = TemporaryDirectory()
        let folder = directory.path + "/notes"
        let databases = try BrandDatabases(directory: folder, brandMigrations: [], serviceMigrations: [])
        _ = try databases.create(ServiceFixture.brand)
        #expect(FileBytes.createDurably([], at: "\(folder)/\(ServiceFixture.brand).erased"))
        let next = try BrandDatabases(directory: folder, brandMigrations: [], serviceMigrations: [])
        #expect(next.all.isEmpty)
        #expect(
            FileBytes.names(in: folder).filter { $0.hasPrefix("\(ServiceFixture.brand)") } == [
                "\(ServiceFixture.brand).erased"
            ])
    }

    @Test("What the brand still has to tell others arrives first; meanwhile no call reaches it")
    func outbox() async throws {
        try await withService { service in
            _ = try await service.send("notes.tell", "told", to: ["gateway"])
            let client = BrandFiles.Client(service.client)
            let busy = await failure { () async throws(RPCError) in
                try await client.erase(.init(brand: ServiceFixture.brand), for: tenancy)
            }
            #expect(busy?.code == RPCError.Code.busy)
            #expect(service.runtime.databases.file(of: ServiceFixture.brand) == nil)
            #expect(files(service).contains("\(ServiceFixture.brand).db"))
            let courier = Task { try await service.runtime.courier.run() }
            try await eventually {
                (try? await client.erase(.init(brand: ServiceFixture.brand), for: tenancy)) == .init(erased: true)
            }
            courier.cancel()
            _ = await courier.result
            #expect(service.peers["gateway"]?.applied == ["told"])
        }
    }

    @Test("A damaged database is deleted like any other")
    func damaged() async throws {
        try await withService { service in
            let path = service.directory.path + "/notes/\(ServiceFixture.brand).db"
            #expect(FileBytes.writeDurably(Array(repeating: 7, count: 8_192), to: path))
            let client = BrandFiles.Client(service.client)
            let reply = try await client.erase(.init(brand: ServiceFixture.brand), for: tenancy)
            #expect(reply.erased)
            #expect(files(service) == ["\(ServiceFixture.brand).erased"])
        }
    }
}
