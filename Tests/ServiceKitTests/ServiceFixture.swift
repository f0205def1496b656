import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import SQLite
import ServiceContract
import Synchronization

@testable import ServiceKit

/// A service of a few methods over one table, on real files, with everything around it that services share.
final class ServiceFixture: Sendable {
    static let brand = UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 1)
    static let otherBrand = UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 2)

    let directory: TemporaryDirectory
    let clock: MovableClock
    let runtime: ServiceRuntime
    let dispatcher: MethodDispatcher
    let client: InProcessClient
    /// The services that messages are carried to, by name.
    let peers: [String: PlayedPeer]
    /// Where the flow `notes.wait` is.
    let flow = FlowProbe()
    let call = CallContext(brand: brand, principal: "key:1", scopes: ["notes:*"])

    init(
        in directory: TemporaryDirectory = TemporaryDirectory(),
        peers: [PlayedPeer] = [PlayedPeer("gateway"), PlayedPeer("tenancy")],
        clock: MovableClock = MovableClock("2026-01-01T00:00:00Z"), jobs: JobKinds = JobKinds()
    ) throws {
        self.directory = directory
        self.clock = clock
        let named = Dictionary(uniqueKeysWithValues: peers.map { ($0.name, $0) })
        self.peers = named
        let databases = try BrandDatabases(
            directory: directory.path + "/notes", brandMigrations: [Self.migration], serviceMigrations: [Self.migration]
        )
        _ = try databases.create(Self.brand)
        _ = try databases.create(Self.otherBrand)
        let nobody = PlayedPeer("nobody")
        let courier = OutboxCourier(sender: "notes") { named[$0] ?? nobody }
        runtime = ServiceRuntime(name: "notes", databases: databases, courier: courier, clock: clock.clock)
        courier.attach(to: runtime)
        var topics = MessageTopics()
        topics.on("note.told", as: Note.self) { note, transaction, _ throws(RPCError) in
            try Self.add(note.text, in: transaction)
        }
        HeadWitness.register(in: &topics)
        var methods = Self.methods(flow)
        let erasure = SubjectErasure(
            dataMap: .ground, directory: nil, tombstones: try Tombstones(key: Array(repeating: 7, count: 32)))
        PlatformService(
            runtime: runtime, topics: topics, jobs: jobs, brandErasure: erasure, serviceErasure: erasure,
            health: HealthCheck(startedAt: clock.now), metrics: PrometheusMetrics()
        ).registerAll(with: &methods)
        dispatcher = MethodDispatcher(methods, runtime: runtime)
        client = InProcessClient(dispatcher)
    }

    private static let migration = Migration(
        name: "0001-notes", sql: "CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;")

    private static func describe(
        _ name: String, _ kind: MethodDescription.Kind, isAudited: Bool = false, isIdempotent: Bool = false,
        awaitsDelivery: Bool = false
    ) -> MethodDescription {
        MethodDescription(
            name: name, summary: "", kind: kind, database: .brand, scope: "notes:write", cost: 1, costItems: nil,
            isAudited: isAudited, isIdempotent: isIdempotent, awaitsDelivery: awaitsDelivery, callers: ["public"])
    }

    private static func methods(_ flow: FlowProbe) -> MethodTable {
        var table = MethodTable()
        table.write(describe("notes.add", .write, isAudited: true, isIdempotent: true)) {
            (note: Note, transaction: borrowing WriteTransaction, _) throws(RPCError) in
            try add(note.text, in: transaction)
            return Count(count: try count(in: transaction))
        }
        table.write(describe("notes.tell", .write)) {
            (note: Note, transaction: borrowing WriteTransaction, call) throws(RPCError) in
            for recipient in note.recipients { try transaction.tell(recipient, "note.told", note, at: call.now) }
            return Count(count: try count(in: transaction))
        }
        table.write(describe("notes.settle", .write, isIdempotent: true, awaitsDelivery: true)) {
            (note: Note, transaction: borrowing WriteTransaction, call) throws(RPCError) in
            for recipient in note.recipients { try transaction.tell(recipient, "note.told", note, at: call.now) }
            return Count(count: try count(in: transaction))
        }
        table.write(describe("notes.break", .write)) {
            (note: Note, transaction: borrowing WriteTransaction, call) throws(RPCError) -> Count in
            try add(note.text, in: transaction)
            try transaction.tell("gateway", "note.told", note, at: call.now)
            throw .conflict("Broken on purpose.")
        }
        table.read(describe("notes.count", .read)) {
            (_: Note, transaction: borrowing ReadTransaction, _) throws(RPCError) in
            Count(count: try count(in: transaction))
        }
        table.flow(describe("notes.wait", .flow, isAudited: true)) { (note: Note, _) async throws(RPCError) in
            if note.text == "throw" { throw .conflict("Broken on purpose.") }
            if note.text == "wait" { try await flow.wait() }
            return Count(count: 0)
        }
        return table
    }

    private static func add(_ text: String, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("INSERT INTO notes (text) VALUES (:text)", [":text": text])
    }

    private static func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM notes") { $0.int(0) } ?? 0
    }

    /// Calls a method with a note.
    func send(
        _ method: String, _ text: String = "", to recipients: [String] = [], key: String? = nil,
        as call: CallContext? = nil
    ) async throws(RPCError) -> JSONValue {
        var context = call ?? self.call
        context.idempotencyKey = key
        let reply = try await client.call(
            method, params: Note(text: text, recipients: recipients).json(), context: context)
        guard let value = try? JSONValue(parsing: reply) else { throw .internalError("no JSON") }
        return value
    }

    /// How many notes the brand has.
    func count() async throws -> Int64? {
        try await send("notes.count")["count"]?.int64
    }

    var brandFile: DatabaseFile {
        get throws(RPCError) { try runtime.file(ofBrand: call) }
    }

    /// One number from the brand's database.
    func number(_ sql: StaticString) async throws -> Int64 {
        try await runtime.read(try brandFile) { transaction throws(RPCError) in
            try transaction.one(sql) { $0.int64(0) } ?? 0
        }
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws(RPCError) -> T
    ) async throws(RPCError) -> T {
        try await runtime.write(try brandFile, body)
    }
}

