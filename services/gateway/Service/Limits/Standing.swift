import JSON
import Limits
import ServiceContract

/// Where a caller stands with its limits, as `RateLimit-Policy` and `RateLimit` say it
/// (draft-ietf-httpapi-ratelimit-headers-10): the limits and quotas of the key and of its
/// brand.
///
/// `r` is what is left, in cost units. `t` is when all of it will be back, in seconds rounded up; of a limit that has
/// just refused a call it is when that call will be admitted.
struct Standing: Equatable, Sendable {
    /// What goes beside a refusal.
    struct Refusal {
        /// The policy that refused.
        let policy: String
        let retryAfterSeconds: Int64
    }

    let policies: String
    let limits: String

    /// - Parameters:
    ///   - clock: nanoseconds of the clock of the buckets.
    ///   - time: of the wall clock, in microseconds since 1970.
    init(
        _ allowance: Allowance, _ kind: MethodDescription.Kind, in limiter: Limiter, clock: Int64, time: Int64,
        refusal: Refusal? = nil
    ) {
        // Appended, not interpolated: whoever is refused often must cost little.
        var policies = ""
        var limits = ""
        limits.reserveCapacity(64)
        func add(_ policy: String, policyText: String, remaining: Int64, reset: Int64) {
            if policies.isEmpty {
                policies = policyText
            } else {
                policies += ","
                policies += policyText
            }
            limits += limits.isEmpty ? "\"" : ",\""
            limits += policy
            limits += "\";r="
            limits += String(remaining)
            limits += ";t="
            limits += String(refusal?.policy == policy ? refusal?.retryAfterSeconds ?? reset : reset)
        }
        for (index, charge) in allowance.charges[kind.number].enumerated() {
            let policy = Self.policy(of: index, kind)
            // What all share is told to those only whom it stops.
            guard index < 2 || refusal?.policy == policy else { continue }
            let standing = limiter.buckets.standing(of: charge, at: clock)
            add(
                policy, policyText: allowance.policyTexts[kind.number][index], remaining: standing.units,
                reset: Self.seconds(standing.fullAfterNanoseconds))
        }
        for quota in allowance.quotas {
            let standing = limiter.quotas.standing(of: quota, at: time)
            let number = quota.period.number(at: time)
            let length = quota.period.start(of: number + 1) - quota.period.start(of: number)
            let policy = Self.policy(of: quota)
            add(
                policy, policyText: Self.text(of: policy, quantity: quota.units, window: length / 1_000_000),
                remaining: standing.units, reset: Self.seconds((standing.resetsAt - time) * 1_000))
        }
        self.policies = policies
        self.limits = limits
    }

    /// A policy as `RateLimit-Policy` says it.
    ///
    /// - Parameter window: in seconds.
    static func text(of policy: String, quantity: Int64, window: Int64) -> String {
        "\"\(policy)\";q=\(quantity);w=\(window)"
    }

    static func policy(of charge: Int, _ kind: MethodDescription.Kind) -> String {
        charge == 2 ? kind.policy : Allowance.policies[charge]
    }

    static func policy(of quota: QuotaTable.Charge) -> String {
        let period = quota.period == .day ? "daily" : "monthly"
        return quota.name.kind == .key ? period : "brand-" + period
    }

    /// Rounded up.
    static func seconds(_ nanoseconds: Int64) -> Int64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}
