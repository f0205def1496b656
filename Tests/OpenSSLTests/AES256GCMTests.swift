import Testing

@testable import OpenSSL

@Suite("AES-256-GCM")
struct AES256GCMTests {
    struct KnownAnswer: Sendable {
        let name: String
        let key: String
        let nonce: String
        let plaintext: String
        let associatedData: String
        let ciphertext: String
        let tag: String
    }

    private static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    private static let plaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    private static let ciphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

    // McGrew and Viega, "The Galois/Counter Mode of Operation", the document submitted to NIST, cases 13 to 16.
    static let knownAnswers: [KnownAnswer] = [
        KnownAnswer(
            name: "case 13", key: String(repeating: "0", count: 64), nonce: String(repeating: "0", count: 24),
            plaintext: "", associatedData: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        KnownAnswer(
            name: "case 14", key: String(repeating: "0", count: 64), nonce: String(repeating: "0", count: 24),
            plaintext: String(repeating: "0", count: 32), associatedData: "",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        KnownAnswer(
            name: "case 15", key: key, nonce: "cafebabefacedbaddecaf888", plaintext: plaintext, associatedData: "",
            ciphertext: ciphertext, tag: "b094dac5d93471bdec1a502270e3cc6c"),
        KnownAnswer(
            name: "case 16", key: key, nonce: "cafebabefacedbaddecaf888", plaintext: String(plaintext.dropLast(8)),
            associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2", ciphertext: String(ciphertext.dropLast(8)),
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test("The ciphertexts and tags submitted to NIST come out, and open again", arguments: knownAnswers)
    func knownAnswer(_ answer: KnownAnswer) throws {
        let key = try AES256GCM(key: try bytes(answer.key))
        let plaintext = try bytes(answer.plaintext)
        let associatedData = try bytes(answer.associatedData)
        let sealed = try key.seal(plaintext, nonce: try bytes(answer.nonce), associatedData: associatedData)
        #expect(Hexadecimal.encode(sealed) == answer.nonce + answer.ciphertext + answer.tag, "\(answer.name)")
        #expect(try key.open(sealed, associatedData: associatedData) == plaintext, "\(answer.name)")
    }

    @Test("What was sealed opens, at every length; no two seals of one text are alike")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 4)
        let key = try AES256GCM(key: generator.bytes(32))
        for count in Array(0...66) + [4_095, 4_096, 100_000] {
            let plaintext = generator.bytes(count)
            let associatedData = generator.bytes(count % 20)
            let sealed = try key.seal(plaintext, associatedData: associatedData)
            #expect(sealed.count == count + AES256GCM.overheadByteCount)
            #expect(try key.open(sealed, associatedData: associatedData) == plaintext)
            #expect(try key.seal(plaintext, associatedData: associatedData) != sealed)
        }
    }

    @Test("A flipped bit anywhere, other associated data, another key or a cut end is refused, all alike")
    func tampering() throws {
        var generator = SeededGenerator(seed: 5)
        let rawKey = generator.bytes(32)
        let key = try AES256GCM(key: rawKey)
        let associatedData = Array("actor 7".utf8)
        let sealed = try key.seal(Array("ada@example.com".utf8), associatedData: associatedData)
        let refused = OpenSSLError(kind: .authenticationFailed, operation: "AES-256-GCM open", reasons: [])
        for bit in 0..<(sealed.count * 8) {
            #expect(throws: refused) { try key.open(sealed.flipping(bit: bit), associatedData: associatedData) }
        }
        for bit in 0..<(associatedData.count * 8) {
            #expect(throws: refused) { try key.open(sealed, associatedData: associatedData.flipping(bit: bit)) }
        }
        for bit in 0..<(rawKey.count * 8) {
            let other = try AES256GCM(key: rawKey.flipping(bit: bit))
            #expect(throws: refused) { try other.open(sealed, associatedData: associatedData) }
        }
        #expect(throws: refused) { try key.open(sealed) }
        #expect(throws: refused) { try key.open(Array(sealed.dropLast()), associatedData: associatedData) }
        #expect(throws: refused) { try key.open(sealed + [0], associatedData: associatedData) }
        #expect(refused.description == "AES-256-GCM open failed")
    }

    @Test("A key has 32 bytes, sealed bytes at least 28")
    func lengths() throws {
        for count in [0, 16, 31, 33] {
            let error = #expect(throws: OpenSSLError.self) { try AES256GCM(key: [UInt8](repeating: 1, count: count)) }
            #expect(error?.description == "AES-256-GCM key: must have 32 bytes, not \(count)")
        }
        let key = try AES256GCM(key: [UInt8](repeating: 1, count: 32))
        let short = #expect(throws: OpenSSLError.self) { try key.open([UInt8](repeating: 0, count: 27)) }
        #expect(short?.kind == .invalidArgument)
        let empty = #expect(throws: OpenSSLError.self) { try key.open([UInt8](repeating: 0, count: 28)) }
        #expect(empty?.kind == .authenticationFailed)
    }

    @Test("64 MiB can be sealed; one byte more is refused, of text and of associated data")
    func limit() throws {
        let key = try AES256GCM(key: [UInt8](repeating: 1, count: 32))
        var text = [UInt8](repeating: 7, count: AES256GCM.maximumByteCount)
        let sealed = try key.seal(text)
        #expect(try key.open(sealed) == text)
        text.append(7)
        #expect(throws: OpenSSLError.self) { try key.seal(text) }
        #expect(throws: OpenSSLError.self) { try key.seal([], associatedData: text) }
        let long = #expect(throws: OpenSSLError.self) { try key.open(sealed + [0]) }
        #expect(long?.kind == .invalidArgument)
    }

    private func bytes(_ hexadecimal: String) throws -> [UInt8] {
        try #require(Hexadecimal.decode(hexadecimal))
    }
}
