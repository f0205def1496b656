import OpenSSL
import Testing

@Suite("HMAC-SHA-256")
struct HMACSHA256Tests {
    struct KnownAnswer: Sendable {
        let name: String
        let key: [UInt8]
        let message: [UInt8]
        let tag: String
    }

    // RFC 4231, sections 4.2 to 4.8. Case 5 gives only the first 128 bits of its tag.
    static let knownAnswers: [KnownAnswer] = [
        KnownAnswer(
            name: "case 1", key: .init(repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        KnownAnswer(
            name: "case 2", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        KnownAnswer(
            name: "case 3", key: .init(repeating: 0xaa, count: 20), message: .init(repeating: 0xdd, count: 50),
            tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        KnownAnswer(
            name: "case 4", key: Array(1...25), message: .init(repeating: 0xcd, count: 50),
            tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        KnownAnswer(
            name: "case 5", key: .init(repeating: 0x0c, count: 20), message: Array("Test With Truncation".utf8),
            tag: "a3b6167473100ee06e0c796c2955552b"),
        KnownAnswer(
            name: "case 6", key: .init(repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        KnownAnswer(
            name: "case 7", key: .init(repeating: 0xaa, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("The tags of RFC 4231 come out, from either type, again and again", arguments: knownAnswers)
    func knownAnswer(_ answer: KnownAnswer) throws {
        let hmac = try HMACSHA256(key: answer.key)
        let shared = try HMACKey(answer.key)
        for _ in 0..<3 {
            #expect(Hexadecimal.encode(hmac.authenticate(answer.message)).hasPrefix(answer.tag), "\(answer.name)")
            #expect(Hexadecimal.encode(shared.authenticate(answer.message)).hasPrefix(answer.tag), "\(answer.name)")
        }
    }

    @Test("A tag does not depend on how its message is cut, nor on what was authenticated before")
    func parts() throws {
        var generator = SeededGenerator(seed: 1)
        let hmac = try HMACSHA256(key: generator.bytes(32))
        for _ in 0..<200 {
            let message = generator.bytes(Int.random(in: 0...300, using: &generator))
            let cut = Int.random(in: 0...message.count, using: &generator)
            let whole = hmac.authenticate(message)
            #expect(whole == hmac.authenticate(Array(message[..<cut]), Array(message[cut...])))
            #expect(whole == hmac.authenticate([], message, []))
            let raw = message.withUnsafeBytes { bytes in
                hmac.authenticate(
                    UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...]))
            }
            #expect(whole == raw)
            var written = [UInt8](repeating: 0, count: HMACSHA256.tagByteCount)
            message.withUnsafeBytes { message in
                written.withUnsafeMutableBytes { hmac.authenticate(message, into: $0) }
            }
            #expect(whole == written)
        }
    }

    @Test("A text is authenticated as its UTF-8 bytes, the empty one included")
    func text() throws {
        let hmac = try HMACSHA256(key: [1])
        for text in ["", "a", "Größe", "\u{1F600}"] {
            #expect(hmac.authenticate(text) == hmac.authenticate(Array(text.utf8)))
            #expect(try HMACKey([1]).authenticate(text) == hmac.authenticate(text))
        }
    }

    @Test("A tag is valid for its own message and key, and for nothing that differs in one bit")
    func tampering() throws {
        var generator = SeededGenerator(seed: 2)
        let key = generator.bytes(32)
        let (hmac, shared) = (try HMACSHA256(key: key), try HMACKey(key))
        let message = generator.bytes(40)
        let tag = hmac.authenticate(message)
        #expect(hmac.isValid(tag: tag, for: message))
        #expect(shared.isValid(tag: tag, for: message))
        for bit in 0..<(tag.count * 8) {
            #expect(!hmac.isValid(tag: tag.flipping(bit: bit), for: message))
        }
        for bit in 0..<(message.count * 8) {
            #expect(!hmac.isValid(tag: tag, for: message.flipping(bit: bit)))
        }
        for bit in 0..<(key.count * 8) {
            #expect(try !HMACSHA256(key: key.flipping(bit: bit)).isValid(tag: tag, for: message))
        }
        #expect(!hmac.isValid(tag: Array(tag.dropLast()), for: message))
        #expect(!hmac.isValid(tag: [], for: message))
    }

    @Test("An empty key is refused, with the reason")
    func emptyKey() {
        let error = #expect(throws: OpenSSLError.self) { try HMACSHA256(key: []) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.description == "HMAC-SHA-256 key: must not be empty")
        #expect(throws: OpenSSLError.self) { try HMACKey([]) }
    }

    @Test("Tasks that share a key get the tags that they would get alone")
    func sharing() async throws {
        let key = try HMACKey(Array("shared".utf8))
        let alone = try (0..<64).map { try HMACSHA256(key: Array("shared".utf8)).authenticate("message \($0)") }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<2_000).allSatisfy { key.authenticate("message \($0 % 64)") == alone[$0 % 64] }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
