import CommonAPI
import JSON
import MerkleLog
import OpenSSL
import PythonOracle
import Testing

@testable import AuditProof

/// The bytes that are hashed and signed: other languages have to make the same ones.
@Suite struct CanonicalBytesTests {
    @Test("A leaf is the entry's canonical JSON: members in order, without what the tree says of it")
    func leaf() throws {
        let entry = try Log.entry(0, brand: "01930000-0000-7000-8000-000000000011")
        #expect(
            String(decoding: entry.leafBytes, as: UTF8.self)
                == #"{"at":"2026-01-01T00:00:00Z","brandId":"01930000-0000-7000-8000-000000000011","fields":["field0"],"#
                + #""id":"01930000-0000-7000-8000-100000000000","ids":["01930000-0000-7000-8000-000000000011"],"#
                + #""method":"keys.create","principal":"admin","service":"tenancy"}"#)
        #expect(
            "\(try Log.entry(7).computedLeafHash)" == "\(MerkleTree.leafHash(try Log.entry(7, at: 9).leafBytes))")
    }

    @Test("An absent brand is left out; quotes, backslashes and control characters are escaped as RFC 8785 says")
    func strings() throws {
        let entry = try Log.entry(0, principal: "a\"\\/\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f}é€😀")
        let text = String(decoding: entry.leafBytes, as: UTF8.self)
        #expect(!text.contains("brandId"))
        #expect(text.contains(#""principal":"a\"\\/\b\t\n\f\r\u0001\u001f"# + "\u{7f}é€😀\""))
    }

    @Test("The next key is part of a leaf, and signed over context, the key before and itself")
    func succession() throws {
        let key = try Ed25519.PrivateKey(rawRepresentation: Array(0..<32))
        let next = try Ed25519.PrivateKey(rawRepresentation: Array(1..<33)).publicKey
        let succession = try KeySuccession.signing(next, inPlaceOf: key)
        let message =
            Array("gyre audit key succession 1\n".utf8) + key.publicKey.rawRepresentation + next.rawRepresentation
        #expect(try key.signature(for: message) == Hexadecimal.decode(succession.signature))
        #expect(succession.isSigned)
        #expect(succession.keyID == "\(SignedTreeHead.keyID(of: next))")
        #expect(succession.previousKeyID == "\(SignedTreeHead.keyID(of: key.publicKey))")
        func isSigned(_ old: String? = nil, _ new: String? = nil, _ signature: String? = nil) -> Bool {
            KeySuccession(
                previousKey: old ?? succession.previousKey, publicKey: new ?? succession.publicKey,
                signature: signature ?? succession.signature
            ).isSigned
        }
        let other = String(repeating: "0", count: 64)
        #expect(!isSigned(other) && !isSigned(nil, other) && !isSigned(nil, nil, other + other))
        #expect(!isSigned(succession.publicKey, succession.previousKey))
        #expect(!succession.isAdoption)
        let adoption = try KeySuccession.adopting(key, inPlaceOf: succession.publicKey)
        let adopting = Array("gyre audit key adoption 1\n".utf8) + next.rawRepresentation
        #expect(
            try key.signature(for: adopting + key.publicKey.rawRepresentation)
                == Hexadecimal.decode(adoption.signature))
        #expect(adoption.isAdoption && !adoption.isSigned && adoption.previousKey == succession.publicKey)
        let entry = try Log.entry(0, nextKey: succession)
        #expect(
            String(decoding: entry.leafBytes, as: UTF8.self).contains(
                #""method":"keys.create","nextKey":{"previousKey":"\#(succession.previousKey)","publicKey":"#
                    + #""\#(succession.publicKey)","signature":"\#(succession.signature)"},"principal":"admin""#))
    }

    @Test("A head is signed over context, time, size, root and key, and nothing else is")
    func signature() throws {
        let key = try Ed25519.PrivateKey(rawRepresentation: Array(0..<32))
        let time = Timestamp(microseconds: 1_767_225_602_000_000)
        let root = MerkleTree.leafHash([])
        let head = try SignedTreeHead.signing(treeSize: 3, root: root, at: time, with: key)
        #expect(head.isSigned)
        let message =
            Array("gyre audit tree head 1\n".utf8) + [0x00, 0x06, 0x47, 0x48, 0x46, 0x3e, 0xc4, 0x80]
            + [0, 0, 0, 0, 0, 0, 0, 3] + root.bytes + SHA256.hash(key.publicKey.rawRepresentation).bytes
        #expect(try key.signature(for: message) == Hexadecimal.decode(head.signature))
        func isSigned(
            size: Int = 3, root: String? = nil, time: Int64 = 0, keyID: String? = nil, key: String? = nil,
            signature: String? = nil
        ) -> Bool {
            SignedTreeHead(
                treeSize: size, rootHash: root ?? head.rootHash,
                timestamp: Timestamp(microseconds: head.timestamp.microseconds + time), keyId: keyID ?? head.keyId,
                publicKey: key ?? head.publicKey, signature: signature ?? head.signature
            ).isSigned
        }
        let other = String(repeating: "0", count: 64)
        #expect(isSigned())
        #expect(!isSigned(size: 4) && !isSigned(root: other) && !isSigned(time: 1) && !isSigned(keyID: other))
        #expect(!isSigned(key: other) && !isSigned(signature: other + other) && !isSigned(signature: "x"))
    }
}

