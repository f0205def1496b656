import ArgumentParser
import JSON

/// `gyre restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a backup in the place of a suite's databases.",
        discussion: """
            For a suite that does not run. Everything is checked before anything is replaced: the manifest, every \
            byte, every database. A restore that was interrupted leaves a suite that does not start until it is run \
            again.

            Who was erased after the backup was made is erased again, before anything listens: that takes the erasure \
            ledger and the secrets of the installation. In a new data directory, name the copy of the ledger with \
            --ledger, and copy the secrets first.

            EXAMPLES
              gyre restore /var/backups/gyre/monday --replace
              gyre restore /var/backups/gyre/monday --data /srv/new --ledger /mnt/replica
            """)

    @Argument(help: "The directory that gyre backup made.", completion: .directory)
    var backup: String

    @Flag(help: "Replace the databases that are there.")
    var replace = false

    @Flag(help: "Take the backup of another installation, whose erasures since the backup are not known here.")
    var adopt = false

    @Option(
        help: ArgumentHelp(
            "A copy of the erasure ledger: what GYRE_LEDGER_REPLICA named.", valueName: "dir"),
        completion: .directory)
    var ledger: String?

    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let restore = Restore(
            backup: DataDirectory(backup).path, target: suite.directory,
            replica: ledger.map { DataDirectory($0).path }, replaces: replace, adopts: adopt)
        let summary = try restore.run()
        output.show(summary.json) {
            """
            \(summary.files.grouped) databases of \(summary.createdAt) are in \(suite.directory.path).
            \(summary.erasures.grouped) entries of the erasure ledger are applied when the suite starts:
              \(suite.command("up"))
            Nobody may more than before; everybody signs in again. Limits are as the backup knows them: gyre keys list.

            """
        }
    }
}
