import Foundation
import JSON
import OpenSSL
import SignalsAPI

/// A CSV file of purchases with exact duplicates among its rows, and what is true of it.
struct ImportedFile: Sendable {
    static let mapping = """
        {"source_fields": {"customer_id": "identifier.customerId", "date": "timestamp", "amount_usd": "revenue",
                           "quantity": "properties.quantity:number"},
         "constants": {"event": "Order Completed", "currency": "USD"}, "timestamp_format": "yyyy-MM-dd"}
        """

    let header: String
    var rows: [String]

    var bytes: [UInt8] { Array((header + "\n" + rows.map { $0 + "\n" }.joined()).utf8) }

    /// Purchases of a few people, of which some equal others.
    init(generated count: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        header = "customer_id,date,quantity,amount_usd"
        rows = (0..<count).map { _ in
            let customer = String(100_000 + Int.random(in: 1...max(2, count / 4), using: &generator)).dropFirst()
            let day = Int.random(in: 1...28, using: &generator)
            let quantity = Int.random(in: 1...3, using: &generator)
            return "\(customer),1997-0\(1 + day % 6)-\(day < 10 ? "0" : "")\(day),\(quantity),\(quantity * 11).77"
        }
        for _ in 0..<(count / 20) { rows.append(rows[Int.random(in: 0..<count, using: &generator)]) }
    }

    /// The purchases of CDNOW's customers; nil where the file is not at hand.
    static func cdnow() -> ImportedFile? {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../shared/data/cdnow.csv").standardized
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        return ImportedFile(text)
    }

    init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        header = lines[0]
        rows = Array(lines.dropFirst())
    }

    var people: Int { Set(rows.map { $0.prefix { $0 != "," } }).count }

    var sum: Amount {
        let amounts = rows.compactMap { Amount(String($0.split(separator: ",")[3])) }
        return Amount(tenThousandths: amounts.reduce(0) { $0 + $1.tenThousandths })
    }

    func shuffled(seed: UInt64) -> ImportedFile {
        var generator = SeededGenerator(seed: seed)
        var file = self
        file.rows.shuffle(using: &generator)
        return file
    }
}

extension SignalsUnderTest {
    func begin(_ source: String = "shop", mapping: String = ImportedFile.mapping) async throws -> Import {
        try await imports.create(
            Imports.Create.Params(source: source, mapping: try JSONRaw(validating: mapping)), for: call)
    }

    @discardableResult
    func append(_ bytes: [UInt8], to begun: Import, at offset: Int? = nil, last: Bool = false) async throws -> Import {
        try await imports.append(
            Imports.Append.Params(
                id: begun.id, offset: offset ?? begun.receivedBytes, sha256: SHA256.hash(bytes).description,
                data: Base64.encode(bytes), last: last),
            for: call)
    }

    /// Imports bytes, cut into chunks of these sizes over and over.
    @discardableResult
    func load(
        _ bytes: [UInt8], source: String = "shop", mapping: String = ImportedFile.mapping, cut sizes: [Int] = [524_288]
    ) async throws -> Import {
        var current = try await begin(source, mapping: mapping)
        var number = 0
        repeat {
            let start = current.receivedBytes
            let end = min(bytes.count, start + sizes[number % sizes.count])
            current = try await append(Array(bytes[start..<end]), to: current, last: end == bytes.count)
            number += 1
        } while current.status == .receiving
        return current
    }

    func summary() async throws -> Signals.Summarize.Reply {
        try await signals.summarize(Signals.Summarize.Params(), for: call)
    }

    func rejected(by begun: Import) async throws -> [RejectedRow] {
        try await rejectedRows.list(RejectedRows.List.Params(importId: begun.id, limit: 500), for: call).items
    }
}
