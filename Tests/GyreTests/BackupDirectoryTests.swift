import CommonAPI
import Foundation
import GatewayAPI
import JSON
import Testing

@testable import Gyre

@Suite struct BackupDirectoryTests {
    private static let copy = DatabaseCopy(
        file: "service.db", bytes: 1, sha256: String(repeating: "0", count: 64),
        incarnation: String(repeating: "1", count: 32), migration: "0000-ground", lastMessage: 0)

    private static func manifest(
        format: Int = 1, services: [String] = SuiteServices.names, file: String? = nil
    ) -> BackupManifest {
        let extra = file.map {
            DatabaseCopy(
                file: $0, bytes: 1, sha256: copy.sha256, incarnation: copy.incarnation, migration: "0000-ground",
                lastMessage: 0)
        }
        return BackupManifest(
            format: format, installation: UUIDv7(milliseconds: 1, sequence: 0, random: 1),
            createdAt: Timestamp(microseconds: 0), version: "1.0.0", tombstoneKey: String(repeating: "2", count: 32),
            services: services.map { BackedUpService(name: $0, files: [copy] + (extra.map { [$0] } ?? [])) })
    }

    private func open(_ manifest: BackupManifest) throws -> BackupDirectory {
        try withTemporaryDirectory { path in
            try SmallFile.replace(path + "/manifest.json", with: manifest.json())
            return try BackupDirectory(path)
        }
    }

    @Test("A whole manifest is taken as it is")
    func whole() throws {
        let manifest = Self.manifest(file: "01930000-0000-7000-8000-000000000001.db")
        #expect(try open(manifest).manifest == manifest)
    }

    @Test("A directory without a manifest is no backup")
    func missing() throws {
        let error = #expect(throws: CommandFailure.self) { try withTemporaryDirectory { try BackupDirectory($0) } }
        #expect(error?.message.contains("no backup") == true)
    }

    @Test("A newer layout is refused, naming the version that wrote it")
    func newer() throws {
        let error = #expect(throws: CommandFailure.self) { try open(Self.manifest(format: 2)) }
        #expect(error?.message.contains("1.0.0") == true)
    }

    @Test("A backup that lacks a service, or has one that is not known, is refused")
    func services() throws {
        #expect(throws: CommandFailure.self) { try open(Self.manifest(services: ["signals"])) }
        #expect(throws: CommandFailure.self) { try open(Self.manifest(services: SuiteServices.names + ["other"])) }
    }

    @Test("A name that is no database's cannot lead anywhere else", arguments: ["..db", "secrets.db", "a.b.c.db"])
    func names(name: String) throws {
        let error = #expect(throws: CommandFailure.self) { try open(Self.manifest(file: name)) }
        #expect(error?.message.contains(name) == true)
    }
}
