import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import OutboundHTTP
import PersonArchive
import PlatformAPI
import PythonOracle
import SQLite
import ServiceContract
import SignalsAPI
import Synchronization
import Testing

@testable import GatewayService
@testable import ServiceKit

/// Access, portability and correction, as the gateway carries them out with services that answer from memory.
@Suite struct PrivacyCopiesTests {
    private static let ann = Identifier(type: "email", value: "ann@example.org")

    @Test("An accounting lists disclosures of six years by date, sealed, with a page that a person can read")
    func accounting() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.accounting, regulation: .hipaa)
        await suite.saga.carryOn()
        #expect(try await suite.get(request).status == .verified)
        let approved = try await suite.approve(request)
        await suite.saga.carryOn()
        let done = try await suite.get(request)
        #expect(done.status == .completed && done.services.flatMap(\.rows).isEmpty)
        let period = try #require(suite.people.accountedFor.first)
        #expect(period.until == done.receivedAt && suite.people.accountedFor.count == 3)
        let files = try CopySuite.open(try await suite.download(request), approved.passphrase)
        #expect(
            files.map(\.name) == [
                "data/signals/disclosures.ndjson", "schema.json", "index.html", "manifest.json",
                "manifest.signature.json",
            ])
        let rows = try files[0].bytes.split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: Array($0)) }
        #expect(rows.map { $0["times"]?.int64 } == [3, 2, 1])
        #expect(rows.allSatisfy { $0["address"]?.string == "1 Harbour Road" && $0["purpose"]?.string == "a study" })
        let page = String(decoding: files[2].bytes, as: UTF8.self)
        #expect(page.contains("To whom your health information was given") && page.contains("Laboratory &lt;2&gt;"))
        let certificate = try await suite.certificate(request)
        #expect(certificate.payload.description.contains("45 CFR 164.528"))
        suite.stop()
    }

    @Test(
        "An accounting is for hipaa only, and the refusal says what to ask for",
        arguments: [Regulation.gdpr, .ccpa, .own, .none])
    func noAccounting(regulation: Regulation) async throws {
        let suite = try CopySuite()
        let refusal = RPCError.invalidParams(
            at: "/params/regulation",
            "is \(regulation.rawValue), and only hipaa knows an accounting of disclosures (45 CFR 164.528): name that, or "
                + "ask for access, whose copy says to whom the data was given (GDPR Art. 15(1)(c))")
        await #expect(throws: refusal) { try await suite.submit(.accounting, regulation: regulation) }
        suite.stop()
    }

    @Test("A copy waits for its approval; then it opens with the passphrase, here and in another language")
    func access() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.access)
        await suite.saga.carryOn()
        #expect(try await suite.get(request).status == .verified && suite.people.calls.isEmpty)
        let approved = try await suite.approve(request)
        #expect(approved.request.status == .verified && approved.request.approvedAt != nil)
        await suite.saga.carryOn()
        let done = try await suite.get(request)
        let archive = try #require(done.archive)
        #expect(done.status == .completed && archive.downloadsLeft == 5 && archive.removedAt == nil)
        #expect(done.services.first { $0.service == "signals" }?.rows.first?.rows == 2)

        let bytes = try await suite.download(request)
        #expect(bytes.count == archive.bytes && SHA256.hash(bytes).description == archive.sha256)
        #expect(try await suite.get(request).archive?.downloadsLeft == 4)
        let files = try CopySuite.open(bytes, approved.passphrase)
        let lines = try #require(files.first { $0.name == "data/signals/identifiers.ndjson" })
        #expect(
            String(decoding: lines.bytes, as: UTF8.self)
                == "{\"type\":\"email\",\"value\":\"ann@example.org\"}\n{\"type\":\"phone\",\"value\":\"<b>&1</b>\"}\n")
        let page = String(decoding: try #require(files.first { $0.name == "index.html" }).bytes, as: UTF8.self)
        #expect(page.contains("&lt;b&gt;&amp;1&lt;/b&gt;") && !page.contains("<b>&1") && page.contains("for a day"))
        let schema = try JSONValue(parsing: try #require(files.first { $0.name == "schema.json" }).bytes)
        #expect(schema["tables"]?[0]?["schema"]?["properties"]?["type"]?["type"]?.string == "string")
        if ArchiveOracle.isAvailable {
            let key = Hexadecimal.encode(suite.key.publicKey.rawRepresentation)
            let verdict = try ArchiveOracle.verdict(on: bytes, passphrase: approved.passphrase, key: key)
            #expect(verdict.status == 0, "\(String(decoding: verdict.json, as: UTF8.self))")
        }
        // The certificate names the file, and neither it nor what is left here names anybody.
        let certificate = try await suite.certificate(request)
        #expect(certificate.payload.description.contains(archive.sha256))
        for text in ["ann@example.org", approved.passphrase] { #expect(try suite.filesHolding(text).isEmpty) }
        suite.stop()
    }

    @Test("The same rows make the same files, and pages and parts make no difference")
    func deterministic() async throws {
        var opened: [[TapeArchive.File]] = []
        for pageRows in [1, 100] {
            let suite = try CopySuite(pageRows: pageRows)
            let request = try await suite.submit(.portability)
            let passphrase = try await suite.approve(request).passphrase
            await suite.saga.carryOn()
            opened.append(try CopySuite.open(try await suite.download(request), passphrase))
            suite.stop()
        }
        #expect(opened[0].filter { $0.name.hasPrefix("data/") } == opened[1].filter { $0.name.hasPrefix("data/") })
        #expect(opened[0].first { $0.name == "schema.json" } == opened[1].first { $0.name == "schema.json" })
    }

    @Test("A process that dies at any call leaves nothing half done: the next one makes the same copy")
    func resumption() async throws {
        // As many calls as an access takes, and one more.
        for survived in 0...12 {
            let directory = NSTemporaryDirectory() + "gyre-copies-\(UUID().uuidString)"
            let first = try CopySuite(directory: directory, answers: survived)
            let request = try await first.submit(.access)
            let passphrase = try await first.approve(request).passphrase
            await first.saga.carryOn()
            first.stop()
            let second = try CopySuite(directory: directory)
            await second.saga.carryOn()
            let done = try await second.get(request)
            #expect(done.status == .completed, "after \(survived) answers")
            let files = try CopySuite.open(try await second.download(request), passphrase)
            #expect(files.count { $0.name.hasPrefix("data/") } == 1)
            #expect(FileBytes.names(in: second.archives.directory) == ["\(request).gyre"])
            second.stop()
        }
    }

    @Test("All of it may be downloaded five times; the bytes are counted, wherever a part begins")
    func downloads() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.access)
        _ = try await suite.approve(request)
        await suite.saga.carryOn()
        let whole = try await suite.download(request)
        let error = await #expect(throws: RPCError.self) { try await suite.part(request, from: whole.count) }
        #expect(error?.code == RPCError.Code.invalidParams)
        // All but the first byte is nearly all.
        for left in [3, 2, 1, 0] {
            _ = try await suite.part(request, from: 1)
            #expect(try await suite.get(request).archive?.downloadsLeft == left)
        }
        let refusal = await #expect(throws: RPCError.self) { try await suite.part(request, from: 0) }
        #expect(refusal?.code == RPCError.Code.conflict)
        suite.stop()
    }

    @Test("A copy expires after seven days, and not a moment before; then nobody can open what there was")
    func expiry() async throws {
        let clock = SettableTime("2026-01-01T00:00:00Z")
        let suite = try CopySuite(clock: clock)
        let request = try await suite.submit(.access)
        _ = try await suite.approve(request)
        await suite.saga.carryOn()
        clock.set("2026-01-07T23:59:59.999999Z")
        await suite.saga.carryOn()
        _ = try await suite.part(request, from: 0)
        clock.set("2026-01-08T00:00:00Z")
        let late = await #expect(throws: RPCError.self) { try await suite.part(request, from: 0) }
        #expect(late?.code == RPCError.illegalTransition("").code)
        await suite.saga.carryOn()
        #expect(FileBytes.names(in: suite.archives.directory).isEmpty)
        let archive = try #require(try await suite.get(request).archive)
        #expect(archive.removedAt == Timestamp("2026-01-08T00:00:00Z") && archive.downloadsLeft == 0)
        suite.stop()
    }

    @Test("Who is erased is erased from copies that wait for them, and others' copies stay")
    func erased() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.access)
        _ = try await suite.approve(request)
        let other = try await suite.submit(.access, Identifier(type: "email", value: "bob@example.org"))
        _ = try await suite.approve(other)
        await suite.saga.carryOn()
        #expect(FileBytes.names(in: suite.archives.directory).count == 2)
        let erasure = try await suite.submit(.erasure)
        await suite.saga.carryOn()
        #expect(FileBytes.names(in: suite.archives.directory) == ["\(other).gyre"])
        let rows = try await suite.get(erasure).services.first { $0.service == "gateway" }?.rows
        #expect(rows?.map { "\($0.table) \($0.rows)" } == ["privacy_archives 1"])
        let error = await #expect(throws: RPCError.self) { try await suite.part(request, from: 0) }
        #expect(error?.code == RPCError.illegalTransition("").code)
        suite.stop()
    }

    @Test("Who erases a brand erases its copies")
    func erasedBrand() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.access)
        _ = try await suite.approve(request)
        await suite.saga.carryOn()
        _ = try await suite.runtime.eraseBrand(CopySuite.brand)
        await suite.saga.carryOn()
        #expect(FileBytes.names(in: suite.archives.directory).isEmpty)
        #expect(try await suite.get(request).archive?.removedAt != nil)
        suite.stop()
    }

    @Test("A file that is not there, as after a restore, is said to be gone")
    func lost() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.access)
        _ = try await suite.approve(request)
        await suite.saga.carryOn()
        #expect(unlink(suite.archives.path(of: request)) == 0)
        let error = await #expect(throws: RPCError.self) { try await suite.part(request, from: 0) }
        #expect(error?.code == RPCError.illegalTransition("").code)
        #expect(try await suite.get(request).archive?.downloadsLeft == 5)
        suite.stop()
    }

    @Test("A table's file ends with the row that fills it, and the next row begins another")
    func largeTables() throws {
        let time = Timestamp(microseconds: 0)
        let id = UUIDv7(milliseconds: 1, sequence: 0, random: 1)
        let request = StoredPrivacyRequest(
            id: id, brand: id, kind: .access, regulation: .gdpr, status: .processing, identity: .controller,
            codeDigest: nil, identifiers: [], actors: [], receivedAt: time)
        var contents = ArchiveContents(request, at: time)
        contents.begin(
            "signals", [SubjectTable(table: "t", holds: "rows", kept: "for ever", fields: [])])
        let row = ExportedRow(table: "t", row: JSONRaw(String(repeating: "x", count: 511 << 10)))
        let perFile = (ArchiveContents.fileBytes + row.row.bytes.count) / (row.row.bytes.count + 1)
        for number in 1...(perFile + 1) {
            let file = try contents.add(row, of: "signals")
            #expect((file != nil) == (number == perFile))
            if let file {
                #expect(file.name == "data/signals/t.ndjson" && file.bytes.count >= ArchiveContents.fileBytes)
            }
        }
        #expect(contents.end("signals").map(\.name) == ["data/signals/t.2.ndjson"])
        let unnamed = ExportedRow(table: "u", row: row.row)
        #expect(throws: RPCError.self) { try contents.add(unnamed, of: "signals") }
    }

    @Test("An approval is given once, for what needs one, when it is known whose request it is")
    func approvals() async throws {
        let suite = try CopySuite()
        let unverified = try await suite.submit(.access, identity: .code)
        let early = await #expect(throws: RPCError.self) { try await suite.approve(unverified) }
        #expect(early?.code == RPCError.illegalTransition("").code)
        let request = try await suite.submit(.access)
        _ = try await suite.approve(request)
        let twice = await #expect(throws: RPCError.self) { try await suite.approve(request) }
        #expect(twice?.code == RPCError.Code.conflict)
        let erasure = try await suite.submit(.erasure)
        let needless = await #expect(throws: RPCError.self) { try await suite.approve(erasure) }
        #expect(needless?.message == "A request for erasure needs no approval.")
        let foreign = await #expect(throws: RPCError.self) {
            try await suite.approve(request, brand: UUIDv7(milliseconds: 9, sequence: 0, random: 8))
        }
        #expect(foreign == RPCError.notFound("privacy request", request))
        let early2 = await #expect(throws: RPCError.self) { try await suite.part(unverified, from: 0) }
        #expect(early2?.code == RPCError.illegalTransition("").code)
        suite.stop()
    }

    @Test("No statement makes a copy of a request that nobody approved")
    func unapproved() async throws {
        let suite = try CopySuite()
        let request = try await suite.submit(.access)
        for status in ["processing", "completed"] {
            await #expect(throws: RPCError.self) {
                try await suite.runtime.write(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
                    _ = try transaction.run(
                        "UPDATE privacy_requests SET status = :status WHERE id = :id",
                        [":status": status, ":id": request])
                }
            }
        }
        suite.stop()
    }

    // MARK: Correction

    @Test("A correction is carried to the services, ends with what became of it, and forgets the values")
    func correction() async throws {
        let suite = try CopySuite()
        let right = Correction(of: .trait, name: "city", value: "\"Unmistakable\"")
        let request = try await suite.submit(.correction, corrections: [right])
        await suite.saga.carryOn()
        let done = try await suite.get(request)
        #expect(done.status == .completed)
        #expect(done.corrections == [CorrectionOutcome(of: .trait, name: "city", outcome: .corrected)])
        #expect(suite.people.corrections.contains([right]))
        #expect(try await suite.certificate(request).payload.description.contains(#""outcome":"corrected""#))
        #expect(try suite.filesHolding("Unmistakable").isEmpty)
        suite.stop()
    }

    @Test(
        "What cannot be corrected is refused with the field and what it must be",
        arguments: [
            (PrivacyKind.correction, [Correction](), "/params/corrections", "must say what is wrong and what is right"),
            (
                .access, [Correction(of: .trait, name: "a", value: "1")], "/params/corrections",
                "belong to a request for correction"
            ),
            (
                .correction, [Correction(of: .trait, name: "a", value: "Bern")], "/params/corrections/0/value",
                "must be JSON, such as \"Bern\" with its quotes, or 42"
            ),
            (
                .correction, [Correction(of: .trait, name: "a", was: "x", value: "1")], "/params/corrections/0/was",
                "is for identifiers"
            ),
            (
                .correction, [Correction(of: .identifier, name: "email", value: "a@b.org")],
                "/params/corrections/0/was", "must say what is wrong"
            ),
            (
                .correction, [Correction(of: .identifier, name: "email", was: "a@b.org")],
                "/params/corrections/0/value", "must say what is right"
            ),
            (
                .correction, [Correction(of: .identifier, name: "email", was: "a@b.org", value: "none")],
                "/params/corrections/0/value", "must be an e-mail address"
            ),
            (
                .correction, [Correction(of: .trait, name: "a"), Correction(of: .trait, name: "a")],
                "/params/corrections/1/name", "must be another one for each correction"
            ),
        ])
    func wrong(kind: PrivacyKind, corrections: [Correction], place: String, problem: String) async throws {
        let suite = try CopySuite()
        await #expect(throws: RPCError.invalidParams(at: place, problem)) {
            try await suite.submit(kind, corrections: corrections)
        }
        suite.stop()
    }
}

