#if FAILPOINTS
    import Glibc
#endif

/// A named step of a privacy request, at which a test may have the process die: just before what the step writes is on
/// disk, or just after.
///
/// In a build for release there is nothing of it. In a debug build, `GYRE_FAILPOINTS` names a directory: a process lists
/// there the steps that it has, in `<service>.steps`, and kills itself with SIGKILL at the step `s` when it finds
/// `<service>.<s>.before` or `.after`, which it removes first. `ops/system/failing.py` goes through all of them.
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

    /// The steps that a service has.
    public static func steps(of service: String) -> [Failpoint] {
        let everywhere: [Failpoint] = [.entered, .erasedServiceFile]
        switch service {
        // It searches its own file when it reviews.
        case "gateway":
            return everywhere + [.begun, .scheduled, .marked, .noted, .searched, .ended, .reviewed, .certified, .told]
        case "tenancy": return everywhere + [.searchedServiceFile]
        default: return everywhere + [.searchedServiceFile, .erasedBrandFile, .searchedBrandFile]
        }
    }

    /// What the step writes is about to be put on disk by `service`.
    @inlinable @inline(__always)
    public func before(_ service: String) {
        #if FAILPOINTS
            dieIfAsked(service, "before")
        #endif
    }

    /// What the step writes is on disk.
    @inlinable @inline(__always)
    public func after(_ service: String) {
        #if FAILPOINTS
            dieIfAsked(service, "after")
        #endif
    }

    #if FAILPOINTS
        /// Where tests say at which step to die; nil where nobody tests.
        private static let directory = getenv("GYRE_FAILPOINTS").map { String(cString: $0) }

        @usableFromInline
        func dieIfAsked(_ service: String, _ moment: String) {
            guard let directory = Self.directory else { return }
            if unlink("\(directory)/\(service).\(rawValue).\(moment)") == 0 { kill(getpid(), SIGKILL) }
        }

        /// Lists the steps of this process for the test.
        static func announce(_ service: String) {
            guard let directory else { return }
            let names = steps(of: service).map { $0.rawValue + "\n" }.joined()
            _ = FileBytes.writeDurably(Array(names.utf8), to: "\(directory)/\(service).steps")
        }
    #endif
}
