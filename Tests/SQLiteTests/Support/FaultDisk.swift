import CFaultVFS
import Synchronization

@testable import SQLite

/// A disk that fails on command: a registered VFS, for as long as this object lives.
///
/// `@unchecked Sendable`: the C side locks, and `observer` is set only while no queue uses the disk.
final class FaultDisk: @unchecked Sendable {
    enum Survival {
        case none, all, torn, processDeath

        static let powerLosses = [none, all, torn]

        var kind: fault_survival {
            switch self {
            case .none: SURVIVE_NONE
            case .all: SURVIVE_ALL
            case .torn: SURVIVE_TORN
            case .processDeath: SURVIVE_PROCESS_DEATH
            }
        }
    }

    private static let count = Atomic(0)

    let name: String
    private let vfs: OpaquePointer
    private var observer: (@Sendable () -> Void)?

    init(seed: UInt64 = 1) throws {
        name = Self.nextName()
        guard let vfs = fault_vfs_create(name, seed) else { throw FaultDiskError() }
        self.vfs = vfs
    }

    private init(name: String, vfs: OpaquePointer) {
        self.name = name
        self.vfs = vfs
    }

    deinit {
        fault_vfs_destroy(vfs)
    }

    private static func nextName() -> String {
        "fault-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    /// Opens a database on this disk.
    func open(_ file: String, create: Bool = false, readOnly: Bool = false) throws(SQLiteError) -> Connection {
        try Connection(path: file, options(create: create, readOnly: readOnly))
    }

    /// Small cache and log, so that little work spills and checkpoints often; no waiting for locks.
    func options(create: Bool = false, readOnly: Bool = false) -> OpenOptions {
        OpenOptions(
            create: create, readOnly: readOnly, vfs: name, cacheKiB: 40, walAutocheckpointPages: 40,
            busyTimeoutMilliseconds: 0)
    }

    func arm(_ kind: fault_kind, at number: UInt64, length: UInt64 = .max) {
        fault_vfs_arm(vfs, kind, number, length)
    }

    func disarm() {
        fault_vfs_disarm(vfs)
    }

    var changes: UInt64 { fault_vfs_changes(vfs) }
    var writes: UInt64 { fault_vfs_writes(vfs) }
    var syncs: UInt64 { fault_vfs_syncs(vfs) }
    var reads: UInt64 { fault_vfs_reads(vfs) }
    var failures: UInt64 { fault_vfs_failures(vfs) }
    var openFiles: Int { Int(fault_vfs_open_files(vfs)) }

    /// In bytes; nil when there is no such file.
    func size(of file: String) -> Int? {
        let size = fault_vfs_file_size(vfs, file)
        return size < 0 ? nil : Int(size)
    }

    /// What a power loss now, or the death of the process, would leave.
    func afterPowerLoss(_ survival: Survival, seed: UInt64 = 1) throws -> FaultDisk {
        let name = Self.nextName()
        guard let left = fault_vfs_after_power_loss(vfs, name, survival.kind, seed) else { throw FaultDiskError() }
        return FaultDisk(name: name, vfs: left)
    }

    /// What every kind of power loss at every change of `body` would leave. Collected, because looking at a disk that
    /// is left changes it.
    func powerLosses(during body: () throws -> Void) rethrows -> [FaultDisk] {
        let left = Monitor<[FaultDisk]>([])
        observe { [unowned self] in
            for survival in Survival.powerLosses {
                guard let after = try? afterPowerLoss(survival, seed: changes) else { continue }
                left.change { $0.append(after) }
            }
        }
        defer { observe(nil) }
        try body()
        return left.change { $0 }
    }

    /// Calls `observer` before every change; nil ends it.
    func observe(_ observer: (@Sendable () -> Void)?) {
        self.observer = observer
        guard observer != nil else { return fault_vfs_observe(vfs, nil, nil) }
        fault_vfs_observe(
            vfs,
            { context in
                guard let context else { return }
                Unmanaged<FaultDisk>.fromOpaque(context).takeUnretainedValue().observer?()
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

struct FaultDiskError: Error {}
