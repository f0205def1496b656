// What Swift needs of libcrypto 3.0 or later. Macros with arguments and macros that stand for other macros are not
// imported by Swift, so each one in use is a function here.

#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

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

/// Puts the tag that EVP_DecryptFinal_ex will compare. Answers 1 on success.
static inline int COpenSSL_set_tag(EVP_CIPHER_CTX *context, const unsigned char *tag, int length) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, length, (void *)tag);
}

/// Takes the tag that EVP_EncryptFinal_ex computed. Answers 1 on success.
static inline int COpenSSL_get_tag(EVP_CIPHER_CTX *context, unsigned char *tag, int length) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length, tag);
}

#endif
