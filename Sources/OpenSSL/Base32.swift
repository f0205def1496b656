/// Base32 (RFC 4648, section 6), the form in which authenticator apps take secrets.
public enum Base32 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// The text of `bytes`, without padding: authenticator apps want none.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (held, count) = (0, 0)
        for byte in bytes {
            held = held << 8 | Int(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(digits[held >> count & 31])
            }
            held &= (1 << count) - 1
        }
        if count > 0 { text.append(digits[held << (5 - count) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`, with or without its padding; nil for what is no Base32.
    public static func decode(_ text: String) -> [UInt8]? {
        let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding == 0 || padding <= 6 && text.utf8.count % 8 == 0 else { return nil }
        let body = text.utf8.dropLast(padding)
        // What 1, 3 or 6 digits over whole groups hold is no whole number of bytes.
        guard ![1, 3, 6].contains(body.count % 8) else { return nil }
        var bytes: [UInt8] = []
        var (held, count) = (0, 0)
        for character in body {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            held = held << 5 | digit
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(held >> count))
                held &= (1 << count) - 1
            }
        }
        return held == 0 ? bytes : nil
    }
}
