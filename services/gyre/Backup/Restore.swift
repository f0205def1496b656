import CProcess
import CommonAPI
import GatewayAPI
import Glibc
import JSON
import OpenSSL
import PlatformAPI
import SQLite

/// Puts a backup in the place of a suite's databases.
///
/// ```
/// checked -> marked -> staged and verified -> swapped -> unmarked
/// ```
/// From `marked` to `unmarked` nothing starts on the directory; a restore that was interrupted there begins anew. What
/// it finds wrong before the swap leaves everything as it was. Each service finishes its own part when it starts: see
/// `RestoredDatabases`.
struct Restore {
    let backup: String
    let target: DataDirectory
    /// A copy of the ledger, of the tombstones' key and of the installation's id.
    let replica: String?
    let replaces: Bool
    let adopts: Bool

    struct Summary {
        let createdAt: Timestamp
        let files: Int
        let erasures: Int

        var json: JSONValue {
            [
                "createdAt": .string(createdAt.description), "files": .number(JSONNumber(Int64(files))),
                "ledgerEntries": .number(JSONNumber(Int64(erasures))),
            ]
        }
    }

    private static let ledgerName = "erasures.ndjson"

    func run() throws(CommandFailure) -> Summary {
        let source = try BackupDirectory(backup)
        try SuiteServices.checkPrograms()
        try target.checkSocketPaths()
        umask(0o027)
        try target.create()
        let lock = try SuiteLock.take(in: target) { say("waiting for the services of an earlier suite to end") }
        try checkNobodyListens()
        let isAgain = access(target.restoreMarker, F_OK) == 0
        try checkIdentity(source.manifest)
        try checkSchemas(source.manifest)
        try checkReplacement(isAgain: isAgain)
        do {
            try FileCopy.makeDirectory(target.ledger)
            try SmallFile.replace(target.restoreMarker, with: Array("{\"backup\":\(JSONValue.string(backup))}\n".utf8))
            try FileCopy.sync(target.path)
            try stage(source)
        } catch {
            FileCopy.removeTree(target.staging)
            // Nothing was replaced yet, unless by an earlier restore that this one was to finish.
            if !isAgain { unlink(target.restoreMarker) }
            throw error
        }
        let erasures = try takeLedger(source.manifest)
        try swap()
        unlink(target.restoreMarker)
        try FileCopy.sync(target.path)
        // Nobody else could take it until here.
        _ = lock.descriptor
        let files = source.manifest.services.reduce(0) { $0 + $1.files.count }
        return Summary(createdAt: source.manifest.createdAt, files: files, erasures: erasures)
    }

    // MARK: Before anything is changed

    /// Services that systemd runs hold no lock, but they listen.
    private func checkNobodyListens() throws(CommandFailure) {
        let names = SuiteServices.names + ["gateway-internal", "admin"]
        guard let name = names.first(where: { SocketProbe.answers(target.socket($0)) }) else { return }
        throw CommandFailure(
            "\(target.path) is in use: somebody listens on \(target.socket(name)).",
            remedy: "Stop the services first, with \(target.command("down")) or systemctl stop gyre.target.")
    }

    private func checkIdentity(_ manifest: BackupManifest) throws(CommandFailure) {
        let own = Self.installation(in: target.ledger) ?? replica.flatMap { Self.installation(in: $0) }
        if let own, own != manifest.installation, !adopts {
            throw CommandFailure(
                "\(backup) is of another installation: \(manifest.installation), and this is \(own).",
                remedy: Self.adoption)
        }
        let hasLedger = [target.ledger, replica].compactMap(\.self).contains {
            access($0 + "/" + Self.ledgerName, F_OK) == 0
        }
        let key =
            SmallFile.read(target.secrets + "/tombstones") ?? replica.flatMap { SmallFile.read($0 + "/tombstones") }
        let isOwnKey = key.flatMap { Self.name(ofKey: $0) } == manifest.tombstoneKey
        // An installation without a backup of its own has no id yet, but a key.
        guard own != nil || !hasLedger || key == nil || isOwnKey || adopts else {
            throw CommandFailure(
                """
                \(backup) is of another installation: \(manifest.installation), whose key is not the one in \
                \(target.secrets)/tombstones.
                """, remedy: Self.adoption)
        }
        guard own != nil && hasLedger || adopts else {
            throw CommandFailure(
                """
                The erasure ledger of this installation is neither in \(target.ledger) nor given: who was erased after \
                \(manifest.createdAt) would be back.
                """,
                remedies: [
                    "Give its copy: --ledger DIR, the directory that GYRE_LEDGER_REPLICA named.",
                    "If there is none left: --adopt.",
                ])
        }
        guard isOwnKey || adopts else {
            throw CommandFailure(
                """
                \(key == nil ? "There is no key" : "Another key lies") in \(target.secrets)/tombstones: without the one \
                that the backup was made with, nobody who was erased is recognised.
                """,
                remedy: "Copy the installation's secrets to \(target.secrets) first; --ledger may hold that key too.")
        }
    }

    private static let adoption =
        "To take it nevertheless: --adopt. Erasures that the other one made since are not known here."

    /// As `Tombstones` names its key.
    private static func name(ofKey key: [UInt8]) -> String? {
        guard let key = try? HMACKey(key) else { return nil }
        return String(Hexadecimal.encode(key.authenticate("gyre tombstone key")).prefix(32))
    }

    private static func installation(in directory: String) -> UUIDv7? {
        SmallFile.text(directory + "/installation").flatMap { UUIDv7($0) }
    }