/// What a verification finds.
@Suite struct AuditVerifierTests {
    private static let size = 40

    private func verdict(
        _ entries: [AuditEntry], _ log: Log, witnessed: [Int] = [8, 20, 33], head: Int? = 33,
        more: [WitnessedHead] = [], keyID: String? = nil
    ) throws -> AuditVerifier.Verdict {
        let told = try witnessed.enumerated().map { try log.witnessed($0.element, number: $0.offset + 1) }
        var verifier = AuditVerifier(head: try head.map { try log.head($0) }, witnessed: told + more, keyID: keyID)
        for entry in entries { verifier.add(entry) }
        let verdict = verifier.verdict()
        try compare(verdict, with: entries, try head.map { try log.head($0) }, told + more, keyID: keyID)
        return verdict
    }

    /// The verifier in Python says the same.
    private func compare(
        _ verdict: AuditVerifier.Verdict, with entries: [AuditEntry], _ head: SignedTreeHead?,
        _ witnessed: [WitnessedHead], keyID: String?
    ) throws {
        guard AuditOracle.isAvailable else { return }
        let lines = (head.map { [AuditExport.line($0)] } ?? []) + witnessed.map(AuditExport.line)
        let (json, status) = try AuditOracle.verdict(
            on: (lines + entries.map(AuditExport.line)).flatMap(\.self), keyID: keyID)
        let told = try JSONValue(parsing: json)
        #expect(told["verified"]?.bool == verdict.isGood)
        #expect(status == (verdict.isGood ? 0 : verdict.problems.isEmpty ? 2 : 1))
        #expect(told["breaks"]?.array?.map(\.string) == verdict.breaks)
        #expect(told["firstBadIndex"]?.int64.map { Int($0) } == verdict.firstBadIndex)
        #expect(told["problems"]?.array?.count == verdict.problems.count)
    }

    @Test("A log that is what every head says is good, with or without entries and heads")
    func good() throws {
        let log = try Log(Self.size)
        let verdict = try verdict(log.entries, log)
        #expect(verdict == .init(entries: 40, covered: 33, heads: 4, witnesses: ["gateway"]))
        #expect(try self.verdict([], log, witnessed: [], head: nil).isGood)
        #expect(try self.verdict(log.entries, log, witnessed: [], head: nil).covered == 0)
        #expect(try self.verdict(Array(log.entries.prefix(33)), log).isGood)
    }

