import Foundation
import MerkleLog
import OpenSSL
import Testing

/// `Tests/Oracles/merkle_oracle.py` computes the same trees with Python's hashlib.
@Suite struct PythonOracleTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracles/merkle_oracle.py").path()

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "Roots, audit paths and consistency proofs of 80 random entries are the oracle's",
        .enabled(if: python != nil, "needs python3"))
    func same() throws {
        let lines = try output().split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let entries = lines.filter { $0[0] == "e" }.map { Hexadecimal.decode($0[1] == "-" ? "" : $0[1]) ?? [] }
        let nodes = StoredNodes(entries.map(MerkleTree.leafHash))
        var judged = 0
        for line in lines where line[0] != "e" {
            let numbers = line.dropFirst().prefix(2).map { Int($0) ?? -1 }
            let hashes = line.dropFirst(line[0] == "r" ? 2 : 3).compactMap { MerkleTree.Hash(hexadecimal: $0) }
            switch line[0] {
            case "r": #expect(nodes.root(Subtree.tree(ofSize: numbers[0])) == hashes[0])
            case "i": #expect(nodes.inclusion(numbers[0], numbers[1]).path == hashes)
            case "c": #expect(nodes.consistency(numbers[0], numbers[1]).path == hashes)
            default: Issue.record("unknown line \(line)")
            }
            judged += 1
        }
        #expect(judged == 80 + 80 * 81)
    }

    private func output() throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = [Self.script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let lines = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: lines, as: UTF8.self)
    }
}
