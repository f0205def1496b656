import CommonAPI
import Testing

@testable import ServiceKit

/// The form of API keys.
@Suite struct APIKeyTests {
    private let random = [UInt8](0..<40)

    @Test("A key reads as it was written", arguments: KeyMode.allCases)
    func roundTrip(mode: KeyMode) throws {
        let key = APIKey(mode: mode, random: random)
        #expect(key.text.utf8.count == APIKey.length)
        #expect(key.text.hasPrefix("gy_\(mode.rawValue)_\(key.kid)_\(key.secret)_"))
        #expect(APIKey(parsing: key.text) == key)
    }

    @Test("The extremes of the random bytes keep their width", arguments: [UInt8.min, .max])
    func extremes(byte: UInt8) {
        let key = APIKey(mode: .live, random: Array(repeating: byte, count: APIKey.randomByteCount))
        #expect(key.kid.utf8.count == 8)
        #expect(key.secret.utf8.count == 43)
        #expect(APIKey(parsing: key.text) == key)
        if byte == 0 { #expect(key.secret == String(repeating: "0", count: 43)) }
    }

    @Test("A key is the one that an independent program makes of the same bytes")
    func golden() {
        // Python's int arithmetic and zlib.crc32.
        let text = "gy_live_IYT0XLWR_1u8QmlquE1rQpeqoulx6MZVGVGgufeog3UsDEHmrG2p_2IKEHY"
        #expect(APIKey(mode: .live, random: random).text == text)
        let largest = Array(repeating: UInt8.max, count: 32)
        #expect(Base62.text(largest[...], length: 43) == "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1")
    }

    @Test("The checksum is the CRC-32 that everybody uses")
    func crc32() {
        #expect(CRC32.checksum(of: "123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.checksum(of: "".utf8) == 0)
    }

    @Test("Every single changed character is noticed")
    func everyCharacter() {
        let text = APIKey(mode: .live, random: random).text
        for index in text.indices {
            for other in ["0", "z", "_", "é", " "] where String(text[index]) != other {
                #expect(APIKey(parsing: text.replacingCharacter(at: index, with: other)) == nil)
            }
        }
    }

    @Test("What has another form is no key")
    func malformed() {
        let key = APIKey(mode: .live, random: random)
        let malformed = [
            "", "gy", "gy_live", String(key.text.dropLast()), key.text + "0", " " + key.text, key.text + "\n",
            "gy_test_" + key.text.dropFirst(8), "GY" + key.text.dropFirst(2),
            String(repeating: "_", count: APIKey.length), String(repeating: "0", count: APIKey.length),
            // Right in its checksum, wrong in its form.
            sealed("gy_prod_\(key.kid)_\(key.secret)"), sealed("gx_live_\(key.kid)_\(key.secret)"),
            sealed("gy_live_\(key.kid.dropLast())_\(key.secret)0"),
            sealed("gy_live_\(key.kid)_\(key.secret.dropLast())-"),
            sealed("gy_live_\(key.kid.dropLast())__\(key.secret)"),
        ]
        for text in malformed { #expect(APIKey(parsing: text) == nil, "\(text)") }
        #expect(APIKey(parsing: sealed("gy_live_\(key.kid)_\(key.secret)")) == key)
    }

    @Test("A key that is interpolated or dumped does not show its secret")
    func description() {
        let key = APIKey(mode: .live, random: random)
        var dumped = ""
        dump(key, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), "\([key])", dumped] {
            #expect(!shown.contains(key.secret))
            #expect(shown.contains(key.kid))
        }
    }

    private func sealed(_ body: String) -> String {
        body + "_" + APIKey.checksum(of: body.utf8)
    }
}

extension String {
    fileprivate func replacingCharacter(at index: Index, with other: String) -> String {
        self[..<index] + other + self[self.index(after: index)...]
    }
}
