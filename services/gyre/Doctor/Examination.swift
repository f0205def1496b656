import CProcess
import GatewayAPI
import Glibc
import JSON
import JSONRPC

/// Looks at everything a suite needs, whether it runs or not.
struct Examination {
    let directory: DataDirectory

    /// Below this a suite soon cannot write.
    static let scarceBytes: UInt64 = 256 << 20
    /// Below this it is time to act.
    static let lowBytes: UInt64 = 2 << 30
    /// A certificate is renewed by then; those that renew themselves do so a month before.
    static let scarceCertificateDays: Int64 = 14
    /// Descriptors that the suite needs at least.
    static let neededDescriptors: rlim_t = 1_024

    func findings() async -> [Finding] {
        var findings = [
            programs, library("libsqlite3.so.0", "libsqlite3-0"), library("libcrypto.so.3", "libssl3"), descriptors,
        ]
        findings += [socketPath, access, space, fileSystem, lock].compactMap { $0 }
        if SuiteLock.isHeld(in: directory) { findings += await running() }
        return findings
    }

    var programs: Finding {
        let missing = SuiteServices.missing
        guard !missing.isEmpty else { return .good("programs", SuiteServices.names.joined(separator: ", ")) }
        return .problem(
            "programs", "\(missing.joined(separator: ", ")) not found beside \(SuiteServices.executable)",
            remedy: "Build the whole package (swift build), or copy them there.")
    }

    private func library(_ name: String, _ package: String) -> Finding {
        guard let handle = dlopen(name, RTLD_LAZY) else {
            return .problem("library \(name)", "not found", remedy: "apt-get install \(package)")
        }
        dlclose(handle)
        return .good("library \(name)", "found")
    }

