import CommonAPI
import JSONRPC
import NIOPosix
import PlatformAPI
import SQLite
import ServiceContract

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension PlatformService: DatabaseCopies.Service {
    /// Files copied by one call.
    static let copiesAtOnce = 64
    /// No further file is begun after this, so that a call ends well within its deadline.
    static let copyingSeconds = 10

    func write(
        _ params: DatabaseCopies.Write.Params, for call: CallContext
    ) async throws(RPCError) -> DatabaseCopies.Write.Reply {
        guard params.directory.hasPrefix("/") else {
            throw .invalidParams(at: "/directory", "must be an absolute path")
        }
        let files = runtime.databases.files
        var waiting = files[...]
        if let after = params.after {
            guard after == "service.db" || after.hasSuffix(".db") else {
                throw .invalidParams(at: "/after", "must be a file of an earlier reply")
            }
            // Ids ascend, so what was made since stands behind what was there.
            waiting = files.dropFirst().drop { after != "service.db" && $0.name <= after }
        }
        let directory = params.directory + "/" + runtime.name
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw .conflict("\(directory) cannot be made: \(String(cString: strerror(errno))).")
        }
        var copies: [DatabaseCopy] = []
        let end = ContinuousClock.now + .seconds(Self.copyingSeconds)
        while let next = waiting.first, copies.count < Self.copiesAtOnce, ContinuousClock.now < end {
            waiting.removeFirst()
            if let copy = try await copy(next.file, named: next.name, to: directory) { copies.append(copy) }
        }
        return DatabaseCopies.Write.Reply(
            files: copies, isComplete: waiting.isEmpty, tombstoneKey: serviceErasure.tombstones.keyName)
    }

    /// Nil for a brand that is erased meanwhile.
    private func copy(
        _ file: DatabaseFile, named name: String, to directory: String
    ) async throws(RPCError) -> DatabaseCopy? {
        do {
            // Blocks for as long as the disk takes, so on a thread for that.
            return try await NIOThreadPool.singleton.runIfActive {
                try DatabaseSnapshot.write(file, named: name, to: directory)
            }
        } catch {
            guard runtime.databases.files.contains(where: { $0.name == name }) else {
                unlink(directory + "/" + name)
                return nil
            }
            if let error = error as? SQLiteError, error.isFull { throw RPCError(error) }
            throw RPCError(
                code: RPCError.Code.conflict, message: "\(directory)/\(name) cannot be written.", cause: "\(error)")
        }
    }
}
