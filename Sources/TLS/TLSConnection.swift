import COpenSSL
import NIOCore

/// One SSL object over a ``TLSWire``. Knows records and nothing of channels; after an error only `takeOutgoing` (for
/// the alert) may follow.
final class TLSConnection {
    enum Progress: Equatable {
        /// Done; a read may find more.
        case done
        /// The peer's next bytes decide.
        case needsBytes
        /// The peer's close_notify arrived: nothing follows it.
        case peerClosed
        case failed(TLSError)
    }

    /// What a record adds at most to its plaintext: header 5, explicit nonce 8, tag 16, and some of TLS 1.3's type.
    private static let recordOverheadBytes = 32

    private let wire = TLSWire()
    let pointer: OpaquePointer
    /// Keeps what OpenSSL's callbacks point at.
    private let context: AnyObject

    private init(_ context: SSLContext, owner: AnyObject) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_new(context.pointer) else { throw .library(.context) }
        guard let bio = wire.makeBIO() else {
            SSL_free(pointer)
            throw .library(.context)
        }
        // For both directions at once it takes one reference, the one that making it gave.
        SSL_set_bio(pointer, bio, bio)
        self.pointer = pointer
        self.context = owner
    }

    deinit { SSL_free(pointer) }

    convenience init(_ server: TLSServerContext) throws(TLSError) {
        try self.init(server.context, owner: server)
        SSL_set_accept_state(pointer)
    }

    /// - Parameter serverName: a host name or an IP address; the server's certificate must be for it.
    convenience init(_ client: TLSClientContext, serverName: String) throws(TLSError) {
        // OpenSSL takes an empty name for none at all, and would verify no name.
        guard (1...255).contains(serverName.utf8.count), !serverName.utf8.contains(0) else {
            throw TLSError(.context, .limitExceeded, "a server's name has 1 to 255 bytes")
        }
        try self.init(client.context, owner: client)
        SSL_set_connect_state(pointer)
        let parameters = SSL_get0_param(pointer)
        // An address is never sent as a name (RFC 6066, section 3).
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, serverName) == 1 { return }
        ERR_clear_error()
        let flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(flags))
        guard X509_VERIFY_PARAM_set1_host(parameters, serverName, 0) == 1,
            COpenSSL_set_server_name(pointer, serverName) == 1
        else { throw .library(.context) }
    }

    /// What the handshake agreed on; of use when it is done.
    var session: TLSSession {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(pointer, &name, &count)
        return TLSSession(
            version: SSL_version(pointer) == TLS1_3_VERSION ? .version13 : .version12,
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(pointer)).map { String(cString: $0) } ?? "",
            applicationProtocol: name.map {
                String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self)
            },
            serverName: SSL_get_servername(pointer, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) },
            isResumed: SSL_session_reused(pointer) == 1)
    }

    // MARK: Reading

    func receive(_ bytes: inout ByteBuffer) { wire.receive(&bytes) }

    func shakeHands() -> Progress {
        ERR_clear_error()
        let result = SSL_do_handshake(pointer)
        guard result == 1 else { return progress(after: result, in: .handshake) }
        wire.recordIsComplete()
        return .done
    }

    /// Decrypts what is there into one buffer.
    /// - Parameter limit: bytes in that buffer.
    /// - Returns: nil for no plaintext; `.done` when the limit ended it.
    func read(limit: Int) -> (plaintext: ByteBuffer?, progress: Progress) {
        ERR_clear_error()
        var plaintext = ByteBuffer()
        while plaintext.readableBytes < limit {
            let pending = Int(SSL_pending(pointer))
            if pending == 0, wire.incoming.readableBytes == 0 {
                wire.releaseIncoming()
                return (plaintext.readableBytes > 0 ? plaintext : nil, .needsBytes)
            }
            // What is there of whole and half records, so that the buffer need not grow.
            let expected = max(pending, wire.bytesOfOpenRecord + wire.incoming.readableBytes)
            let room = limit - plaintext.readableBytes
            var count = 0
            var result: Int32 = 0
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: min(expected, room)) { target in
                result = SSL_read_ex(pointer, target.baseAddress, min(target.count, room), &count)
                return count
            }
            if result != 1 {
                wire.releaseIncoming()
                return (plaintext.readableBytes > 0 ? plaintext : nil, progress(after: result, in: .reading))
            }
            wire.recordIsComplete()
        }
        return (plaintext, .done)
    }

    private func progress(after result: Int32, in place: TLSError.Place) -> Progress {
        switch SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ:
            return .needsBytes
        case SSL_ERROR_ZERO_RETURN:
            return .peerClosed
        default:
            let verified = SSL_get_verify_result(pointer)
            guard place == .handshake, SSL_is_server(pointer) == 0, verified != X509_V_OK else {
                return .failed(.library(place))
            }
            ERR_clear_error()
            let reason = X509_verify_cert_error_string(verified).map { String(cString: $0) } ?? "\(verified)"
            return .failed(TLSError(place, .certificateRefused, "the server's certificate is refused: \(reason)"))
        }
    }

    // MARK: Writing

    /// Makes room for the records of so much plaintext.
    func reserve(plaintextBytes: Int) {
        let records = plaintextBytes / TLSLimits.recordBytes + 2
        wire.reserveOutgoing(plaintextBytes + records * Self.recordOverheadBytes)
    }

    /// Encrypts the first `count` bytes of a buffer.
    func encrypt(_ plaintext: inout ByteBuffer, count: Int) throws(TLSError) {
        ERR_clear_error()
        var result: Int32 = 1
        plaintext.readWithUnsafeReadableBytes { source in
            var written = 0
            // The wire takes everything, so that it is written as a whole.
            if count > 0 { result = SSL_write_ex(pointer, source.baseAddress, count, &written) }
            return count
        }
        if result != 1 { throw .library(.writing) }
    }

    func sendCloseNotify() {
        // Answers 0 when the peer has yet to send its own, which is no error.
        if SSL_shutdown(pointer) < 0 { ERR_clear_error() }
    }

    /// Records to send, in one buffer.
    func takeOutgoing() -> ByteBuffer? { wire.takeOutgoing() }
}
