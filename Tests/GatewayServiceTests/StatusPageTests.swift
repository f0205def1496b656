import JSON
import Testing

@testable import GatewayService

@Suite struct StatusPageTests {
    @Test(
        "Numbers and amounts are grouped by thousands",
        arguments: [
            ("0", "0.00"), ("-0.5", "-0.50"), ("999.99", "999.99"), ("1000", "1,000.00"),
            ("-1234567.8", "-1,234,567.80"), ("2500315.6375", "2,500,315.6375"),
        ])
    func grouped(text: String, shown: String) throws {
        #expect(StatusPage.grouped(try #require(Amount(text))) == shown)
    }

    @Test("Moments are shown to the second")
    func moments() throws {
        #expect(
            StatusPage.readable(try #require(Timestamp("2026-01-31T12:05:59.123456Z"))) == "2026-01-31 12:05:59 UTC")
    }
}
