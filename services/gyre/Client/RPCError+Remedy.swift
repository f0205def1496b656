import JSON
import JSONRPC

extension CommandFailure {
    /// What the suite answered, for people.
    ///
    /// - Parameters:
    ///   - directory: the suite's.
    ///   - subject: what to put before the message, such as a file's name.
    init(_ error: RPCError, in directory: DataDirectory, subject: String? = nil) {
        let message = subject.map { "\($0): \(error.message)" } ?? error.message
        self.init(message.withoutControlCharacters, remedies: error.remedies(in: directory))
    }
}

extension RPCError {
    /// What a person at a shell can do about it, beyond what the message says.
    func remedies(in directory: DataDirectory) -> [String] {
        switch code {
        case Code.unauthenticated:
            return [
                "Give a key with --key, or in GYRE_KEY.",
                "Make a new one: \(directory.command("keys create --brand BRAND --name NAME --scope '*:*'"))",
            ]
        case Code.forbidden:
            return [
                "See what your keys may do: \(directory.command("keys list"))",
                "Use the platform's own door: --brand BRAND, or with gyre call --admin",
            ]
        case Code.methodNotFound:
            return [
                "List the methods: \(SuiteServices.commandName) methods",
                "Some are for the platform's own door: --admin",
            ]
        case Code.rateLimited:
            let wait = details["retryAfterMilliseconds"]?.int64.map { "in \($0) ms" } ?? "shortly"
            return [
                "Try again \(wait), or use a key with a higher rate: \(SuiteServices.commandName) keys create --help"
            ]
        case Code.dependencyUnavailable, Code.deadlineExceeded, Code.busy:
            return [
                "See what runs: \(directory.command("status"))",
                "Find out what is wrong: \(directory.command("doctor"))",
            ]
        case Code.internalError:
            return ["Read the log: \(directory.logs)", "Find out what is wrong: \(directory.command("doctor"))"]
        case Code.storageFull:
            return ["See how much is free: df -h \(directory.path.quotedForShell)"]
        default:
            return []
        }
    }

    private var details: JSONValue {
        data.flatMap { try? JSONValue(parsing: $0.bytes) } ?? .null
    }
}