    @Test("A changed entry is named; with the log's hash changed too, the stretch between the heads around it is")
    func changed() throws {
        let log = try Log(Self.size)
        for index in [0, 7, 8, 19, 20, 32] {
            var entries = log.entries
            entries[index] = try Log.entry(index, principal: "nobody", keeping: entries[index].leafHash)
            #expect(try verdict(entries, log).firstBadIndex == index)
            entries[index] = try Log.entry(index, principal: "nobody")
            let stretch = index < 8 ? 0 : index < 20 ? 8 : 20
            #expect(try verdict(entries, log).firstBadIndex == stretch)
        }
        // Nobody witnessed it yet; but the log's own hash is not the entry's.
        var entries = log.entries
        entries[36] = try Log.entry(36, principal: "nobody", keeping: entries[36].leafHash)
        #expect(try verdict(entries, log).firstBadIndex == 36)
    }

    @Test("A missing entry, one too many, exchanged ones and a shorter log are found where they begin")
    func moved() throws {
        let log = try Log(Self.size)
        var entries = log.entries
        entries.remove(at: 11)
        #expect(try verdict(entries, log).firstBadIndex == 11)
        entries = log.entries
        entries.insert(entries[5], at: 6)
        #expect(try verdict(entries, log).firstBadIndex == 6)
        entries = log.entries
        entries.swapAt(3, 30)
        #expect(try verdict(entries, log).firstBadIndex == 3)
        #expect(try verdict(Array(log.entries.prefix(32)), log).firstBadIndex == 32)
        #expect(try verdict([], log).firstBadIndex == 0)
    }

    @Test("A key that the one before signed is followed: each head is signed by the one that was the log's at its size")
    func rotation() throws {
        let log = try Log(Self.size, rotations: [8, 20])
        #expect(try verdict(log.entries, log).isGood)
        #expect(try verdict(log.entries, log, witnessed: [8, 9, 20, 21, 33]).isGood)
        // Whichever of them somebody knows from before, and no other.
        for size in [8, 20, 33] {
            #expect(try verdict(log.entries, log, keyID: log.head(size).keyId).isGood)
        }
        let stranger = String(repeating: "0", count: 64)
        #expect(try verdict(log.entries, log, keyID: stranger).problems.count == 4)
        // A key that is named, and has not signed yet, proves nothing.
        let early = try verdict(log.entries, log, witnessed: [8], head: 8, keyID: log.head(33).keyId)
        #expect(early.problems.count == 2)
        // Without the entry that says so, and those behind it, only that they are missing is told.
        let cut = try verdict(Array(log.entries.prefix(15)), log)
        #expect(cut.firstBadIndex == 15 && cut.problems.count == 1)
        let dropped = try verdict(log.entries.filter { $0.leafIndex != 5 }, log)
        #expect(dropped.firstBadIndex == 5 && dropped.problems.count == 1)
        // The old heads are forgotten, as witnesses do; the chain of keys is in the log.
        #expect(try verdict(log.entries, log, witnessed: [33]).isGood)
    }

    @Test("A forged rotation is found: not signed by the key before, by a stranger's, or not in the log at all")
    func forgedRotation() throws {
        let log = try Log(Self.size, rotations: [8])
        // Another signature under the same keys.
        let forged = try Log(Self.size, rotations: [8], forging: true)
        #expect(try verdict(forged.entries, forged).firstBadIndex == 8)
        // A stranger's chain under the real heads.
        let strange = try Log(Self.size, seed: 100, rotations: [8])
        #expect(try !verdict(strange.entries, log).isGood)
        // The heads of a log that is the same but for the entry.
        let without = try Log(Self.size)
        #expect(try !verdict(without.entries, log).isGood)
        #expect(try !verdict(log.entries, without).isGood)
        // The old key signs on, after it was replaced.
        let late = try without.witnessed(20, number: 9)
        #expect(try verdict(log.entries, log, more: [late]).problems.count == 1)
        // The new one signs before.
        let early = try log.witnessed(5, number: 9, signedAs: 33)
        #expect(try verdict(log.entries, log, more: [early]).problems.count == 1)
    }

