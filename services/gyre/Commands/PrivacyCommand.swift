import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre privacy`
struct PrivacyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "Handles the requests of the people whose data a brand holds.",
        subcommands: [
            Access.self, Portability.self, Erase.self, Correct.self, List.self, Show.self, VerifyIdentity.self,
            Approve.self, Deny.self, Cancel.self, Extend.self, Download.self, Open.self, ImportArchive.self,
            CertificateOf.self, Verify.self, PublicKey.self, Restrict.self, Object.self, OptOut.self,
            HoldsCommand.self, RetentionCommand.self, RecordCommand.self, Callbacks.self,
            Resend.self,
            Notices.self, Accounting.self,
        ])

    struct Erase: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erases a person from every service, for good, and refuses them from then on.",
            discussion: """
                Names one person by any of their identifiers, as TYPE=VALUE; others that are known for them are found. \
                Waits until every service has done its part, and shows what each one erased. With - the identifiers \
                are read from standard input, one a line, so that they stay out of the shell's history.

                EXAMPLES
                  gyre privacy erase --brand 'Corner Shop' email=a@example.org
                  gyre privacy erase --regulation gdpr customerId=00001 phone=+4930123
                  gyre privacy erase --code email=a@example.org     # waits until the person names a code
                  gyre privacy erase - < identifiers.txt
                """)

        @OptionGroup var submission: SubmissionOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws {
            try await submission.carryOut(.erasure)
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's privacy requests, newest first, with their deadlines.",
            discussion: """
                EXAMPLE
                  gyre privacy list --status processing --brand 'Corner Shop'
                """)

        @Option(help: "Only requests that stand there, such as received.")
        var status: PrivacyStatus?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = PrivacyRequests.Client(try await caller.connect(suite))
            let requests = try await allPages { [status] cursor throws(RPCError) in
                let page = try await client.list(PrivacyRequests.List.Params(cursor: cursor, status: status))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: requests)) {
                guard !requests.isEmpty else { return "No privacy requests yet.\n" }
                return PrivacyCommand.table(requests).text(width: Terminal.width)
            }
        }
    }

    struct Show: RequestCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one request, its deadline and what was done.",
            discussion: """
                EXAMPLE
                  gyre privacy show 019a0000-0000-7000-8000-000000000001
                """)

        @OptionGroup var request: RequestOptions

        func call(_ requests: PrivacyRequests.Client) async throws(RPCError) -> PrivacyRequest {
            try await requests.get(PrivacyRequests.Get.Params(id: request.id))
        }
    }

    struct VerifyIdentity: RequestCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify-identity",
            abstract: "Tries the code by which a person shows that a request is theirs.",
            discussion: """
                A wrong code costs one of five attempts; after the last the request is denied.

                EXAMPLE
                  gyre privacy verify-identity 019a0000-0000-7000-8000-000000000001 493021
                """)

        @OptionGroup var request: RequestOptions

        @Argument(help: "The eight digits, as the person names them.")
        var code: String

        func call(_ requests: PrivacyRequests.Client) async throws(RPCError) -> PrivacyRequest {
            try await requests.verify(PrivacyRequests.Verify.Params(id: request.id, code: code))
        }

        func comment(_ request: PrivacyRequest) -> String? {
            switch request.status {
            case .received: "That is not the code; \((request.attemptsLeft ?? 0).counted("attempt")) left."
            case .denied: "That is not the code, and it was the last attempt."
            default: nil
            }
        }
    }

    struct Deny: RequestCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuses a request, for a reason that the law knows.",
            discussion: """
                Possible until the request is processing. An erasure that a legal hold keeps waiting can still be \
                refused while nothing of it was carried out, for legalClaims, legalObligation or publicInterest.

                EXAMPLE
                  gyre privacy deny 01930000-0000-7000-8000-000000000051 --reason legalClaims
                """)

        @OptionGroup var request: RequestOptions

        @Option(help: "Why; the person must be told.")
        var reason: DenialReason

        func call(_ requests: PrivacyRequests.Client) async throws(RPCError) -> PrivacyRequest {
            try await requests.deny(PrivacyRequests.Deny.Params(id: request.id, reason: reason))
        }
    }

    struct Cancel: RequestCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a request back that is not yet carried out.",
            discussion: """
                EXAMPLE
                  gyre privacy cancel 019a0000-0000-7000-8000-000000000001
                """)

        @OptionGroup var request: RequestOptions

        func call(_ requests: PrivacyRequests.Client) async throws(RPCError) -> PrivacyRequest {
            try await requests.cancel(PrivacyRequests.Cancel.Params(id: request.id))
        }
    }

    struct Extend: RequestCommand {
        static let configuration = CommandConfiguration(
            abstract: "Extends the time for an answer, once, as far as its law allows.",
            discussion: """
                The person must be told, with the reasons, before the first deadline.

                EXAMPLE
                  gyre privacy extend 019a0000-0000-7000-8000-000000000001
                """)

        @OptionGroup var request: RequestOptions

        func call(_ requests: PrivacyRequests.Client) async throws(RPCError) -> PrivacyRequest {
            try await requests.extend(PrivacyRequests.Extend.Params(id: request.id))
        }
    }

    static func table(_ requests: [PrivacyRequest]) -> TextTable {
        var table = TextTable([
            .init("REQUEST"), .init("KIND"), .init("LAW"), .init("STATUS"), .init("RECEIVED"), .init("DUE"),
            .init("ENDED"),
        ])
        for request in requests {
            table.add([
                request.id.description, request.kind.rawValue, request.regulation.rawValue, request.status.rawValue,
                request.receivedAt.description, request.dueAt?.description, request.endedAt?.description,
            ])
        }
        return table
    }

    /// Where a request stands, and what each service erased, table by table.
    static func text(of request: PrivacyRequest) -> String {
        var lines = ["Request    \(request.id)"]
        let reason = request.reason.map { " (\($0.rawValue))" } ?? ""
        lines.append("Status     \(request.status.rawValue)\(reason)" + (request.endedAt.map { " at \($0)" } ?? ""))
        if request.reason == .severalPeople {
            lines.append(
                "Done       nothing: nobody has that as an identifier, and several people have it as a trait; name each "
                    + "by an identifier that they have, as actors.list shows them")
        }
        if request.endedAt == nil {
            if let dueAt = request.dueAt {
                lines.append("Due        \(dueAt), by the days of \(request.timeZone ?? "UTC")")
            }
            if let by = request.acknowledgeBy { lines.append("Confirm    receipt before \(by)") }
            if let by = request.noticeBy { lines.append("Extend     before \(by)") }
        }
        if let holds = request.heldBy {
            let names = holds.map(\.description).joined(separator: ", ")
            lines.append("Waits      for the legal hold \(names); not used meanwhile")
        }
        if let archive = request.archive {
            let state =
                archive.removedAt.map { "deleted at \($0)" }
                ?? "\(archive.downloadsLeft.counted("download")) left until \(archive.expiresAt)"
            lines.append("Archive    \(readableBytes(archive.bytes)), \(state)")
        }
        for outcome in request.corrections {
            lines.append("Corrected  \(outcome.of.rawValue) \(outcome.name): \(Self.sentence(of: outcome.outcome))")
        }
        for notice in request.notices {
            let end = notice.endedAt.map { " at \($0)" } ?? ""
            lines.append("Recipient  \(notice.recipient): \(Notices.word(notice.state))\(end)")
        }
        let scanned = request.services.compactMap(\.scannedBytes).reduce(0, +)
        let hits = request.services.compactMap(\.scanHits).reduce(0, +)
        if scanned > 0 {
            lines.append(
                "Searched   \(scanned.grouped) bytes for the identifiers afterwards: "
                    + (hits == 0 ? "none is left" : "found in \(hits.counted("place")), in what is said of others"))
        }
        var table = TextTable([.init("SERVICE"), .init("TABLE"), .init("ROWS", .right)])
        for service in request.services {
            for rows in service.rows { table.add([service.service, rows.table, rows.rows.grouped]) }
        }
        let heading = lines.joined(separator: "\n") + "\n"
        if !table.isEmpty { return heading + "\n" + table.text(width: Terminal.width) }
        guard request.status == .completed else { return heading }
        let end = hits == 0 ? "Nothing was known of this person." : "Nobody has this as an identifier or a trait."
        return heading + "\n" + end + "\n"
    }

    private static func sentence(of outcome: CorrectionOutcome.Outcome) -> String {
        switch outcome {
        case .corrected: "it was wrong and is right now"
        case .unchanged: "it was right already"
        case .unknown: "not known of this person"
        case .basisMissing: "not done, as it is specially protected and nothing is recorded that allows it"
        case .taken: "not done, as that identifier is another person's, or of one who was erased"
        }
    }
}

/// A command about one privacy request, which answers how it stands then.
protocol RequestCommand: SuiteCommand {
    var request: RequestOptions { get }

    func call(_ requests: PrivacyRequests.Client) async throws(RPCError) -> PrivacyRequest

    /// What to say in front, for people.
    func comment(_ request: PrivacyRequest) -> String?
}

extension RequestCommand {
    var suite: SuiteOptions { request.suite }

    func comment(_ request: PrivacyRequest) -> String? { nil }

    func perform() async throws {
        let result = try await call(PrivacyRequests.Client(try await request.caller.connect(suite)))
        request.output.show(result) {
            (comment(result).map { $0 + "\n\n" } ?? "") + PrivacyCommand.text(of: result)
        }
    }
}

/// Which request, and as whom.
struct RequestOptions: ParsableArguments {
    @Argument(help: "The request's id, as `gyre privacy list` shows it.")
    var id: UUIDv7

    @OptionGroup var caller: CallerOptions
    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions
}

extension Identifier {
    /// Reads `type=value`; the value may hold further equals signs.
    init(argument: String) throws(CommandFailure) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex,
            argument.index(after: equals) < argument.endIndex
        else {
            throw CommandFailure("An identifier is TYPE=VALUE, such as email=a@example.org.")
        }
        self.init(type: String(argument[..<equals]), value: String(argument[argument.index(after: equals)...]))
    }
}
