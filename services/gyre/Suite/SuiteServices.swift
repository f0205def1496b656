import Glibc

/// The processes of a suite and where their programs lie.
enum SuiteServices {
    /// In the order in which they start; they end in the opposite one, the door first.
    static let names = ["tenancy", "signals", "experiments", "stimuli", gateway]
    /// The one that clients speak to.
    static let gateway = "gateway"
    /// Every socket under `run`, by name.
    static let sockets = names + ["admin"]

    /// This program's own file.
    static var executable: String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
        }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// The program of a service: beside this one.
    static func program(_ service: String) -> String {
        let directory = executable.lastIndex(of: "/").map { String(executable[..<$0]) } ?? "."
        return directory + "/" + service
    }

    /// How a person calls this program: as they did.
    static var commandName: String { CommandLine.arguments.first?.quotedForShell ?? "gyre" }

    /// The services whose programs cannot be run.
    static var missing: [String] { names.filter { access(program($0), X_OK) != 0 } }

    static func checkPrograms() throws(CommandFailure) {
        let missing = missing
        guard !missing.isEmpty else { return }
        throw CommandFailure(
            "These programs belong beside \(executable) and are not there: \(missing.joined(separator: ", ")).",
            remedy: "Build the whole package (swift build), or copy them there.")
    }
}