    @Test("A key that was adopted is a break: nothing is wrong, and nothing is good any more")
    func adoption() throws {
        let log = try Log(Self.size, rotations: [20], adopting: true)
        func refused(_ number: Int, _ problem: WitnessedHead.Problem = .key, contradicts: Int = 2) throws
            -> WitnessedHead
        {
            let head = try log.witnessed(20, number: number, signedAs: 33).head
            return WitnessedHead(
                witness: "gateway", number: number, head: head, receivedAt: head.timestamp, problem: problem,
                contradicts: contradicts)
        }
        func adopted(_ number: Int, by witness: String = "gateway") throws -> WitnessedHead {
            let head = try log.head(25)
            return WitnessedHead(
                witness: witness, number: number, head: head, receivedAt: head.timestamp, contradicts: 2,
                adoptionReason: "Ada: lost")
        }
        // Two heads of the old key, one refused, one taken by order, one of the new key by itself.
        let more = [try refused(3), try adopted(4), try log.witnessed(33, number: 5)]
        let verdict = try verdict(log.entries, log, witnessed: [8, 19], more: more)
        #expect(verdict.problems.isEmpty && !verdict.isGood && verdict.breaks.count == 2)
        #expect(verdict.breaks[0].hasPrefix("gateway took the head of size 25 with the key \(try log.head(33).keyId)"))
        #expect(verdict.breaks[0].hasSuffix("after it had refused 1 of the sizes 20 to 20: Ada: lost"))
        #expect(verdict.breaks[1].contains("entry 20 names the key") && verdict.breaks[1].contains("order of admin"))
        // What is changed before or after the break is found as ever.
        for index in [5, 19, 22, 30] {
            var entries = log.entries
            entries[index] = try Log.entry(index, principal: "nobody", nextKey: nil)
            #expect(try self.verdict(entries, log, witnessed: [8, 19], more: more).firstBadIndex != nil)
        }
        // Nobody ordered it; it was refused later, for something else, or contradicts another; another witness took one.
        for wrong in [
            [try refused(3)], [try refused(6), try adopted(4)], [try refused(3, .fork), try adopted(4)],
            [try refused(3, contradicts: 1), try adopted(4)], [try refused(3), try adopted(4, by: "signals")],
        ] {
            #expect(try self.verdict(log.entries, log, witnessed: [8, 19], more: wrong).problems.count == 1)
        }
        // An order to a witness does not name a key for the log.
        let without = try Log(Self.size)
        #expect(try !self.verdict(without.entries, without, head: 8, more: [adopted(9)]).problems.isEmpty)
        // The chain goes on from the adopted key only.
        #expect(try self.verdict(log.entries, log, witnessed: [8], head: 33).problems.isEmpty)
        let signed = try Log(Self.size, rotations: [20])
        #expect(try !self.verdict(log.entries, signed, witnessed: [8], head: 33).problems.isEmpty)
    }

    @Test("Heads that are forged, of another key, of another log, or refused, are told")
    func heads() throws {
        let log = try Log(Self.size)
        let other = try Log(Self.size, principal: "nobody")
        #expect(try verdict(log.entries, log, more: [other.witnessed(20, number: 9)]).problems.count == 1)
        #expect(try verdict(log.entries, log, more: [other.witnessed(21, number: 9)]).firstBadIndex == 20)
        let stranger = try Log(Self.size, seed: 1)
        #expect(try verdict(log.entries, log, more: [stranger.witnessed(21, number: 9)]).problems.count == 1)
        #expect(try verdict(log.entries, log, more: [log.witnessed(5, number: 9, .smaller)]).problems.count == 1)
        let own = try log.head(33).keyId
        #expect(try verdict(log.entries, log, keyID: own).isGood)
        #expect(try verdict(log.entries, log, keyID: String(repeating: "0", count: 64)).problems.count == 4)
        let head = try log.head(12)
        let forged = SignedTreeHead(
            treeSize: 13, rootHash: head.rootHash, timestamp: head.timestamp, keyId: head.keyId,
            publicKey: head.publicKey, signature: head.signature)
        let told = WitnessedHead(witness: "signals", number: 1, head: forged, receivedAt: head.timestamp)
        #expect(try verdict(log.entries, log, more: [told]).problems.count == 1)
    }
}

