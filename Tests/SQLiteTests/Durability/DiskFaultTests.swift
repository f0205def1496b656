import CFaultVFS
import Testing

@testable import SQLite

/// Disk full, short write, and errors of write, sync and read, at every one of a workload's operations.
@Suite struct DiskFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let kind: fault_kind
        var testDescription: String { name }

        static let all = [
            Fault(name: "disk full", kind: FAULT_FULL), Fault(name: "short write", kind: FAULT_SHORT_WRITE),
            Fault(name: "write error", kind: FAULT_WRITE_ERROR), Fault(name: "sync error", kind: FAULT_SYNC_ERROR),
            Fault(name: "read error", kind: FAULT_READ_ERROR),
        ]

        /// How many operations of the fault's class a run has made.
        func count(on disk: FaultDisk) -> UInt64 {
            switch kind {
            case FAULT_SYNC_ERROR: disk.syncs
            case FAULT_READ_ERROR: disk.reads
            default: disk.writes
            }
        }
    }

    /// How many operations in a row fail: one, a few, or all until the fault is repaired.
    private static let lengths: [UInt64] = [1, 5, .max]

    private static let workload = Workload(seed: 11, works: 70, largestRound: 12)

    /// Rounds during which the fault may strike; those after it find a sound disk.
    private static let faultyRounds = workload.rounds.count * 2 / 3

    @Test(
        "Whichever operation fails, exactly what was answered as committed is kept, and all goes on by itself",
        arguments: Fault.all)
    func everyOperation(fault: Fault) async throws {
        let sound = try WorkloadRun(Self.workload, on: FaultDisk(seed: 1))
        sound.disk.arm(FAULT_NONE, at: 1)
        for round in Self.workload.rounds.prefix(Self.faultyRounds) { await sound.perform(round) }
        let count = fault.count(on: sound.disk)
        sound.queue.stop()
        #expect(count > 15)
        var strikes = 0
        for number in 1...count {
            let lengths = TestScale.isFull ? Self.lengths : [Self.lengths[Int(number % 3)]]
            for length in lengths {
                let (hasStruck, problems) = try await strike(fault, at: number, length: length)
                #expect(problems == [], "\(fault.name) at \(number), \(length) in a row")
                if hasStruck { strikes += 1 }
            }
        }
        #expect(strikes >= Int(count) * 9 / 10)
    }

    /// Runs the workload with a fault: whether it came to it, and what is wrong afterwards.
    private func strike(_ fault: Fault, at number: UInt64, length: UInt64) async throws -> (Bool, [String]) {
        var problems: [String] = []
        let disk = try FaultDisk(seed: number)
        let run = try WorkloadRun(Self.workload, on: disk)
        let reads = ReadQueue(name: "reader", threads: 1) { file throws(SQLiteError) in
            try disk.open(file.path, readOnly: true)
        }
        disk.arm(fault.kind, at: number, length: length)
        for (index, round) in Self.workload.rounds.enumerated() {
            if index == Self.faultyRounds { disk.disarm() }
            await run.perform(round)
            guard fault.kind != FAULT_READ_ERROR || index >= Self.faultyRounds else { continue }
            for file in 0..<Self.workload.files {
                let found = try await reads.read(WorkloadRun.file(file)) { connection in
                    try numbers(of: connection)
                }
                let expected = kept(run, file)
                if found != expected { problems.append("round \(index): read \(found) instead of \(expected)") }
            }
        }
        let lateFailures = Self.workload.rounds.dropFirst(Self.faultyRounds + 1).joined().map(\.number)
            .filter(run.failed.contains)
        if !lateFailures.isEmpty { problems.append("failed on a sound disk: \(lateFailures)") }
        if run.committed.count + run.failed.count != Self.workload.works.count { problems.append("unanswered works") }
        let committed = run.committed
        problems += run.problemsAfterPowerLoss(seed: number) {
            $0.problems(among: run.plan(of: $0.file), exactly: committed)
        }
        run.queue.stop()
        reads.stop()
        for file in 0..<Self.workload.files {
            problems += WorkloadCheck(disk: disk, file: file).problems(among: run.plan(of: file), exactly: committed)
        }
        return (disk.failures > 0, problems)
    }

    @Test("A commit that failed in its sync does not come back when the process dies, even while readers are active")
    func failedCommitStaysGone() async throws {
        let disk = try FaultDisk()
        try disk.open("0.db", create: true).execute(Workload.schema)
        let reader = try disk.open("0.db", readOnly: true)
        try reader.begin(.deferred)
        _ = try reader.prepare("SELECT * FROM works").step()
        let queue = CommitQueue(name: "writer", checkpointsAside: false) { file throws(SQLiteError) in
            try disk.open(file.path)
        }
        let file = DatabaseFile("0.db")
        try await queue.write(file) { try $0.execute("INSERT INTO works VALUES (1)") }
        disk.arm(FAULT_SYNC_ERROR, at: 1, length: 1)
        await #expect(throws: SQLiteError.self) {
            try await queue.write(file) { try $0.execute("INSERT INTO works VALUES (2)") }
        }
        let left = try disk.afterPowerLoss(.processDeath)
        #expect(try numbers(of: left.open("0.db")) == [1])
        queue.stop()
        reader.rollBack()
    }

    /// The works of a file that were answered as committed and wanted to be kept.
    private func kept(_ run: WorkloadRun, _ file: Int) -> [Int64] {
        run.plan(of: file).filter { $0.ending == .keep && run.committed.contains($0.number) }.map(\.number)
    }
}

private func numbers(of connection: Connection) throws -> [Int64] {
    let statement = try connection.statement("SELECT number FROM works ORDER BY number")
    var numbers: [Int64] = []
    while try statement.step() { numbers.append(statement.int64(0)) }
    return numbers
}
