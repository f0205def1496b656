import CommonAPI
import GatewayAPI
import Glibc
import JSON
import OpenSSL

/// A backup as it lies on disk.
struct BackupDirectory {
    /// The newest layout that this program reads.
    static let newestFormat = 1

    let path: String
    let manifest: BackupManifest

    /// - Throws: when there is no whole backup that this program understands.
    init(_ path: String) throws(CommandFailure) {
        let file = path + "/manifest.json"
        guard DataDirectory.isDirectory(path) else { throw CommandFailure("There is no directory \(path).") }
        guard let bytes = SmallFile.read(file, maximumBytes: 1 << 30) else {
            throw CommandFailure(
                "\(path) is no backup: it has no manifest.json, which is written last.",
                remedy: "Take another backup. If gyre backup was ended in the middle, remove this directory.")
        }
        do throws(JSONError) {
            manifest = try BackupManifest(json: bytes, unknownMembers: .ignore)
        } catch {
            throw CommandFailure(
                "\(file) is damaged: \(error.pointer) \(error.message).", remedy: "Take another backup.")
        }
        self.path = path
        guard manifest.format <= Self.newestFormat else {
            throw CommandFailure(
                """
                \(path) has format \(manifest.format), and this gyre reads up to \(Self.newestFormat): version \
                \(manifest.version) wrote it.
                """, remedy: "Restore it with that version of Gyre or a newer one.")
        }
        try checkNames()
    }

    /// What stands in a manifest becomes paths, so it is looked at first.
    private func checkNames() throws(CommandFailure) {
        let services = Set(manifest.services.map(\.name))
        guard services == Set(SuiteServices.names) else {
            let different = services.symmetricDifference(SuiteServices.names).sorted().joined(separator: ", ")
            throw CommandFailure(
                "\(path) and this version of Gyre have different services: \(different).",
                remedy: "Restore it with version \(manifest.version).")
        }
        for service in manifest.services {
            guard service.files.contains(where: { $0.file == "service.db" }) else {
                throw CommandFailure("\(path)/manifest.json names no service.db of \(service.name).")
            }
            for copy in service.files where copy.file != "service.db" {
                guard copy.file.hasSuffix(".db"), UUIDv7(String(copy.file.dropLast(3))) != nil else {
                    throw CommandFailure("\(path)/manifest.json names '\(copy.file)', which is no database of Gyre's.")
                }
            }
        }
    }

    func file(_ copy: DatabaseCopy, of service: String) -> String { "\(path)/\(service)/\(copy.file)" }
}
