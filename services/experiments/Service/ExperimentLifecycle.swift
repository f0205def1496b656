import ExperimentsAPI
import JSON
import JSONRPC

/// What may become of an experiment: draft → active ⇄ paused → completed → archived. `experiment_transitions` says the
/// same in SQL.
enum ExperimentLifecycle {
    /// A step that somebody asks for.
    enum Step: String {
        case start, pause, resume, complete, archive
    }

    /// Where a step leads from a status.
    ///
    /// - Throws: illegalTransition, with what may be done instead.
    static func status(
        after step: Step, from status: ExperimentStatus
    ) throws(RPCError) -> ExperimentStatus {
        switch (status, step) {
        case (.draft, .start), (.paused, .resume): return .active
        case (.active, .pause): return .paused
        case (.active, .complete), (.paused, .complete): return .completed
        case (.completed, .archive): return .archived
        default:
            throw .illegalTransition(
                "An experiment that is \(status.rawValue) cannot be told to \(step.rawValue); \(remedy(status)).")
        }
    }

    private static func remedy(_ status: ExperimentStatus) -> String {
        switch status {
        case .draft: "it can be started"
        case .active: "it can be paused or completed"
        case .paused: "it can be resumed or completed"
        case .completed: "it can be archived; to try again, create another one"
        case .archived: "to try again, create another one"
        }
    }
}

extension StoredExperiment {
    /// One that runs beyond its end is completed, whether or not anybody said so.
    func status(at now: Timestamp) -> ExperimentStatus {
        guard status == .active || status == .paused, let endAt, endAt <= now else { return status }
        return .completed
    }

    /// Whether it assigns units.
    func isAssigning(at now: Timestamp) -> Bool {
        status(at: now) == .active && startAt.map { $0 <= now } ?? true
    }

    /// The next moment at which ``isAssigning(at:)`` changes by itself.
    func nextChange(after now: Timestamp) -> Timestamp? {
        guard status == .active else { return nil }
        return [startAt, endAt].compactMap(\.self).filter { $0 > now }.min()
    }

    func reply(at now: Timestamp) -> Experiment {
        Experiment(
            id: id, key: key, name: name, description: description, hypothesis: hypothesis, owner: owner,
            unitType: unitType, status: status(at: now), hashVersion: hashVersion, seed: seed,
            hashAttribute: hashAttribute, fallbackAttribute: fallbackAttribute, condition: condition,
            prerequisites: prerequisites, isSticky: isSticky, bucketVersion: bucketVersion,
            minimumBucketVersion: minimumBucketVersion, variants: variants, startAt: startAt, endAt: endAt,
            phase: phase == 0 ? nil : phase, createdAt: createdAt, updatedAt: updatedAt, version: version,
            slot: slot?.reply)
    }
}
