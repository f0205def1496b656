import MerkleLog
import OpenSSL
import PythonOracle
import Testing

/// `Tests/Oracles/merkle_oracle.py` computes the same trees with Python's hashlib.
@Suite struct PythonOracleTests {
    private static let oracle = PythonOracle("merkle_oracle.py")

    @Test(
        "Roots, audit paths and consistency proofs of 80 random entries are the oracle's",
        .enabled(if: oracle.isAvailable, Comment(rawValue: oracle.requirement)))
    func same() throws {
        let lines = try Self.oracle.cases()
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
}
