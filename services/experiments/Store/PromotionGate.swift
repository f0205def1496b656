import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract

/// What a policy that requires a replay asks for before one of its versions becomes current: a completed replay of that
/// version whose comparison with its baseline is not worse.
struct PromotionGate: Sendable {
    /// - Parameters:
    ///   - version: the one that is to be promoted.
    ///   - replay: the replay that is to show it.
    /// - Throws: conflict, with what is missing.
    func check(
        _ version: Numbered<PolicyVersion>, replay: UUIDv7?,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        guard replay != nil else {
            throw .conflict(
                "\(version.value.policy) promotes a version behind a replay only: name a completed one of version "
                    + "\(version.value.version) as replayId, or set requiresReplay to false.")
        }
        throw .conflict(
            "There is no completed replay of version \(version.value.version) of \(version.value.policy) under this "
                + "id; run one, or set requiresReplay to false.")
    }
}