    private var descriptors: Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_max < Self.neededDescriptors else { return .good("open files", "up to \(limit.rlim_max)") }
        return .warning(
            "open files", "at most \(limit.rlim_max), fewer than \(Self.neededDescriptors)",
            remedy: "Raise the limit: ulimit -Hn \(Self.neededDescriptors)")
    }

    private var socketPath: Finding {
        do {
            try directory.checkSocketPaths()
            return .good("socket paths", "short enough")
        } catch {
            return .problem("socket paths", error.message, remedy: error.remedies.joined(separator: " "))
        }
    }

    /// The directory itself, or the nearest one above it that is there.
    private var existing: String {
        var path = directory.path
        while !DataDirectory.isDirectory(path), let slash = path.lastIndex(of: "/") {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return path
    }

    private var access: Finding {
        let existing = existing
        guard Glibc.access(existing, W_OK | X_OK) == 0 else {
            return .problem(
                "data directory", "\(existing) is not writable: \(lastSystemError)",
                remedy: "Run as its owner, or choose another with --data.")
        }
        guard existing == directory.path else {
            return .good("data directory", "\(directory.path) is not there yet, and can be created")
        }
        var status = stat()
        stat(existing, &status)
        guard status.st_mode & 0o007 == 0 else {
            return .warning(
                "data directory", "\(existing) is open to everybody on this machine",
                remedy: "chmod o-rwx \(existing.quotedForShell)")
        }
        return .good("data directory", existing)
    }

    private var space: Finding {
        var status = statvfs()
        guard statvfs(existing, &status) == 0 else {
            return .problem("free space", lastSystemError, remedy: "Check that \(existing) is mounted.")
        }
        return Self.space(
            free: UInt64(status.f_bavail) * UInt64(status.f_frsize),
            freeFiles: status.f_files == 0 ? nil : UInt64(status.f_favail))
    }

    /// - Parameter freeFiles: how many more files fit; nil where the file system has no such limit.
    static func space(free: UInt64, freeFiles: UInt64?) -> Finding {
        let detail = "\(readableBytes(Int(clamping: free))) free"
        if let freeFiles, freeFiles < 1_000 {
            return .problem(
                "free space", "only \(freeFiles) more files fit", remedy: "Delete small files, or use another disk.")
        }
        if free < scarceBytes {
            return .problem("free space", detail, remedy: "Free space: writes are refused once the disk is full.")
        }
        if free < lowBytes { return .warning("free space", detail, remedy: "Free space before it runs out.") }
        return .good("free space", detail)
    }

    private var fileSystem: Finding? {
        guard let name = Self.networkFileSystems[cprocess_file_system_type(existing)] else { return nil }
        return .problem(
            "file system", "\(name) does not share memory between processes, as databases in WAL mode must",
            remedy: "Choose a directory on a local disk.")
    }

    /// Magic numbers of `statfs(2)`.
    private static let networkFileSystems = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x0102_1997: "9p",
    ]

    private var lock: Finding {
        guard SuiteLock.isHeld(in: directory) else {
            return .good("suite", "none runs here: \(directory.command("up"))")
        }
        guard let pid = SuiteLock.supervisor(in: directory) else {
            return .warning(
                "suite", "services run here without a supervisor: what dies stays dead",
                remedy: "\(directory.command("down")) && \(directory.command("up --detach"))")
        }
        return .good("suite", "runs here, supervised by process \(pid)")
    }

    /// What only a running suite can tell.
    private func running() async -> [Finding] {
        var findings: [Finding] = []
        for path in [directory.gatewaySocket, directory.adminSocket] where !SocketProbe.answers(path) {
            findings.append(
                .problem(
                    "socket", "\(path) does not answer", remedy: "Read \(directory.logFile(SuiteServices.gateway))"))
        }
        findings.append(http)
        findings += Self.tls(TLSDoors.read(in: directory), now: Timestamp(microseconds: Self.wallClock)) {
            SocketProbe.answers(address: $0)
        }
        guard SocketProbe.answers(directory.adminSocket) else { return findings }
        let admin = SuiteClient(.admin(brand: nil), in: directory)
        do {
            findings += try await SuiteHealth.ask(admin).services.map { finding(of: $0) }
        } catch {
            findings.append(
                .problem("services", error.message, remedy: "Read \(directory.logFile(SuiteServices.gateway))"))
        }
        await admin.close()
        return findings
    }

    private var http: Finding {
        let gatewayLog = directory.logFile(SuiteServices.gateway)
        guard let port = SmallFile.text(directory.portFile).flatMap({ Int($0) }) else {
            return .problem("HTTP", "the gateway has not said where it listens", remedy: "Read \(gatewayLog)")
        }
        guard SocketProbe.answers(port: port) else {
            return .problem("HTTP", "nobody listens on 127.0.0.1:\(port)", remedy: "Read \(gatewayLog)")
        }
        return .good("HTTP", "http://127.0.0.1:\(port)/")
    }

    /// - Parameters:
    ///   - answers: whether somebody listens at an address.
    static func tls(_ doors: TLSDoors, now: Timestamp, answers: (String) -> Bool) -> [Finding] {
        var findings = doors.all.map { door in
            answers(door.address)
                ? Finding.good(door.name, door.address)
                : .problem(
                    door.name, "nobody listens on \(door.address)",
                    remedy: "Read the gateway's log, and see whether a firewall of this machine is in the way.")
        }
        guard let end = doors.certificateExpiresAt else { return findings }
        let days = (end.microseconds - now.microseconds) / 86_400_000_000
        if end < now {
            findings.append(
                .problem("TLS, certificate", "expired at \(end)", remedy: "Renew it, then send the gateway SIGHUP."))
        } else if days < scarceCertificateDays {
            findings.append(
                .warning(
                    "TLS, certificate", "expires at \(end), in \(Int(days).counted("day"))",
                    remedy: "Renew it, then send the gateway SIGHUP."))
        } else {
            findings.append(.good("TLS, certificate", "valid until \(end)"))
        }
        return findings
    }

    private static var wallClock: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    private func finding(of service: ServiceStatus) -> Finding {
        Self.service(service, log: directory.logFile(service.name))
    }

    /// One that is ready may have something to tell all the same: refused heads of the audit log, a lost copy.
    static func service(_ service: ServiceStatus, log: String) -> Finding {
        if service.ready, service.problem == nil { return .good("service \(service.name)", "ready") }
        return .problem("service \(service.name)", service.problem ?? "not ready", remedy: "Read \(log)")
    }
}