/// A log of made-up entries.
private struct Log {
    let entries: [AuditEntry]
    private let rotations: [Int]
    /// The first and those that took its place.
    private let keys: [Ed25519.PrivateKey]
    private let roots: [MerkleTree.Hash]

    /// - Parameters:
    ///   - rotations: the entries by which the key is replaced.
    ///   - forging: whether they are signed by the next key in place of the one before.
    ///   - adopting: whether the key before was lost.
    init(
        _ size: Int, principal: String = "admin", seed: UInt8 = 0, rotations: [Int] = [], forging: Bool = false,
        adopting: Bool = false
    ) throws {
        let keys = try (0...rotations.count).map { number in
            try Ed25519.PrivateKey(rawRepresentation: [UInt8](repeating: seed + UInt8(number), count: 32))
        }
        self.keys = keys
        self.rotations = rotations
        entries = try (0..<size).map { index in
            let succession = try rotations.firstIndex(of: index).map { number in
                let signed = try KeySuccession.signing(keys[number + 1].publicKey, inPlaceOf: keys[number])
                if adopting { return try KeySuccession.adopting(keys[number + 1], inPlaceOf: signed.previousKey) }
                let other = try KeySuccession.signing(keys[number].publicKey, inPlaceOf: keys[number + 1])
                return KeySuccession(
                    previousKey: signed.previousKey, publicKey: signed.publicKey,
                    signature: forging ? other.signature : signed.signature)
            }
            return try Self.entry(index, principal: principal, nextKey: succession)
        }
        var frontier = Frontier()
        roots = entries.map { entry in
            frontier.append(entry.computedLeafHash)
            return frontier.root
        }
    }

    /// - Parameter other: signed by the key that signs heads of this size; nil: its own.
    func head(_ size: Int, signedAs other: Int? = nil) throws -> SignedTreeHead {
        try SignedTreeHead.signing(
            treeSize: size, root: roots[size - 1], at: Timestamp(microseconds: Int64(size) * 1_234_567),
            with: keys[rotations.count { $0 < other ?? size }])
    }

    func witnessed(
        _ size: Int, number: Int, _ problem: WitnessedHead.Problem? = nil, signedAs other: Int? = nil
    ) throws -> WitnessedHead {
        WitnessedHead(
            witness: "gateway", number: number, head: try head(size, signedAs: other),
            receivedAt: Timestamp(microseconds: 0), problem: problem)
    }

    static func entry(
        _ index: Int, at place: Int? = nil, principal: String = "admin", brand: String? = nil,
        nextKey: KeySuccession? = nil, keeping leafHash: String? = nil
    ) throws -> AuditEntry {
        func made(_ leafHash: String) throws -> AuditEntry {
            AuditEntry(
                id: UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 0x1000_0000_0000 + UInt64(index)),
                at: Timestamp(microseconds: 1_767_225_600_000_000), service: "tenancy", principal: principal,
                brandId: brand.flatMap { UUIDv7($0) }, method: "keys.create",
                ids: [try #require(UUIDv7("01930000-0000-7000-8000-000000000011"))], fields: ["field\(index)"],
                nextKey: nextKey, leafIndex: place ?? index, leafHash: leafHash)
        }
        return try made(leafHash ?? "\(made("").computedLeafHash)")
    }
}
