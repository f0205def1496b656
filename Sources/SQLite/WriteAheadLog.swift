internal import CSQLite

/// The writer's part in its write-ahead log: when it is checkpointed, and that it lies on blocks the disk already has.
///
/// A sync of a file that grew must also commit the file system's journal; one of a file whose blocks are merely
/// overwritten need not, and takes a third of the time. So zeros are written ahead of the log, as many as it has bytes
/// already, up to a limit. SQLite reads no frame whose checksum does not fit, and a log that starts anew looks alike.
final class WriteAheadLog {
    private let autocheckpointPages: Int

    /// How long the log was after the last commit, in frames.
    private(set) var frames = 0

    /// Whether a checkpoint that is due waits for ``checkpointIfDue(_:)``, so that answers need not wait for it.
    var defersCheckpoint = false

    /// How far a ``Checkpointer`` is with it.
    let progress = Checkpointer.Progress()

    /// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    private static let headerBytes: Int64 = 32
    private static let frameHeaderBytes: Int64 = 24
    private static let pageBytes: Int64 = 4_096

    /// Less than this before the end of the file, the next piece is reserved.
    private static let margin: Int64 = 32 * 1024

    /// A piece is as long as the log is already, within these limits: a file that is hardly written stays small.
    private static let smallestPiece: Int64 = 64 * 1024
    private static let largestPiece: Int64 = 4 * 1024 * 1024

    init(autocheckpointPages: Int) {
        self.autocheckpointPages = autocheckpointPages
    }

    /// Starts counting frames, and checkpointing in place of SQLite. `database` must be closed before this object goes.
    func watch(_ database: OpaquePointer) {
        sqlite3_wal_hook(
            database,
            { context, database, _, frames in
                guard let context, let database else { return SQLITE_OK }
                let log = Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                log.frames = Int(frames)
                if !log.defersCheckpoint { log.checkpointIfDue(database) }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Moves as much of the log into the database as no reader prevents, if it has become long. What goes wrong leaves
    /// the log as it was; the next commit tries again.
    func checkpointIfDue(_ database: OpaquePointer) {
        guard autocheckpointPages > 0, frames >= autocheckpointPages else { return }
        sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    }

    /// A part of a checkpoint by a ``Checkpointer``.
    enum Part {
        /// The long one, while the writer goes on.
        case first
        /// What came meanwhile, while nobody writes.
        case second
    }

    /// Which part is to begin now, if one is.
    var partDue: Part? {
        guard autocheckpointPages > 0, frames >= autocheckpointPages else { return nil }
        switch progress.state {
        case .idle: return .first
        case .underway: return nil
        case .moved(frames):
            // Nothing came meanwhile: the log begins anew with the next commit.
            progress.state = .idle
            return nil
        case .moved: return .second
        }
    }

    /// To be called after the log was cut to nothing.
    func wasTruncated() {
        frames = 0
    }

    /// Reserves room for the commits to come. Only with the write lock held and nothing written yet, so that nobody
    /// writes where the zeros go.
    ///
    /// Never in a log that was just cut or has no commit of this connection yet: after a power loss the frames of the
    /// old log may be there again, and are harmless only as long as all of them are, or none. SQLite syncs the new
    /// header before it writes a frame for the same reason.
    func reserve(_ database: OpaquePointer) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard let file, let methods = file.pointee.pMethods else { return }
        var size: Int64 = 0
        guard methods.pointee.xFileSize(file, &size) == SQLITE_OK else { return }
        let used = Self.headerBytes + Int64(frames) * (Self.frameHeaderBytes + Self.pageBytes)
        guard frames > 0, size >= used, size - used < Self.margin else { return }
        let piece = min(max(used, Self.smallestPiece), Self.largestPiece)
        guard writeZeros(file, methods.pointee, size..<size + piece) else {
            // No room: what was taken is given back, and the commit finds out by itself.
            _ = methods.pointee.xTruncate(file, size)
            return
        }
    }

    private func writeZeros(
        _ file: UnsafeMutablePointer<sqlite3_file>, _ methods: sqlite3_io_methods, _ range: Range<Int64>
    ) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let count = min(Int64(Self.zeros.count), range.upperBound - start)
            guard methods.xWrite(file, Self.zeros, Int32(count), start) == SQLITE_OK else { return false }
            start += count
        }
        return true
    }

    private static let zeros = [UInt8](repeating: 0, count: Int(smallestPiece))
}
