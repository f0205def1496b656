import AuditProof
import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL
import ServiceContract
import Testing

@testable import ServiceKit
@testable import TenancyAPI
@testable import TenancyService

/// The key of the audit log is replaced, and witnesses that are down are not told without end.
@Suite struct AuditKeyTests {
    private func append(_ numbers: some Sequence<Int> & Sendable, to tenancy: Tenancy) async throws {
        let (log, now) = (tenancy.log, tenancy.clock.now)
        try await tenancy.write { transaction throws(RPCError) in
            for number in numbers { try log.append(.made(number, brand: nil), brand: nil, at: now, in: transaction) }
        }
    }

    /// What the gateway was told, in order.
    private func told(_ tenancy: Tenancy) throws -> [TreeHeadNotice] {
        try tenancy.gateway.messages.filter { $0["topic"] == "audit.head" }.map { message in
            try TreeHeadNotice(json: (message["body"] ?? .null).json())
        }
    }

    private func verdict(
        on tenancy: Tenancy, keyID: String? = nil, earlier: [TreeHeadNotice] = []
    ) async throws -> AuditVerifier.Verdict {
        let witnessed = try (earlier + told(tenancy)).enumerated().map { number, notice in
            WitnessedHead(
                witness: "gateway", number: number + 1, head: notice.head, receivedAt: notice.head.timestamp)
        }
        let head = try await tenancy.auditLog.head(.init(), for: tenancy.admin)
        var verifier = AuditVerifier(head: head, witnessed: witnessed, keyID: keyID)
        let entries = try await tenancy.auditEntries.list(.init(limit: 500, sort: .oldest), for: tenancy.admin).items
        for entry in entries { verifier.add(entry) }
        return verifier.verdict()
    }

