import OpenSSL
import Testing

@Suite("Bytes as text")
struct TextEncodingTests {
    @Test(
        "The examples of RFC 4648 come out in both alphabets, and decode",
        arguments: [
            ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
            ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"),
            ("foobar", "Zm9vYmFy", "666f6f626172"),
        ])
    func knownAnswer(_ text: String, _ base64: String, _ hexadecimal: String) {
        let bytes = Array(text.utf8)
        let unpadded = base64.replacing("=", with: "")
        #expect(Base64.encode(bytes) == base64)
        #expect(Base64.encode(bytes, alphabet: .url) == unpadded)
        #expect(Base64.decode(base64) == bytes)
        #expect(Base64.decode(unpadded, alphabet: .url) == bytes)
        #expect(Hexadecimal.encode(bytes) == hexadecimal)
        #expect(Hexadecimal.decode(hexadecimal) == bytes)
    }

    @Test("The alphabets differ in two letters, and neither decodes the other's")
    func alphabets() {
        let bytes: [UInt8] = [0xfb, 0xff, 0xbf]
        #expect(Base64.encode(bytes) == "+/+/")
        #expect(Base64.encode(bytes, alphabet: .url) == "-_-_")
        #expect(Base64.decode("-_-_") == nil)
        #expect(Base64.decode("+/+/", alphabet: .url) == nil)
    }

    @Test(
        "Bad padding, white space, foreign letters and spare bits that are not zero are refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Zh==", "Zm9=", "Zm8", "Zm8=\n", " Zm8=", "Zm9v====",
            "Zg==Zg==", "Z=g=", "Zm9v\u{0}AAA", "Zmö=",
        ])
    func badBase64(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("The unpadded alphabet takes no padding", arguments: ["Zg==", "Zm8=", "Z", "Zh", "Zm9vY"])
    func badBase64URL(_ text: String) {
        #expect(Base64.decode(text, alphabet: .url) == nil)
    }

    @Test(
        "Half a pair and anything but digits are refused",
        arguments: ["0", "0g", "g0", "0x", " 0", "00 00", "é", "/:", "@`"])
    func badHexadecimal(_ text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }

    @Test("Any bytes come back from any encoding, and any text that decodes is the one its bytes encode to")
    func roundTrip() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let bytes = generator.bytes(Int.random(in: 0...64, using: &generator))
            #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
            #expect(Hexadecimal.decode(Hexadecimal.encode(bytes).uppercased()) == bytes)
            for alphabet in [Base64.Alphabet.standard, .url] {
                let text = Base64.encode(bytes, alphabet: alphabet)
                #expect(Base64.decode(text, alphabet: alphabet) == bytes)
                guard !text.isEmpty else { continue }
                var letters = Array(text.utf8)
                let index = Int.random(in: 0..<letters.count, using: &generator)
                letters[index] = UInt8.random(in: 0...127, using: &generator)
                let changed = String(decoding: letters, as: UTF8.self)
                if let decoded = Base64.decode(changed, alphabet: alphabet) {
                    #expect(Base64.encode(decoded, alphabet: alphabet) == changed)
                }
            }
        }
    }
}
