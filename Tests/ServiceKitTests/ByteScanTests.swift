import CommonAPI
import Foundation
import OpenSSL
import Testing

@testable import ServiceKit

@Suite struct ByteScanTests {
    private let directory = TemporaryDirectory()
    private let value = "unmistakable@example.org"

    private func hits(_ bytes: [UInt8], _ identifiers: [Identifier]? = nil) -> Int {
        FileBytes.createDirectory(directory.path)
        #expect(FileBytes.writeDurably(bytes, to: directory.path + "/a"))
        let scan = ByteScan([identifiers ?? [Identifier(type: "email", value: value)]])
        let found = scan.search([directory.path + "/a", directory.path + "/none"])
        #expect(found.bytes == bytes.count)
        return found.hits[0]
    }

    @Test("An identifier is found as it is, in hexadecimal of both cases, and in base64 wherever it stands there")
    func forms() {
        let plain = Array(value.utf8)
        #expect(hits(plain) == 1)
        #expect(hits([0] + plain + [7] + plain) == 2)
        #expect(hits(Array(Hexadecimal.encode(plain).utf8)) == 1)
        #expect(hits(Array(Hexadecimal.encode(plain).uppercased().utf8)) == 1)
        for before in 0..<6 {
            let text = Array(repeating: UInt8(0xAB), count: before) + plain + [1, 2]
            #expect(hits(Array(Base64.encode(text).utf8)) == 1, "\(before)")
        }
        #expect(hits(Array(value.dropLast().utf8)) == 0)
        #expect(hits([]) == 0)
    }

    @Test("An identifier is found once wherever the buffer's border cuts it")
    func borders() {
        let plain = Array(value.utf8)
        for place in [(1 << 20) - plain.count - 1, (1 << 20) - plain.count, (1 << 20) - 5, 1 << 20, (1 << 20) + 1] {
            var bytes = [UInt8](repeating: 0x20, count: (2 << 20) + 100)
            bytes.replaceSubrange(place..<(place + plain.count), with: plain)
            #expect(hits(bytes) == 1, "\(place)")
        }
    }

    @Test("Fifty requests are searched for with one reading, each for its own, and agree with a search byte by byte")
    func many() {
        var generator = SystemRandomNumberGenerator()
        let values = (0..<50).map { number in
            // Of few letters, so that many begin alike and overlap.
            String((0..<(12 + number % 9)).map { _ in "ab".randomElement(using: &generator) ?? "a" })
        }
        var text = Array(
            (0..<20_000).map { _ in Bool.random(using: &generator) ? UInt8(ascii: "a") : UInt8(ascii: "b") })
        for value in values { text += Array(value.utf8) }
        FileBytes.createDirectory(directory.path)
        #expect(FileBytes.writeDurably(text, to: directory.path + "/many"))
        let found = ByteScan(values.map { [Identifier(type: "x", value: $0)] }).search([directory.path + "/many"])
        #expect(found.bytes == text.count)
        for (value, hits) in zip(values, found.hits) {
            let needle = Array(value.utf8)
            let expected = (0...(text.count - needle.count)).count {
                text[$0..<($0 + needle.count)].elementsEqual(needle)
            }
            #expect(hits == expected && hits > 0, "\(value)")
        }
    }

    @Test("Two requests for one person both hear of what is left")
    func shared() {
        FileBytes.createDirectory(directory.path)
        #expect(FileBytes.writeDurably(Array("..\(value)..".utf8), to: directory.path + "/shared"))
        let mine = Identifier(type: "email", value: value)
        let other = Identifier(type: "email", value: "nobody-at-all@example.org")
        let found = ByteScan([[mine], [other], [mine, other], []]).search([directory.path + "/shared"])
        #expect(found.hits == [1, 0, 1, 0])
    }

    @Test("An identifier of 12 bytes is looked for, one of 11 is not")
    func limit() {
        let text = Array("123456789012".utf8)
        #expect(hits(text, [Identifier(type: "a", value: "123456789012")]) == 1)
        #expect(hits(text, [Identifier(type: "a", value: "12345678901")]) == 0)
    }
}
