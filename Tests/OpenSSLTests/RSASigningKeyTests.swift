import Foundation
import OpenSSL
import Testing

@Suite struct RSASigningKeyTests {
    @Test("A key that was made is read again from its PEM, signs the same, and is for its host alone")
    func roundTrip() throws {
        let made = try RSASigningKey.selfSigned(host: "processor.example")
        let both = try made.privateKeyPEM + made.certificatePEM
        let read = try RSASigningKey(privateKey: both, certificate: both)
        let message = Array("a message".utf8)
        let signature = try made.signature(for: message)
        #expect(try signature.count == 256 && read.signature(for: message) == signature)
        #expect(try made.signature(for: message + [0]) != signature)
        #expect(read.isFor(host: "processor.example") && !read.isFor(host: "other.example"))
    }

    @Test("The digest of a message is signed as the message is, and what is no digest is refused")
    func digests() throws {
        let key = try RSASigningKey.selfSigned(host: "processor.example")
        for message in [[], Array("a message".utf8), [UInt8](repeating: 7, count: 100_000)] {
            let digest = SHA256.hash(message).bytes
            #expect(try key.signature(ofSHA256: digest) == key.signature(for: message))
        }
        for count in [0, 31, 33] {
            #expect(throws: OpenSSLError.self) { try key.signature(ofSHA256: [UInt8](repeating: 0, count: count)) }
        }
    }

    @Test("What is no RSA key with its certificate is refused with what it is")
    func refusals() throws {
        let (one, other) = (try RSASigningKey.selfSigned(host: "a"), try RSASigningKey.selfSigned(host: "a"))
        let key = try one.privateKeyPEM
        let certificate = try one.certificatePEM
        for (key, certificate, reason) in [
            (Array("x".utf8), certificate, "is no private key in PEM without a passphrase"),
            (key, Array("x".utf8), "is no certificate in PEM"), (key, try other.certificatePEM, "is not the key's"),
            ([], certificate, "is no private key in PEM without a passphrase"),
        ] {
            let error = #expect(throws: OpenSSLError.self) {
                try RSASigningKey(privateKey: key, certificate: certificate)
            }
            #expect(error?.kind == .invalidArgument && error?.reasons == [reason])
        }
        #expect(throws: OpenSSLError.self) { try RSASigningKey.selfSigned(host: "") }
        #expect(throws: OpenSSLError.self) {
            try RSASigningKey.selfSigned(host: String(repeating: "a", count: 65))
        }
    }
}
