import ArgumentParser
import AuditProof
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import TenancyAPI

/// `gyre audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Shows who did what, and proves that nobody changed it afterwards.",
        subcommands: [List.self, Head.self, Verify.self, RotateKey.self, AdoptKey.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what was done by whom, newest first.",
            discussion: """
                EXAMPLES
                  gyre audit list
                  gyre audit list --brand 'Corner Shop' --last 20
                """)

        @Option(help: ArgumentHelp("Only what concerned this brand, by id or name.", valueName: "brand"))
        var brand: String?

        @Option(help: ArgumentHelp("How many entries at most.", valueName: "n"))
        var last = 100

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if last < 1 { throw ValidationError("--last is a number of entries, at least 1.") }
        }

        func perform() async throws {
            let client = AuditEntries.Client(try suite.admin())
            let brandID: UUIDv7? = if let brand { try await suite.brandID(brand) } else { nil }
            let found = try await allPages(limit: last) { cursor throws(RPCError) in
                let page = try await client.list(
                    AuditEntries.List.Params(brandId: brandID, cursor: cursor, limit: min(last, 500)))
                return (page.items, page.nextCursor)
            }
            let entries = Array(found.prefix(last))
            output.show(WholeList(items: entries)) {
                entries.isEmpty ? "No entries yet.\n" : AuditCommand.table(entries).text(width: Terminal.width)
            }
        }
    }

    struct Head: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the newest signed head of the log, and how far each service witnessed it.",
            discussion: """
                EXAMPLE
                  gyre audit head
                """)

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reading = AuditReading(admin: try suite.admin())
            guard let head = try await reading.head() else {
                throw CommandFailure("No head of the audit log was signed yet: nothing was recorded.")
            }
            let witnessed = try await reading.witnessed()
            output.show(head) { AuditCommand.description(of: head, witnessed) }
        }
    }

    struct RotateKey: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-key", abstract: "Replaces the key that signs heads of the log by a new one.",
            discussion: """
                The old key signs the new one, and the log says so: `gyre audit verify` and the witnesses follow from key \
                to key. The old key is gone afterwards; take a copy of the secrets again.

                EXAMPLE
                  gyre audit rotate-key
                """)

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let admin = try suite.admin()
            let before = try await AuditReading(admin: admin).head()
            let head = try await AuditLog.Client(admin).rotateKey(AuditLog.RotateKey.Params())
            output.show(head) {
                let old = before.map { "The key \($0.keyId)" } ?? "The key before"
                return """
                    \(old)
                    signed \(head.keyId), which signs from entry \(head.treeSize - 1) on.
                    Copy the secrets again: the key's file has changed.

                    """
            }
        }
    }

    struct AdoptKey: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "adopt-key",
            abstract: "Has the witnesses take the log's present key, after the one before was lost.",
            discussion: """
                Only when `gyre audit verify` says that heads were refused for their key, and you know why: the secrets \
                were lost, or an older copy of them was put back. What the witnesses refused stays on record, and \
                `gyre audit verify` names this break for ever. Who has changed entries before it did so unseen by the \
                new key: look at those from the gap.

                EXAMPLES
                  gyre audit adopt-key --reason 'Ada Miller: the secrets were lost with the disk on 21 November'
                """)

        @Option(help: ArgumentHelp("Who wants it and why; kept for ever.", valueName: "text"))
        var reason: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = AuditWitnesses.Client(try suite.admin())
            let reply = try await client.adoptKey(AuditWitnesses.AdoptKey.Params(reason: reason))
            output.show(WholeList(items: reply.items)) {
                reply.items.map { head in
                    let how = head.adoptionReason == nil ? "had nothing against it" : "took it by your order"
                    return
                        "\(head.witness) \(how): \(head.head.treeSize.counted("entry", "entries")), key \(head.head.keyId)\n"
                }.joined()
            }
        }
    }

    struct Verify: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recomputes the whole log, and holds it against every head that any service witnessed.",
            discussion: """
                Ends with status 1 when anything is wrong, and says which entry is the first bad one; with status 2 when \
                nothing is, but the platform had a lost key replaced (gyre audit adopt-key). A changed entry \
                is found if it is at or below the newest head that a service witnessed; heads are signed each second.

                With --export the entries and heads are written to a file that others can verify without Gyre: \
                Tests/Oracles/audit_verify.py does.

                EXAMPLES
                  gyre audit verify
                  gyre audit verify --export audit.ndjson
                """)

        @Option(
            name: .customLong("export"), help: ArgumentHelp("Write entries and heads, one a line.", valueName: "file"),
            completion: .file())
        var exportPath: String?

        @Option(
            name: .customLong("key-id"),
            help: ArgumentHelp("The key that must have signed, as `gyre audit head` showed it.", valueName: "hex"))
        var keyID: String?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reading = AuditReading(admin: try suite.admin())
            let export = try exportPath.map { path throws(CommandFailure) in try ExportFile(path) }
            // What covers entries is read before them: an entry that comes meanwhile is only not covered yet.
            let witnessed = try await reading.witnessed()
            let head = try await reading.head()
            if let head { try export?.write(AuditExport.line(head)) }
            for witnessed in witnessed { try export?.write(AuditExport.line(witnessed)) }
            var verifier = AuditVerifier(head: head, witnessed: witnessed, keyID: keyID)
            try await reading.entries { entries in
                for entry in entries {
                    verifier.add(entry)
                    try export?.write(AuditExport.line(entry))
                }
            }
            try export?.finish()
            let verdict = verifier.verdict()
            output.show(AuditReport(verdict: verdict)) { AuditReport(verdict: verdict).text }
            if !verdict.problems.isEmpty { throw ExitCode.failure }
            if !verdict.isGood { throw ExitCode(AuditReport.breakStatus) }
        }
    }

    static func table(_ entries: [AuditEntry]) -> TextTable {
        var table = TextTable([
            .init("INDEX", .right), .init("AT"), .init("PRINCIPAL"), .init("METHOD"), .init("SERVICE"), .init("FIELDS"),
            .init("BRAND"),
        ])
        for entry in entries {
            table.add([
                entry.leafIndex.grouped, entry.at.description, entry.principal, entry.method, entry.service,
                entry.fields.joined(separator: ", "), entry.brandId?.description,
            ])
        }
        return table
    }

    /// The newest head, and the largest that each service accepted.
    static func description(of head: SignedTreeHead, _ witnessed: [WitnessedHead]) -> String {
        var text = """
            Entries    \(head.treeSize.grouped)
            Root       \(head.rootHash)
            Signed     \(head.timestamp)\(head.isSigned ? "" : ", and the signature is none")
            Key        \(head.keyId)

            """
        for witness in Set(witnessed.map(\.witness)).sorted() {
            let told = witnessed.filter { $0.witness == witness }
            let size = told.filter { $0.problem == nil }.map(\.head.treeSize).max() ?? 0
            let refused = told.count { $0.problem != nil }
            text += "Witness    \(witness), \(size.counted("entry", "entries"))"
            if refused > 0 { text += "; it refused \(refused.counted("head"))" }
            let adopted = told.count { $0.adoptionReason != nil }
            if adopted > 0 { text += "; it took \(adopted.counted("head")) by order of the platform" }
            text += "\n"
        }
        return text
    }
}

