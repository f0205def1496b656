import Foundation
import JSON
import JSONRPC
import Limits
import ServiceContract
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

@Suite struct LimitsTests {
    private let second: Int64 = 1_000_000_000
    private let day: Int64 = 86_400_000_000

    private func allowance(_ key: RateLimit, _ change: (inout LimitsConfiguration) -> Void = { _ in }) -> Allowance {
        var limits = LimitsConfiguration()
        limits.brand = RateLimit(ratePerSecond: 50, burst: 200)
        change(&limits)
        return Allowance(
            bucket: UUIDv7(milliseconds: 1, sequence: 0, random: 1), brand: GatewayUnderTest.brand, key, limits)
    }

    @Test("Limits are told byte for byte as the draft writes them")
    func texts() {
        let allowance = allowance(RateLimit(ratePerSecond: 2, burst: 100)) { $0.brandDailyQuota = 1_000 }
        var limiter = Limiter()
        limiter.quotas = QuotaTable(
            restoring: [.init(name: allowance.quotas[0].name, period: .day, number: 20_000, units: 0)])
        let time = 20_000 * day + day / 2
        func admit() -> Limiter.Verdict {
            limiter.reserved(limiter.takeReservations())
            return limiter.admit(1, .read, allowance, clock: 0) { time }
        }
        #expect(admit() == .unreserved)
        for _ in 0..<50 { while admit() == .unreserved {} }
        let standing = Standing(allowance, .read, in: limiter, clock: 0, time: time)
        #expect(standing.policies == #""burst";q=100;w=50,"brand";q=200;w=4,"brand-daily";q=1000;w=86400"#)
        #expect(standing.limits == #""burst";r=50;t=25,"brand";r=150;t=1,"brand-daily";r=950;t=43200"#)
    }

    @Test("A month's window is as long as the month")
    func months() {
        let allowance = allowance(RateLimit(ratePerSecond: 1, burst: 1)) { $0.brandMonthlyQuota = 5 }
        let february = CalendarPeriod.month.start(of: 54 * 12 + 1)  // 2024
        let standing = Standing(allowance, .read, in: Limiter(), clock: 0, time: february + 1)
        #expect(standing.policies.hasSuffix(#","brand-monthly";q=5;w=2505600"#))
        #expect(standing.limits.hasSuffix(#","brand-monthly";r=5;t=2505600"#))
    }

    @Test("A refused call is told when it will be admitted, by the limit that refused it and no earlier")
    func refusal() {
        let allowance = allowance(RateLimit(ratePerSecond: 2, burst: 2)) {
            $0.read = RateLimit(ratePerSecond: 1, burst: 2)
        }
        var limiter = Limiter()
        #expect(limiter.admit(2, .read, allowance, clock: 0) { 0 } == .unreserved)
        limiter.reserved(limiter.takeReservations())
        #expect(limiter.admit(2, .read, allowance, clock: 0) { 0 } == .admitted)
        #expect(
            limiter.admit(2, .read, allowance, clock: 0) { 0 }
                == .rateLimited(charge: 2, retryAfterNanoseconds: 2 * second))
        let standing = Standing(
            allowance, .read, in: limiter, clock: 0, time: 0,
            refusal: .init(policy: "read", retryAfterSeconds: 2))
        #expect(standing.policies == #""burst";q=2;w=1,"brand";q=200;w=4,"read";q=2;w=2"#)
        #expect(standing.limits == #""burst";r=0;t=1,"brand";r=198;t=1,"read";r=0;t=2"#)
        // Writes are another class, and the key has its units back.
        #expect(limiter.admit(2, .write, allowance, clock: second) { 0 } == .admitted)
    }

    @Test("A call that a bucket refuses uses nothing of a quota, and one that a quota refuses nothing of a bucket")
    func allOrNone() {
        let allowance = allowance(RateLimit(ratePerSecond: 10, burst: 10)) { $0.brandDailyQuota = 12 }
        var limiter = Limiter()
        func admit(_ cost: Int64, at clock: Int64) -> Limiter.Verdict {
            var verdict = limiter.admit(cost, .read, allowance, clock: clock) { 0 }
            while verdict == .unreserved {
                limiter.reserved(limiter.takeReservations())
                verdict = limiter.admit(cost, .read, allowance, clock: clock) { 0 }
            }
            return verdict
        }
        #expect(admit(10, at: 0) == .admitted)
        #expect(admit(2, at: 0) == .rateLimited(charge: 0, retryAfterNanoseconds: second / 5))
        #expect(limiter.quotas.standing(of: allowance.quotas[0], at: 0).units == 2)
        #expect(admit(3, at: second) == .quotaExhausted(quota: 0))
        #expect(limiter.buckets.standing(of: allowance.charges[0][0], at: second).units == 10)
        #expect(admit(2, at: second) == .admitted)
    }

    @Test("Calls wait for the disk in their order, so many and no more")
    func unreserved() {
        var calls = UnreservedCalls(maximumCalls: 2, maximumBytes: 10)
        let keys = [UUIDv7(milliseconds: 1, sequence: 0, random: 1), UUIDv7(milliseconds: 1, sequence: 0, random: 2)]
        var went: [Int] = []
        #expect(calls.keep(for: keys[0], bytes: 5) { _ in went.append(1) })
        #expect(!calls.keep(for: keys[0], bytes: 6) { _ in went.append(2) })
        #expect(calls.keep(for: keys[0], bytes: 5) { _ in went.append(3) })
        #expect(!calls.keep(for: keys[0], bytes: 0) { _ in went.append(4) })
        #expect(calls.holds(keys[0]) && !calls.holds(keys[1]))
        for goOn in calls.takeAll() { goOn(nil) }
        #expect(went == [1, 3])
        #expect(!calls.holds(keys[0]))
        #expect(calls.keep(for: keys[0], bytes: 10) { _ in })
    }
}

