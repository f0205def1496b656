import CommonAPI
import Foundation
import JSON
import JSONRPC
import OpenSSL
import ServiceKit
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// The secret keys under which API keys are hashed.
@Suite struct KeyPeppersTests {
    @Test("A digest is HMAC-SHA-256 over brand, 0, kid, 0, secret")
    func digest() throws {
        let peppers = try KeyPeppers([1: Array(0..<32)])
        let brand = try #require(UUIDv7("01930000-0000-7000-8000-000000000011"))
        let digest = try peppers.digest(
            of: String(repeating: "0", count: 43), kid: "k7Qm2xTz", brand: brand, version: 1)
        // Python's hmac.
        #expect(
            digest.map { String(format: "%02x", $0) }.joined()
                == "cec2e55770eed992e8bb28f01bdeb47dd837c4b1dcb888e32e3dea79beb8bf50")
        let other = try #require(UUIDv7("01930000-0000-7000-8000-000000000012"))
        #expect(
            try peppers.digest(of: String(repeating: "0", count: 43), kid: "k7Qm2xTz", brand: other, version: 1)
                != digest)
    }

    @Test("A pepper is made once and found again")
    func made() throws {
        let directory = TemporaryDirectory()
        let brand = try #require(UUIDv7("01930000-0000-7000-8000-000000000011"))
        let digests = try (0..<2).map { _ in
            try KeyPeppers(directory: directory.path).digest(of: "a", kid: "b", brand: brand, version: 1)
        }
        #expect(digests[0] == digests[1])
        #expect(try directory.files().map(\.name) == ["key-pepper-1"])
    }

    @Test("Under a new pepper old keys stay valid and new ones use it")
    func rotation() async throws {
        let directory = TemporaryDirectory()
        let first = try Tenancy(in: directory)
        let brand = try await first.newBrand()
        let (old, _) = try await first.newKey(of: brand.id)
        await first.stop()

        #expect(FileBytes.writeDurably(Array(1...32), to: directory.path + "/secrets/key-pepper-2"))
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            let (new, _) = try await tenancy.newKey(of: brand.id)
            #expect(try await tenancy.verify(old).record != nil)
            #expect(try await tenancy.verify(new).record != nil)
            #expect(try await tenancy.number("SELECT sum(pepper_version) FROM keys") == 3)
        }

        // Without the older file the older key cannot be judged, which is a fault of the installation.
        try FileManager.default.removeItem(atPath: directory.path + "/secrets/key-pepper-1")
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.keys.verify(
                    .init(kid: old.kid, secret: old.secret, mode: .live), for: tenancy.asGateway)
            }
            #expect(failed?.code == RPCError.Code.internalError)
        }
    }

    @Test("A pepper of another length stops the start")
    func unusable() throws {
        let directory = TemporaryDirectory()
        FileBytes.createDirectory(directory.path)
        #expect(FileBytes.writeDurably(Array(1...31), to: directory.path + "/key-pepper-1"))
        #expect(throws: SecretFileError.self) { try KeyPeppers(directory: directory.path) }
    }
}
