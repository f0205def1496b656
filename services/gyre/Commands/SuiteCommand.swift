import ArgumentParser
import JSON
import JSONRPC

/// A command that speaks to a suite. What the suite refuses becomes a message for people, with what to do next.
protocol SuiteCommand: AsyncParsableCommand {
    var suite: SuiteOptions { get }
    /// Whether what it is given proves who calls, so that a key is no remedy.
    var needsNoKey: Bool { get }

    func perform() async throws
}

extension SuiteCommand {
    var needsNoKey: Bool { false }

    func run() async throws {
        do {
            try await perform()
        } catch let error as RPCError {
            if needsNoKey, error.code == RPCError.Code.unauthenticated { throw CommandFailure(error.message) }
            throw CommandFailure(error, in: suite.directory)
        }
    }
}

/// Which suite a command is about.
struct SuiteOptions: ParsableArguments {
    @Option(
        name: .customLong("data"),
        help: ArgumentHelp(
            "The suite's data directory.",
            discussion: "Default: what GYRE_DATA_DIRECTORY names, else gyre-data here.", valueName: "dir"),
        completion: .directory)
    var path: String?

    var directory: DataDirectory { DataDirectory(path ?? DataDirectory.standard) }

    /// How a person calls another command about the same suite: `gyre NAME`, with what names the suite at the end.
    func command(_ rest: String) -> String { directory.command(rest) }

    /// The platform's own door.
    func admin(brand: UUIDv7? = nil) throws(CommandFailure) -> SuiteClient {
        try connect(.admin(brand: brand))
    }

    /// The door that everybody uses.
    ///
    /// - Parameter key: from the command line; else GYRE_KEY, else the demo brand's.
    /// - Returns: nil when there is no key at all.
    func gateway(key: String?) throws(CommandFailure) -> SuiteClient? {
        let key = key ?? Terminal.environment("GYRE_KEY") ?? ReadyFile.read(in: directory)?.key
        guard let key else { return nil }
        return try connect(.gateway(key: key))
    }

    private func connect(_ door: SuiteClient.Door) throws(CommandFailure) -> SuiteClient {
        let directory = directory
        try directory.checkSocketPaths()
        let path = door.isAdmin ? directory.adminSocket : directory.gatewaySocket
        // A gateway that restarts right now is waited for; a suite that does not run is not.
        guard SocketProbe.answers(path) || SuiteLock.isHeld(in: directory) else { throw .nothingRuns(in: directory) }
        return SuiteClient(door, in: directory)
    }
}

/// As whom a command speaks to a brand.
struct CallerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The API key to use.", discussion: "Default: GYRE_KEY, else the demo brand's.", valueName: "key"))
    var key: String?

    @Option(help: ArgumentHelp("Use the platform's own door, for this brand, by id or name.", valueName: "brand"))
    var brand: String?

    func validate() throws {
        if key != nil, brand != nil {
            throw ValidationError("A key belongs to one brand: give --key or --brand, not both.")
        }
    }

    /// These options again, for another command: a key stays secret.
    var again: String { brand.map { " --brand \($0.quotedForShell)" } ?? (key == nil ? "" : " --key …") }

    /// How a person calls another command as the same caller, about the same suite.
    func command(_ rest: String, _ suite: SuiteOptions) -> String { suite.command(rest + again) }

    /// The door that the options name: the platform's own with a brand, else everybody's with a key.
    func connect(_ suite: SuiteOptions) async throws -> SuiteClient {
        if let brand { return try suite.admin(brand: await suite.brandID(brand)) }
        if let client = try suite.gateway(key: key) { return client }
        throw CommandFailure(
            "Which brand?",
            remedies: [
                "Give a key with --key or in GYRE_KEY, or the brand with --brand.",
                "List brands: \(suite.command("brands list"))",
            ])
    }
}

/// Whether results are for people or for programs.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON for programs instead of text for people.")
    var json = false

    /// Prints the reply as JSON, or what `text` makes of it.
    func show(_ reply: some JSONWritable, _ text: () -> String) {
        Terminal.out(json ? String(decoding: reply.json(), as: UTF8.self) + "\n" : text())
    }
}

/// A list as programs get it: all pages in one.
struct WholeList<Item: JSONWritable>: JSONWritable {
    let items: [Item]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("items")
        items.write(to: &writer)
        writer.endObject()
    }
}

extension CommandFailure {
    static func nothingRuns(in directory: DataDirectory) -> CommandFailure {
        CommandFailure(
            "No suite runs on \(directory.path).",
            remedies: [
                "Start one: \(directory.command("up --detach"))",
                "Or name another directory with --data or GYRE_DATA_DIRECTORY.",
            ])
    }
}
