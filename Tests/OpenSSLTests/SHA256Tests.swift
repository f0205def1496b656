import OpenSSL
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "The digests of FIPS 180-4's examples come out",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func knownAnswer(_ text: String, _ digest: String) {
        #expect(SHA256.hash(text).description == digest)
        #expect(SHA256.hash(Array(text.utf8)) == SHA256.Digest(hexadecimal: digest))
    }

    @Test("A million letters hash as FIPS 180-4 says")
    func million() {
        #expect(
            SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)).description
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("A hash over parts equals the hash of the whole, however it is cut")
    func streaming() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let message = generator.bytes(Int.random(in: 0...500, using: &generator))
            var hash = SHA256()
            var rest = message[...]
            while !rest.isEmpty {
                let taken = Int.random(in: 0...min(rest.count, 70), using: &generator)
                hash.update(Array(rest.prefix(taken)))
                rest = rest.dropFirst(taken)
            }
            #expect(hash.finish() == SHA256.hash(message))
        }
    }

    @Test("A digest keeps its bytes, and only 32 bytes or 64 digits make one")
    func digest() throws {
        let digest = SHA256.hash("abc")
        #expect(SHA256.Digest(digest.bytes) == digest)
        #expect(SHA256.Digest(hexadecimal: digest.description.uppercased()) == digest)
        #expect(Set([digest, SHA256.hash("abc"), SHA256.hash("abd")]).count == 2)
        for count in [0, 31, 33] {
            #expect(SHA256.Digest([UInt8](repeating: 0, count: count)) == nil)
            #expect(SHA256.Digest(hexadecimal: String(repeating: "0", count: 2 * count)) == nil)
        }
        #expect(SHA256.Digest(hexadecimal: String(repeating: "0", count: 63)) == nil)
    }
}