/// A gateway's saga and its requests, with a service that knows Ann and Bob.
private final class CopySuite: Sendable {
    static let brand = UUIDv7(milliseconds: 9, sequence: 0, random: 9)

    let runtime: ServiceRuntime
    let archives: PrivacyArchives
    let saga: PrivacySaga
    let people: FakePeople
    let key: Ed25519.PrivateKey
    private let directory: String
    private let requests: PrivacyRequestsService

    /// - Parameter answers: how many calls are answered before the process dies.
    init(
        directory: String? = nil, clock: SettableTime? = nil, pageRows: Int = 100, answers: Int = .max
    ) throws {
        self.directory = directory ?? NSTemporaryDirectory() + "gyre-copies-\(UUID().uuidString)"
        let databases = try BrandDatabases(
            directory: self.directory, brandMigrations: [],
            serviceMigrations: GatewayService.definition.serviceMigrations)
        runtime = ServiceRuntime(
            name: "gateway", databases: databases, courier: OutboxCourier(sender: "gateway") { _ in FakeService([]) },
            clock: clock?.clock ?? .system)
        let seed = Array(repeating: UInt8(5), count: 32)
        key = try Ed25519.PrivateKey(rawRepresentation: seed)
        archives = PrivacyArchives(runtime: runtime, directory: self.directory + "/archives", key: key)
        let people = FakePeople(pageRows: pageRows, answers: answers)
        self.people = people
        let dial: @Sendable (String) -> any JSONRPCClient = { name in
            switch name {
            case "tenancy": FakeService([.brand("UTC")])
            case "gateway": FakePeople(isEmpty: true, pageRows: 1, answers: answers)
            default: people
            }
        }
        let services = ["gateway", "signals"]
        saga = PrivacySaga(
            runtime: runtime, services: services,
            works: [
                .access: ArchiveWork(purpose: .access, services: services, archives: archives, dial: dial),
                .portability: ArchiveWork(purpose: .portability, services: services, archives: archives, dial: dial),
                .correction: CorrectionWork(), .erasure: ErasureWork(of: "gateway", archives: archives),
                .accounting: AccountingWork(
                    archive: ArchiveWork(purpose: .access, services: services, archives: archives, dial: dial)),
            ], certificate: try PrivacyCertificate(seed: seed),
            seal: try NoticeSeal(key: Array(repeating: 8, count: 32)), dial: dial)
        requests = PrivacyRequestsService(
            codes: try VerificationCode(key: Array(repeating: 6, count: 32)), saga: saga, archives: archives,
            subscriptions: CallbackSubscriptions(.init()))
    }

