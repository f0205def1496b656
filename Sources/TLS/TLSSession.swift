/// What a handshake agreed on; sent up the pipeline as a user event when the handshake is done, before anything is
/// read.
public struct TLSSession: Sendable, Equatable {
    public let version: TLSVersion
    /// OpenSSL's name of the cipher, such as "TLS_AES_256_GCM_SHA384".
    public let cipher: String
    /// ALPN; nil when one side named none.
    public let applicationProtocol: String?
    /// The host that the client named (SNI). On a server it is the client's claim, and may be no host of ours.
    public let serverName: String?
    /// Whether a ticket of an earlier connection took the place of the certificate.
    public let isResumed: Bool
}
