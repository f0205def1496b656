import CivilTime
import JSON
import JSONRPC
import ServiceContract
import TenancyAPI

/// How a brand wants to be worked for.
struct BrandSettingsService: BrandSettings.Service {
    private let brands = BrandStore()
    private let settings = BrandSettingsStore()

    func get(
        _ params: BrandSettings.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> BrandConfiguration {
        try settings.settings(of: brands.brand(of: call, in: transaction), in: transaction)
    }

    func update(
        _ params: BrandSettings.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> BrandConfiguration {
        let old = try settings.settings(of: brands.brand(of: call, in: transaction), in: transaction)
        guard old.version == params.version else {
            throw .versionMismatch("settings", expected: Int64(params.version), actual: Int64(old.version))
        }
        try Self.check(params.holidays ?? [])
        if case .set(let period) = params.answerPeriod { try Self.check(period) }
        let new = BrandConfiguration(
            brandId: old.brandId, timeZone: old.timeZone, currency: old.currency,
            language: params.language ?? old.language, quietHours: params.quietHours.applied(to: old.quietHours),
            dailyMessageCap: params.dailyMessageCap.applied(to: old.dailyMessageCap),
            weeklyMessageCap: params.weeklyMessageCap.applied(to: old.weeklyMessageCap),
            holidays: params.holidays ?? old.holidays,
            answerPeriod: params.answerPeriod.applied(to: old.answerPeriod), version: old.version + 1)
        try settings.replace(new, in: transaction)
        return new
    }

    private static func check(_ period: AnswerPeriod) throws(RPCError) {
        guard let extended = period.extendedDays, extended <= period.days else { return }
        throw .invalidParams(
            at: "/params/answerPeriod/extendedDays", "must be more than days, \(period.days): it includes them")
    }

    private static func check(_ holidays: [String]) throws(RPCError) {
        for (index, text) in holidays.enumerated() where Holidays.Rule(text) == nil {
            throw .invalidParams(
                at: "/params/holidays/\(index)",
                "must be a day such as 2026-05-29, 12-25, 07-04/nearest, easter-2 or monday/1/09")
        }
    }
}
