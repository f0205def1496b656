import ArgumentParser
import JSON

/// `gyre doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks for what keeps a suite from running well, and says what to do about it.",
        discussion: """
            Looks at programs, libraries, limits, the data directory and the disk, and at every service of a running \
            suite. The exit status is 0 when there is no problem; warnings do not count.

            EXAMPLES
              gyre doctor
              gyre doctor --data /srv/gyre --json
            """)

    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let findings = await Examination(directory: suite.directory).findings()
        let problems = findings.count { $0.verdict == .problem }
        output.show(WholeList(items: findings)) {
            let conclusion = problems == 0 ? "No problems." : problems.counted("problem") + "."
            return findings.map(\.line).joined() + "\n\(conclusion)\n"
        }
        if problems > 0 { throw ExitCode.failure }
    }
}
