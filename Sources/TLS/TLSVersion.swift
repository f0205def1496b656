import COpenSSL

/// A version of the protocol; older ones are refused.
public enum TLSVersion: String, Sendable, Comparable {
    /// RFC 5246.
    case version12 = "1.2"
    /// RFC 8446.
    case version13 = "1.3"

    /// As it stands on the wire.
    var number: Int32 {
        switch self {
        case .version12: TLS1_2_VERSION
        case .version13: TLS1_3_VERSION
        }
    }

    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.number < right.number }
}
