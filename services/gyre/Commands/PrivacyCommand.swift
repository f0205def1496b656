import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre privacy`
struct PrivacyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "Handles the requests of the people whose data a brand holds.",
        subcommands: [Erase.self, List.self])

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
                  gyre privacy erase - < identifiers.txt
                """)

        @Argument(help: ArgumentHelp("Identifiers of the one person.", valueName: "type=value"))
        var identifiers: [String]

        @Option(help: "The law it rests on.")
        var regulation = PrivacyRequests.Submit.Params.Regulation.none

        @Flag(
            name: .customLong("no-wait"),
            help: "Return as soon as the request is on disk; it is carried out all the same.")
        var noWait = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        private static let pollMilliseconds = 100
        /// After this the request goes on by itself.
        private static let maximumWaitMilliseconds: Int64 = 60_000

        func perform() async throws {
            let given = identifiers == ["-"] ? Self.standardInput() : identifiers
            guard !given.isEmpty else {
                throw CommandFailure("No identifier was given.", remedy: "Such as email=a@example.org")
            }
            let params = PrivacyRequests.Submit.Params(
                identifiers: try given.map { try Identifier(argument: $0) }, regulation: regulation)
            let requests = PrivacyRequests.Client(try await caller.connect(suite))
            var request = try await requests.submit(params)
            if !noWait { request = try await completion(of: request, requests) }
            output.show(request) { [request] in
                let certificate = PrivacyCommand.certificate(request)
                guard request.status != .completed else { return certificate }
                return certificate + """

                    It goes on by itself, after a crash too. See how far it is:
                      \(suite.command("privacy list"))

                    """
            }
        }

        private func completion(
            of request: PrivacyRequest, _ requests: PrivacyRequests.Client
        ) async throws -> PrivacyRequest {
            let begun = MonotonicClock.milliseconds
            var request = request
            while request.status != .completed, MonotonicClock.milliseconds - begun < Self.maximumWaitMilliseconds {
                try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
                request = try await requests.get(PrivacyRequests.Get.Params(id: request.id))
            }
            return request
        }

        private static func standardInput() -> [String] {
            var lines: [String] = []
            while let line = readLine() {
                if !line.allSatisfy(\.isWhitespace) { lines.append(line) }
            }
            return lines
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(abstract: "Lists a brand's privacy requests, newest first.")

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = PrivacyRequests.Client(try await caller.connect(suite))
            let requests = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(PrivacyRequests.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: requests)) {
                guard !requests.isEmpty else { return "No privacy requests yet.\n" }
                return PrivacyCommand.table(requests).text(width: Terminal.width)
            }
        }
    }

    static func table(_ requests: [PrivacyRequest]) -> TextTable {
        var table = TextTable([
            .init("REQUEST"), .init("KIND"), .init("LAW"), .init("STATUS"), .init("RECEIVED"), .init("COMPLETED"),
        ])
        for request in requests {
            table.add([
                request.id.description, request.kind.rawValue, request.regulation.rawValue, request.status.rawValue,
                request.receivedAt.description, request.completedAt?.description,
            ])
        }
        return table
    }

    /// What each service erased, table by table.
    static func certificate(_ request: PrivacyRequest) -> String {
        var table = TextTable([.init("SERVICE"), .init("TABLE"), .init("ROWS", .right)])
        for service in request.services {
            for rows in service.rows { table.add([service.service, rows.table, rows.rows.grouped]) }
        }
        let completed = request.completedAt.map { " at \($0)" } ?? ""
        let heading = "Request    \(request.id)\nStatus     \(request.status.rawValue)\(completed)\n"
        if !table.isEmpty { return heading + "\n" + table.text(width: Terminal.width) }
        return request.status == .completed ? heading + "\nNothing was known of this person.\n" : heading
    }
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
