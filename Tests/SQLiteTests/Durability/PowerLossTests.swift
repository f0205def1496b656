import CFaultVFS
import Synchronization
import Testing

@testable import SQLite

/// Power is lost at every single change a workload makes to the disk: every write, truncation, sync and removal.
@Suite struct PowerLossTests {
    @Test(
        "Whenever power is lost, every answered work is there and each unanswered one is wholly there or wholly not",
        arguments: TestScale.isFull ? Array(1...8) : [1], [false, true])
    func everyChange(seed: UInt64, aside: Bool) async throws {
        let workload = Workload(seed: seed, works: TestScale.isFull ? 600 : 200)
        let run = try WorkloadRun(workload, on: FaultDisk(seed: seed), aside: aside)
        let plans = (0..<run.workload.files).map { run.plan(of: $0) }
        let found = Mutex<(changes: UInt64, problems: [String])>((0, []))
        run.disk.observe { [unowned run] in
            let change = found.withLock { found in
                found.changes += 1
                return found.changes
            }
            let answered = run.committed
            let problems = run.problemsAfterPowerLoss(seed: change) {
                $0.problems(among: plans[$0.file], answered: answered)
            }
            if !problems.isEmpty { found.withLock { $0.problems += problems } }
        }
        var random = SplitMix64(seed: seed)
        var reader: (connection: Connection, rounds: Int)?
        for round in run.workload.rounds {
            await run.perform(round)
            // A reader that stays for a few rounds keeps the log from starting anew; then a checkpoint cuts it.
            if let reading = reader {
                if reading.rounds == 0 { reading.connection.rollBack() }
                reader = reading.rounds == 0 ? nil : (reading.connection, reading.rounds - 1)
            } else if Int.random(in: 0..<3, using: &random) == 0 {
                reader = (try startReading(run.disk), 2)
            } else if Bool.random(using: &random) {
                await run.checkpoint(Int.random(in: 0..<run.workload.files, using: &random))
            }
        }
        reader?.connection.rollBack()
        run.queue.stop()
        run.disk.observe(nil)
        let (changes, problems) = found.withLock { $0 }
        #expect(problems.prefix(5) == [])
        #expect(changes > 300, "a workload that hardly writes proves nothing")
        #expect(run.failed == [])
        #expect(run.committed.count == run.workload.works.count)
    }

    /// A read transaction that has begun to read.
    private func startReading(_ disk: FaultDisk) throws -> Connection {
        let connection = try disk.open(Workload.name(0), readOnly: true)
        try connection.begin(.deferred)
        _ = try connection.prepare("SELECT count(*) FROM items").step()
        return connection
    }

    @Test("With synchronous=NORMAL the same proof finds answered works that are lost")
    func theProofHasTeeth() async throws {
        let run = try WorkloadRun(Workload(seed: 3, works: 40, files: 1), on: FaultDisk())
        try await run.queue.maintain(WorkloadRun.file(0)) { connection in
            try connection.withoutAuthorizer { try connection.execute("PRAGMA synchronous=NORMAL") }
        }
        var problems: [String] = []
        for round in run.workload.rounds {
            await run.perform(round)
            let answered = run.committed
            problems += run.problemsAfterPowerLoss(seed: 1) {
                $0.problems(among: run.plan(of: 0), answered: answered)
            }
        }
        #expect(problems.contains { $0.contains("answered but not found") })
    }

    @Test("After power is lost no work is answered as committed, the queue does not hang, and it stops")
    func nothingIsAnswered() async throws {
        for change in stride(from: UInt64(1), to: 300, by: TestScale.isFull ? 1 : 13) {
            let run = try WorkloadRun(Workload(seed: 5, works: 60), on: FaultDisk(seed: change))
            run.disk.arm(FAULT_POWER_LOSS, at: change)
            for round in run.workload.rounds { await run.perform(round) }
            let answered = run.committed
            #expect(answered.count + run.failed.count == run.workload.works.count)
            run.queue.stop()
            #expect(run.disk.openFiles == 0)
            let problems = run.problemsAfterPowerLoss(seed: change) {
                $0.problems(among: run.plan(of: $0.file), answered: answered)
            }
            #expect(problems == [])
        }
    }
}
