import OpenSSL
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
    struct KnownAnswer: Sendable {
        let name: String
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    // RFC 8032, section 7.1.
    static let knownAnswers: [KnownAnswer] = [
        KnownAnswer(
            name: "test 1", seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        KnownAnswer(
            name: "test 2", seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        KnownAnswer(
            name: "test 3", seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        KnownAnswer(
            name: "test SHA(abc)", seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
    ]

    @Test("The keys and signatures of RFC 8032 come out, and are valid", arguments: knownAnswers)
    func knownAnswer(_ answer: KnownAnswer) throws {
        let key = try Ed25519.PrivateKey(rawRepresentation: try bytes(answer.seed))
        let message = try bytes(answer.message)
        #expect(Hexadecimal.encode(key.publicKey.rawRepresentation) == answer.publicKey, "\(answer.name)")
        let signature = try key.signature(for: message)
        #expect(Hexadecimal.encode(signature) == answer.signature, "\(answer.name)")
        let published = try Ed25519.PublicKey(rawRepresentation: try bytes(answer.publicKey))
        #expect(try published.isValid(signature: signature, for: message), "\(answer.name)")
        #expect(published == key.publicKey)
    }

    @Test("A new key signs what its public key accepts, and survives being kept")
    func generated() throws {
        var generator = SeededGenerator(seed: 6)
        var seen: Set<Ed25519.PublicKey> = []
        for count in 0..<40 {
            let key = try Ed25519.PrivateKey()
            let message = generator.bytes(count * 7)
            let signature = try key.signature(for: message)
            #expect(try key.publicKey.isValid(signature: signature, for: message))
            let kept = try Ed25519.PrivateKey(rawRepresentation: try key.rawRepresentation)
            #expect(try kept.signature(for: message) == signature)
            #expect(kept.publicKey == key.publicKey)
            seen.insert(key.publicKey)
        }
        #expect(seen.count == 40)
    }

    @Test("A flipped bit in signature, message or public key makes a signature invalid, never an error")
    func tampering() throws {
        let key = try Ed25519.PrivateKey(rawRepresentation: [UInt8](repeating: 9, count: 32))
        let message = Array("certificate 12: erased".utf8)
        let signature = try key.signature(for: message)
        let publicKey = key.publicKey
        for bit in 0..<(signature.count * 8) {
            #expect(try !publicKey.isValid(signature: signature.flipping(bit: bit), for: message))
        }
        for bit in 0..<(message.count * 8) {
            #expect(try !publicKey.isValid(signature: signature, for: message.flipping(bit: bit)))
        }
        for bit in 0..<(32 * 8) {
            let other = try Ed25519.PublicKey(rawRepresentation: publicKey.rawRepresentation.flipping(bit: bit))
            #expect(try !other.isValid(signature: signature, for: message))
        }
        #expect(try !publicKey.isValid(signature: Array(signature.dropLast()), for: message))
        #expect(try !publicKey.isValid(signature: signature + [0], for: message))
        #expect(try !publicKey.isValid(signature: [], for: message))
        #expect(try publicKey.isValid(signature: signature, for: message))
    }

    @Test("Keys have 32 bytes")
    func lengths() {
        for count in [0, 31, 33, 64] {
            let bytes = [UInt8](repeating: 1, count: count)
            let asPrivate = #expect(throws: OpenSSLError.self) { try Ed25519.PrivateKey(rawRepresentation: bytes) }
            #expect(asPrivate?.description == "Ed25519 key: must have 32 bytes, not \(count)")
            let asPublic = #expect(throws: OpenSSLError.self) { try Ed25519.PublicKey(rawRepresentation: bytes) }
            #expect(asPublic?.description == "Ed25519 public key: must have 32 bytes, not \(count)")
        }
    }

    @Test("Tasks that share a key sign and check without disturbing one another")
    func sharing() async throws {
        let key = try Ed25519.PrivateKey()
        await withTaskGroup(of: Bool.self) { group in
            for task in UInt8(0)..<4 {
                group.addTask {
                    (UInt8(0)..<50).allSatisfy { round in
                        guard let signature = try? key.signature(for: [task, round]) else { return false }
                        return (try? key.publicKey.isValid(signature: signature, for: [task, round])) == true
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    private func bytes(_ hexadecimal: String) throws -> [UInt8] {
        try #require(Hexadecimal.decode(hexadecimal))
    }
}