/// What came of a verification, for people and for programs.
struct AuditReport: JSONWritable {
    let verdict: AuditVerifier.Verdict

    /// The exit status where nothing is wrong, and not all is proved.
    static let breakStatus: Int32 = 2

    /// One line, and one for each break.
    var text: String {
        let breaks = verdict.breaks.map { "Break: \($0.withoutControlCharacters).\n" }.joined()
        guard verdict.problems.isEmpty else {
            let problems = verdict.problems.map(\.description).joined(separator: "; ").withoutControlCharacters
            return "Wrong: \(problems).\n\(breaks)"
        }
        var text = verdict.isGood ? "Verified" : "Verified but for \(verdict.breaks.count.counted("accepted break"))"
        text += ": \(verdict.entries.counted("entry", "entries")) agree"
        if verdict.entries == 1 { text += "s" }
        text += " with \(verdict.heads.counted("head"))"
        if !verdict.witnesses.isEmpty { text += ", witnessed by \(verdict.witnesses.joined(separator: " and "))" }
        let rest = verdict.entries - verdict.covered
        if rest > 0 { text += "; the newest \(rest.grouped) are not covered by a head yet" }
        return text + ".\n" + breaks
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("verified")
        writer.bool(verdict.isGood)
        writer.key("entries")
        writer.int(verdict.entries)
        writer.key("covered")
        writer.int(verdict.covered)
        writer.key("heads")
        writer.int(verdict.heads)
        writer.key("witnesses")
        verdict.witnesses.write(to: &writer)
        if let index = verdict.firstBadIndex {
            writer.key("firstBadIndex")
            writer.int(index)
        }
        writer.key("problems")
        verdict.problems.map(\.description).write(to: &writer)
        writer.key("breaks")
        verdict.breaks.write(to: &writer)
        writer.endObject()
    }
}
