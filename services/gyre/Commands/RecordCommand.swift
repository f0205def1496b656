import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre privacy record`
struct RecordCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Makes the record of processing activities (GDPR Art. 30) of a brand, as Markdown.",
        discussion: """
            It is made from what the services keep and how they run, at the moment it is asked for.

            EXAMPLES
              gyre privacy record --brand 'Corner Shop' > record.md
              gyre privacy record --brand 'Corner Shop' --json
            """)

    @OptionGroup var caller: CallerOptions
    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func perform() async throws {
        let client = ProcessingRecords.Client(try await caller.connect(suite))
        let record = try await client.get(ProcessingRecords.Get.Params())
        output.show(record) { Self.markdown(record) }
    }

    static func markdown(_ record: ProcessingRecord) -> String {
        var lines = [
            "# Record of processing activities (GDPR Art. 30)", "",
            "Controller: \(text(record.organization)), for \(text(record.brand)). As of \(record.generatedAt).", "",
            "## What people's data is used for", "",
        ]
        let purposes = record.purposes.map { purpose in
            let people = purpose.people.map { ", recorded of \($0.grouped) people" } ?? ""
            return "- \(text(purpose.name)): \(purpose.legalBasis)\(people)"
        }
        lines += purposes.isEmpty ? ["Nothing yet."] : purposes
        for (people, heading) in [
            (ProcessingActivity.People.customers, "Data of customers and prospects"), (.staff, "Data of staff"),
        ] {
            lines += ["", "## \(heading)"]
            for activity in record.activities where activity.people == people {
                lines += ["", "### \(text(activity.purpose)) (\(activity.service))", ""]
                lines += ["Categories: \(activity.data.map(text).joined(separator: ", ")).", ""]
                lines += ["| table | what it holds | how long |", "|---|---|---|"]
                lines += activity.tables.map { "| \($0.table) | \(text($0.holds)) | \(text($0.kept)) |" }
            }
        }
        lines += ["", "## Retention rules", ""]
        let rules = record.retention.map { "- \($0.service).\($0.table): \(($0.days ?? 0).grouped) days" }
        lines += rules.isEmpty ? ["None: rows stay as the tables above say."] : rules
        lines += ["", "## Recipients", ""]
        let recipients = record.recipients.map { "- \(text($0.name)) (\(text($0.kind)))" }
        lines += recipients.isEmpty ? ["None: no integration is set up."] : recipients
        lines += ["", "## Technical and organisational measures", ""]
        lines += record.measures.map { "- \($0.service): \(text($0.measure))" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Text that means only itself in Markdown.
    private static func text(_ text: String) -> String {
        text.withoutControlCharacters.reduce(into: "") { result, character in
            if "\\`*_[]<>#|".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}
