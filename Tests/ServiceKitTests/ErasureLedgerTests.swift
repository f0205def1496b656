import Foundation
import JSON
import JSONRPC
import PlatformAPI
import Testing

@testable import ServiceKit

/// What was erased, written down before it is.
@Suite struct ErasureLedgerTests {
    private let directory = TemporaryDirectory()
    private let key = [UInt8](repeating: 7, count: 32)

    private var path: String { directory.path + "/ledger" }
    private var replica: String { directory.path + "/replica" }
    private var file: String { path + "/erasures.ndjson" }

    private func record(_ number: UInt64) -> ErasureRecord {
        .subject(
            [UUIDv7(milliseconds: number, sequence: 1, random: 1)], [Array(repeating: UInt8(number), count: 32)],
            of: ServiceFixture.brand, for: UUIDv7(milliseconds: number, sequence: 0, random: 3),
            at: Timestamp(microseconds: Int64(number)))
    }

    @Test("Entries come back in order, in another process too; one that says the same again adds no line")
    func order() throws {
        let ledger = try ErasureLedger(directory: path)
        for number: UInt64 in [1, 2, 2, 3] { try ledger.append(record(number)) }
        #expect(try ErasureLedger(directory: path).records() == [record(1), record(2), record(3)])
    }

    @Test("A line that a crash cut off was never answered for: it is not read, and the next entry does not continue it")
    func tornLine() throws {
        let ledger = try ErasureLedger(directory: path)
        try ledger.append(record(1))
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(#"{"at":"2026"#.utf8))
        try handle.close()
        #expect(try ledger.records() == [record(1)])
        try ledger.append(record(2))
        #expect(try ledger.records() == [record(1), record(2)])
    }

    @Test("A damaged entry is named with its line and what to do about it")
    func damage() throws {
        let ledger = try ErasureLedger(directory: path)
        try ledger.append(record(1))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try (text + "{}\n" + text).write(toFile: file, atomically: false, encoding: .utf8)
        let error = #expect(throws: StorageError.self) { try ledger.records() }
        #expect(error?.description.contains("line 2") == true)
        #expect(error?.description.contains("GYRE_LEDGER_REPLICA") == true)
    }

    @Test(
        "The copy gets every line, the key and the installation's id; while it cannot, that is said, and then made good"
    )
    func copy() throws {
        let ledger = try ErasureLedger(directory: path, replica: replica, key: key)
        let installation = try ledger.installation { ServiceFixture.brand }
        try ledger.append(record(1))
        #expect(ledger.problem() == nil)
        #expect(FileBytes.read(replica + "/tombstones") == key)
        #expect(FileBytes.read(replica + "/installation") == Array("\(installation)\n".utf8))
        // A file in the way of the directory.
        try FileManager.default.removeItem(atPath: replica)
        try "".write(toFile: replica, atomically: false, encoding: .utf8)
        try ledger.append(record(2))
        #expect(ledger.problem()?.contains(replica) == true)
        try FileManager.default.removeItem(atPath: replica)
        #expect(ledger.problem() == nil)
        #expect(FileBytes.read(replica + "/erasures.ndjson") == FileBytes.read(file))
    }

    @Test("A ledger takes over what only its copy knows, and gives it what it lacks")
    func union() throws {
        try ErasureLedger(directory: path).append(record(1))
        let other = try ErasureLedger(directory: replica)
        try other.append(record(2))
        let installation = try other.installation { ServiceFixture.otherBrand }
        let ledger = try ErasureLedger(directory: path, replica: replica, key: key)
        #expect(Set(try ledger.records().map(\.request)) == Set([record(1).request, record(2).request]))
        #expect(try ledger.installation { ServiceFixture.brand } == installation)
        #expect(ledger.problem() == nil)
        #expect(FileBytes.read(replica + "/erasures.ndjson") == FileBytes.read(file))
    }
}