    private func call(_ brand: UUIDv7 = CopySuite.brand) -> CallContext {
        CallContext(brand: brand, principal: "admin", now: runtime.clock.now())
    }

    @discardableResult
    func submit(
        _ kind: PrivacyKind, _ whose: Identifier = Identifier(type: "email", value: "ann@example.org"),
        identity: IdentityProof = .controller, corrections: [Correction] = [], regulation: Regulation = .none
    ) async throws -> UUIDv7 {
        try await runtime.write(runtime.databases.serviceFile) {
            [requests, call = call()] transaction throws(RPCError) in
            try requests.submit(
                PrivacyRequests.Submit.Params(
                    identifiers: [whose], kind: kind, regulation: regulation, identity: identity,
                    corrections: corrections),
                in: transaction, for: call
            ).id
        }
    }

    func approve(_ id: UUIDv7, brand: UUIDv7 = CopySuite.brand) async throws -> PrivacyRequests.Approve.Reply {
        try await requests.approve(PrivacyRequests.Approve.Params(id: id), for: call(brand))
    }

    func get(_ id: UUIDv7) async throws -> PrivacyRequest {
        try await runtime.read(runtime.databases.serviceFile) {
            [requests, call = call()] transaction throws(RPCError) in
            try requests.get(PrivacyRequests.Get.Params(id: id), in: transaction, for: call)
        }
    }

