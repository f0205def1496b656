import GatewayAPI
import JSON
import JSONRPC
import Limits
import ServiceContract
import ServiceKit
import TenancyAPI

// What calls cost, who is told that it is too much, and how much is left.
extension Gate {
    /// Charges the address of a caller that shows no good key.
    ///
    /// - Parameter cost: in calls; never more than the address may spend at once.
    /// - Returns: why it may not go on.
    func chargeStranger(_ caller: Caller, cost: Int64 = 1) -> RPCError? {
        let limit = caller.charges[0].limit
        switch limiter.buckets.spend(min(cost, limit.burst), of: &caller.charges, at: bootClock.now()) {
        case .refused(_, let wait):
            return .rateLimited(policy: "address", limit, retryAfterNanoseconds: wait, nil)
        case .tableFull: return .tooManyBuckets
        case .admitted, .tooCostly, .unreserved: return nil
        }
    }

    /// Charges the address of a caller for a request with a key that everybody may have.
    ///
    /// - Returns: why it may not go on.
    func chargeClientAddress(_ caller: Caller) -> RPCError? {
        var charges = [BucketTable.Charge(caller.addressForClientKeys, limits.clientAddress)]
        switch limiter.buckets.spend(1, of: &charges, at: bootClock.now()) {
        case .refused(_, let wait):
            return .rateLimited(policy: "clientAddress", limits.clientAddress, retryAfterNanoseconds: wait, nil)
        case .tableFull: return .tooManyBuckets
        case .admitted, .tooCostly, .unreserved: return nil
        }
    }

    /// What a caller is told whose key was refused. Their address pays for it, unless it did already, or nobody can say
    /// now whether the key is good: that is not their fault, and they will come again at once.
    func refusal(_ error: RPCError, of caller: Caller, isCharged: Bool) -> RPCError {
        if isCharged || error.isOurs(choseDeadline: false) { return error }
        return chargeStranger(caller) ?? error
    }

    /// Charges the address of a caller for a method that needs no key, of which all callers together have few.
    func chargeOpenCall(_ caller: Caller) -> RPCError? {
        let limit = caller.openCharges[0].limit
        switch limiter.buckets.spend(1, of: &caller.openCharges, at: bootClock.now()) {
        case .refused(_, let wait):
            return .rateLimited(policy: "address", limit, retryAfterNanoseconds: wait, nil)
        case .tableFull: return .tooManyBuckets
        case .admitted, .tooCostly, .unreserved: return nil
        }
    }

    func refuse(
        _ call: Call, _ verdict: Limiter.Verdict, _ cost: Int64, _ kind: MethodDescription.Kind,
        _ allowance: Allowance, _ caller: Caller, _ now: Int64
    ) {
        switch verdict {
        case .rateLimited(let index, let wait):
            let milliseconds = now / 1_000_000
            if index == 0, let last = allowance.lastRefusal, last.milliseconds == milliseconds, last.kind == kind {
                caller.onStanding?(last.standing)
                return fail(call, last.error)
            }
            let policy = Standing.policy(of: index, kind)
            let standing = standing(
                allowance, kind, now, .init(policy: policy, retryAfterSeconds: Standing.seconds(wait)))
            caller.onStanding?(standing)
            let limit = allowance.charges[kind.number][index].limit
            let error = RPCError.rateLimited(policy: policy, limit, retryAfterNanoseconds: wait, standing)
            if index == 0 { allowance.lastRefusal = (kind, milliseconds, error, standing) }
            fail(call, error)
        case .tooCostly(let index):
            let limit = allowance.charges[kind.number][index].limit
            caller.onStanding?(standing(allowance, kind, now))
            fail(call, .tooCostly(cost, policy: Standing.policy(of: index, kind), limit))
        case .quotaExhausted(let index):
            let quota = allowance.quotas[index]
            let standing = standing(allowance, kind, now)
            caller.onStanding?(standing)
            let resetsAt = limiter.quotas.standing(of: quota, at: clock.now().microseconds).resetsAt
            fail(call, .quotaExhausted(quota, resetsAt: Timestamp(microseconds: resetsAt), standing))
        case .tableFull: fail(call, .tooManyBuckets)
        case .admitted, .unreserved: break
        }
    }

    func standing(
        _ allowance: Allowance, _ kind: MethodDescription.Kind, _ now: Int64, _ refusal: Standing.Refusal? = nil
    ) -> Standing {
        Standing(
            allowance, kind, in: limiter, clock: now, time: allowance.quotas.isEmpty ? 0 : clock.now().microseconds,
            refusal: refusal)
    }

    /// How much is left of a key's limits and quotas; without a key of the limits that all callers share.
    func standings(of key: Key?) -> LimitStandings {
        let now = bootClock.now()
        let time = clock.now().microseconds
        guard let key else {
            let shared = MethodDescription.Kind.all.map { (anyone.charges[$0.number][2], $0.policy) }
            return LimitStandings(
                limits: (shared + [(anyone.charges[0][3], Allowance.policies[3])]).map { charge, policy in
                    limiter.buckets.standing(of: charge, policy, at: now)
                }, quotas: [])
        }
        let allowance = Allowance(of: key, limits)
        return LimitStandings(
            keyId: key.id,
            limits: (0..<2).map {
                limiter.buckets.standing(of: allowance.charges[0][$0], Allowance.policies[$0], at: now)
            },
            quotas: allowance.quotas.map { quota in
                let standing = limiter.quotas.standing(of: quota, at: time)
                return QuotaStanding(
                    policy: Standing.policy(of: quota), units: Int(quota.units), remaining: Int(standing.units),
                    resetsAt: Timestamp(microseconds: standing.resetsAt))
            })
    }
}

extension BucketTable {
    fileprivate func standing(of charge: Charge, _ policy: String, at now: Int64) -> LimitStanding {
        let standing = standing(of: charge, at: now)
        return LimitStanding(
            policy: policy, ratePerSecond: Int(charge.limit.ratePerSecond), burst: Int(charge.limit.burst),
            remaining: Int(max(0, standing.units)),
            fullAfterMilliseconds: Int((max(0, standing.fullAfterNanoseconds) + 999_999) / 1_000_000))
    }
}
