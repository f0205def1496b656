import AuditProof
import CivilTime
import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import OutboundHTTP
import PlatformAPI
import SQLite
import ServiceContract
import ServiceLifecycle
import Synchronization
import TenancyAPI
import Testing

@testable import GatewayService
@testable import ServiceKit

/// A gateway's saga with services that answer from a script.
final class SagaSuite: Sendable {
    static let brand = UUIDv7(milliseconds: 9, sequence: 0, random: 9)

    let directory: String
    let runtime: ServiceRuntime
    let services: [String: FakeService]
    let seal: NoticeSeal
    private let requests: PrivacyRequestsService
    private let saga: PrivacySaga
    private let task: Task<Void, any Error>

    init(
        services: [String: FakeService], order: [String], directory: String? = nil, clock: SettableTime? = nil,
        runs: Bool = true
    ) throws {
        self.services = services
        self.directory = directory ?? NSTemporaryDirectory() + "gyre-saga-\(UUID().uuidString)"
        let databases = try BrandDatabases(
            directory: self.directory, brandMigrations: [],
            serviceMigrations: GatewayService.definition.serviceMigrations)
        let courier = OutboxCourier(sender: "gateway") { _ in FakeService([]) }
        runtime = ServiceRuntime(
            name: "gateway", databases: databases, courier: courier, clock: clock?.clock ?? .system)
        let archives = PrivacyArchives(
            runtime: runtime, directory: self.directory + "/archives",
            key: try Ed25519.PrivateKey(rawRepresentation: Array(repeating: 5, count: 32)))
        seal = try NoticeSeal(key: Array(repeating: 8, count: 32))
        let saga = PrivacySaga(
            runtime: runtime, services: order, works: [.erasure: ErasureWork(of: "gateway", archives: archives)],
            certificate: try PrivacyCertificate(seed: Array(repeating: 5, count: 32)), seal: seal
        ) { services[$0] ?? FakeService([.brand("UTC")]) }
        self.saga = saga
        requests = PrivacyRequestsService(
            codes: try VerificationCode(key: Array(repeating: 6, count: 32)), saga: saga, archives: archives,
            subscriptions: CallbackSubscriptions(.init()))
        // Unstructured, because it lives as long as this object, which ends it.
        task = Task { if runs { try await saga.run() } }
    }

    func submit(_ identifiers: [(String, String)]) async throws -> UUIDv7 {
        try await submit(identifiers, identity: .controller).id
    }

    func submit(
        _ identifiers: [(String, String)], kind: PrivacyKind = .erasure, identity: IdentityProof,
        regulation: Regulation = .none
    ) async throws -> PrivacyRequest {
        try await write { requests, transaction, call throws(RPCError) in
            try requests.submit(
                PrivacyRequests.Submit.Params(
                    identifiers: identifiers.map { Identifier(type: $0.0, value: $0.1) }, kind: kind,
                    regulation: regulation,
                    identity: identity),
                in: transaction, for: call)
        }
    }

    func verify(_ id: UUIDv7, _ code: String) async throws -> PrivacyRequest {
        try await write { requests, transaction, call throws(RPCError) in
            try requests.verify(
                PrivacyRequests.Verify.Params(id: id, code: code), in: transaction, for: call)
        }
    }

    func deny(_ id: UUIDv7, _ reason: DenialReason) async throws -> PrivacyRequest {
        try await write { requests, transaction, call throws(RPCError) in
            try requests.deny(PrivacyRequests.Deny.Params(id: id, reason: reason), in: transaction, for: call)
        }
    }

    func cancel(_ id: UUIDv7, brand: UUIDv7 = SagaSuite.brand) async throws -> PrivacyRequest {
        try await write(for: brand) { requests, transaction, call throws(RPCError) in
            try requests.cancel(PrivacyRequests.Cancel.Params(id: id), in: transaction, for: call)
        }
    }

    func extend(_ id: UUIDv7) async throws -> PrivacyRequest {
        try await write { requests, transaction, call throws(RPCError) in
            try requests.extend(PrivacyRequests.Extend.Params(id: id), in: transaction, for: call)
        }
    }

