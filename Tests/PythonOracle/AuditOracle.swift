/// The independent verifier of the audit log, `audit_verify.py`.
public enum AuditOracle {
    private static let script = PythonOracle("audit_verify.py")

    public static var isAvailable: Bool { script.isAvailable }

    /// What it says of an export, as one JSON object, and its exit status.
    public static func verdict(on lines: [UInt8], keyID: String? = nil) throws -> (json: [UInt8], status: Int32) {
        let (output, status) = try script.judge(lines, ["--json"] + (keyID.map { ["--key-id", $0] } ?? []))
        return (output, status)
    }
}
