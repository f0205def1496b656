import ArgumentParser
import GatewayAPI
import JSON

/// `gyre status`
struct StatusCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Says what runs and whether it is ready.",
        discussion: """
            The exit status is 0 when every service is ready.

            EXAMPLES
              gyre status
              gyre status --data /srv/gyre --json
            """)

    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func perform() async throws {
        let health = try await SuiteHealth.ask(try suite.admin())
        output.show(System.Status.Reply(services: health.services)) {
            var text = health.table(now: .now).text(width: Terminal.width)
            if let file = ReadyFile.read(in: suite.directory) { text += "\n\(file.url)\n" }
            if health.late != nil { text += "\nFind out what is wrong: \(suite.command("doctor"))\n" }
            return text
        }
        if health.late != nil { throw ExitCode.failure }
    }
}
