import JSONRPC
import ServiceContract
public import ServiceKit
import SignalsAPI

/// Signals: inbound facts, and the actors behind them.
public enum SignalsService {
    /// All of it lies in the brands' databases.
    public static let definition = ServiceDefinition(
        name: "signals", brandMigrations: SignalsMigrations.all, brandDataMap: .signals, directory: ActorDirectory())

    /// Puts signals together.
    public static func compose(_ environment: ServiceEnvironment, _ parts: inout ServiceParts) async throws {
        register(runtime: environment.runtime, tombstones: environment.tombstones, in: &parts)
    }

    static func register(runtime: ServiceRuntime, tombstones: Tombstones, in parts: inout ServiceParts) {
        let specialFields = SpecialFieldCache()
        let followers = EventFollowers()
        let intake = SignalIntake(tombstones: tombstones, specialFields: specialFields, followers: followers)
        SignalsMethods(intake: intake, runtime: runtime).registerMethods(with: &parts.methods)
        SignalFeedService().registerMethods(with: &parts.methods)
        parts.topics.on("signals.follow", as: FollowedSignals.self) { message, transaction, _ throws(RPCError) in
            try followers.follow(message.events, in: transaction)
        }
        ActorsService().registerMethods(with: &parts.methods)
        ImportsService(intake: intake).registerMethods(with: &parts.methods)
        ConsentsService(intake: intake).registerMethods(with: &parts.methods)
        PurposesService().registerMethods(with: &parts.methods)
        RestrictionsService(intake: intake).registerMethods(with: &parts.methods)
        RecipientsService().registerMethods(with: &parts.methods)
        DisclosuresService(intake: intake).registerMethods(with: &parts.methods)
        SpecialTraitsService(runtime: runtime, cache: specialFields).registerMethods(with: &parts.methods)
        SpecialPropertiesService(runtime: runtime, cache: specialFields).registerMethods(with: &parts.methods)
        ScoreRulesService().registerMethods(with: &parts.methods)
        ScoresService().registerMethods(with: &parts.methods)
        parts.jobs[ImportKind.name] = ImportKind()
        parts.jobs[ReplayWork.kind] = ReplayWork(intake: intake)
        RejectedRowsService(intake: intake).registerMethods(with: &parts.methods)
        SegmentsService(runtime: runtime).registerMethods(with: &parts.methods)
        AudiencesService().registerMethods(with: &parts.methods)
        parts.jobs[SegmentSizeWork.kind] = SegmentSizeWork()
        parts.services.append(SegmentSizeSchedule(runtime: runtime))
        registerBeliefs(intake: intake, in: &parts)
    }

    private static func registerBeliefs(intake: SignalIntake, in parts: inout ServiceParts) {
        let evidence = EvidenceIntake()
        BeliefsService(intake: intake).registerMethods(with: &parts.methods)
        BeliefRulesService().registerMethods(with: &parts.methods)
        parts.topics.on("beliefs.evidence", as: ResponsesLearned.self) { message, transaction, call throws(RPCError) in
            try evidence.learn(message, for: call, in: transaction)
        }
    }
}