    private func checkSchemas(_ manifest: BackupManifest) throws(CommandFailure) {
        for service in manifest.services {
            let newest = try ServiceSchema.ask(service.name)
            for copy in service.files {
                let known = copy.file == "service.db" ? newest.service : newest.brand
                guard copy.migration > known else { continue }
                throw CommandFailure(
                    """
                    \(backup)/\(service.name)/\(copy.file) is newer than this version of Gyre: it has the migration \
                    \(copy.migration), and \(service.name) knows up to \(known).
                    """, remedy: "Restore it with version \(manifest.version) of Gyre or a newer one.")
            }
        }
    }

    private func checkReplacement(isAgain: Bool) throws(CommandFailure) {
        guard !replaces, !isAgain else { return }
        let used = SuiteServices.names.filter { access("\(target.path)/\($0)/service.db", F_OK) == 0 }
        guard let name = used.first else { return }
        throw CommandFailure(
            "\(target.path) holds databases, such as \(name)/service.db.",
            remedies: [
                "To replace them: --replace. A backup of how they are now: gyre backup, while the suite runs.",
                "Or restore into another directory: --data DIR",
            ])
    }

    // MARK: Beside what is there

    private func stage(_ source: BackupDirectory) throws(CommandFailure) {
        FileCopy.removeTree(target.staging)
        try FileCopy.makeDirectory(target.staging)
        guard let random = try? SecureRandom.bytes(16) else { throw CommandFailure("There are no random numbers.") }
        let restoration = Restoration(
            id: Hexadecimal.encode(random), at: .now,
            databases: source.manifest.services.flatMap(\.files).map {
                RestoredDatabase(incarnation: $0.incarnation, lastMessage: $0.lastMessage)
            })
        for service in source.manifest.services {
            let directory = target.staging + "/" + service.name
            try FileCopy.makeDirectory(directory, like: "\(source.path)/\(service.name)")
            for copy in service.files { try stage(copy, source.file(copy, of: service.name), in: directory) }
            let marker = directory + "/restored.json"
            try SmallFile.replace(marker, with: restoration.json(), mode: 0o600)
            FileCopy.giveOwner(of: "\(source.path)/\(service.name)", to: marker)
            try FileCopy.sync(directory)
        }
        try FileCopy.sync(target.staging)
    }

    private func stage(_ copy: DatabaseCopy, _ file: String, in directory: String) throws(CommandFailure) {
        let staged = directory + "/" + copy.file
        let content = try FileCopy.copy(file, to: staged)
        guard content.bytes == copy.bytes, content.hash == copy.sha256 else {
            throw CommandFailure(
                "\(file) is damaged: its bytes are not those that the manifest describes.",
                remedy: "Nothing was changed. Use another backup.")
        }
        let problems: [String]
        do {
            problems = try Connection(path: staged).integrityProblems()
        } catch {
            problems = ["\(error)"]
        }
        guard let problem = problems.first else { return }
        throw CommandFailure(
            "\(file) is damaged: \(problem)", remedy: "Nothing was changed. Use another backup.")
    }

    // MARK: In the place of what is there

    /// Brings together what this directory and the copy know of erasures; returns how many entries there are.
    private func takeLedger(_ manifest: BackupManifest) throws(CommandFailure) -> Int {
        let path = target.ledger + "/" + Self.ledgerName
        var lines = Self.lines(path)
        if let replica {
            let known = Set(lines)
            lines += Self.lines(replica + "/" + Self.ledgerName).filter { !known.contains($0) }
            let key = target.secrets + "/tombstones"
            if access(key, F_OK) != 0, let bytes = SmallFile.read(replica + "/tombstones") {
                try SmallFile.replace(key, with: bytes, mode: 0o600)
                try FileCopy.sync(target.secrets)
            }
        }
        let installation = target.ledger + "/installation"
        if access(installation, F_OK) != 0 {
            let id = replica.flatMap { Self.installation(in: $0) } ?? manifest.installation
            try SmallFile.replace(installation, with: Array("\(id)\n".utf8), mode: 0o660)
        }
        try SmallFile.replace(path, with: Array(lines.map { $0 + "\n" }.joined().utf8), mode: 0o660)
        // Services with users of their own share it through their group, whatever this command's umask is.
        chmod(path, 0o660)
        try FileCopy.sync(target.ledger)
        return lines.count
    }

    private static func lines(_ path: String) -> [String] {
        guard let bytes = SmallFile.read(path, maximumBytes: 1 << 30) else { return [] }
        // What follows the last line end was never answered for.
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return String(decoding: bytes[...end], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func swap() throws(CommandFailure) {
        for name in SuiteServices.names {
            let directory = "\(target.path)/\(name)"
            FileCopy.removeTree(directory)
            guard rename("\(target.staging)/\(name)", directory) == 0 else {
                throw CommandFailure("\(directory) cannot be put in place: \(lastSystemError).")
            }
        }
        try FileCopy.sync(target.path)
        FileCopy.removeTree(target.staging)
    }
}

/// The newest steps that the databases of a service can have in this release.
struct ServiceSchema: Equatable {
    let brand: String
    let service: String

    /// Asks the service's program.
    static func ask(_ name: String) throws(CommandFailure) -> ServiceSchema {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CommandFailure("No pipe can be opened: \(lastSystemError).") }
        defer { close(ends[0]) }
        var child = ChildProcess(program: SuiteServices.program(name), arguments: ["--schema"])
        child.output = ends[1]
        let pid: pid_t
        do {
            defer { close(ends[1]) }
            pid = try child.start()
        }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var text: [UInt8] = []
        while true {
            let count = read(ends[0], &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            text += bytes[..<count]
        }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        guard let json = try? JSONValue(parsing: text), let brand = json["brand"]?.string,
            let service = json["service"]?.string
        else {
            throw CommandFailure(
                "\(SuiteServices.program(name)) does not say which databases it knows.",
                remedy: "The programs beside this one must be of one version.")
        }
        return ServiceSchema(brand: brand, service: service)
    }
}
