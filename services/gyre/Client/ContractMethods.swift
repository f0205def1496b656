import ExperimentsAPI
import GatewayAPI
import ServiceContract
import SignalsAPI
import TenancyAPI

/// What the contracts say of methods, for completion and for the choice of a door.
enum ContractMethods {
    static let all =
        TenancyContract.methods + SignalsContract.methods + ExperimentsContract.methods + GatewayContract.methods

    /// Those that somebody outside the suite may call.
    static var names: [String] { (all.filter(\.isPublic).map(\.name) + ["rpc.discover"]).sorted() }

    /// Whether no key opens it, but the platform's own door does.
    static func isForAdminOnly(_ method: String) -> Bool {
        guard let callers = all.first(where: { $0.name == method })?.callers else { return false }
        return callers.contains("admin") && !callers.contains("public") && !callers.contains("anyone")
    }
}
