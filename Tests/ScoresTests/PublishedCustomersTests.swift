import Foundation
import JSON
import Scores
import Testing

/// The customers of a CD shop (Fader and Hardie, 2001), and what is published of the sample of a tenth of them.
@Suite struct PublishedCustomersTests {
    private static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data")
    private static let purchases = data.appending(path: "cdnow.csv")
    private static let published = data.appending(path: "cdnow-customers-summary.csv")

    private static var isThere: Bool {
        [purchases, published].allSatisfy { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Which customers the sample is of is not published with it, so that each of its rows is looked for among all.
    @Test(
        "Frequency, recency and age of 2,357 customers are what is published, each of a customer of its own",
        .enabled(if: isThere, "This takes ../shared/data/cdnow.csv and cdnow-customers-summary.csv."))
    func everyRow() throws {
        let end = try #require(CalendarDate("1997-09-30")).dayNumber
        var left: [[Double]: Int] = [:]
        for summary in try customers(through: end).values {
            let weeks = [summary.recency, summary.age(on: end)].map { Self.weeks($0 ?? -1) }
            left[[Double(summary.frequency ?? -1)] + weeks, default: 0] += 1
        }
        let rows = try String(contentsOf: Self.published, encoding: .utf8).split(whereSeparator: \.isNewline)
            .dropFirst()
        #expect(rows.count == 2_357)
        for row in rows {
            let told = row.split(separator: ",").dropFirst().compactMap { Double($0) }
            try #require(told.count == 3)
            left[told, default: 0] -= 1
            #expect(left[told, default: 0] >= 0, "no customer is left for \(row)")
        }
    }

    @Test(
        "All that was ever paid comes to the published total, to the cent",
        .enabled(if: isThere, "This takes ../shared/data/cdnow.csv and cdnow-customers-summary.csv."))
    func total() throws {
        let customers = try customers(through: .max)
        #expect(customers.count == 23_570)
        #expect(customers.values.reduce(0) { $0 + $1.value } == 25_003_156_300)
    }

    /// Weeks, as they are published: to two decimals.
    private static func weeks(_ days: Int) -> Double { (Double(days) / 7 * 100).rounded() / 100 }

    private func customers(through end: Int) throws -> [String: PurchaseSummary] {
        var bought: [String: [(day: Int, amount: Int64)]] = [:]
        for line in try String(contentsOf: Self.purchases, encoding: .utf8).split(whereSeparator: \.isNewline)
            .dropFirst()
        {
            let fields = line.split(separator: ",")
            let day = try #require(CalendarDate(String(fields[1]))).dayNumber
            let amount = try #require(Amount(String(fields[3])))
            if day <= end { bought[String(fields[0]), default: []].append((day, amount.tenThousandths)) }
        }
        return bought.mapValues { rows in
            var summary = PurchaseSummary()
            for row in rows.sorted(by: { $0.day < $1.day }) { summary.addPurchase(on: row.day, paying: row.amount) }
            return summary
        }
    }
}
