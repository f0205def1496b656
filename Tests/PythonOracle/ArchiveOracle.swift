/// The independent reader of people's archives, `archive_open.py`.
public enum ArchiveOracle {
    private static let script = PythonOracle("archive_open.py")

    public static var isAvailable: Bool { script.isAvailable }

    /// What it says of an archive, as one JSON object, and its exit status.
    public static func verdict(
        on archive: [UInt8], passphrase: String, key: String? = nil
    ) throws -> (json: [UInt8], status: Int32) {
        let (output, status) = try script.judge(
            archive, ["--json"] + (key.map { ["--key", $0] } ?? []), input: Array("\(passphrase)\n".utf8))
        return (output, status)
    }
}
