public import CommonAPI
import MerkleLog
import OpenSSL

/// Recomputes the audit log from its entries, and holds it against every head that anybody has of it.
///
/// ```swift
/// var verifier = AuditVerifier(head: newest, witnessed: heads)
/// for entry in entries { verifier.add(entry) }     // in the order of the log
/// let verdict = verifier.verdict()
/// ```
///
/// It needs the memory of the heads, not of the entries. `Tests/Oracles/audit_verify.py` does the same from the
/// specifications alone.
public struct AuditVerifier {
    /// What is wrong.
    public struct Problem: Sendable, Equatable {
        /// The first entry that is not what it was, where that can be told.
        public let index: Int?
        /// Half a sentence, for people.
        public let description: String
    }

    /// What came of a verification.
    public struct Verdict: Sendable, Equatable {
        /// How many entries there are.
        public var entries = 0
        /// How many of them the largest head covers.
        public var covered = 0
        /// How many heads were checked.
        public var heads = 0
        /// The services that witnessed them.
        public var witnesses: [String] = []
        /// Nothing, when the log is what every head says.
        public var problems: [Problem] = []

        public var isGood: Bool { problems.isEmpty }
        public var firstBadIndex: Int? { problems.compactMap(\.index).min() }
    }

    private struct Source {
        let name: String
        let head: SignedTreeHead
    }

    private var outcome = Verdict()
    /// The roots that heads have, by size; more than one where somebody lies.
    private var roots: [Int: Set<String>] = [:]
    private var frontier = Frontier()
    /// The size at which the tree last had the root of a head.
    private var matchedSize = 0
    /// The first entry whose hash is not the one that the log keeps for it.
    private var changedIndex: Int?
    /// Whether it is known where the entries go wrong; what follows tells no more.
    private var isBroken = false

    /// - Parameters:
    ///   - head: the newest head of the log's own; nil when it has none.
    ///   - witnessed: what other services were told.
    ///   - keyID: the key that must have signed; nil: the one of `head`, else the first witness's.
    public init(head: SignedTreeHead?, witnessed: [WitnessedHead], keyID: String? = nil) {
        let own = head.map { [Source(name: "the log", head: $0)] } ?? []
        let told = witnessed.filter { $0.problem == nil }.map { Source(name: $0.witness, head: $0.head) }
        outcome.heads = own.count + witnessed.count
        outcome.witnesses = Set(witnessed.map(\.witness)).sorted()
        for refused in witnessed {
            guard let problem = refused.problem else { continue }
            report("\(refused.witness) refused a head of size \(refused.head.treeSize): \(problem.rawValue)")
        }
        let keyID = keyID ?? (own + told).first?.head.keyId
        for source in own + told where isSigned(source, by: keyID) { note(source) }
        outcome.covered = roots.keys.max() ?? 0
    }

    private mutating func isSigned(_ source: Source, by keyID: String?) -> Bool {
        let name = "the head of size \(source.head.treeSize) of \(source.name)"
        if !source.head.isSigned {
            report("\(name) has a signature that is none")
            return false
        }
        if source.head.keyId != keyID {
            report("\(name) is signed by another key")
            return false
        }
        return true
    }

    private mutating func note(_ source: Source) {
        let (size, root) = (source.head.treeSize, source.head.rootHash)
        if let others = roots[size], !others.contains(root) {
            report("\(source.name) has another head of size \(size) than those before")
        }
        roots[size, default: []].insert(root)
    }

    /// Takes the next entry, in the order of the log.
    public mutating func add(_ entry: AuditEntry) {
        outcome.entries += 1
        guard !isBroken else { return }
        let index = frontier.size
        guard entry.leafIndex == index else {
            return end(at: index, "entry \(index) is \(entry.leafIndex > index ? "missing" : "out of order")")
        }
        let leaf = entry.computedLeafHash
        if changedIndex == nil, leaf.description != entry.leafHash { changedIndex = index }
        frontier.append(leaf)
        guard let heads = roots[frontier.size] else { return }
        guard heads.contains(frontier.root.description) else { return endChanged() }
        matchedSize = frontier.size
    }

    /// What came of it, after the last entry.
    public consuming func verdict() -> Verdict {
        if !isBroken, frontier.size < outcome.covered {
            let size = frontier.size
            end(at: size, "entry \(size) is missing: the log ends there, and a head covers \(outcome.covered)")
        }
        if !isBroken, let changedIndex {
            end(at: changedIndex, "entry \(changedIndex) is not the one whose hash the log keeps")
        }
        return outcome
    }

    /// The tree has not the root of a head that covers what it has now.
    private mutating func endChanged() {
        if let changedIndex { return end(at: changedIndex, "entry \(changedIndex) is not the one that was recorded") }
        let last = frontier.size - 1
        end(at: matchedSize, "an entry from \(matchedSize) to \(last) is not the one that was recorded")
    }

    private mutating func end(at index: Int, _ description: String) {
        isBroken = true
        outcome.problems.append(Problem(index: index, description: description))
    }

    private mutating func report(_ description: String) {
        outcome.problems.append(Problem(index: nil, description: description))
    }
}
