import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// How brands want to be worked for, as rows.
struct BrandSettingsStore {
    /// The settings of a brand; one that never changed any has the defaults of the columns.
    func settings(
        of brand: Brand, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> BrandConfiguration {
        let stored = try transaction.one(
            """
            SELECT language, quiet_from, quiet_until, daily_message_cap, weekly_message_cap, version, holidays,
                answer_days, extended_answer_days
            FROM brand_settings WHERE brand = :brand
            """, [":brand": brand.id]
        ) { row throws(RPCError) in
            BrandConfiguration(
                brandId: brand.id, timeZone: brand.timeZone, currency: brand.currency, language: row.text(0),
                quietHours: row.isNull(1) ? nil : QuietHours(startMinute: row.int(1), endMinute: row.int(2)),
                dailyMessageCap: row.int64OrNil(3).map { Int($0) },
                weeklyMessageCap: row.int64OrNil(4).map { Int($0) }, holidays: try Self.holidays(row.textOrNil(6)),
                answerPeriod: row.isNull(7)
                    ? nil : AnswerPeriod(days: row.int(7), extendedDays: row.int64OrNil(8).map { Int($0) }),
                version: row.int(5))
        }
        return stored
            ?? BrandConfiguration(
                brandId: brand.id, timeZone: brand.timeZone, currency: brand.currency, language: "en", version: 1)
    }

    /// Replaces a brand's settings by those of the next version.
    func replace(_ settings: BrandConfiguration, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO brand_settings
                (brand, language, quiet_from, quiet_until, daily_message_cap, weekly_message_cap, holidays, answer_days,
                    extended_answer_days, version)
            VALUES (:brand, :language, :from, :until, :daily, :weekly, :holidays, :answer, :extended, :version)
            ON CONFLICT (brand) DO UPDATE SET language = excluded.language, quiet_from = excluded.quiet_from,
                quiet_until = excluded.quiet_until, daily_message_cap = excluded.daily_message_cap,
                weekly_message_cap = excluded.weekly_message_cap, holidays = excluded.holidays,
                answer_days = excluded.answer_days, extended_answer_days = excluded.extended_answer_days,
                version = excluded.version
            """,
            [
                ":brand": settings.brandId, ":language": settings.language,
                ":from": settings.quietHours?.startMinute, ":until": settings.quietHours?.endMinute,
                ":daily": settings.dailyMessageCap, ":weekly": settings.weeklyMessageCap,
                ":holidays": settings.holidays.map { String(decoding: $0.json(), as: UTF8.self) },
                ":answer": settings.answerPeriod?.days, ":extended": settings.answerPeriod?.extendedDays,
                ":version": settings.version,
            ])
    }

    private static func holidays(_ text: String?) throws(RPCError) -> [String]? {
        guard let text else { return nil }
        do throws(JSONError) {
            return try [String](json: Array(text.utf8))
        } catch {
            throw .internalError("The holidays of a brand are unreadable: \(error.message)")
        }
    }
}
