import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL
import PlatformAPI
import SQLite
import ServiceContract
import Testing

@testable import AuditProof
@testable import ServiceKit

/// What a service keeps of what tenancy says the audit log is.
@Suite struct HeadWitnessTests {
    /// A log whose entries are all alike, and so are all complete subtrees of a level.
    private struct Log {
        private let levels: [MerkleTree.Hash]

        init(entry: UInt8) {
            levels = (1..<12).reduce(into: [MerkleTree.leafHash([entry])]) { levels, level in
                levels.append(MerkleTree.nodeHash(levels[level - 1], levels[level - 1]))
            }
        }

        private func root(_ subtree: Subtree) -> MerkleTree.Hash {
            subtree.root(subtree.places.map { levels[$0.level] })
        }

        /// A head, and the proof that it continues the one of another size.
        func head(
            _ size: Int, after from: Int = 0, seconds: Int64 = 0, key: UInt8 = 1, successions: [KeySuccession] = []
        ) throws -> TreeHeadNotice {
            let head = try SignedTreeHead.signing(
                treeSize: size, root: root(.tree(ofSize: size)),
                at: Timestamp(microseconds: (1_767_225_600 + Int64(size) + seconds) * 1_000_000),
                with: Ed25519.PrivateKey(rawRepresentation: [UInt8](repeating: key, count: 32)))
            let subtrees = from == 0 ? [] : ConsistencyProof.subtrees(fromSize: from, toSize: size)
            return TreeHeadNotice(
                head: head, fromSize: from, path: subtrees.map { root($0).description }, successions: successions)
        }

        /// Heads that each continue the one before.
        func heads(_ sizes: [Int]) throws -> [TreeHeadNotice] {
            try zip([0] + sizes, sizes).map { from, size in try head(size, after: from) }
        }
    }

    private let log = Log(entry: 1)
    private let otherLog = Log(entry: 2)

    private func tell(
        _ heads: [TreeHeadNotice], from sequence: Int = 1, to service: ServiceFixture,
        as principal: String = "service:tenancy"
    ) async throws {
        for (offset, head) in heads.enumerated() {
            let message = Message(
                sequence: sequence + offset, topic: "audit.head", body: try JSONRaw(validating: head.json()))
            let params = Messages.Deliver.Params(
                sender: "tenancy", incarnation: String(repeating: "a", count: 32), messages: [message])
            let call = CallContext(principal: principal)
            let mark = try await Messages.Client(service.client).deliver(params, for: call).highWaterMark
            #expect(mark == sequence + offset)
        }
    }

    private func take(_ heads: [TreeHeadNotice], in service: ServiceFixture) async throws {
        try await service.runtime.write(service.runtime.databases.serviceFile) { transaction throws(RPCError) in
            for head in heads { try HeadWitness.take(head, at: Timestamp(microseconds: 0), in: transaction) }
        }
    }

    private func kept(_ service: ServiceFixture, after: Int = 0, limit: Int = 501) async throws -> [WitnessedHead] {
        try await WitnessedHeads.Client(service.client).list(
            WitnessedHeads.List.Params(limit: limit, after: after), for: CallContext(principal: "service:gateway")
        ).items
    }

    @Test("Heads of a log that grows are kept as they were told, and listed page by page")
    func growth() async throws {
        try await withService { service throws in
            let heads = try log.heads([1, 2, 5, 90])
            try await tell(heads, to: service)
            let all = try await kept(service)
            #expect(all.map(\.head) == heads.map(\.head) && all.map(\.number) == [1, 2, 3, 4])
            #expect(all.allSatisfy { $0.witness == "notes" && $0.problem == nil && $0.receivedAt == service.clock.now })
            #expect(try await kept(service, limit: 2) == Array(all.prefix(2)))
            #expect(try await kept(service, after: 2) == Array(all.suffix(2)))
            #expect(try await kept(service, after: 4).isEmpty)
        }
    }

    @Test("A key that the one before signed is followed, over more than one; no other is")
    func successions() async throws {
        func key(_ number: UInt8) throws -> Ed25519.PrivateKey {
            try Ed25519.PrivateKey(rawRepresentation: [UInt8](repeating: number, count: 32))
        }
        func step(_ old: UInt8, _ new: UInt8) throws -> KeySuccession {
            try KeySuccession.signing(key(new).publicKey, inPlaceOf: key(old))
        }
        try await withService { service throws in
            let forged = KeySuccession(
                previousKey: try step(3, 4).previousKey, publicKey: try step(3, 4).publicKey,
                signature: try step(1, 4).signature)
            try await tell(
                [
                    log.head(2), log.head(3, after: 2, key: 2, successions: [step(1, 2)]),
                    // What it knows already comes again, with one more step.
                    log.head(5, after: 3, key: 3, successions: [step(1, 2), step(2, 3)]),
                    log.head(6, after: 5, key: 4, successions: [forged]),
                    log.head(7, after: 5, key: 2), log.head(8, after: 5, key: 5, successions: [step(4, 5)]),
                    log.head(9, after: 5, key: 3),
                ], to: service)
            let kept = try await kept(service)
            #expect(kept.map(\.head.treeSize) == [2, 3, 5, 6, 7, 8, 9])
            #expect(kept.map(\.problem) == [nil, nil, nil, .key, .key, .key, nil])
        }
    }

