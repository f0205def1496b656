import Foundation
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit
import TenancyAPI
import Testing

@testable import TenancyService

/// A backup is put back: what users and keys may then.
@Suite struct RestoredAccessTests {
    private static let password = "correct horse battery staple"

    /// Runs `before`, takes a backup, runs `since`, puts the backup back as a restore does, and runs `after`.
    private func restoring<T>(
        _ before: (Tenancy, UUIDv7) async throws -> T, since: (Tenancy, T, UUIDv7) async throws -> Void,
        after: (Tenancy, T, UUIDv7) async throws -> Void
    ) async throws {
        let directory = TemporaryDirectory()
        let databases = URL(fileURLWithPath: directory.path + "/tenancy")
        let backup = URL(fileURLWithPath: directory.path + "/backup")
        let first = try Tenancy(in: directory)
        let brand = try await first.newBrand().id
        let made = try await before(first, brand)
        await first.stop()
        try FileManager.default.copyItem(at: databases, to: backup)
        try await withTenancy(Tenancy(in: directory)) { try await since($0, made, brand) }
        try FileManager.default.removeItem(at: databases)
        try FileManager.default.moveItem(at: backup, to: databases)
        try await withTenancy(Tenancy(in: directory)) { tenancy in
            // A crash may repeat it.
            for _ in 1...2 {
                let records = try tenancy.ledger.records()
                let afterRestore = try #require(TenancyService.definition.afterRestore)
                try await tenancy.write { transaction throws(RPCError) in try afterRestore(records, transaction) }
                try await after(tenancy, made, brand)
            }
        }
    }

    private func user(_ id: UUIDv7, of brand: UUIDv7, _ tenancy: Tenancy) async throws -> User? {
        try await tenancy.users.list(.init(), for: tenancy.inside(brand)).items.first { $0.id == id }
    }

    @Test("Who was removed stays removed; whose role was changed has the new one")
    func users() async throws {
        try await restoring { tenancy, brand in
            var ids: [UUIDv7] = []
            for name in ["removed", "lowered", "twice", "before", "untouched"] {
                ids.append(try await tenancy.newUser("\(name)@example.org", .admin, in: brand))
            }
            // What was so before the backup, the backup knows better than the ledger.
            for role in [Role.viewer, .operator] {
                let before = try #require(try await user(ids[3], of: brand, tenancy))
                _ = try await tenancy.users.update(
                    .init(id: ids[3], version: before.version, role: role), for: tenancy.inside(brand))
            }
            return ids
        } since: { tenancy, ids, brand in
            _ = try await tenancy.users.remove(.init(id: ids[0]), for: tenancy.inside(brand))
            for (id, roles) in [(ids[1], [Role.viewer]), (ids[2], [.viewer, .analyst])] {
                for role in roles {
                    let version = try #require(try await user(id, of: brand, tenancy)).version
                    _ = try await tenancy.users.update(
                        .init(id: id, version: version, role: role), for: tenancy.inside(brand))
                }
            }
        } after: { tenancy, ids, brand in
            let removed = try await user(ids[0], of: brand, tenancy)
            #expect(removed == nil)
            for (id, role) in zip(ids[1...], [Role.viewer, .analyst, .operator, .admin]) {
                let restored = try await user(id, of: brand, tenancy)
                #expect(restored?.role == role)
            }
            let gone = try await tenancy.refusal(of: "removed@example.org", in: brand, Self.password)
            #expect(gone == .signInRefused)
            let untouched = try await tenancy.refusal(of: "untouched@example.org", in: brand, Self.password)
            #expect(untouched == nil)
        }
    }

    @Test("Password and invitation from before a recovery are void, and every session has ended")
    func credentials() async throws {
        try await restoring { tenancy, brand in
            let ada = try await tenancy.newUser("ada@example.org", .admin, in: brand)
            _ = try await tenancy.newUser("eve@example.org", .viewer, in: brand)
            let invitation = try await tenancy.users.invite(
                .init(email: "bob@example.org", role: .viewer), for: tenancy.inside(brand))
            let session = try await tenancy.signIn("eve@example.org", in: brand)
            return (ada: ada, invitation: invitation, session: session)
        } since: { tenancy, made, brand in
            _ = try await tenancy.users.recover(.init(id: made.ada), for: tenancy.inside(brand))
            _ = try await tenancy.users.invite(
                .init(email: "bob@example.org", role: .viewer), for: tenancy.inside(brand))
        } after: { tenancy, made, brand in
            let ada = try await tenancy.refusal(of: "ada@example.org", in: brand, Self.password)
            #expect(ada == .signInRefused)
            let status = try await user(made.ada, of: brand, tenancy)?.status
            #expect(status == .invited)
            let stale = await failure { () async throws(RPCError) in
                try await tenancy.users.accept(
                    .init(token: made.invitation.token, name: "Bob", password: Self.password),
                    for: tenancy.anyone)
            }
            #expect(stale?.code == RPCError.Code.unauthenticated)
            let session = try await tenancy.prove(made.session.token).record
            #expect(session == nil)
            let eve = try await tenancy.refusal(of: "eve@example.org", in: brand, Self.password)
            #expect(eve == nil)
        }
    }

    @Test("A key may what it might last: scopes, segments, end")
    func keys() async throws {
        try await restoring { tenancy, brand in
            var keys: [Key] = []
            for _ in 1...3 { keys.append(try await tenancy.newKey(of: brand, scopes: ["*:*"]).record) }
            return keys
        } since: { tenancy, keys, brand in
            _ = try await tenancy.keys.update(
                .init(
                    id: keys[0].id, version: keys[0].version, scopes: ["signals:read"], allowedSegments: ["gold"]),
                for: tenancy.admin)
            _ = try await tenancy.keys.rotate(
                .init(id: keys[1].id, overlapMilliseconds: 60_000), for: tenancy.admin)
        } after: { tenancy, keys, brand in
            let restored = try await tenancy.keys.list(.init(), for: tenancy.admin).items
            #expect(restored.map(\.scopes) == [["signals:read"], ["*:*"], ["*:*"]])
            #expect(restored.map(\.allowedSegments) == [["gold"], [], []])
            let end = Timestamp(microseconds: tenancy.clock.now.microseconds + 60_000_000)
            #expect(restored.map(\.expiresAt) == [nil, end, nil])
            #expect(restored.map(\.version) == [2, 2, 1])
        }
    }
}
