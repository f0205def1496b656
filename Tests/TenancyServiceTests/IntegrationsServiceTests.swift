import Foundation
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// Connections of brands to systems of others.
@Suite struct IntegrationsServiceTests {
    private let stimuli = "service:stimuli"
    private let credentials = ["user": "shop", "password": "correct horse battery staple"]

    @Test("What was sealed opens for a service of the same brand, and is in no list")
    func open() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let call = tenancy.key(of: brand.id)
            let made = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "newsletter", credentials: credentials), for: call)
            #expect(made.kind == "smtp" && made.name == "newsletter" && made.createdAt == tenancy.clock.now)
            #expect(try await tenancy.integrations.list(.init(), for: call) == .init(items: [made]))
            let opened = try await tenancy.integrations.open(
                .init(id: made.id), for: CallContext(brand: brand.id, principal: stimuli))
            #expect(opened == .init(kind: "smtp", credentials: credentials))
            _ = try await tenancy.integrations.delete(.init(id: made.id), for: call)
            let gone = await failure { () async throws(RPCError) in
                try await tenancy.integrations.open(
                    .init(id: made.id), for: CallContext(brand: brand.id, principal: stimuli))
            }
            #expect(gone == .notFound("integration", made.id))
            #expect(try await tenancy.integrations.list(.init(), for: call).items == [])
        }
    }

    @Test("No key and no administrator opens credentials")
    func clients() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let made = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "a", credentials: credentials), for: tenancy.key(of: brand.id))
            for call in [
                tenancy.key(of: brand.id), CallContext(brand: brand.id, principal: "admin"),
                CallContext(brand: brand.id, principal: "service:gateway"),
            ] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.integrations.open(.init(id: made.id), for: call)
                }
                #expect(failed?.code == RPCError.Code.forbidden)
            }
        }
    }

    @Test("An integration of another brand answers exactly like one that does not exist")
    func isolation() async throws {
        try await withTenancy { tenancy in
            let (first, second) = (try await tenancy.newBrand("A"), try await tenancy.newBrand("B"))
            let made = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "a", credentials: credentials), for: tenancy.key(of: first.id))
            let opened = await failure { () async throws(RPCError) in
                try await tenancy.integrations.open(
                    .init(id: made.id), for: CallContext(brand: second.id, principal: stimuli))
            }
            let deleted = await failure { () async throws(RPCError) in
                try await tenancy.integrations.delete(.init(id: made.id), for: tenancy.key(of: second.id))
            }
            #expect(opened == .notFound("integration", made.id))
            #expect(deleted == opened)
            #expect(try await tenancy.integrations.list(.init(), for: tenancy.key(of: second.id)).items == [])
            // The same name is free there.
            _ = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "a", credentials: credentials), for: tenancy.key(of: second.id))
        }
    }

    @Test("Sealed bytes that were moved to another row do not open")
    func moved() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let call = tenancy.key(of: brand.id)
            let first = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "a", credentials: credentials), for: call)
            let second = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "b", credentials: ["user": "other"]), for: call)
            try await tenancy.write { transaction throws(RPCError) in
                _ = try transaction.run(
                    """
                    UPDATE integrations SET sealed_credentials =
                        (SELECT sealed_credentials FROM integrations WHERE id = :first) WHERE id = :second
                    """, [":first": first.id, ":second": second.id])
            }
            let failed = await failure { () async throws(RPCError) in
                try await tenancy.integrations.open(
                    .init(id: second.id), for: CallContext(brand: brand.id, principal: stimuli))
            }
            #expect(failed?.code == RPCError.Code.internalError)
        }
    }

    @Test("One brand has each name once and at most 100 integrations")
    func limits() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            let call = tenancy.key(of: brand.id)
            for number in 1...IntegrationsService.maximumIntegrations {
                _ = try await tenancy.integrations.create(
                    .init(kind: "webhook", name: "\(number)", credentials: ["token": "x"]), for: call)
            }
            for name in ["1", "101"] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.integrations.create(
                        .init(kind: "webhook", name: name, credentials: ["token": "x"]), for: call)
                }
                #expect(failed?.code == RPCError.Code.conflict)
            }
        }
    }

    @Test("No byte of credentials lies in any database, log or journal, nor in the audit trail")
    func secrets() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand()
            var call = tenancy.key(of: brand.id)
            call.idempotencyKey = "once"
            _ = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "newsletter", credentials: credentials), for: call)
            try await tenancy.eventually { try await tenancy.number("SELECT count(*) FROM audit_entries") == 2 }
            var searched = 0
            for file in try tenancy.directory.files() where !file.name.hasPrefix("secrets/") {
                searched += file.bytes.count
                #expect(file.bytes.range(of: Data("correct horse".utf8)) == nil, "\(file.name)")
            }
            #expect(searched > 4_096)
        }
    }

    @Test("Erasing a brand takes its integrations and settings with it")
    func erasure() async throws {
        try await withTenancy { tenancy in
            let brand = try await tenancy.newBrand("Shop")
            let call = tenancy.key(of: brand.id)
            _ = try await tenancy.integrations.create(
                .init(kind: "smtp", name: "a", credentials: credentials), for: call)
            _ = try await tenancy.brandSettings.update(.init(version: 1, language: "de"), for: call)
            _ = try await tenancy.brands.erase(.init(id: brand.id, name: "Shop"), for: tenancy.admin)
            try await tenancy.eventually {
                let settings = try await tenancy.number("SELECT count(*) FROM brand_settings")
                let integrations = try await tenancy.number("SELECT count(*) FROM integrations")
                return settings == 0 && integrations == 0
            }
        }
    }
}