    @Test("A head that comes again, or says the same again, is nothing new")
    func repetition() async throws {
        try await withService { service throws in
            let (three, five) = (try log.head(3), try log.head(5, after: 3))
            try await tell([three, five, three, five, log.head(5, after: 3, seconds: 9)], to: service)
            #expect(try await kept(service).map(\.head.treeSize) == [3, 5])
        }
    }

    @Test("A smaller head, one of equal size with another root, of another key, or not signed, is refused and kept")
    func refusals() async throws {
        try await withService { service throws in
            let good = try log.head(7, after: 5)
            let unsigned = SignedTreeHead(
                treeSize: 9, rootHash: good.head.rootHash, timestamp: good.head.timestamp, keyId: good.head.keyId,
                publicKey: good.head.publicKey, signature: good.head.signature)
            try await tell(
                [
                    log.head(5), good, log.head(6, after: 5), log.head(5, seconds: 99), otherLog.head(7, after: 5),
                    otherLog.head(5), TreeHeadNotice(head: unsigned, fromSize: 7, path: []),
                    log.head(8, after: 7, key: 2), log.head(8, after: 7),
                ], to: service)
            let kept = try await kept(service)
            #expect(kept.map(\.head.treeSize) == [5, 7, 6, 5, 7, 5, 9, 8, 8])
            let problems: [WitnessedHead.Problem?] = [
                nil, nil, .smaller, .smaller, .fork, .fork, .signature, .key, nil,
            ]
            #expect(kept.map(\.problem) == problems)
            #expect(kept.map(\.contradicts) == [nil, nil, 2, 2, 2, 1, 2, 2, nil])
        }
    }

    @Test("A service that refused heads says how many, as long as it has any; it is ready all the same")
    func alarm() async throws {
        try await withService { service throws in
            let health = Health.Client(service.client)
            let gateway = CallContext(principal: "service:gateway")
            try await tell([log.head(5), log.head(7, after: 5)], to: service)
            #expect(try await health.check(.init(), for: gateway).problem == nil)
            try await tell([log.head(8, after: 7, key: 2)], from: 3, to: service)
            let one = try await health.check(.init(), for: gateway)
            #expect(one.problem?.hasPrefix("It refused 1 head of the audit log") == true && one.writable)
            try await tell([log.head(6), log.head(9, after: 7)], from: 4, to: service)
            let two = try await health.check(.init(), for: gateway)
            #expect(two.problem?.hasPrefix("It refused 2 heads of the audit log") == true)
        }
    }

    private func adopt(
        _ notice: TreeHeadNotice, in service: ServiceFixture, as principal: String = "service:gateway"
    ) async throws -> WitnessedHead {
        try await WitnessedHeads.Client(service.client).adopt(
            .init(head: notice.head, reason: "Ada: lost"), for: CallContext(principal: principal))
    }

    @Test("A head that was refused for its key is taken by order, with the reason; all of it stays, and ends the alarm")
    func adoption() async throws {
        try await withService { service throws in
            let lost = [try log.head(8, after: 7, key: 2), try log.head(9, after: 8, key: 2)]
            try await tell([log.head(5), log.head(7, after: 5)] + lost, to: service)
            let taken = try await adopt(lost[1], in: service)
            #expect(taken.number == 5 && taken.contradicts == 2 && taken.problem == nil)
            #expect(taken.adoptionReason == "Ada: lost" && taken.receivedAt == service.clock.now)
            #expect(try await adopt(lost[1], in: service) == taken)
            // It goes on from there: the new key's are taken, the old one's are not.
            try await tell(
                [log.head(10, after: 9, key: 2), log.head(11, after: 10), log.head(11, after: 10, key: 2)], from: 5,
                to: service)
            let kept = try await kept(service)
            #expect(kept.map(\.head.treeSize) == [5, 7, 8, 9, 9, 10, 11, 11])
            #expect(kept.map(\.problem) == [nil, nil, .key, .key, nil, nil, .key, nil])
            #expect(kept.filter { kept[4].accepts($0) }.map(\.number) == [3, 4])
            let health = try await Health.Client(service.client).check(
                .init(), for: CallContext(principal: "service:gateway"))
            #expect(health.problem?.hasPrefix("It refused 1 head ") == true)
            // For ever: the last before, those that were refused, and the one that was taken.
            try await take(
                (12...HeadWitness.maximumAccepted + 30).map { try log.head($0, after: $0 - 1, key: 2) }, in: service)
            let numbers = try await self.kept(service).prefix(5).map(\.number)
            #expect(numbers == [2, 3, 4, 5, 6])
        }
    }

