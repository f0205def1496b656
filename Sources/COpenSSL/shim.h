// What Swift needs of libcrypto and libssl 3.0 or later. Macros with arguments and macros that stand for other macros are not
// imported by Swift, so each one in use is a function here.

#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is needed (package libssl-dev)"
#endif

/// Starts an HMAC context with SHA-256 as its digest. Later messages restart it with plain EVP_MAC_init and no
/// parameters. Answers 1 on success.
static inline int COpenSSL_HMAC_SHA256_start(EVP_MAC_CTX *context, const unsigned char *key, size_t keyLength) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, key, keyLength, parameters);
}

/// HMAC with SHA-1 of one message, for one-time passwords. Answers 1 on success.
static inline int COpenSSL_HMAC_SHA1(
    const unsigned char *key, size_t keyLength, const unsigned char *message, size_t messageLength,
    unsigned char *tag, size_t capacity, size_t *tagLength) {
    return EVP_Q_mac(
        NULL, "HMAC", NULL, "SHA1", NULL, key, keyLength, message, messageLength, tag, capacity, tagLength) != NULL;
}

/// Puts the tag that EVP_DecryptFinal_ex will compare. Answers 1 on success.
static inline int COpenSSL_set_tag(EVP_CIPHER_CTX *context, const unsigned char *tag, int length) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, length, (void *)tag);
}

/// Takes the tag that EVP_EncryptFinal_ex computed. Answers 1 on success.
static inline int COpenSSL_get_tag(EVP_CIPHER_CTX *context, unsigned char *tag, int length) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length, tag);
}

/// The options of every TLS context: nobody renegotiates, nothing is compressed, the server's order of ciphers counts
/// (except that a client which prefers ChaCha20 has no AES in hardware).
static inline void COpenSSL_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
}

/// The modes of every TLS context: an idle connection holds no record buffers.
static inline void COpenSSL_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

/// The lowest and highest protocol version of a TLS context. Answers 1 on success.
static inline int COpenSSL_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) && SSL_CTX_set_max_proto_version(context, highest);
}

/// Sessions live in tickets that clients keep, never in this process.
static inline void COpenSSL_keep_no_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/// The host name that a client asks for (RFC 6066, section 3). Answers 1 on success.
static inline int COpenSSL_set_server_name(SSL *connection, const char *name) {
    return SSL_set_tlsext_host_name(connection, name);
}

/// Marks a read that found no bytes as one to be repeated.
static inline void COpenSSL_set_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

/// Marks a read or a write as done.
static inline void COpenSSL_clear_retry(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

#endif
