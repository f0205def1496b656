import ArgumentParser
import GatewayAPI
import JSON
import JSONRPC

/// `gyre backup`
struct BackupCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the databases of a running suite into a new directory.",
        discussion: """
            The suite goes on meanwhile. Each database is copied as it is at one moment; what was answered before the \
            command began is in the backup. The directory is a backup once manifest.json is in it, which is written \
            last.

            Not in it: secrets and the erasure ledger (DIR/secrets, DIR/ledger). Keep them apart from the backups; \
            GYRE_LEDGER_REPLICA keeps a copy of the ledger up to date elsewhere.

            EXAMPLES
              gyre backup /var/backups/gyre/monday
              gyre backup before-upgrade --data /srv/gyre
            """)

    @Argument(help: "A directory that does not exist or is empty.", completion: .directory)
    var path: String

    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    /// What the gateway allows at most.
    private static let deadlineMilliseconds: Int64 = 300_000

    func perform() async throws {
        let directory = DataDirectory(path)
        guard !suite.directory.holdsDatabases(directory) else {
            throw CommandFailure(
                "\(directory.path) lies among the suite's own databases.",
                remedy: "Choose a directory on another disk, or at least outside \(suite.directory.path).")
        }
        let client = try suite.admin()
        let call = CallContext(principal: "admin", deadlineMilliseconds: Self.deadlineMilliseconds)
        let reply = try await Backups.Client(client).create(Backups.Create.Params(path: directory.path), for: call)
        await client.close()
        output.show(reply) {
            """
            \(reply.path): \(reply.files.grouped) databases, \(reply.bytes.grouped) bytes, as of \(reply.createdAt).
            Keep \(suite.directory.secrets) and \(suite.directory.ledger) too, and apart from it.

            """
        }
    }
}

extension DataDirectory {
    /// Whether `other` is this directory or one of those in it that services own.
    fileprivate func holdsDatabases(_ other: DataDirectory) -> Bool {
        other.path == path
            || (SuiteServices.names + ["run", "logs", "secrets", "ledger", "restoring"]).contains {
                (other.path + "/").hasPrefix("\(path)/\($0)/")
            }
    }
}