    func certificate(_ id: UUIDv7) async throws -> SignedCertificate {
        try await runtime.read(runtime.databases.serviceFile) {
            [requests, call = call()] transaction throws(RPCError) in
            try requests.certificate(PrivacyRequests.Certificate.Params(id: id), in: transaction, for: call)
        }
    }

    func part(_ id: UUIDv7, from offset: Int) async throws -> [UInt8] {
        let reply = try await runtime.write(runtime.databases.serviceFile) {
            [requests, call = call()] transaction throws(RPCError) in
            try requests.download(
                PrivacyRequests.Download.Params(id: id, offset: offset), in: transaction, for: call)
        }
        return try #require(Base64.decode(reply.data))
    }

    func download(_ id: UUIDv7) async throws -> [UInt8] {
        let length = try #require(try await get(id).archive).bytes
        var bytes: [UInt8] = []
        while bytes.count < length { bytes += try await part(id, from: bytes.count) }
        return bytes
    }

    static func open(_ archive: [UInt8], _ passphrase: String) throws -> [TapeArchive.File] {
        let end = try #require(archive.firstIndex(of: UInt8(ascii: "\n")))
        let key = try ArchiveHeader(line: archive[..<end]).key(passphrase: passphrase)
        let files = try TapeArchive.files(try ArchiveSeal.open(archive[(end + 1)...], key: key))
        try ArchiveManifest.check(files)
        return files
    }