@Suite(.serialized) struct LimitsThroughTheDoorTests {
    /// How often `verb` of an error code came back.
    private func spend(_ count: Int, _ gateway: GatewayUnderTest, _ key: TestKey) async throws -> [Int: Int] {
        var codes: [Int: Int] = [:]
        for _ in 0..<count {
            switch try await gateway.call(key: key) {
            case .success: codes[0, default: 0] += 1
            case .failure(let error): codes[error.code, default: 0] += 1
            }
        }
        return codes
    }

    @Test("A bucket stays empty through a restart in good order and through a crash", arguments: [false, true])
    func restart(crashing: Bool) async throws {
        let key = TestKey(1, rate: 1, burst: 20)
        let first = try await GatewayUnderTest(keys: [key])
        let before = try await spend(25, first, key)
        #expect(before[0, default: 0] >= 20 && before[0, default: 0] <= 23)
        #expect(before[RPCError.Code.rateLimited, default: 0] + before[0, default: 0] == 25)
        try await first.stop(crashing: crashing)
        let second = try await GatewayUnderTest(directory: first.directory, keys: [key])
        // What came back in the meantime, and no burst.
        let after = try await spend(10, second, key)
        #expect(after[0, default: 0] <= 4, "\(after)")
        try await second.stop()
    }

    @Test("A quota is used up by calls that succeed; those that fail inside Gyre give it back")
    func quota() async throws {
        let key = TestKey(1)
        let calls = Atomic<Int>(0)
        let gateway = try await GatewayUnderTest(["GYRE_BRAND_DAILY_QUOTA": "10"], keys: [key]) { _, reply in
            switch calls.add(1, ordering: .relaxed).newValue % 3 {
            case 0: reply?.fail(.internalError("of the test"))
            case 1: reply?.fail(.conflict("the caller's fault"))
            default: reply?.succeed { $0.emptyObject() }
            }
        }
        let codes = try await spend(30, gateway, key)
        #expect(codes[0, default: 0] + codes[RPCError.Code.conflict, default: 0] == 10)
        #expect(codes[RPCError.Code.internalError, default: 0] > 0)
        #expect(codes[RPCError.Code.quotaExhausted, default: 0] > 0)
        let reply = try await gateway.call(key: key)
        guard case .failure(let error) = reply, let data = error.data else {
            Issue.record("admitted")
            return
        }
        let value = try JSONValue(parsing: data.bytes)
        #expect(value["policy"]?.string == "brand-daily")
        #expect(value["resetsAt"]?.string?.hasSuffix("T00:00:00Z") == true)
        #expect(value["rateLimitPolicy"]?.string?.hasSuffix(#","brand-daily";q=10;w=86400"#) == true)
        try await gateway.stop(crashing: true)
        // A crash gives nothing back, of the quota or of a second's worth of anything else.
        let next = try await GatewayUnderTest(
            ["GYRE_BRAND_DAILY_QUOTA": "10"], directory: gateway.directory, keys: [key])
        try await Task.sleep(for: .milliseconds(100))
        let after = try await spend(3, next, key)
        #expect(after == [RPCError.Code.quotaExhausted: 3])
        try await next.stop()
    }

    @Test("Methods that the gateway answers itself give their quota back too, when they fail after they were admitted")
    func ownMethods() async throws {
        let key = TestKey(1)
        // The services answer what no job is; a call costs two units.
        let gateway = try await GatewayUnderTest(["GYRE_BRAND_DAILY_QUOTA": "4"], keys: [key]) { _, reply in
            reply?.fail(.internalError("of the test"))
        }
        for _ in 0..<10 {
            guard case .failure(let error) = try await gateway.call("jobs.list", key: key) else {
                Issue.record("answered")
                continue
            }
            #expect(error.code == RPCError.Code.internalError)
        }
        // What is the caller's fault is not given back.
        for index in 0..<3 {
            guard case .failure(let error) = try await gateway.call("jobs.list", #"{"limit":"x"}"#, key: key) else {
                Issue.record("answered")
                continue
            }
            #expect(error.code == (index < 2 ? RPCError.Code.invalidParams : RPCError.Code.quotaExhausted))
        }
        try await gateway.stop()
    }

