import Testing

@testable import OpenSSL

/// What people prove themselves with: passwords and codes of authenticator apps.
@Suite struct PasswordTests {
    /// RFC 7914, section 12.
    @Test(
        "scrypt gives the RFC's answers",
        arguments: [
            (
                "", "", Scrypt(cost: 16, blockSize: 1, parallelization: 1),
                """
                77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                """
            ),
            (
                "password", "NaCl", Scrypt(cost: 1_024, blockSize: 8, parallelization: 16),
                """
                fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
                2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                """
            ),
            (
                "pleaseletmein", "SodiumChloride", Scrypt(cost: 16_384, blockSize: 8, parallelization: 1),
                """
                7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
                d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                """
            ),
        ])
    func scrypt(password: String, salt: String, scrypt: Scrypt, expected: String) throws {
        let key = try scrypt.derive(Array(password.utf8), salt: Array(salt.utf8), count: 64)
        #expect(Hexadecimal.encode(key) == expected)
    }

    @Test("A password has at most 1,024 bytes, and costs that take more than 256 MiB are refused")
    func scryptLimits() throws {
        let cheap = Scrypt(cost: 2, blockSize: 1, parallelization: 1)
        for (count, isAllowed) in [(0, true), (1_024, true), (1_025, false)] {
            let key = try? cheap.derive(Array(repeating: 7, count: count), salt: [1])
            #expect((key != nil) == isAllowed)
        }
        for (count, isAllowed) in [(0, false), (1, true), (1_024, true), (1_025, false)] {
            let key = try? cheap.derive([1], salt: [1], count: count)
            #expect((key != nil) == isAllowed)
        }
        for costs in [(0, 8, 1), (3, 8, 1), (16, 0, 1), (16, 1, 0), (1 << 19, 8, 1)] {
            let scrypt = Scrypt(cost: costs.0, blockSize: costs.1, parallelization: costs.2)
            #expect(throws: OpenSSLError.self) { try scrypt.derive([1], salt: [1]) }
        }
        #expect(try Scrypt.interactive.derive([1], salt: Array(repeating: 1, count: 16)).count == 32)
    }

    /// RFC 6238, appendix B, the rows of SHA-1; six digits are the last six of those eight.
    @Test(
        "One-time passwords are the RFC's",
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func totp(seconds: Int64, expected: String) throws {
        let totp = try TOTP(secret: Array("12345678901234567890".utf8))
        #expect(try totp.code(ofStep: TOTP.step(atSeconds: seconds), digits: 8) == expected)
        #expect(try totp.code(ofStep: TOTP.step(atSeconds: seconds)) == expected.suffix(6))
    }

    @Test("A code is taken one step early or late, once, and never after a later one")
    func window() throws {
        let totp = try TOTP(secret: Array(repeating: 7, count: TOTP.secretByteCount))
        for (offset, isTaken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] as [(Int64, Bool)] {
            let code = try totp.code(ofStep: 1_000 + offset)
            let step = try totp.step(of: code, atSeconds: 30_015, after: nil)
            #expect(step == (isTaken ? 1_000 + offset : nil))
            #expect(try totp.step(of: code, atSeconds: 30_015, after: 1_000 + offset) == nil)
        }
        #expect(try totp.step(of: try totp.code(ofStep: 999), atSeconds: 30_015, after: 1_000) == nil)
        #expect(try totp.step(of: "", atSeconds: 30_015, after: nil) == nil)
        #expect(throws: OpenSSLError.self) { try TOTP(secret: Array(repeating: 7, count: 15)) }
    }

    /// RFC 4648, section 10.
    @Test(
        "Base32 is the RFC's, and reads back with and without padding",
        arguments: [
            ("", "", ""), ("f", "MY", "======"), ("fo", "MZXQ", "===="), ("foo", "MZXW6", "==="),
            ("foob", "MZXW6YQ", "="), ("fooba", "MZXW6YTB", ""), ("foobar", "MZXW6YTBOI", "======"),
        ])
    func base32(text: String, encoded: String, padding: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
        #expect(Base32.decode(encoded) == Array(text.utf8))
        #expect(Base32.decode(encoded + padding) == Array(text.utf8))
    }

    @Test("What is no Base32 is refused", arguments: ["M", "MZX", "MZXW6Y", "my", "M1", "MY=", "MZ", "MZXQ=="])
    func badBase32(text: String) {
        #expect(Base32.decode(text) == nil)
    }
}
