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
/// The key that signs heads may be replaced by one that it signed (``KeySuccession``), in an entry of the log: heads that
/// cover the entry are signed by the new key, heads that do not by the old one. Where a key was lost, and the platform had
/// the next one taken all the same, that is a break: it is told for ever, beside what is wrong.
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
        /// Where nothing but the platform's word joins what was before to what came after; half a sentence each.
        public var breaks: [String] = []

        /// Whether nothing is wrong, and everything is proved.
        public var isGood: Bool { problems.isEmpty && breaks.isEmpty }
        public var firstBadIndex: Int? { problems.compactMap(\.index).min() }
    }

    private struct Source {
        let name: String
        let head: SignedTreeHead

        var title: String { "the head of size \(head.treeSize) of \(name)" }
    }

    /// An entry by which the key was replaced.
    private struct Rotation {
        let index: Int
        let keyID: String
    }

    private let pinnedKeyID: String?
    private var outcome = Verdict()
    /// Heads that are signed by the key they name.
    private var sources: [Source] = []
    private var frontier = Frontier()
    /// The roots that the entries make, at the sizes that heads have.
    private var roots: [Int: String] = [:]
    /// The first entry whose hash is not the one that the log keeps for it.
    private var changedIndex: Int?
    /// Where the entries are not in order, and how; what follows tells no more.
    private var disorder: Problem?
    /// The key until the first rotation; nil: there was none.
    private var firstKeyID: String?
    private var rotations: [Rotation] = []

    /// - Parameters:
    ///   - head: the newest head of the log's own; nil when it has none.
    ///   - witnessed: what other services were told.
    ///   - keyID: a key that must have signed, while it was the log's; nil: the one of `head`, else the first witness's,
    ///     or those that led to it.
    public init(head: SignedTreeHead?, witnessed: [WitnessedHead], keyID: String? = nil) {
        pinnedKeyID = keyID
        let own = head.map { [Source(name: "the log", head: $0)] } ?? []
        let told = witnessed.filter { $0.problem == nil }.map { Source(name: $0.witness, head: $0.head) }
        outcome.heads = own.count + witnessed.count
        outcome.witnesses = Set(witnessed.map(\.witness)).sorted()
        var accepted: [Int: [Int]] = [:]
        for refused in witnessed {
            guard let problem = refused.problem else { continue }
            if let place = witnessed.firstIndex(where: { $0.accepts(refused) }) {
                accepted[place, default: []].append(refused.head.treeSize)
            } else {
                report("\(refused.witness) refused a head of size \(refused.head.treeSize): \(problem.rawValue)")
            }
        }
        for (place, adopted) in witnessed.enumerated() {
            guard let reason = adopted.adoptionReason else { continue }
            var text = "\(adopted.witness) took the head of size \(adopted.head.treeSize) with the key"
            text += " \(adopted.head.keyId) by order of the platform at \(adopted.receivedAt)"
            if let sizes = accepted[place], let first = sizes.min(), let last = sizes.max() {
                text += ", after it had refused \(sizes.count) of the sizes \(first) to \(last)"
            }
            outcome.breaks.append("\(text): \(reason)")
        }
        for source in own + told {
            if source.head.isSigned {
                sources.append(source)
            } else {
                report("\(source.title) has a signature that is none")
            }
        }
        for source in sources { roots[source.head.treeSize] = "" }
    }

    /// Takes the next entry, in the order of the log.
    public mutating func add(_ entry: AuditEntry) {
        outcome.entries += 1
        guard disorder == nil else { return }
        let index = frontier.size
        guard entry.leafIndex == index else {
            let what = entry.leafIndex > index ? "missing" : "out of order"
            disorder = Problem(index: index, description: "entry \(index) is \(what)")
            return
        }
        let leaf = entry.computedLeafHash
        if changedIndex == nil, leaf.description != entry.leafHash { changedIndex = index }
        frontier.append(leaf)
        if let succession = entry.nextKey { follow(succession, of: entry, at: index) }
        if roots[frontier.size] != nil { roots[frontier.size] = frontier.root.description }
    }

    /// Goes on to the next key, if the one before signed it.
    private mutating func follow(_ succession: KeySuccession, of entry: AuditEntry, at index: Int) {
        let isAdoption = succession.isAdoption
        guard isAdoption || succession.isSigned,
            rotations.last.map({ $0.keyID == succession.previousKeyID }) ?? true
        else { return end(at: index, "entry \(index) names a next key that the key before it did not sign") }
        if isAdoption {
            outcome.breaks.append(
                "entry \(index) names the key \(succession.keyID), which the one before did not sign, by order of "
                    + "\(entry.principal) at \(entry.at)")
        }
        if rotations.isEmpty { firstKeyID = succession.previousKeyID }
        rotations.append(Rotation(index: index, keyID: succession.keyID))
    }

    /// What came of it, after the last entry.
    public consuming func verdict() -> Verdict {
        checkEntries(against: headsByTheirKey())
        return outcome
    }

    /// The heads that count: each signed by the key that was the log's at its size. Two of one size that differ are told.
    private mutating func headsByTheirKey() -> [Source] {
        // Beyond the entries that are there, nothing says which key it is.
        let known = sources.filter { $0.head.treeSize <= frontier.size }
        let first = firstKeyID ?? pinnedKeyID ?? known.first?.head.keyId
        var good = sources.filter { source in
            let size = source.head.treeSize
            // A head of this size covers the entries below it.
            return size > frontier.size || source.head.keyId == rotations.last { $0.index < size }?.keyID ?? first
        }
        // A chain that leads to a key proves nothing until that key has signed.
        if let pinnedKeyID, !good.contains(where: { $0.head.keyId == pinnedKeyID }) { good = [] }
        let isGood = Set(good.map { "\($0.head.treeSize) \($0.head.keyId)" })
        for source in sources where !isGood.contains("\(source.head.treeSize) \(source.head.keyId)") {
            report("\(source.title) is signed by another key")
        }
        var said: [Int: Set<String>] = [:]
        for source in good {
            let (size, root) = (source.head.treeSize, source.head.rootHash)
            if let others = said[size], !others.contains(root) {
                report("\(source.name) has another head of size \(size) than those before")
            }
            said[size, default: []].insert(root)
        }
        return good
    }

    private mutating func checkEntries(against heads: [Source]) {
        let said = Dictionary(grouping: heads, by: \.head.treeSize).mapValues { Set($0.map(\.head.rootHash)) }
        outcome.covered = said.keys.max() ?? 0
        var matched = 0
        for size in said.keys.sorted() where size <= frontier.size {
            guard let root = roots[size], said[size]?.contains(root) == true else {
                return endChanged(from: matched, to: size - 1)
            }
            matched = size
        }
        if let disorder, let index = disorder.index { return end(at: index, disorder.description) }
        let size = frontier.size
        if size < outcome.covered {
            return end(at: size, "entry \(size) is missing: the log ends there, and a head covers \(outcome.covered)")
        }
        guard let changedIndex else { return }
        end(at: changedIndex, "entry \(changedIndex) is not the one whose hash the log keeps")
    }

    /// The tree has not the root that a head says: something up to `last` is not what it was.
    private mutating func endChanged(from matched: Int, to last: Int) {
        if let changedIndex, changedIndex <= last {
            return end(at: changedIndex, "entry \(changedIndex) is not the one that was recorded")
        }
        end(at: matched, "an entry from \(matched) to \(last) is not the one that was recorded")
    }

    private mutating func end(at index: Int, _ description: String) {
        outcome.problems.append(Problem(index: index, description: description))
    }

    private mutating func report(_ description: String) {
        outcome.problems.append(Problem(index: nil, description: description))
    }
}

extension WitnessedHead {
    /// Whether by taking this head the platform accepted that another was refused: for its key only, before this one, and
    /// for the same head that both contradict.
    func accepts(_ refused: WitnessedHead) -> Bool {
        adoptionReason != nil && refused.problem == .key && refused.witness == witness && refused.number < number
            && refused.contradicts == contradicts
    }
}
