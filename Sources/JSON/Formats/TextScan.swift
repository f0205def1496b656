/// Reads fixed-width fields of the text formats.
struct TextScan {
    private let bytes: UnsafeRawBufferPointer
    private(set) var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    /// The next byte, unread.
    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Exactly `count` digits.
    mutating func digits(_ count: Int) -> Int? {
        guard bytes.count - index >= count else { return nil }
        var value = 0
        for _ in 0..<count {
            let digit = bytes[index] &- Ascii.zero
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
            index += 1
        }
        return value
    }

    /// Passes `byte` if it comes next.
    mutating func pass(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    /// Passes the letter if it comes next, in either case.
    mutating func pass(letter: UInt8) -> Bool {
        guard let next, next | 0x20 == letter | 0x20 else { return false }
        index += 1
        return true
    }
}

extension String {
    /// Runs a format's parser over the text.
    func withText<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
