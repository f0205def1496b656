import Limits
import ServiceContract

/// Charges each call to all its buckets and quotas, or to none of them. A struct without I/O.
struct Limiter {
    enum Verdict: Equatable {
        case admitted
        /// - charge: of the allowance's charges.
        case rateLimited(charge: Int, retryAfterNanoseconds: Int64)
        case tooCostly(charge: Int)
        /// - quota: of the allowance's quotas.
        case quotaExhausted(quota: Int)
        /// What it would spend is not on disk yet: ask again when it is.
        case unreserved
        /// So many keys are busy that this one cannot be counted.
        case tableFull
    }

    var buckets: BucketTable
    var quotas: QuotaTable

    init(buckets: BucketTable = BucketTable(), quotas: QuotaTable = QuotaTable()) {
        self.buckets = buckets
        self.quotas = quotas
    }

    /// - Parameters:
    ///   - clock: nanoseconds of the clock that never goes back.
    ///   - time: of the wall clock, in microseconds since 1970; asked for only where there are quotas.
    mutating func admit(
        _ cost: Int64, _ kind: MethodDescription.Kind, _ allowance: Allowance, clock: Int64, time: () -> Int64
    ) -> Verdict {
        let hasQuotas = !allowance.quotas.isEmpty
        let time = hasQuotas ? time() : 0
        if hasQuotas {
            switch quotas.check(cost, of: allowance.quotas, at: time) {
            case .available: break
            case .exhausted(let quota): return .quotaExhausted(quota: quota)
            case .unreserved: return .unreserved
            case .tableFull: return .tableFull
            }
        }
        switch buckets.spend(cost, of: &allowance.charges[kind.number], at: clock) {
        case .admitted: break
        case .refused(let charge, let wait): return .rateLimited(charge: charge, retryAfterNanoseconds: wait)
        case .tooCostly(let charge): return .tooCostly(charge: charge)
        case .unreserved: return .unreserved
        case .tableFull: return .tableFull
        }
        if hasQuotas { quotas.use(cost, of: allowance.quotas, at: time) }
        return .admitted
    }

    // MARK: What is on disk

    var wantsReservations: Bool { buckets.wantsReservations || quotas.wantsReservations }

    mutating func takeReservations() -> LimitStore.Reservations {
        LimitStore.Reservations(buckets: buckets.takeReservations(), quotas: quotas.takeReservations())
    }

    mutating func reserved(_ reservations: LimitStore.Reservations) {
        buckets.reserved(reservations.buckets)
        quotas.reserved(reservations.quotas)
    }

    mutating func notReserved(_ reservations: LimitStore.Reservations) {
        buckets.notReserved(reservations.buckets)
        quotas.notReserved(reservations.quotas)
    }

    /// What was spent, exactly; addresses stay out of the database: their buckets hold a second at most.
    func spent(at clock: Int64) -> LimitStore.Reservations {
        LimitStore.Reservations(
            buckets: buckets.spent(at: clock).filter { $0.name.kind != .address }, quotas: quotas.used())
    }
}
