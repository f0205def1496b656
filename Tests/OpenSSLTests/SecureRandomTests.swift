import OpenSSL
import Testing

@Suite("Random bytes and comparing them")
struct SecureRandomTests {
    @Test("As many bytes come as were asked for, up to 1 MiB; never the same 32 twice")
    func counts() throws {
        for count in [0, 1, 31, 32, SecureRandom.maximumByteCount] {
            #expect(try SecureRandom.bytes(count).count == count)
        }
        for count in [-1, SecureRandom.maximumByteCount + 1] {
            let error = #expect(throws: OpenSSLError.self) { try SecureRandom.bytes(count) }
            #expect(error?.kind == .invalidArgument)
        }
        #expect(Set(try (0..<1_000).map { _ in try SecureRandom.bytes(32) }).count == 1_000)
    }

    @Test("Equal bytes are equal; a bit, a byte more or a byte less makes the difference")
    func comparison() {
        var generator = SeededGenerator(seed: 8)
        #expect(constantTimeEqual([], []))
        for count in 1...40 {
            let bytes = generator.bytes(count)
            #expect(constantTimeEqual(bytes, bytes))
            #expect(!constantTimeEqual(bytes, bytes + [0]))
            #expect(!constantTimeEqual(bytes, Array(bytes.dropLast())))
            for bit in 0..<(count * 8) { #expect(!constantTimeEqual(bytes, bytes.flipping(bit: bit))) }
        }
    }
}
