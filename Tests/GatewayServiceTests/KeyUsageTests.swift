import CommonAPI
import Foundation
import JSON
import JSONRPC
import Limits
import SQLite
import ServiceContract
import ServiceKit
import TenancyAPI
import Testing

@testable import GatewayService

/// What keys were used for, on its way to tenancy.
@Suite struct KeyUsageTests {
    private static func key(_ number: UInt64) -> UUIDv7 {
        UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: number)
    }

    private static func time(_ second: Int64) -> Timestamp {
        Timestamp(microseconds: second * 1_000_000)
    }

    /// The messages in the outbox, in order.
    private static func told(_ runtime: ServiceRuntime) async throws -> [KeysUsed] {
        let bodies = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT body FROM outbox WHERE topic = 'keys.used' ORDER BY sequence") { $0.text(0) }
        }
        return try bodies.map { try KeysUsed(json: Array($0.utf8)) }
    }

    private func withRuntime(_ body: (ServiceRuntime) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "gyre-usage-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let runtime = ServiceRuntime(
            name: "gateway",
            databases: try BrandDatabases(directory: directory, brandMigrations: [], serviceMigrations: []),
            courier: OutboxCourier(sender: "gateway") { _ in preconditionFailure("nobody carries") })
        try await body(runtime)
        runtime.stop()
    }

    @Test("Counts of one key are added up and told once")
    func flush() async throws {
        try await withRuntime { runtime in
            let usage = KeyUsage(runtime: runtime)
            await usage.flush()
            let nothing = try await Self.told(runtime)
            #expect(nothing.isEmpty)
            usage.add(.init(requests: 1, lastUsedAt: Self.time(5)), of: Self.key(2))
            usage.add(.init(requests: 2, tokens: 7, lastUsedAt: Self.time(4)), of: Self.key(2))
            usage.add(.init(requests: 1, lastUsedAt: Self.time(6)), of: Self.key(1))
            await usage.flush()
            await usage.flush()
            let told = try await Self.told(runtime)
            #expect(
                told == [
                    KeysUsed(items: [
                        KeyUse(keyId: Self.key(1), requests: 1, tokens: 0, lastUsedAt: Self.time(6)),
                        KeyUse(keyId: Self.key(2), requests: 3, tokens: 7, lastUsedAt: Self.time(5)),
                    ])
                ])
        }
    }

    @Test(
        "More keys than one message holds make several",
        arguments: [(249, [249]), (250, [250]), (251, [250, 1]), (501, [250, 250, 1])] as [(UInt64, [Int])])
    func messages(keys: UInt64, expected: [Int]) async throws {
        try await withRuntime { runtime in
            let usage = KeyUsage(runtime: runtime)
            for key in 1...keys { usage.add(.init(requests: 1, lastUsedAt: Self.time(1)), of: Self.key(key)) }
            await usage.flush()
            let told = try await Self.told(runtime)
            #expect(told.map(\.items.count) == expected)
        }
    }

    @Test("What cannot be written is kept and told with what is counted next")
    func failure() async throws {
        try await withRuntime { runtime in
            let usage = KeyUsage(runtime: runtime)
            usage.add(.init(requests: 1, lastUsedAt: Self.time(1)), of: Self.key(1))
            _ = try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
                try transaction.run("ALTER TABLE outbox RENAME TO hidden")
            }
            await usage.flush()
            _ = try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
                try transaction.run("ALTER TABLE hidden RENAME TO outbox")
            }
            usage.add(.init(requests: 1, lastUsedAt: Self.time(2)), of: Self.key(1))
            await usage.flush()
            let told = try await Self.told(runtime)
            #expect(told.flatMap(\.items).map(\.requests) == [2])
        }
    }

    @Test("A grant carries what limits its key, and its context says nothing where all is allowed")
    func grant() throws {
        let free = KeyRing.Grant(
            Self.record(industries: [], segments: []), industry: .retail, LimitsConfiguration())
        #expect(free.context.industries == nil && free.context.segments == nil)
        #expect(!String(decoding: free.plainContext, as: UTF8.self).contains("industries"))
        let bound = KeyRing.Grant(
            Self.record(industries: [.retail], segments: ["a", "b"]), industry: .retail, LimitsConfiguration())
        #expect(bound.context.industries == ["retail"] && bound.context.segments == ["a", "b"])
        let bucket = BucketName(.key, high: Self.key(3).high, low: Self.key(3).low)
        #expect(bound.allowance.charges.allSatisfy { $0[0].name == bucket })
        #expect(bound.allowance.quotas == [QuotaTable.Charge(bucket, .day, units: 5)])
        #expect(try CallContext(json: bound.plainContext) == bound.context)
    }

    @Test(
        "A key for other industries than its brand's reaches nobody, whatever its segments",
        arguments: [
            ([], [], .retail, nil), ([.retail, .health], [], .retail, nil), ([.retail], ["a"], .retail, ["a"]),
            ([.health], [], .retail, []), ([.health], ["a"], .retail, []), ([.health], [], nil, []),
            ([], ["a"], nil, ["a"]),
        ] as [([Industry], [String], Industry?, [String]?)])
    func industries(allowed: [Industry], segments: [String], brand: Industry?, reached: [String]?) {
        let record = Self.record(industries: allowed, segments: segments)
        #expect(KeyRing.Grant(record, industry: brand, LimitsConfiguration()).context.segments == reached)
    }

    @Test("A key opens its brand while it is active and the brand is not suspended, and is refused in words of its own")
    func judgement() {
        let key = Self.record(industries: [], segments: [])
        let cases: [(Keys.Verify.Reply, RPCError?)] = [
            (.init(record: key, epoch: 1), nil),
            (.init(record: key, epoch: 1, brandSuspended: true), .brandSuspended),
            (.init(epoch: 1), .keyUnknown),
        ]
        for (proof, expected) in cases {
            switch KeyRing.judge(proof, LimitsConfiguration()) {
            case .success: #expect(expected == nil)
            case .failure(let error): #expect(error == expected)
            }
        }
    }

    @Test("A session opens its user's brand with what it may do now; all sessions of a user share one bucket")
    func sessions() throws {
        let session = SessionRecord(
            id: Self.key(1), userId: Self.key(2), brandId: Self.key(3), scopes: ["*:*"], createdAt: Self.time(0),
            expiresAt: Self.time(9))
        let cases: [(Sessions.Verify.Reply, RPCError?)] = [
            (.init(record: session, scopes: ["a:read"], epoch: 1), nil),
            (.init(record: session, scopes: ["a:read"], epoch: 1, brandSuspended: true), .brandSuspended),
            (.init(scopes: [], epoch: 1), .sessionUnknown),
        ]
        for (proof, expected) in cases {
            switch KeyRing.judge(proof, LimitsConfiguration()) {
            case .failure(let error): #expect(error == expected)
            case .success(let grant):
                let user = BucketName(.key, high: Self.key(2).high, low: Self.key(2).low)
                #expect(expected == nil)
                #expect(grant.principal == "user:\(Self.key(2))" && grant.brand == Self.key(3))
                #expect(grant.scopes == ["a:read"] && grant.allowance.charges[0][0].name == user && grant.keyID == nil)
                #expect(grant.expiresAt == Self.time(9))
            }
        }
    }

    private static func record(industries: [Industry], segments: [String]) -> Key {
        Key(
            id: key(1), brandId: key(2), kid: "k", name: "a", mode: .live, scopes: ["a:b"],
            allowedIndustries: industries, allowedSegments: segments, ratePerSecond: 1, burst: 1, dailyQuota: 5,
            bucketId: key(3), status: .active, createdAt: time(0), requests: 0, tokens: 0, version: 1)
    }
}
