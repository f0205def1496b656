import COpenSSL

/// Algorithms fetched from libcrypto once, because every implicit fetch costs more than a short hash.
enum Algorithms {
    // nonisolated(unsafe): a fetched algorithm is immutable, and libcrypto counts its references atomically.
    nonisolated(unsafe) static let sha256: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)
    // nonisolated(unsafe): as above.
    nonisolated(unsafe) static let hmac: OpaquePointer? = EVP_MAC_fetch(nil, "HMAC", nil)
    // nonisolated(unsafe): as above.
    nonisolated(unsafe) static let aes256GCM: OpaquePointer? = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
}
