import JSONRPC
import ServiceContract
public import ServiceKit
import StimuliAPI

/// Stimuli: what is promised and sent to people, and what came of it.
public enum StimuliService {
    /// All of it lies in the brands' databases.
    public static let definition = ServiceDefinition(
        name: "stimuli", brandMigrations: StimuliMigrations.all, brandDataMap: .stimuli)

    /// Puts stimuli together.
    public static func compose(_ environment: ServiceEnvironment, _ parts: inout ServiceParts) async throws {
        register(runtime: environment.runtime, signals: environment.siblings["signals"], in: &parts)
    }

    static func register(runtime: ServiceRuntime, signals: any JSONRPCClient, in parts: inout ServiceParts) {
        OffersMethods().registerMethods(with: &parts.methods)
        TemplatesMethods(runtime: runtime, signals: signals).registerMethods(with: &parts.methods)
        CampaignsMethods().registerMethods(with: &parts.methods)
    }
}
