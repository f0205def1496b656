import COpenSSL

#if canImport(Glibc)
    import Glibc
#endif

/// The bytes of a certificate or key file, overwritten when they are no longer needed.
struct PEMFile: ~Copyable {
    static let maximumByteCount = 1 << 20

    let path: String
    private let bytes: UnsafeMutableRawBufferPointer
    private let count: Int

    /// - Parameter isSecret: refuses a file that every user of the machine could read or replace.
    init(_ path: String, isSecret: Bool) throws(TLSError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path) }
        if isSecret, status.st_mode & (S_IROTH | S_IWOTH) != 0 {
            throw .unusable(path, "is open to every user of this machine; run: chmod o= \(path)")
        }
        // One byte more than is allowed tells a file that is too long.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.maximumByteCount + 1, alignment: 8)
        var count = 0
        while count < bytes.count {
            let got = read(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count)
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                let error = Self.unreadable(path)
                Self.forget(bytes, count)
                throw error
            }
            count += got
        }
        guard count <= Self.maximumByteCount else {
            Self.forget(bytes, count)
            throw .unusable(path, "has more than \(Self.maximumByteCount) bytes: it is no certificate or key")
        }
        self.path = path
        self.bytes = bytes
        self.count = count
    }

    deinit { Self.forget(bytes, count) }

    /// The certificates in the file, in its order.
    /// - Throws: `unusableFile` when there is none, or one that cannot be read.
    func certificates() throws(TLSError) -> [Certificate] {
        ERR_clear_error()
        let bio = try reader()
        defer { BIO_free(bio) }
        var certificates: [Certificate] = []
        while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            certificates.append(Certificate(certificate))
        }
        let end = ERR_peek_last_error()
        ERR_clear_error()
        guard ERR_GET_LIB(end) == ERR_LIB_PEM, ERR_GET_REASON(end) == PEM_R_NO_START_LINE else {
            throw .unusable(path, "holds a certificate that cannot be read: is the file complete?")
        }
        guard !certificates.isEmpty else {
            throw .unusable(path, "holds no certificate; -----BEGIN CERTIFICATE----- is expected")
        }
        return certificates
    }

    /// The private key in the file.
    /// - Throws: `unusableFile` when there is none, or one under a passphrase.
    func privateKey() throws(TLSError) -> PrivateKey {
        ERR_clear_error()
        let bio = try reader()
        defer { BIO_free(bio) }
        var isEncrypted = false
        // Without this OpenSSL would ask for a passphrase on the terminal.
        let key = withUnsafeMutablePointer(to: &isEncrypted) { isEncrypted in
            PEM_read_bio_PrivateKey(
                bio, nil,
                { _, _, _, isEncrypted in
                    isEncrypted?.assumingMemoryBound(to: Bool.self).pointee = true
                    return -1
                }, isEncrypted)
        }
        ERR_clear_error()
        if let key { return PrivateKey(key) }
        throw isEncrypted
            ? .unusable(path, "is under a passphrase; remove it with: openssl pkey -in \(path) -out NEW")
            : .unusable(path, "holds no private key; -----BEGIN PRIVATE KEY----- is expected")
    }

    private func reader() throws(TLSError) -> OpaquePointer {
        guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(count)) else { throw .library(.certificates) }
        return bio
    }

    private static func forget(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int) {
        OPENSSL_cleanse(bytes.baseAddress, count)
        bytes.deallocate()
    }

    private static func unreadable(_ path: String) -> TLSError {
        .unusable(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
}

extension TLSError {
    static func unusable(_ path: String, _ text: String) -> TLSError {
        TLSError(.certificates, .unusableFile, "\(path) \(text)")
    }
}
