public import CommonAPI
import JSON

/// The lines of an export: an audit log with its heads, for whoever wants to verify it without Gyre.
///
/// Each is one JSON object and a line feed; its member `type` says what it is. `Tests/Oracles/audit_verify.py` reads
/// them.
public enum AuditExport {
    /// An entry: the members that `auditEntries.list` returns, beside `type`.
    public static func line(_ entry: AuditEntry) -> [UInt8] {
        var bytes = Array("{\"type\":\"entry\",".utf8)
        bytes += entry.json().dropFirst()
        return bytes + [UInt8(ascii: "\n")]
    }

    /// The log's own head.
    public static func line(_ head: SignedTreeHead) -> [UInt8] {
        Array("{\"type\":\"head\",\"head\":".utf8) + head.json() + Array("}\n".utf8)
    }

    /// A head as a service keeps it that was told of it.
    public static func line(_ witnessed: WitnessedHead) -> [UInt8] {
        var bytes = Array("{\"type\":\"witness\",".utf8)
        bytes += witnessed.json().dropFirst()
        return bytes + [UInt8(ascii: "\n")]
    }
}
