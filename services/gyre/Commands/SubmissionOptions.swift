import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// Whose request it is, on which law it rests, and whether to wait for it.
struct SubmissionOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Identifiers of the one person.", valueName: "type=value"))
    var identifiers: [String]

    @Option(help: "The law it rests on.")
    var regulation = Regulation.none

    @Flag(help: "Make a code that the person has to name before anything is done.")
    var code = false

    @Flag(
        name: .customLong("no-wait"),
        help: "Return as soon as the request is on disk; it is carried out all the same.")
    var noWait = false

    @Option(help: ArgumentHelp("Where each change is told, signed; up to five times.", valueName: "url"))
    var callback: [String] = []

    @Option(help: ArgumentHelp("What you call it; sent again, it is the same request.", valueName: "name"))
    var reference: String?

    @OptionGroup var caller: CallerOptions
    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    private static let pollMilliseconds = 100
    /// After this the request goes on by itself.
    private static let maximumWaitMilliseconds: Int64 = 60_000

    /// Submits a request of a kind that needs no approval, waits for it, and shows how it stands.
    func carryOut(_ kind: PrivacyKind, _ corrections: [Correction] = []) async throws {
        let requests = PrivacyRequests.Client(try await caller.connect(suite))
        var request = try await submit(kind, requests, corrections)
        if !noWait && !code { request = try await Self.completion(of: request, requests) }
        show(request)
        // Whoever runs it from a script must not take it for done.
        if request.status == .denied { throw ExitCode.failure }
    }

    func submit(
        _ kind: PrivacyKind, _ requests: PrivacyRequests.Client, _ corrections: [Correction] = []
    ) async throws -> PrivacyRequest {
        let given = identifiers == ["-"] ? Self.standardInput() : identifiers
        guard !given.isEmpty else {
            throw CommandFailure("No identifier was given.", remedy: "Such as email=a@example.org")
        }
        return try await requests.submit(
            PrivacyRequests.Submit.Params(
                identifiers: try given.map { try Identifier(argument: $0) }, kind: kind, regulation: regulation,
                identity: code ? .code : .controller, corrections: corrections, callbackUrls: callback,
                reference: reference))
    }

    /// Waits for the end of a request, for a minute.
    static func completion(
        of request: PrivacyRequest, _ requests: PrivacyRequests.Client
    ) async throws -> PrivacyRequest {
        let begun = MonotonicClock.milliseconds
        var request = request
        while request.endedAt == nil, MonotonicClock.milliseconds - begun < maximumWaitMilliseconds {
            try await Task.sleep(for: .milliseconds(pollMilliseconds))
            request = try await requests.get(PrivacyRequests.Get.Params(id: request.id))
        }
        return request
    }

    func show(_ request: PrivacyRequest) {
        output.show(request) { PrivacyCommand.text(of: request) + nextSteps(request) }
    }

    /// What is to be done next about a request that goes on, for people.
    private func nextSteps(_ request: PrivacyRequest) -> String {
        if let code = request.verificationCode {
            return """

                The code is \(code). Nothing shows it again: bring it to the person by a way that only they read.
                When they name it:  \(caller.command("privacy verify-identity \(request.id) CODE", suite))

                """
        }
        guard request.endedAt == nil else { return "" }
        if request.status == .verified, request.approvedAt == nil,
            [.access, .portability, .accounting].contains(request.kind)
        {
            return """

                It waits for a member of staff to approve it:
                  \(caller.command("privacy approve \(request.id) --output FILE", suite))

                """
        }
        return """

            It goes on by itself, after a crash too. See how far it is:
              \(caller.command("privacy show \(request.id)", suite))

            """
    }

    private static func standardInput() -> [String] {
        var lines: [String] = []
        while let line = readLine() {
            if !line.allSatisfy(\.isWhitespace) { lines.append(line) }
        }
        return lines
    }
}