/// Runs `body` with a service of its own whose courier runs too, and ends both.
func withService(_ service: ServiceFixture? = nil, _ body: (ServiceFixture) async throws -> Void) async throws {
    let service = try service ?? ServiceFixture()
    // It ends when this function does.
    let courier = Task { try await service.runtime.courier.run() }
    let outcome: Result<Void, any Error>
    do {
        try await body(service)
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    courier.cancel()
    _ = await courier.result
    service.runtime.stop()
    try outcome.get()
}

/// What `body` fails with; nil when it does not.
func failure<T>(_ body: () async throws(RPCError) -> T) async -> RPCError? {
    do throws(RPCError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

/// Waits for something that happens soon.
func eventually(_ condition: @Sendable () async throws -> Bool) async throws {
    for _ in 0..<500 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw RPCError.internalError("This did not come true within 5 s.")
}

/// The parameters of the fixture's methods, and the body of its messages.
struct Note: JSONReadable, JSONWritable, Sendable {
    let text: String
    let recipients: [String]

    init(text: String, recipients: [String] = []) {
        self.text = text
        self.recipients = recipients
    }

    init(from reader: inout JSONReader) throws(JSONError) {
        var text: String?
        var recipients: [String] = []
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "text": text = try reader.readString(lengths: 0...20)
            case "recipients": recipients = try [String](from: &reader)
            default: try reader.unknownMember()
            }
        }
        guard let text else { throw reader.missing("text") }
        self.init(text: text, recipients: recipients)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("text")
        writer.string(text)
        writer.key("recipients")
        recipients.write(to: &writer)
        writer.endObject()
    }
}

/// The reply of the fixture's methods.
struct Count: JSONWritable, Sendable {
    let count: Int

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("count")
        writer.int(count)
        writer.endObject()
    }
}