    func certificate(_ id: UUIDv7) async throws -> SignedCertificate {
        let call = call(for: SagaSuite.brand)
        for _ in 0..<100 {
            let found = try await runtime.read(runtime.databases.serviceFile) {
                [requests] transaction throws(RPCError) in
                try requests.requests.certificate(of: id, in: transaction)
            }
            if found != nil { break }
            if try await status(id) != .completed { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try await runtime.read(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try requests.certificate(PrivacyRequests.Certificate.Params(id: id), in: transaction, for: call)
        }
    }

    /// What the certificate of a request says that stays.
    func kept(after request: UUIDv7) async throws -> [[String: String]] {
        _ = try await completed(request)
        let payload = try JSONValue(parsing: try await certificate(request).payload.bytes)
        guard case .array(let kept)? = payload["kept"] else { throw RPCError.internalError("nothing is said of it") }
        let members = ["service", "table", "what", "why", "howLong"]
        return kept.map { entry in
            Dictionary(uniqueKeysWithValues: members.compactMap { name in entry[name]?.string.map { (name, $0) } })
        }
    }

    func certificateNow(_ id: UUIDv7) async throws -> SignedCertificate {
        let call = call(for: SagaSuite.brand)
        return try await runtime.read(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try requests.certificate(PrivacyRequests.Certificate.Params(id: id), in: transaction, for: call)
        }
    }

    func status(_ id: UUIDv7) async throws -> PrivacyStatus {
        try await get(id).status
    }

    func open() async throws -> [StoredPrivacyRequest] {
        try await runtime.read(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try requests.requests.open(in: transaction)
        }
    }

    /// Lets the saga look at all requests, and waits until it has.
    func look() async throws {
        await saga.carryOn()
    }

    func completed(_ id: UUIDv7) async throws -> PrivacyRequest {
        for _ in 0..<1_000 {
            let request = try await get(id)
            if request.status == .completed { return request }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw RPCError.deadlineExceeded
    }

    func get(_ id: UUIDv7) async throws -> PrivacyRequest {
        let call = call(for: SagaSuite.brand)
        return try await runtime.read(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try requests.get(PrivacyRequests.Get.Params(id: id), in: transaction, for: call)
        }
    }

    private func call(for brand: UUIDv7) -> CallContext {
        CallContext(brand: brand, principal: "admin", now: runtime.clock.now())
    }

    private func write<T: Sendable>(
        for brand: UUIDv7 = SagaSuite.brand,
        _ body:
            @escaping @Sendable (
                PrivacyRequestsService, borrowing WriteTransaction, CallContext
            ) throws(RPCError) -> T
    ) async throws -> T {
        let call = call(for: brand)
        return try await runtime.write(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try body(requests, transaction, call)
        }
    }

    /// Which of these statements the database takes, one after the other; none of them stays.
    func takes(_ statements: [String]) async throws -> [Bool] {
        let outcomes = Mutex<[Bool]>([])
        do throws(RPCError) {
            try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
                for sql in statements {
                    do throws(RPCError) {
                        _ = try transaction.run(sql: sql)
                        outcomes.withLock { $0.append(true) }
                    } catch {
                        outcomes.withLock { $0.append(false) }
                    }
                }
                throw .cancelled
            }
        } catch {
            guard error == .cancelled else { throw error }
        }
        return outcomes.withLock(\.self)
    }

    func stop() async {
        task.cancel()
        runtime.stop()
    }
}

/// A clock that stands still until it is set.
final class SettableTime: Sendable {
    private let time: Mutex<Timestamp>

    init(_ text: String) {
        time = Mutex(Timestamp(text) ?? Timestamp(microseconds: 0))
    }

    var clock: ServiceKit.Clock { ServiceKit.Clock { self.time.withLock(\.self) } }

    func set(_ text: String) {
        time.withLock { $0 = Timestamp(text) ?? $0 }
    }
}

/// Answers `subjects.erase` from a script; the last answer repeats.
final class FakeService: JSONRPCClient {
    enum Answer {
        case unavailable
        /// What `brandSettings.get` answers for a brand in this zone.
        case brand(String, holidays: [String]? = nil, answerPeriod: AnswerPeriod? = nil)
        case found(identifiers: [(String, String)], actors: [UUIDv7], rows: [(String, Int)])
        /// These have the person's data; when they are written down, a row is erased.
        case disclosed([SubjectRecipient])
        /// Legal holds keep everything, though something may have been erased before.
        case held([UUIDv7], hasErased: Bool = false)
    }

    private let script: Mutex<[Answer]>
    private let seen = Mutex<[[String]]>([])

    private let between = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(_ script: [Answer]) {
        self.script = Mutex(script)
    }

    /// What it keeps.
    var dataMap: DataMap {
        get { keeps.withLock(\.self) }
        set { keeps.withLock { $0 = newValue } }
    }
    private let keeps = Mutex(DataMap([]))
    var hidesDataMap: Bool {
        get { hides.withLock(\.self) }
        set { hides.withLock { $0 = newValue } }
    }
    private let hides = Mutex(false)

    /// What it answers from now on.
    func follow(_ answers: [Answer]) {
        script.withLock { $0 = answers }
    }

    /// How many requests each search was for.
    var searches: [Int] { searched.withLock(\.self) }
    private let searched = Mutex<[Int]>([])

    private func search(_ params: [UInt8]) -> [UInt8] {
        guard case .array(let requests)? = (try? JSONValue(parsing: params))?["requests"] else { return [] }
        searched.withLock { $0.append(requests.count) }
        let findings = requests.map { #"{"request":"\#($0["request"]?.string ?? "")","scanHits":0}"# }
        return Array(#"{"scannedBytes":1000,"findings":[\#(findings.joined(separator: ","))]}"#.utf8)
    }

    private let withholds = Mutex(false)
    /// Whether the audit log has no head yet.
    var refusesProofs: Bool {
        get { withholds.withLock(\.self) }
        set { withholds.withLock { $0 = newValue } }
    }

    /// What happens between a call and its answer.
    var meanwhile: (@Sendable () async throws -> Void)? {
        get { between.withLock(\.self) }
        set { between.withLock { $0 = newValue } }
    }

    /// Up to which disclosure recipients were known, at each call that `disclosed` answered.
    var recipientsThrough: [Int] { through.withLock(\.self) }
    private let through = Mutex<[Int]>([])

    /// The types of the identifiers of each call.
    var identifiers: [[String]] { seen.withLock(\.self) }

    /// How many people have what is asked for as a trait, where nobody has it as an identifier.
    var namesakes: Int {
        get { named.withLock(\.self) }
        set { named.withLock { $0 = newValue } }
    }
    private let named = Mutex(0)

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        if method == "subjects.recognize" { return Subjects.Recognize.Reply(people: namesakes).json() }
        if let value = try? JSONValue(parsing: params), case .array(let given)? = value["identifiers"] {
            let types = given.compactMap { if case .string(let type)? = $0["type"] { type } else { nil } }
            seen.withLock { $0.append(types) }
        }
        if method == "subjects.search" { return search(params) }
        if method == "dataMaps.staying" {
            if hidesDataMap { throw .dependencyUnavailable("fake") }
            do throws(JSONError) {
                let params = try DataMaps.Staying.Params(json: params)
                return DataMaps.Staying.Reply(items: dataMap.staying(after: params.after)).json()
            } catch {
                throw .invalidParams(error)
            }
        }
        if method == "auditLog.proveEntry" {
            if refusesProofs { throw .notFound("entry that a head of the audit log covers", "yet") }
            return try FakeAuditLog.proof(of: params)
        }
        try? await meanwhile?()
        let answer = script.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .unavailable }
        switch answer {
        case .unavailable: throw .dependencyUnavailable("fake")
        case .brand(let zone, let holidays, let answerPeriod):
            guard let euro = Currency("EUR") else { throw .internalError("no euro") }
            let brand = BrandConfiguration(
                brandId: UUIDv7(milliseconds: 9, sequence: 0, random: 9), timeZone: zone, currency: euro,
                language: "en", holidays: holidays, answerPeriod: answerPeriod, version: 1)
            return brand.json()
        case .disclosed(let recipients):
            let given = (try? JSONValue(parsing: params))?["recipientsThrough"]?.int64 ?? 0
            through.withLock { $0.append(Int(given)) }
            let new = recipients.filter { $0.through > given }
            return Subjects.Erase.Reply(
                identifiers: [], actors: [], rows: new.isEmpty ? [TableRows(table: "signals", rows: 1)] : [],
                hasErased: new.isEmpty, recipients: new.isEmpty ? nil : new
            ).json()
        case .held(let holds, let hasErased):
            let ids = holds.map { "\"\($0)\"" }.joined(separator: ",")
            return Array(
                #"{"identifiers":[],"actors":[],"rows":[],"heldBy":[\#(ids)],"hasErased":\#(hasErased)}"#.utf8)
        case .found(let identifiers, let actors, let rows):
            let pairs = identifiers.map { #"{"type":"\#($0.0)","value":"\#($0.1)"}"# }.joined(separator: ",")
            let ids = actors.map { "\"\($0)\"" }.joined(separator: ",")
            let tables = rows.map { #"{"table":"\#($0.0)","rows":\#($0.1)}"# }.joined(separator: ",")
            let hasErased = identifiers.isEmpty
            return Array(
                #"{"identifiers":[\#(pairs)],"actors":[\#(ids)],"rows":[\#(tables)],"hasErased":\#(hasErased)}"#.utf8)
        }
    }
}
