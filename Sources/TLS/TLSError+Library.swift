import COpenSSL

extension TLSError {
    /// Drains this thread's error queue of OpenSSL into an error: the oldest entry of TLS itself is the cause, and
    /// without one the oldest of all.
    static func library(_ place: Place) -> TLSError {
        var codes: [UInt] = []
        while case let code = ERR_get_error(), code != 0 { codes.append(code) }
        guard let code = codes.first(where: { ERR_GET_LIB($0) == ERR_LIB_SSL }) else {
            return TLSError(place, .library, codes.first.map(text) ?? "OpenSSL gives no reason")
        }
        switch ERR_GET_REASON(code) {
        case SSL_R_HTTP_REQUEST:
            return TLSError(place, .notTLS, "the peer speaks plain HTTP on a TLS port")
        case SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER:
            return TLSError(place, .notTLS, "the peer does not speak TLS")
        case SSL_R_NO_APPLICATION_PROTOCOL, SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL:
            return TLSError(place, .noCommonApplicationProtocol, "no application protocol (ALPN) in common")
        case SSL_AD_REASON_OFFSET...:
            return TLSError(place, .refusedByPeer, "the peer sent an alert: \(text(code))")
        case let reason:
            return TLSError(place, reason == ERR_R_MALLOC_FAILURE ? .library : .protocolViolation, text(code))
        }
    }

    /// OpenSSL's fixed words for a reason.
    private static func text(_ code: UInt) -> String {
        ERR_reason_error_string(code).map { String(cString: $0) } ?? "OpenSSL error \(ERR_GET_REASON(code))"
    }
}
