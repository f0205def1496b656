import ArgumentParser
import Glibc
import JSON

/// `gyre up`
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Runs a suite: starts its services, restarts what dies, and says where to go next.",
        discussion: """
            In the foreground it runs until Ctrl-C or SIGTERM; with --detach it returns when everything is ready and \
            leaves DIR/run/ready.json with url, socket and adminSocket, and with --demo also brand and key.

            EXAMPLES
              gyre up --demo
              gyre up --data /srv/gyre --port 8080 --detach
              gyre up --data two --detach       # a second suite beside it
            """)

    @OptionGroup var suite: SuiteOptions

    @Flag(help: "Provide a demo brand with some 2,000 generated people, and a key for it.")
    var demo = false

    @Flag(help: "Return when everything is ready; the suite goes on by itself.")
    var detach = false

    @Option(help: ArgumentHelp("The HTTP port on 127.0.0.1.", discussion: "Default: a free one.", valueName: "n"))
    var port: Int?

    @OptionGroup var output: OutputOptions

    @Flag(name: .customLong("reports-to-parent"), help: .hidden)
    var reportsToParent = false

    func validate() throws {
        if let port, !(1...65_535).contains(port) { throw ValidationError("A port is a number from 1 to 65535.") }
        if output.json, !detach { throw ValidationError("--json goes with --detach: it prints what ready.json holds.") }
    }

    func run() async throws {
        if detach {
            try DetachedSuite(directory: suite.directory, arguments: startArguments).start()
            guard let file = ReadyFile.read(in: suite.directory) else {
                throw CommandFailure(
                    "The suite was ready, and ended again.", remedy: "Read \(suite.directory.logFile("gyre"))")
            }
            output.show(file.json) { Welcome(directory: suite.directory, file: file, isDetached: true).text }
            return
        }
        let start = SuiteStart(
            directory: suite.directory, httpPort: port, isDemo: demo, isDetached: reportsToParent)
        let parent = reportsToParent ? ParentReport() : nil
        do {
            try await start.run { file, demo in
                if let demo { say(DemoPeople.sentence(demo)) }
                if let parent {
                    parent.ready()
                } else {
                    Terminal.out(Welcome(directory: suite.directory, file: file, isDetached: false).text)
                }
            }
        } catch {
            parent?.failed(error)
            throw error
        }
    }

    /// What the process that goes on by itself is told.
    private var startArguments: [String] {
        ["up", "--data", suite.directory.path, "--reports-to-parent"] + (demo ? ["--demo"] : [])
            + (port.map { ["--port", String($0)] } ?? [])
    }
}