    /// The names of files in which a text stands.
    func filesHolding(_ text: String) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        return names.filter { name in
            FileBytes.read("\(directory)/\(name)").map { Data($0).range(of: Data(text.utf8)) != nil } ?? false
        }
    }

    func stop() { runtime.stop() }
}

/// Answers what the saga asks of a service, about Ann, until it dies.
private final class FakePeople: JSONRPCClient {
    private static let actors = [
        "ann@example.org": UUIDv7(milliseconds: 1, sequence: 0, random: 5),
        "bob@example.org": UUIDv7(milliseconds: 1, sequence: 0, random: 6),
    ]

    private let isEmpty: Bool
    private let pageRows: Int
    private let left: Mutex<Int>
    private let seen = Mutex<[String]>([])
    private let asked = Mutex<[[Correction]]>([])

    init(isEmpty: Bool = false, pageRows: Int, answers: Int) {
        self.isEmpty = isEmpty
        self.pageRows = pageRows
        left = Mutex(answers)
    }

    var calls: [String] { seen.withLock(\.self) }
    var corrections: [[Correction]] { asked.withLock(\.self) }
    /// For what an accounting was asked.
    var accountedFor: [(since: Timestamp, until: Timestamp)] { periods.withLock(\.self) }
    private let periods = Mutex<[(since: Timestamp, until: Timestamp)]>([])

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        if method == "subjects.recognize" { return Subjects.Recognize.Reply(people: 0).json() }
        seen.withLock { $0.append(method) }
        let isAlive = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard isAlive else { throw .dependencyUnavailable("signals") }
        do throws(JSONError) {
            return try answer(method, params)
        } catch {
            throw .invalidParams(error)
        }
    }

    private func answer(_ method: String, _ params: [UInt8]) throws(JSONError) -> [UInt8] {
        switch method {
        case "subjects.find":
            let params = try Subjects.Find.Params(json: params)
            if isEmpty { return Subjects.Find.Reply(identifiers: [], actors: [], tables: []).json() }
            let withheld = SubjectTable(
                table: "replies", holds: "copies", kept: "24 hours", withheld: "they are kept for a day",
                fields: [])
            let identifiers = SubjectTable(
                table: "identifiers", holds: "the values that point to people", kept: "as long as the brand", rows: 2,
                fields: [ExportedField(name: "type", form: .text), ExportedField(name: "value", form: .text)])
            return Subjects.Find.Reply(
                identifiers: [Identifier(type: "phone", value: "<b>&1</b>")].filter {
                    !params.identifiers.contains($0)
                },
                actors: params.identifiers.compactMap { Self.actors[$0.value] }, tables: [identifiers, withheld]
            ).json()
        case "subjects.export":
            let params = try Subjects.Export.Params(json: params)
            if isEmpty { return Subjects.Export.Reply(rows: []).json() }
            let rows = params.identifiers.map { ExportedRow(table: "identifiers", row: JSONRaw($0)) }
            let start = params.cursor.flatMap { Int($0) } ?? 0
            let end = min(rows.count, start + pageRows)
            return Subjects.Export.Reply(
                rows: Array(rows[start..<end]), nextCursor: end < rows.count ? "\(end)" : nil
            ).json()
        case "subjects.correct":
            let params = try Subjects.Correct.Params(json: params)
            asked.withLock { $0.append(params.corrections) }
            if isEmpty { return Subjects.Correct.Reply(identifiers: [], actors: [], rows: [], outcomes: []).json() }
            return Subjects.Correct.Reply(
                identifiers: [], actors: [], rows: [TableRows(table: "traits", rows: 1)],
                outcomes: [CorrectionOutcome(of: .trait, name: "city", outcome: .corrected)]
            ).json()
        case "dataMaps.staying":
            let params = try DataMaps.Staying.Params(json: params)
            return DataMaps.Staying.Reply(items: DataMap.ground.staying(after: params.after)).json()
        case "disclosures.account":
            // More than two pages, in no order.
            let params = try Disclosures.Account.Params(json: params)
            periods.withLock { $0.append((params.since, params.until)) }
            let page = params.cursor.flatMap { Int($0) } ?? 0
            let date = Timestamp(microseconds: params.until.microseconds - Int64(page + 1) * 86_400_000_000)
            let entry = AccountedDisclosure(
                date: date, recipient: "Laboratory <\(page)>", address: "1 Harbour Road", description: "blood group",
                purpose: "a study", times: page + 1, lastDate: page > 0 ? params.until : nil)
            return Disclosures.Account.Reply(items: [entry], nextCursor: page < 2 ? "\(page + 1)" : nil).json()
        case "subjects.search":
            let params = try Subjects.Search.Params(json: params)
            return Subjects.Search.Reply(
                scannedBytes: 0,
                findings: params.requests.map { Subjects.Search.Reply.Finding(request: $0.request, scanHits: 0) }
            ).json()
        default:
            let params = try Subjects.Erase.Params(json: params)
            return Subjects.Erase.Reply(
                identifiers: [], actors: params.identifiers.compactMap { Self.actors[$0.value] }, rows: []
            ).json()
        }
    }
}
