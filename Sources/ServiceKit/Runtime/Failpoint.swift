#if FAILPOINTS
    import Glibc
#endif

/// A named step of a privacy request, at which a test may have the process die: just before what the step writes is on
/// disk, or just after.
///
/// In a build for release there is nothing of it. In a debug build, `GYRE_FAILPOINTS` names a directory: a process lists
/// there the steps that it has, in `<service>.steps`, each with the kinds of requests that take it, and kills itself with
/// SIGKILL at the step `s` when it finds `<service>.<s>.before` or `.after`, which it removes first. What it passes it
/// adds to the file `trace`, where there is one. `ops/system/failing.py` goes through all of them.
public enum Failpoint: String, CaseIterable, Sendable {
    // Of the saga, in the gateway.

    /// The request is processing.
    case begun
    /// The deadline is known.
    case scheduled
    /// A service may delete something from now on.
    case marked
    /// What one service answered is noted.
    case noted
    /// What was found in the files of one service is noted.
    case searched
    /// The request has ended, and forgotten whose it was.
    case ended
    /// What was found in the gateway's own file is noted.
    case reviewed
    /// The certificate is signed.
    case certified
    /// A callback was taken, and that is noted.
    case told
    /// A notice was taken by a recipient of the person's data, and that is noted.
    case noticed

    // Of copies for people, in the gateway.

    /// Staff allowed a copy.
    case approved
    /// The copy is whole, and nobody here can open it any more.
    case archived

    // Of what every service is asked.

    /// Whom it knows.
    case found
    /// A page of what it holds of them.
    case exported
    /// What was wrong is right.
    case corrected
    /// Uses of their data ended.
    case restricted

    // Of the erasure, in every service.

    /// The erasure is in the ledger.
    case entered
    /// The brand's file is free of the person.
    case erasedBrandFile
    /// Its log too, and it was searched.
    case searchedBrandFile
    /// The service's own file is free of the person.
    case erasedServiceFile
    /// Its log too, and it was searched.
    case searchedServiceFile
    /// Copies that waited for the person are gone, in the gateway.
    case removed

    /// The steps that a service has.
    public static func steps(of service: String) -> [Failpoint] {
        let everywhere: [Failpoint] = [.entered, .erasedServiceFile, .found, .exported, .corrected, .restricted]
        switch service {
        // It searches its own file when it reviews.
        case "gateway":
            return everywhere + [
                .begun, .scheduled, .marked, .noted, .searched, .ended, .reviewed, .certified, .told, .noticed,
                .approved, .archived, .removed,
            ]
        case "tenancy": return everywhere + [.searchedServiceFile]
        default: return everywhere + [.searchedServiceFile, .erasedBrandFile, .searchedBrandFile]
        }
    }

    /// The kinds of requests that take the step, as the contract of the gateway calls them.
    public var kinds: [String] {
        switch self {
        case .begun, .scheduled, .noted, .ended, .certified, .told:
            ["access", "portability", "erasure", "correction", "restriction", "objection", "optOut"]
        case .approved, .archived, .found, .exported: ["access", "portability"]
        case .noticed: ["erasure", "correction", "restriction"]
        case .corrected: ["correction"]
        case .restricted: ["restriction", "objection", "optOut"]
        case .marked, .searched, .reviewed, .entered, .erasedBrandFile, .searchedBrandFile, .erasedServiceFile,
            .searchedServiceFile, .removed:
            ["erasure"]
        }
    }

    /// What the step writes is about to be put on disk by `service`.
    @inlinable @inline(__always)
    public func before(_ service: String) {
        #if FAILPOINTS
            pass(service, "before")
        #endif
    }

    /// What the step writes is on disk.
    @inlinable @inline(__always)
    public func after(_ service: String) {
        #if FAILPOINTS
            pass(service, "after")
        #endif
    }

    #if FAILPOINTS
        /// Where tests say at which step to die; nil where nobody tests.
        private static let directory = getenv("GYRE_FAILPOINTS").map { String(cString: $0) }

        @usableFromInline
        func pass(_ service: String, _ moment: String) {
            guard let directory = Self.directory else { return }
            let name = "\(service).\(rawValue).\(moment)"
            let trace = open("\(directory)/trace", O_WRONLY | O_APPEND | O_CLOEXEC)
            if trace >= 0 {
                _ = write(trace, name + "\n", name.utf8.count + 1)
                close(trace)
            }
            if unlink("\(directory)/\(name)") == 0 { kill(getpid(), SIGKILL) }
        }

        /// Lists the steps of this process for the test.
        static func announce(_ service: String) {
            guard let directory else { return }
            let lines = steps(of: service).map { ([$0.rawValue] + $0.kinds).joined(separator: " ") + "\n" }
            _ = FileBytes.writeDurably(Array(lines.joined().utf8), to: "\(directory)/\(service).steps")
        }
    #endif
}
