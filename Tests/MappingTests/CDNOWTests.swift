import Foundation
import JSON
import Mapping
import Testing

/// The purchases of 23,570 customers of an online shop, kept beside the repository.
@Suite("The CDNOW purchases")
struct CDNOWTests {
    static let file: [UInt8]? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "../shared/data/cdnow.csv").standardizedFileURL
        return (try? Data(contentsOf: file)).map { [UInt8]($0) }
    }()

    @Test(
        "All 69,659 rows map, in chunks cut anywhere, to 23,570 customers and 2,500,315.63 dollars",
        .enabled(if: file != nil, "../shared/data/cdnow.csv is not there"), arguments: [512 * 1_024, 65_537])
    func wholeFile(chunkSize: Int) throws {
        let file = try #require(Self.file)
        let template = try MappingTemplate(
            json: """
                {"kind": "signals", "source": "cdnow",
                 "source_fields": {"customer_id": "identifier.customerId", "date": "timestamp",
                                   "amount_usd": "revenue", "quantity": "properties.quantity:number"},
                 "constants": {"event": "Order Completed", "currency": "USD"}, "timestamp_format": "yyyy-MM-dd"}
                """)
        var state = CSVReader.State()
        var (rows, sum, quantity) = (0, Amount.zero, 0)
        var customers: Set<String> = []
        var canonicalRows: Set<[UInt8]> = []
        var (first, last) = (Timestamp.last, Timestamp.first)
        for start in stride(from: 0, to: file.count, by: chunkSize) {
            var reader = CSVReader(resuming: state)
            let end = min(start + chunkSize, file.count)
            reader.feed(Array(file[start..<end]), isLast: end == file.count)
            var mapping = try reader.header.isEmpty ? nil : Mapping(template, header: reader.header)
            reading: while true {
                switch try reader.next() {
                case .header: mapping = try Mapping(template, header: reader.header)
                case .row:
                    let row = reader.row
                    let record = try #require(try mapping?.map(row))
                    rows += 1
                    let revenue = try #require(record.revenue)
                    sum = try #require(sum.adding(revenue))
                    customers.insert(try #require(record.identifiers.first?.value))
                    canonicalRows.insert(row.canonical)
                    let timestamp = try #require(record.timestamp)
                    (first, last) = (min(first, timestamp), max(last, timestamp))
                    quantity += try #require(Int(row.text(2)))
                case .problem(let problem): throw problem
                case .needsMore, .end: break reading
                }
            }
            state = reader.state
            #expect(state.nextOffset == end)
        }
        #expect(rows == 69_659)
        #expect(customers.count == 23_570)
        #expect(sum == Amount("2500315.63"))
        // 255 rows are exact duplicates of others.
        #expect(canonicalRows.count == 69_659 - 255)
        #expect(first == Timestamp("1997-01-01T00:00:00Z"))
        #expect(last == Timestamp("1998-06-30T00:00:00Z"))
        #expect(quantity == 167_881)
    }
}
