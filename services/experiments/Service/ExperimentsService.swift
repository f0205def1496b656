import ExperimentsAPI
import JSONRPC
import ServiceContract
public import ServiceKit

/// Experiments: who gets which variant, and what came of it.
public enum ExperimentsService {
    /// All of it lies in the brands' databases.
    public static let definition = ServiceDefinition(
        name: "experiments", brandMigrations: ExperimentsMigrations.all, brandDataMap: .experiments,
        directory: UnitDirectory())

    /// Puts experiments together.
    public static func compose(_ environment: ServiceEnvironment, _ parts: inout ServiceParts) async throws {
        register(tombstones: environment.tombstones, in: &parts)
    }

    static func register(tombstones: Tombstones, in parts: inout ServiceParts) {
        let cache = AssignmentCache()
        ExperimentsMethods().registerMethods(with: &parts.methods)
        ExperimentPhasesMethods().registerMethods(with: &parts.methods)
        AssignmentsMethods(cache: cache, tombstones: tombstones).registerMethods(with: &parts.methods)
    }
}
