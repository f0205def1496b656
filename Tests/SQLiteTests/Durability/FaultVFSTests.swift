import CFaultVFS
import Synchronization
import Testing

@testable import SQLite

/// The instrument first: a disk that never loses anything would prove nothing.
@Suite struct FaultVFSTests {
    private func table(on disk: FaultDisk, synchronous: String = "FULL") throws -> Connection {
        let connection = try disk.open("a.db", create: true)
        try connection.withoutAuthorizer { try connection.execute("PRAGMA synchronous=\(synchronous)") }
        try connection.execute("CREATE TABLE t (x INTEGER)")
        return connection
    }

    private func count(on disk: FaultDisk) throws -> Int {
        let statement = try disk.open("a.db").prepare("SELECT count(*) FROM t")
        _ = try statement.step()
        return statement.int(0)
    }

    @Test("What was committed with synchronous=FULL survives every kind of power loss", arguments: 0..<20)
    func committedSurvives(seed: Int) throws {
        let disk = try FaultDisk()
        let connection = try table(on: disk)
        for _ in 0..<10 { try connection.execute("INSERT INTO t VALUES (1)") }
        for survival in FaultDisk.Survival.powerLosses {
            #expect(try count(on: disk.afterPowerLoss(survival, seed: UInt64(seed))) == 10)
        }
    }

    @Test("With synchronous=NORMAL the disk loses what was committed, so the instrument can tell")
    func unsyncedIsLost() throws {
        let disk = try FaultDisk()
        let connection = try table(on: disk)
        try connection.checkpointTruncate()
        try connection.withoutAuthorizer { try connection.execute("PRAGMA synchronous=NORMAL") }
        for _ in 0..<10 { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(try count(on: disk.afterPowerLoss(.none)) == 0)
        #expect(try count(on: disk.afterPowerLoss(.all)) == 10)
        let torn = try (0..<30).map { try count(on: disk.afterPowerLoss(.torn, seed: $0)) }
        #expect(torn.contains { $0 > 0 && $0 < 10 }, "a torn log ends where its checksums end: \(torn)")
    }

    @Test("After power is lost at a change, everything fails until the end")
    func everythingFails() throws {
        let disk = try FaultDisk()
        let connection = try table(on: disk)
        disk.arm(FAULT_POWER_LOSS, at: 3)
        #expect(throws: SQLiteError.self) {
            for _ in 0..<3 { try connection.execute("INSERT INTO t VALUES (1)") }
        }
        #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(throws: SQLiteError.self) { try disk.open("a.db") }
    }

    @Test("Each fault is reported by SQLite under its own code")
    func codes() throws {
        for (kind, code) in [
            (FAULT_FULL, 13), (FAULT_SHORT_WRITE, 13), (FAULT_WRITE_ERROR, 10 | (3 << 8)),
            (FAULT_SYNC_ERROR, 10 | (4 << 8)),
        ] {
            let disk = try FaultDisk()
            let connection = try table(on: disk)
            disk.arm(kind, at: 1, length: 1)
            do {
                try connection.execute("INSERT INTO t VALUES (1)")
                Issue.record("the insert succeeded in spite of \(kind)")
            } catch {
                #expect(error.extendedCode == Int32(code))
            }
            #expect(disk.failures == 1)
            try connection.execute("INSERT INTO t VALUES (1)")
            #expect(try count(on: disk) == 1)
        }
    }

    @Test("What a failed sync was to write never reaches the disk, whatever later syncs say")
    func failedSyncLoses() throws {
        let disk = try FaultDisk()
        let connection = try table(on: disk)
        disk.arm(FAULT_SYNC_ERROR, at: 1, length: 1)
        #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(try count(on: disk.afterPowerLoss(.all)) == 0)
    }

    @Test("While a database is created there is a moment at which power loss leaves no file, and later none")
    func directoryEntry() throws {
        let disk = try FaultDisk()
        let sizes = Mutex<[Int?]>([])
        disk.observe { [unowned disk] in
            let left = try? disk.afterPowerLoss(.none)
            sizes.withLock { $0.append(left?.size(of: "a.db")) }
        }
        _ = try table(on: disk)
        disk.observe(nil)
        #expect(sizes.withLock { $0.first } == .some(nil))
        #expect(try disk.afterPowerLoss(.none).size(of: "a.db") != nil)
    }

    @Test("A connection leaves no file open behind it")
    func closes() throws {
        let disk = try FaultDisk()
        do {
            let connection = try table(on: disk)
            let statement = try connection.statement("SELECT * FROM t")
            _ = try statement.step()
            #expect(disk.openFiles == 2)
        }
        #expect(disk.openFiles == 0)
    }
}
