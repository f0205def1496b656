import ExperimentsAPI
import JSONRPC
import ServiceContract

/// An API key that may stand in a page that everybody loads: GrowthBook's SDKs put it into paths.
///
/// An ordinary key, so it is limited, counted, rotated and revoked like one. What makes it fit to be public is that it may
/// do nothing but this; a key with any other scope is refused here, before it is in the logs of every proxy.
struct ClientKey {
    /// What a client key may have, and nothing else.
    static let scopes: Set<String> = Set(
        [Features.Get.method.scope, Features.Evaluate.method.scope, ExperimentExposures.Record.method.scope]
            .compactMap(\.self))

    let text: String
    /// Whether it may have the rules; else only what they come to for one unit.
    let readsFeatures: Bool

    /// - Parameter granted: the scopes that tenancy knows of it.
    init(_ text: String, granted: [String]) throws(RPCError) {
        guard Self.scopes.isSuperset(of: granted) else {
            throw .forbidden(
                "This key may do more than a client key, and a client key is public: make one with no scopes but "
                    + Self.scopes.sorted().joined(separator: ", ") + ".")
        }
        self.text = text
        readsFeatures = granted.contains { $0 == Features.Get.method.scope }
    }
}