    @Test(
        "One address that signs in again and again is told to wait, before it keeps all others out",
        arguments: [false, true])
    func openCalls(withKey: Bool) async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(keys: [key])
        var policies: Set<String?> = []
        var admitted = 0
        for _ in 0..<40 {
            switch try await gateway.call("sessions.create", key: withKey ? key : nil) {
            case .success: admitted += 1
            case .failure(let error):
                #expect(error.code == RPCError.Code.rateLimited)
                policies.insert(try JSONValue(parsing: try #require(error.data).bytes)["policy"]?.string)
            }
        }
        #expect(admitted >= 5 && policies == ["address"], "\(admitted) \(policies)")
        try await gateway.stop()
    }

    @Test("Keys of one brand share its limit, and another brand has its own")
    func brandLimit() async throws {
        let keys = [
            TestKey(1), TestKey(2), TestKey(3, brand: UUIDv7(milliseconds: 1, sequence: 0, random: 2)),
        ]
        let gateway = try await GatewayUnderTest(["GYRE_BRAND_RATE": "5"], keys: keys)
        let codes = try await gateway.call("signals.batch", #"{"items":[1,2,3,4,5]}"#, key: keys[0])
        #expect((try? codes.get()) != nil)
        guard case .failure(let error) = try await gateway.call("signals.batch", #"{"items":[1,2,3]}"#, key: keys[1])
        else {
            Issue.record("admitted")
            return
        }
        #expect(error.code == RPCError.Code.rateLimited)
        #expect(try JSONValue(parsing: #require(error.data).bytes)["policy"]?.string == "brand")
        let others = try await gateway.call("signals.batch", #"{"items":[1,2,3]}"#, key: keys[2])
        #expect((try? others.get()) != nil)
        try await gateway.stop()
    }

    @Test("An address without a good key is limited before any key is looked at; one with a good key is not")
    func addressLimit() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(["GYRE_ADDRESS_RATE": "5"], keys: [key])
        // Its proof is charged, its later calls are not.
        #expect(try await spend(20, gateway, key) == [0: 20])
        var codes: [Int: Int] = [:]
        for _ in 0..<20 {
            if case .failure(let error) = try await gateway.call(key: TestKey(2)) { codes[error.code, default: 0] += 1 }
        }
        #expect(codes[RPCError.Code.unauthenticated, default: 0] <= 8)
        #expect(codes[RPCError.Code.rateLimited, default: 0] >= 12)
        #expect(try await spend(20, gateway, key) == [0: 20])
        try await gateway.stop()
    }

    @Test("Calls that wait for the proof of a good key cost their address nothing beside the one that asked")
    func sharedProof() async throws {
        let key = TestKey(1)
        let gateway = try await GatewayUnderTest(["GYRE_ADDRESS_RATE": "5"], keys: [key])
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<60 {
                group.addTask { (try? await gateway.call(key: key).get()) == nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 0)
        try await gateway.stop()
    }

    @Test("While nobody can say whether a key is good its address pays only for asking")
    func unprovable() async throws {
        let key = TestKey(1, isProvable: false)
        let gateway = try await GatewayUnderTest(["GYRE_ADDRESS_RATE": "100"], keys: [key])
        let codes = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var codes: [Int] = []
                    for _ in 0..<50 {
                        if case .failure(let error) = try await gateway.call(key: key) { codes.append(error.code) }
                    }
                    return codes
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(codes == Array(repeating: RPCError.Code.dependencyUnavailable, count: 400))
        try await gateway.stop()
    }

    @Test("HTTP says where a key stands with each reply, and when to come back with a refusal")
    func headers() async throws {
        let key = TestKey(1, rate: 1, burst: 3)
        let gateway = try await GatewayUnderTest(["GYRE_BRAND_DAILY_QUOTA": "1000"], keys: [key])
        let port = try await gateway.httpPort
        func post() async -> String {
            let body = #"{"jsonrpc":"2.0","id":1,"method":"signals.track","params":{}}"#
            let stream = RawStream(port: port)
            await stream.send(
                "POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer \(key.key.text)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
            return await stream.read() ?? "nothing"
        }
        let first = await post()
        #expect(first.hasPrefix("HTTP/1.1 200"))
        let policy = "\r\nRateLimit-Policy: \"burst\";q=3;w=3,\"brand\";q=500000;w=1,\"brand-daily\";q=1000;w=86400\r\n"
        #expect(first.contains(policy), "\(first)")
        let limits = "\r\nRateLimit: \"burst\";r=2;t=1,\"brand\";r=499999;t=1,\"brand-daily\";r=999;t="
        #expect(first.contains(limits), "\(first)")
        #expect(!first.contains("Retry-After"))
        _ = await post()
        _ = await post()
        var refused = await post()
        if !refused.hasPrefix("HTTP/1.1 429") { refused = await post() }
        #expect(refused.hasPrefix("HTTP/1.1 429"))
        #expect(refused.contains("\r\nRetry-After: 1\r\n"))
        #expect(refused.contains("\r\nRateLimit: \"burst\";r=0;t=1,"))
        #expect(refused.contains(policy))
        try await gateway.stop()
    }
}
