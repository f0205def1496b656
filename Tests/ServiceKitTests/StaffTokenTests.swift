import CommonAPI
import Testing

@testable import ServiceKit

/// What members of staff hold.
@Suite struct StaffTokenTests {
    private static let random = [UInt8](repeating: 7, count: StaffToken.randomByteCount)

    @Test("A token reads back as it was made, and as its own kind only", arguments: ["sess", "invt"])
    func reading(name: String) throws {
        let kind = try #require(StaffToken.Kind(rawValue: name))
        let other: StaffToken.Kind = kind == .session ? .invitation : .session
        let token = StaffToken(kind, random: Self.random)
        #expect(token.text.hasPrefix("gy_\(name)_\(token.kid)_"))
        #expect(token.text.utf8.count == APIKey.length)
        #expect(StaffToken(kind, parsing: token.text) == token)
        #expect(StaffToken(other, parsing: token.text) == nil)
        #expect(APIKey(parsing: token.text) == nil)
    }

    @Test("A token with any one character changed, left out or added is none")
    func mistyped() {
        let text = Array(StaffToken(.session, random: Self.random).text)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "x" ? "y" : "x"
            #expect(StaffToken(.session, parsing: String(changed)) == nil)
            var shorter = text
            shorter.remove(at: index)
            #expect(StaffToken(.session, parsing: String(shorter)) == nil)
        }
        #expect(StaffToken(.session, parsing: String(text) + "x") == nil)
        let key = APIKey(mode: .live, random: Self.random)
        #expect(StaffToken(.session, parsing: key.text) == nil)
    }

    @Test("Neither interpolation nor dump shows a token's secret")
    func secrecy() {
        let token = StaffToken(.session, random: Self.random)
        var dumped = ""
        dump(token, to: &dumped)
        #expect(!"\(token)".contains(token.secret) && !dumped.contains(token.secret))
        #expect("\(token)".contains(token.kid))
    }
}
