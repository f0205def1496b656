import Glibc

/// Where one suite lies: its databases, sockets, logs and secrets.
struct DataDirectory: Sendable, Equatable {
    /// Absolute, without a slash at its end.
    let path: String

    /// The longest path a Unix domain socket can have: `sun_path` holds 108 bytes, the last of them zero.
    static let maximumSocketPathBytes = 107
    /// Where a suite lies when nobody says.
    static let defaultName = "gyre-data"

    /// - Parameters:
    ///   - given: absolute, or relative to `workingDirectory`.
    init(_ given: String, workingDirectory: String = DataDirectory.workingDirectory) {
        let whole = given.hasPrefix("/") ? given : workingDirectory + "/" + given
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        path = "/" + parts.joined(separator: "/")
    }

    /// What `GYRE_DATA_DIRECTORY` names, else `gyre-data` here.
    static var standard: String { Terminal.environment("GYRE_DATA_DIRECTORY") ?? defaultName }

    var run: String { path + "/run" }
    var logs: String { path + "/logs" }
    var secrets: String { path + "/secrets" }

    /// What was erased, and which installation this is; see `ErasureLedger`.
    var ledger: String { path + "/ledger" }
    /// There while a restore is at work, and after it was ended in the middle.
    var restoreMarker: String { path + "/restoring.json" }
    /// Where a restore puts files together.
    var staging: String { path + "/restoring" }

    var lockFile: String { run + "/lock" }
    var readyFile: String { run + "/ready.json" }
    /// Written by the gateway: the port it listens on.
    var portFile: String { run + "/http.port" }
    /// Written by the gateway: where its TLS ports are; not there without them.
    var tlsFile: String { run + "/tls.json" }
    /// The demo brand and its key, which nothing can show again.
    var demoFile: String { secrets + "/demo.json" }
    var gatewaySocket: String { socket("gateway") }
    var adminSocket: String { socket("admin") }

    func socket(_ name: String) -> String { run + "/" + name + ".sock" }
    func pidFile(_ name: String) -> String { run + "/" + name + ".pid" }
    func logFile(_ name: String) -> String { logs + "/" + name + ".log" }

    /// How a person names this directory in a command: nothing for the standard one.
    var commandOption: String {
        self == DataDirectory(Self.standard) ? "" : " --data \(path.quotedForShell)"
    }

    /// A command about this suite that works as it stands.
    func command(_ rest: String) -> String { "\(SuiteServices.commandName) \(rest)\(commandOption)" }

    /// Refuses a directory whose sockets could not be opened, before anything is created.
    func checkSocketPaths() throws(CommandFailure) {
        let longest = SuiteServices.sockets.map(socket).max { $0.utf8.count < $1.utf8.count } ?? run
        guard longest.utf8.count > Self.maximumSocketPathBytes else { return }
        let room = Self.maximumSocketPathBytes - (longest.utf8.count - path.utf8.count)
        throw CommandFailure(
            """
            The data directory's path is too long for Unix sockets: \(longest) has \(longest.utf8.count) bytes, and \
            \(Self.maximumSocketPathBytes) is the most the system takes.
            """,
            remedy: "Choose a directory whose path has at most \(room) bytes: gyre up --data /srv/gyre")
    }

    /// Creates what is missing, so that only this user and group get in.
    func create() throws(CommandFailure) {
        for (directory, mode) in [(path, mode_t(0o750)), (run, 0o750), (logs, 0o750), (secrets, 0o700)] {
            guard let error = Self.makeDirectory(directory, mode: mode) else { continue }
            throw CommandFailure(
                "The directory \(directory) cannot be created: \(error).",
                remedy: "Choose one that you may write to: gyre up --data DIRECTORY")
        }
    }

    /// Creates `path` and the directories above it. Nil, or what the system said.
    private static func makeDirectory(_ path: String, mode: mode_t) -> String? {
        if mkdir(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) { return nil }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            return lastSystemError
        }
        return makeDirectory(String(path[..<slash]), mode: mode) ?? (mkdir(path, mode) == 0 ? nil : lastSystemError)
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}

/// What the system says of the call that failed last, such as "Permission denied".
var lastSystemError: String { String(cString: strerror(errno)) }

extension String {
    /// As one word of a shell command.
    var quotedForShell: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "+"):
                    true
                default: false
                }
            }
        return isPlain
            ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
