import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Has every service copy its databases into one directory, and writes down last what lies there.
///
/// Each database is copied as it was at one moment, one after the other. A message that was on its way between two
/// moments must neither be lost nor be applied twice by what is restored: it is still in the sender's copy when that is
/// older than the recipient's, and then the recipient's mark knows it. So tenancy, to which all others tell what they
/// did, comes last. It may then know brands that were made since the first service was copied; those are added at the
/// end.
struct BackupsService: Backups.Service {
    /// The layout that this release writes, and the newest that its `gyre restore` reads.
    static let format = 1
    static let manifestName = "manifest.json"
    private static let stepDeadlineMilliseconds: Int64 = 290_000

    let ledger: ErasureLedger
    let services: [String]
    let identifiers: any IdentifierSource
    let dial: @Sendable (String) -> any JSONRPCClient

    /// The order in which services are copied.
    static func order(_ names: [String]) -> [String] {
        names.filter { $0 != "tenancy" } + names.filter { $0 == "tenancy" }
    }

    func create(_ params: Backups.Create.Params, for call: CallContext) async throws(RPCError) -> Backups.Create.Reply {
        let path = params.path
        try makeDirectory(path)
        let installation = try installation(at: call.now)
        var files: [String: [DatabaseCopy]] = [:]
        var tombstoneKey = ""
        // The second round finds brands only that were made during the first.
        for _ in 0..<2 {
            for service in services {
                let reply = try await copy(service, after: files[service]?.last?.file, to: path)
                files[service, default: []] += reply.files
                tombstoneKey = reply.tombstoneKey
            }
        }
        let manifest = BackupManifest(
            format: Self.format, installation: installation, createdAt: call.now, version: Release.version,
            tombstoneKey: tombstoneKey,
            services: services.sorted().map { BackedUpService(name: $0, files: files[$0] ?? []) })
        guard FileBytes.writeDurably(manifest.json() + [UInt8(ascii: "\n")], to: path + "/" + Self.manifestName),
            FileBytes.syncDirectory(of: path)
        else { throw .conflict("\(path)/\(Self.manifestName) cannot be written; \(path) is no whole backup.") }
        let all = files.values.joined()
        return Backups.Create.Reply(
            path: path, createdAt: call.now, files: all.count, bytes: all.reduce(0) { $0 + $1.bytes })
    }

    private func makeDirectory(_ path: String) throws(RPCError) {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw .invalidParams(at: "/path", "must be an absolute path without '..'")
        }
        // A group that is trusted with the parent directory may be needed here too; the umask decides.
        guard mkdir(path, 0o770) == 0 || errno == EEXIST else {
            throw .conflict("The directory \(path) cannot be made: \(String(cString: strerror(errno))).")
        }
        guard FileBytes.names(in: path).isEmpty else {
            throw .conflict("\(path) is not empty. Choose a directory that does not exist.")
        }
    }

    private func installation(at now: Timestamp) throws(RPCError) -> UUIDv7 {
        do {
            return try ledger.installation { identifiers.next(at: now) }
        } catch {
            throw .internalError("\(error)")
        }
    }

    private func copy(
        _ service: String, after: String?, to path: String
    ) async throws(RPCError) -> (files: [DatabaseCopy], tombstoneKey: String) {
        let client = DatabaseCopies.Client(dial(service))
        let call = CallContext(
            principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        var files: [DatabaseCopy] = []
        var last = after
        while true {
            let reply = try await client.write(DatabaseCopies.Write.Params(directory: path, after: last), for: call)
            files += reply.files
            last = reply.files.last?.file ?? last
            if reply.isComplete { return (files, reply.tombstoneKey) }
            if reply.files.isEmpty { throw .internalError("\(service) copied nothing and says that more is left.") }
        }
    }
}