    @Test("A fork, fewer entries, a head that is not signed, or that has not arrived: nobody can have it taken")
    func unforgiven() async throws {
        try await withService { service throws in
            let small = try log.head(6, key: 2)
            let unsigned = SignedTreeHead(
                treeSize: 8, rootHash: small.head.rootHash, timestamp: small.head.timestamp, keyId: small.head.keyId,
                publicKey: small.head.publicKey, signature: small.head.signature)
            let never = try log.head(20, key: 2)
            let wrong = [
                small, try otherLog.head(7, key: 2), try otherLog.head(9, after: 7),
                TreeHeadNotice(head: unsigned, fromSize: 0, path: []),
            ]
            try await tell([log.head(5), log.head(7, after: 5)] + wrong, to: service)
            for head in wrong + [never] {
                let error = await #expect(throws: RPCError.self) { try await adopt(head, in: service) }
                #expect(error?.code == RPCError.Code.conflict)
            }
            let own = try await adopt(log.head(7), in: service)
            #expect(own.number == 2 && own.adoptionReason == nil)
            for principal in ["service:tenancy", "admin"] {
                let error = await #expect(throws: RPCError.self) {
                    try await adopt(log.head(7), in: service, as: principal)
                }
                #expect(error?.code == RPCError.Code.forbidden)
            }
            #expect(try await kept(service).count { $0.adoptionReason != nil } == 0)
        }
    }

    @Test("A larger head whose log does not continue the one before is a fork, whatever proof it brings")
    func forks() async throws {
        try await withService { service throws in
            let honest = try log.head(9, after: 5)
            let forged = TreeHeadNotice(
                head: try otherLog.head(9).head, fromSize: 5, path: honest.path)
            let unproved = TreeHeadNotice(head: honest.head, fromSize: 5, path: [])
            try await tell([log.head(5), otherLog.head(9, after: 5), forged, unproved, honest], to: service)
            let kept = try await kept(service)
            #expect(kept.map(\.problem) == [nil, .fork, .fork, .fork, nil])
            #expect(kept.map(\.contradicts) == [nil, 1, 1, 1, nil])
        }
    }

    @Test("A head without a proof from the one before is taken; the one before is never forgotten then")
    func gaps() async throws {
        try await withService { service throws in
            // As after a restore of this service: it missed the heads of 4 and 6.
            try await take(log.heads([1, 2, 3]) + [log.head(8, after: 6)], in: service)
            try await take((9...HeadWitness.maximumAccepted + 20).map { try log.head($0, after: $0 - 1) }, in: service)
            let kept = try await kept(service)
            #expect(kept.prefix(3).map(\.head.treeSize) == [3, 21, 22])
            #expect(kept.allSatisfy { $0.problem == nil })
        }
    }

    @Test("Of heads before a gap the first thousand are never forgotten")
    func gapLimit() async throws {
        try await withService { service throws in
            try await take((1...HeadWitness.maximumUnproved + 3).map { try log.head($0) }, in: service)
            let runtime = service.runtime
            let count = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
                try transaction.one("SELECT count(*) FROM audit_heads WHERE is_kept = 1") { $0.int(0) }
            }
            #expect(count == HeadWitness.maximumUnproved)
            #expect(try await kept(service).first?.head.treeSize == 1)
        }
    }

    @Test("What another than tenancy says in its name is refused and not kept")
    func strangers() async throws {
        try await withService { service throws in
            let error = await #expect(throws: RPCError.self) {
                try await tell([log.head(3)], to: service, as: "service:signals")
            }
            #expect(error?.code == RPCError.Code.forbidden)
            #expect(try await kept(service).isEmpty)
        }
    }

    @Test("The newest thousand are kept, and every one that a refused head contradicts")
    func forgetting() async throws {
        try await withService { service throws in
            let heads = try log.heads(Array(1...HeadWitness.maximumAccepted + 5))
            try await tell(Array(heads.prefix(2)), to: service)
            try await tell([otherLog.head(2)], from: 3, to: service)
            try await take(Array(heads.dropFirst(2)), in: service)
            let kept = try await kept(service) + kept(service, after: kept(service).last?.number ?? 0)
            #expect(kept.filter { $0.problem == nil }.map(\.head.treeSize) == [2] + Array(6...1_005))
            #expect(kept.count { $0.problem == .fork } == 1)
        }
    }

    @Test("Of refused heads the first thousand are kept; the log tells of all")
    func limit() async throws {
        try await withService { service throws in
            try await take([log.head(1_500)], in: service)
            try await take((1...HeadWitness.maximumRefused + 1).map { try log.head($0) }, in: service)
            let runtime = service.runtime
            let count = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
                try transaction.one("SELECT count(*) FROM audit_heads WHERE problem = 'smaller'") { $0.int(0) }
            }
            #expect(count == HeadWitness.maximumRefused)
        }
    }
}
