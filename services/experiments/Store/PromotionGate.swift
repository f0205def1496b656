import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// What a policy that requires a replay asks for before one of its versions becomes current: a completed replay of that
/// version that is not worse than its baseline, on rows that can speak for
/// both.
struct PromotionGate: Sendable {
    /// - Parameters:
    ///   - version: the one that is to be promoted.
    ///   - replay: the replay that is to show it.
    /// - Throws: conflict, with what is missing.
    func check(
        _ version: Numbered<PolicyVersion>, replay: UUIDv7?,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        let name = "version \(version.value.version) of \(version.value.policy)"
        guard let replay else {
            throw .conflict(
                "\(version.value.policy) promotes a version behind a replay only: name a completed one of version "
                    + "\(version.value.version) as replayId, or set requiresReplay to false.")
        }
        let found = try transaction.one(
            """
            SELECT jobs.status, replays.baseline_version IS NOT NULL, replays.results
            FROM replays JOIN jobs ON jobs.id = replays.id
            WHERE replays.id = :replay AND replays.policy_version = :version
            """, [":replay": replay, ":version": version.number]
        ) { row throws(RPCError) in
            (
                status: row.text(0), hasBaseline: row.bool(1),
                results: row.isNull(2) ? nil : try row.json(2) as ReplayResults
            )
        }
        guard let found else { throw .conflict("There is no replay \(replay) of \(name); run one.") }
        guard found.status == StoredJob.Status.completed.rawValue else {
            throw .conflict("The replay \(replay) of \(name) is \(found.status); it has to be completed.")
        }
        guard found.hasBaseline else {
            throw .conflict(
                "The replay \(replay) of \(name) was compared with no other version; run one with a baselineVersionId.")
        }
        if found.results?.isBetterThanBaseline == false {
            throw .conflict("The replay \(replay) found \(name) worse than its baseline.")
        }
        let supports = [found.results?.support, found.results?.baselineSupport].compactMap(\.self)
        if let concern = supports.lazy.flatMap(\.concerns).first {
            throw .conflict("The replay \(replay) of \(name) says too little: \(concern)")
        }
    }
}
