import ExperimentsAPI
import JSONRPC
import ServiceContract
public import ServiceKit
import SignalsAPI

/// Experiments: who gets which variant, and what came of it.
public enum ExperimentsService {
    /// All of it lies in the brands' databases.
    public static let definition = ServiceDefinition(
        name: "experiments", brandMigrations: ExperimentsMigrations.all, brandDataMap: .experiments,
        directory: UnitDirectory())

    /// Puts experiments together.
    public static func compose(_ environment: ServiceEnvironment, _ parts: inout ServiceParts) async throws {
        let siblings = environment.siblings
        register(tombstones: environment.tombstones, signals: siblings["signals"], in: &parts)
        parts.services.append(ShareSchedule(runtime: environment.runtime))
    }

    static func register(
        tombstones: Tombstones, signals: any JSONRPCClient, in parts: inout ServiceParts
    ) {
        let cache = AssignmentCache()
        ExperimentsMethods().registerMethods(with: &parts.methods)
        ExperimentPhasesMethods().registerMethods(with: &parts.methods)
        let exposures = ExposureIntake(tombstones: tombstones)
        let entries = HoldoutIntake(exposures: exposures)
        let assignments = AssignmentsMethods(cache: cache, tombstones: tombstones, holdouts: entries)
        assignments.registerMethods(with: &parts.methods)
        ExperimentBanditsMethods().registerMethods(with: &parts.methods)
        HoldoutEntriesMethods(intake: entries).registerMethods(with: &parts.methods)
        HoldoutPlansMethods().registerMethods(with: &parts.methods)
        HoldoutResultsMethods().registerMethods(with: &parts.methods)
        parts.jobs[HoldoutMoves.kind] = HoldoutMoves(intake: entries)
        let events = EventIntake(exposures: exposures)
        ExperimentExposuresMethods(intake: exposures, assignments: assignments).registerMethods(with: &parts.methods)
        ExperimentEventsMethods(intake: events).registerMethods(with: &parts.methods)
        MetricDefinitionsMethods().registerMethods(with: &parts.methods)
        ResultPlansMethods().registerMethods(with: &parts.methods)
        ExperimentAggregatesMethods().registerMethods(with: &parts.methods)
        ExperimentResultsMethods().registerMethods(with: &parts.methods)
        ExperimentPowerMethods().registerMethods(with: &parts.methods)
        ActiveExperimentsMethods().registerMethods(with: &parts.methods)
        parts.jobs[MetricFilling.kind] = MetricFilling()
        parts.jobs[SignalFetching.kind] = SignalFetching(signals: signals, intake: events)
        parts.topics.on("signals.arrived", as: SignalsArrived.self) { message, transaction, call throws(RPCError) in
            try SignalFollowing().arrived(through: message.through, at: call.now, in: transaction)
        }
        let restrictions = UnitRestrictions(tombstones: tombstones)
        parts.topics.on("restrictions.changed", as: UseStopped.self) { message, transaction, call throws(RPCError) in
            try restrictions.change(message, at: call.now, in: transaction)
        }
        PoliciesMethods().registerMethods(with: &parts.methods)
        PolicyVersionsMethods().registerMethods(with: &parts.methods)
        PromptVersionsMethods().registerMethods(with: &parts.methods)
        FlowsMethods().registerMethods(with: &parts.methods)
        DatasetsMethods(admission: UnitAdmission(tombstones: tombstones)).registerMethods(with: &parts.methods)
        ReplaysMethods().registerMethods(with: &parts.methods)
        BanditsMethods(admission: UnitAdmission(tombstones: tombstones)).registerMethods(with: &parts.methods)
        parts.jobs[DecisionCopy.kind] = DecisionCopy()
        parts.jobs[ReplayWork.kind] = ReplayWork(admission: UnitAdmission(tombstones: tombstones))
        VariantConfigsMethods().registerMethods(with: &parts.methods)
        LayersMethods().registerMethods(with: &parts.methods)
        HoldoutsMethods().registerMethods(with: &parts.methods)
        SavedGroupsMethods(tombstones: tombstones).registerMethods(with: &parts.methods)
        UnitTypesMethods().registerMethods(with: &parts.methods)
        ForcedAssignmentsMethods(tombstones: tombstones).registerMethods(with: &parts.methods)
        FeaturesMethods(cache: cache, tombstones: tombstones).registerMethods(with: &parts.methods)
    }
}