/// A flow that waits until it is cancelled.
final class FlowProbe: Sendable {
    private let state = Mutex((waiting: 0, cancelled: 0))

    var waiting: Int { state.withLock(\.waiting) }
    var cancelled: Int { state.withLock(\.cancelled) }

    func wait() async throws(RPCError) {
        state.withLock { $0.waiting += 1 }
        do {
            try await Task.sleep(for: .seconds(60))
        } catch {
            state.withLock { $0.cancelled += 1 }
            throw .cancelled
        }
    }
}

/// Another service as it is seen from an outbox.
final class PlayedPeer: JSONRPCClient {
    private struct State: Sendable {
        var failure: RPCError?
        var losesReplies = 0
        var isSilent = false
        var attempts = 0
        var mark: Int64 = 0
        var applied: [String] = []
        var asked: [(method: String, brand: UUIDv7?)] = []
    }

    let name: String
    private let state = Mutex(State())

    init(_ name: String) {
        self.name = name
    }

    /// What each call is answered with; nil: it is taken.
    func setFailure(_ failure: RPCError?) { state.withLock { $0.failure = failure } }

    /// How many replies get lost after the messages were taken.
    func loseReplies(_ count: Int) { state.withLock { $0.losesReplies = count } }

    /// Whether it answers nothing until the caller's deadline.
    func setSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    /// The texts of the messages in the order in which they took effect.
    var applied: [String] { state.withLock(\.applied) }

    /// The methods that were called, and for which brands.
    var asked: [(method: String, brand: UUIDv7?)] { state.withLock(\.asked) }

    /// How often it was called.
    var attempts: Int { state.withLock(\.attempts) }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        let isSilent = state.withLock { state in
            state.attempts += 1
            state.asked.append((method, context?.brand))
            return state.isSilent
        }
        if isSilent {
            try? await Task.sleep(for: .milliseconds(context?.deadlineMilliseconds ?? 30_000))
            throw .deadlineExceeded
        }
        guard let messages = (try? JSONValue(parsing: params))?["messages"]?.array else {
            throw .internalError("no messages")
        }
        let outcome = state.withLock { state -> Result<Int64, RPCError> in
            if let failure = state.failure { return .failure(failure) }
            for message in messages {
                guard let sequence = message["sequence"]?.int64, sequence > state.mark else { continue }
                state.mark = sequence
                state.applied.append(message["body"]?["text"]?.string ?? message["topic"]?.string ?? "")
            }
            if state.losesReplies > 0 {
                state.losesReplies -= 1
                return .failure(.dependencyUnavailable(name))
            }
            return .success(state.mark)
        }
        return Array("{\"highWaterMark\":\(try outcome.get())}".utf8)
    }
}

/// A clock that stands still until it is moved.
final class MovableClock: Sendable {
    private let time: Mutex<Timestamp>

    init(_ text: String) {
        time = Mutex(Timestamp(text) ?? Timestamp(microseconds: 0))
    }

    var clock: Clock { Clock { self.now } }

    var now: Timestamp { time.withLock(\.self) }

    func advance(microseconds: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + microseconds) }
    }
}

/// A directory that is gone when nobody holds it any more.
final class TemporaryDirectory: Sendable {
    let path = NSTemporaryDirectory() + "gyre-servicekit-" + UUID().uuidString

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A connection that remembers what was sent over it.
final class RecordingChannel: ReplyChannel {
    private let sent = Mutex<[String]>([])

    var messages: [String] { sent.withLock(\.self) }
    var isClosed: Bool { false }
    var connection: ObjectIdentifier { ObjectIdentifier(self) }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        sent.withLock { $0.append(String(decoding: message, as: UTF8.self)) }
    }
}
