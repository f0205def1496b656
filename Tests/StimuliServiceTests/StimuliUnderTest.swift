import CommonAPI
import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import SQLite
import ServiceContract
import SignalsAPI
import StimuliAPI
import Synchronization
import Testing

@testable import ServiceKit
@testable import StimuliService

/// The stimuli service in this process, on real files: its methods behind a client, a clock that stands still, ids that
/// count up from 1, and signals that say what a test lets them say.
final class StimuliUnderTest: Sendable {
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)  // 2026-01-01T00:00:00Z

    let runtime: ServiceRuntime
    let client: InProcessClient
    let signals = PlayedActors()
    let brand = CountedIdentifiers.id(1 << 40)
    private let directory = NSTemporaryDirectory() + "gyre-stimuli-\(UUID().uuidString)"

    init() throws {
        let databases = try BrandDatabases(
            directory: directory, brandMigrations: StimuliService.definition.brandMigrations, serviceMigrations: [])
        let siblings = signals
        runtime = ServiceRuntime(
            name: "stimuli", databases: databases, courier: OutboxCourier(sender: "stimuli") { _ in siblings },
            clock: Clock { Self.start }, identifiers: CountedIdentifiers())
        var parts = ServiceParts()
        StimuliService.register(runtime: runtime, signals: signals, in: &parts)
        client = InProcessClient(MethodDispatcher(parts.methods, runtime: runtime))
        _ = try databases.create(brand)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var call: CallContext { CallContext(brand: brand, principal: "user:ada", scopes: ["*:*"], segments: ["north"]) }
    var offers: Offers.Client { Offers.Client(client) }
    var templates: Templates.Client { Templates.Client(client) }
    var campaigns: Campaigns.Client { Campaigns.Client(client) }

    @discardableResult
    func offer(_ key: String = "spring-10", _ terms: OfferTerms? = nil) async throws -> Offer {
        try await offers.create(
            Offers.Create.Params(key: key, name: "Ten percent off", terms: terms ?? .percentOff(.init(share: 1_000))),
            for: call)
    }

    @discardableResult
    func template(
        _ body: String = "Hello {{person.firstName}}!", key: String = "spring", channel: Channel = .mailbox,
        subject: String? = nil, contentType: ContentType = .text
    ) async throws -> Template {
        try await templates.create(
            Templates.Create.Params(key: key, channel: channel, body: body, subject: subject, contentType: contentType),
            for: call)
    }

    /// A campaign of one arm for the mailbox.
    func draft(
        _ key: String = "spring", arms: [CampaignArm], holdout: Int = 2_000, channels: [Channel] = [.mailbox],
        audience: CampaignAudience = CampaignAudience(include: ["regulars"]), schedule: CampaignSchedule? = nil,
        startAt: Timestamp? = nil, endAt: Timestamp? = nil, limits: CampaignLimits? = nil,
        quietHours: QuietHours? = nil
    ) async throws -> Campaign {
        try await campaigns.create(
            Campaigns.Create.Params(
                key: key, name: "Spring", audience: audience, channels: channels, arms: arms,
                outcome: CampaignOutcome(event: "order", windowDays: 14), holdout: holdout, schedule: schedule,
                startAt: startAt, endAt: endAt, limits: limits, quietHours: quietHours),
            for: call)
    }
}

/// Runs `body` with a service of its own, and ends it.
func withStimuli(_ body: (StimuliUnderTest) async throws -> Void) async throws {
    let service = try StimuliUnderTest()
    defer { service.runtime.stop() }
    try await body(service)
}

/// What `body` fails with; nil when it does not.
func failure<T>(_ body: () async throws -> T) async throws -> RPCError? {
    do {
        _ = try await body()
        return nil
    } catch let error as RPCError {
        return error
    }
}

/// Signals, as far as stimuli asks them.
final class PlayedActors: JSONRPCClient {
    private struct State {
        var traits: [UUIDv7: String] = [:]
        var asked: [CallContext] = []
    }
    private let state = Mutex(State())

    /// Whoever asked about people.
    var asked: [CallContext] { state.withLock(\.asked) }

    func know(_ id: UUIDv7, _ traits: String) { state.withLock { $0.traits[id] = traits } }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        guard method == Actors.Get.method.name, let context else { throw .methodNotFound(method) }
        do {
            let id = try #require(try Actors.Get.Params(json: params).id)
            let traits = state.withLock { state in
                state.asked.append(context)
                return state.traits[id]
            }
            guard let traits else { throw RPCError.notFound("actor", id) }
            return ActorProfile(
                id: id, kind: .individual, identifiers: [], traits: try JSONRaw(validating: traits), signals: 0
            ).json()
        } catch let error as RPCError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }
}

/// Ids that count up from 1.
final class CountedIdentifiers: IdentifierSource {
    private let last = Mutex<UInt64>(0)

    static func id(_ number: UInt64) -> UUIDv7 { UUIDv7(milliseconds: 1_767_225_600_000, sequence: 0, random: number) }

    func next(at time: Timestamp) -> UUIDv7 {
        Self.id(
            last.withLock { last in
                last += 1
                return last
            })
    }
}