    @Test("The old key signs up to the rotation, the new one from its entry on, and the next process too")
    func rotation() async throws {
        let directory = TemporaryDirectory()
        var keys: [String] = []
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            try await append(1...3, to: tenancy)
            keys.append(SignedTreeHead.keyID(of: tenancy.log.keys.signing(nil).publicKey).description)
            for size in [4, 5] {
                let head = try await tenancy.auditLog.rotateKey(.init(), for: tenancy.admin)
                #expect(head.treeSize == size && head.isSigned)
                keys.append(head.keyId)
            }
            try await append(4...5, to: tenancy)
            await tenancy.headSchedule.signHead()
            try await tenancy.eventually { try told(tenancy).count == 4 }
            let notices = try told(tenancy)
            #expect(notices.map(\.head.treeSize) == [3, 4, 5, 7])
            #expect(notices.map(\.head.keyId) == [keys[0], keys[1], keys[2], keys[2]])
            #expect(notices.map { $0.successions.map(\.keyID) } == [[], [keys[1]], [keys[2]], []])
            #expect(Set(keys).count == 3)
            for keyID in [nil] + keys { #expect(try await verdict(on: tenancy, keyID: keyID).isGood) }
            let entry = try await tenancy.auditEntries.list(.init(limit: 500, sort: .oldest), for: tenancy.admin).items[
                3]
            #expect(entry.method == "auditLog.rotateKey" && entry.principal == "admin")
            #expect(entry.nextKey?.isSigned == true && entry.nextKey?.keyID == keys[1])
        }
        #expect(keyFiles(directory) == ["audit-log", "audit-log.successions"])
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            try await tenancy.log.settleKeys(tenancy.runtime)
            try await append([6], to: tenancy)
            await tenancy.headSchedule.signHead()
            #expect(try await tenancy.auditLog.head(.init(), for: tenancy.admin).keyId == keys[2])
        }
    }

    @Test(
        "A crash before the log names the new key leaves the old one; after that, the new one signs",
        arguments: [false, true])
    func crash(isNamed: Bool) async throws {
        let directory = TemporaryDirectory()
        var (old, next) = ("", "")
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            try await append(1...3, to: tenancy)
            await tenancy.headSchedule.signHead()
            old = try await tenancy.auditLog.head(.init(), for: tenancy.admin).keyId
            // What rotateKey does, up to there.
            let key = try tenancy.log.keys.prepareNext().publicKey
            next = SignedTreeHead.keyID(of: key).description
            guard isNamed else { return }
            let (log, now) = (tenancy.log, tenancy.clock.now)
            let message = AuditEntryMessage.made(9, brand: nil)
            _ = try await tenancy.write { transaction throws(RPCError) in
                try log.succeed(key, as: message, at: now, in: transaction)
            }
            // In this process the new key signs, though its file is not in its place.
            try await append([4], to: tenancy)
            await tenancy.headSchedule.signHead()
            #expect(try await tenancy.auditLog.head(.init(), for: tenancy.admin).keyId == next)
        }
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            for _ in 1...2 { try await tenancy.log.settleKeys(tenancy.runtime) }
            try await append([5], to: tenancy)
            await tenancy.headSchedule.signHead()
            #expect(try await tenancy.auditLog.head(.init(), for: tenancy.admin).keyId == (isNamed ? next : old))
            #expect(keyFiles(directory).contains("audit-log.next") == !isNamed)
            // The key that was made is the next one all the same.
            let head = try await tenancy.auditLog.rotateKey(.init(), for: tenancy.admin)
            #expect((head.keyId == next) == !isNamed)
            #expect(try await verdict(on: tenancy).isGood)
        }
    }

    private func keyFiles(_ directory: TemporaryDirectory) -> [String] {
        FileBytes.names(in: directory.path + "/secrets").filter { $0.hasPrefix("audit-log") }
    }

    @Test(
        "A log from a backup from before rotations is told of them again, and its witnesses follow",
        arguments: [0, 1, 2])
    func restore(uncovered: Int) async throws {
        let directory = TemporaryDirectory()
        let database = directory.path + "/tenancy/service.db"
        var before: [TreeHeadNotice] = []
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            try await append(1...3, to: tenancy)
            await tenancy.headSchedule.signHead()
            try await tenancy.eventually { try told(tenancy).count == 1 }
            before = try told(tenancy)
            // No head of the key that signed then covers these.
            try await append((4..<4 + uncovered).map(\.self), to: tenancy)
        }
        // The log beside it may hold the newest pages.
        let copies = ["", "-wal"].compactMap { suffix in FileBytes.read(database + suffix).map { (suffix, $0) } }
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            for _ in 1...2 { _ = try await tenancy.auditLog.rotateKey(.init(), for: tenancy.admin) }
        }
        for suffix in ["", "-wal", "-shm"] { #expect(FileBytes.removeDurably(database + suffix)) }
        for (suffix, bytes) in copies { #expect(FileBytes.writeDurably(bytes, to: database + suffix)) }
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            for _ in 1...2 { try await tenancy.log.settleKeys(tenancy.runtime) }
            try await append([9], to: tenancy)
            await tenancy.headSchedule.signHead()
            let size = 3 + uncovered + 2
            try await tenancy.eventually { try told(tenancy).last?.head.treeSize == size + 1 }
            let notices = try told(tenancy).filter { $0.head.treeSize > 3 }
            #expect(notices.map(\.head.treeSize) == [size, size + 1])
            #expect(notices[0].fromSize == 3 && notices[0].continues(before[0].head) == true)
            #expect(notices[0].successions.map(\.previousKeyID).first == before[0].head.keyId)
            #expect(notices[0].successions.map(\.keyID).last == notices[0].head.keyId)
            #expect(try await verdict(on: tenancy, earlier: before).isGood)
            let entries = try await tenancy.auditEntries.list(.init(limit: 500, sort: .oldest), for: tenancy.admin)
                .items
            #expect(
                entries.filter { $0.nextKey != nil }.map { "\($0.method) \($0.principal)" }
                    == Array(repeating: "auditLog.rotateKey service:tenancy", count: 2))
        }
    }

    @Test("A key that is lost is not led to by any chain, and the log does not claim so")
    func lost() async throws {
        let directory = TemporaryDirectory()
        var before: [TreeHeadNotice] = []
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            try await append(1...3, to: tenancy)
            _ = try await tenancy.auditLog.rotateKey(.init(), for: tenancy.admin)
            try await tenancy.eventually { try told(tenancy).count == 2 }
            before = try told(tenancy)
        }
        #expect(FileBytes.removeDurably(directory.path + "/secrets/audit-log"))
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            try await tenancy.log.settleKeys(tenancy.runtime)
            try await append([9], to: tenancy)
            await tenancy.headSchedule.signHead()
            let wrong = try await verdict(on: tenancy, earlier: before)
            #expect(wrong.entries == 5 && !wrong.problems.isEmpty)
            // By order of the platform the log names it, and the break.
            for attempt in 1...2 {
                let head = try await tenancy.auditLog.adoptKey(.init(), for: tenancy.admin)
                #expect(head.treeSize == 5 + attempt && head.isSigned && head.keyId != before.last?.head.keyId)
            }
            let entries = try await tenancy.auditEntries.list(.init(limit: 500, sort: .oldest), for: tenancy.admin)
                .items
            #expect(
                entries.suffix(2).map { "\($0.method) \($0.principal)" } == [
                    "auditLog.adoptKey admin", "auditLog.adoptKey admin",
                ])
            #expect(entries[5].nextKey?.isAdoption == true && entries[6].nextKey == nil)
            let head = try await tenancy.auditLog.head(.init(), for: tenancy.admin)
            // What a witness refused in between is the witness's to tell.
            var verifier = AuditVerifier(
                head: head,
                witnessed: before.enumerated().map { number, notice in
                    WitnessedHead(
                        witness: "gateway", number: number + 1, head: notice.head, receivedAt: notice.head.timestamp)
                })
            for entry in entries { verifier.add(entry) }
            let verdict = verifier.verdict()
            #expect(verdict.problems.isEmpty && verdict.breaks.count == 1 && verdict.covered == 7)
            _ = try await tenancy.auditLog.rotateKey(.init(), for: tenancy.admin)
            #expect(try await tenancy.auditLog.head(.init(), for: tenancy.admin).treeSize == 8)
        }
    }

    @Test(
        "For a witness that is down only so many heads wait, each proved to continue the one before",
        arguments: [-1, 0, 1, 7])
    func bound(beyond: Int) async throws {
        let limit = VerifiableLog.waitingHeads
        try await withTenancy { tenancy in
            tenancy.gateway.setDown(true)
            let (log, now) = (tenancy.log, tenancy.clock.now)
            try await tenancy.write { transaction throws(RPCError) in
                for number in 1...limit + beyond {
                    try log.append(.made(number, brand: nil), brand: nil, at: now, in: transaction)
                    try log.signHead(at: now, in: transaction)
                }
            }
            let waiting = try await tenancy.number("SELECT count(*) FROM outbox WHERE topic = 'audit.head'")
            #expect(waiting == Int64(min(limit, limit + beyond)))
            // Rotations on the way are told, too.
            for _ in 1...2 { _ = try await tenancy.auditLog.rotateKey(.init(), for: tenancy.admin) }
            tenancy.gateway.setDown(false)
            let size = limit + beyond + 2
            try await tenancy.eventually { try told(tenancy).last?.head.treeSize == size }
            let notices = try told(tenancy)
            #expect(notices.count == limit)
            var last: SignedTreeHead?
            for notice in notices {
                #expect(notice.fromSize == last?.treeSize ?? 0)
                if let last { #expect(notice.continues(last) == true) }
                if let last, last.keyId != notice.head.keyId {
                    #expect(notice.successions.first?.previousKeyID == last.keyId)
                    #expect(notice.successions.last?.keyID == notice.head.keyId)
                }
                last = notice.head
            }
        }
    }
}

extension TreeHeadNotice {
    /// Whether its proof leads from an earlier head to its own; nil when a hash is none.
    fileprivate func continues(_ earlier: SignedTreeHead) -> Bool? {
        guard let from = MerkleTree.Hash(hexadecimal: earlier.rootHash),
            let to = MerkleTree.Hash(hexadecimal: head.rootHash)
        else { return nil }
        let path = path.compactMap { MerkleTree.Hash(hexadecimal: $0) }
        return ConsistencyProof(fromSize: earlier.treeSize, toSize: head.treeSize, path: path)
            .isValid(from: from, to: to)
    }
}
