import Synchronization

@testable import SQLite

/// A workload on a disk, through a commit queue, round by round.
///
/// While a round is submitted the queue's thread is held, so that the works of a file commit together and every run
/// with the same seed makes the same changes to the disk.
final class WorkloadRun: Sendable {
    let workload: Workload
    let disk: FaultDisk
    let queue: CommitQueue

    /// Whether a work was answered as committed, by its number.
    private let answers = Mutex<[Int64: Bool]>([:])

    /// - Parameter aside: whether logs are emptied on a thread of their own; changes then come in another order each run.
    init(_ workload: Workload, on disk: FaultDisk, aside: Bool = false) throws {
        self.workload = workload
        self.disk = disk
        for file in 0..<workload.files {
            let connection = try disk.open(Workload.name(file), create: true)
            try connection.execute(Workload.schema)
        }
        queue = CommitQueue(name: "workload", checkpointsAside: aside) { file throws(SQLiteError) in
            try disk.open(file.path)
        }
    }

    /// Works that were answered as committed, and as failed, so far.
    var committed: Set<Int64> { Set(answers.withLock { $0.filter(\.value).keys }) }
    var failed: Set<Int64> { Set(answers.withLock { $0.filter { !$0.value }.keys }) }

    static func file(_ number: Int) -> DatabaseFile { DatabaseFile(Workload.name(number)) }

    /// The works of a file, in order.
    func plan(of file: Int) -> [Workload.Work] { workload.works.filter { $0.file == file } }

    /// Submits a round and waits until all of it is answered.
    func perform(_ round: [Workload.Work]) async {
        let release = queue.hold()
        for plan in round {
            let work = PlannedWork(plan) { [weak self] in self?.note($0, $1) }
            precondition(queue.submit(work, to: Self.file(plan.file)), "the queue is large enough")
        }
        release()
        for file in 0..<workload.files { await queue.pass(Self.file(file)) }
    }

    private func note(_ work: Workload.Work, _ error: SQLiteError?) {
        answers.withLock { $0[work.number] = error == nil }
    }

    /// Checkpoints a file; what goes wrong is left to the works that follow.
    func checkpoint(_ file: Int) async {
        try? await queue.maintain(Self.file(file)) { try $0.checkpointTruncate() }
    }

    /// Every kind of power loss now, on every file: what is wrong afterwards.
    func problemsAfterPowerLoss(seed: UInt64, _ problems: (WorkloadCheck) -> [String]) -> [String] {
        var all: [String] = []
        for survival in FaultDisk.Survival.powerLosses {
            guard let left = try? disk.afterPowerLoss(survival, seed: seed) else { return ["no disk"] }
            for file in 0..<workload.files {
                all += problems(WorkloadCheck(disk: left, file: file)).map {
                    "seed \(seed), \(survival) survives, file \(file): \($0)"
                }
            }
        }
        return all
    }
}
