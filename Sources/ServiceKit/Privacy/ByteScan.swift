import CommonAPI
import OpenSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Looks for identifiers in the very bytes of files, in the forms in which a database holds them: as they are, in
/// hexadecimal, in base64.
struct ByteScan {
    /// Shorter identifiers are found by chance; that they are gone is shown by queries instead.
    static let minimumLength = 12
    private static let bufferBytes = 1 << 20

    private let needles: [Needle]

    init(_ identifiers: [Identifier]) {
        var needles: Set<[UInt8]> = []
        for identifier in identifiers where identifier.value.utf8.count >= Self.minimumLength {
            let value = Array(identifier.value.utf8)
            let hexadecimal = Hexadecimal.encode(value)
            needles.formUnion([value, Array(hexadecimal.utf8), Array(hexadecimal.uppercased().utf8)])
            for alignment in 0..<3 { needles.insert(Self.base64(value, alignment: alignment)) }
        }
        self.needles = needles.map(Needle.init)
    }

    /// Reads whole files; one that is not there holds nothing.
    func search(_ paths: [String]) -> (bytes: Int, hits: Int) {
        paths.reduce((bytes: 0, hits: 0)) { sum, path in
            let found = search(path)
            return (sum.bytes + found.bytes, sum.hits + found.hits)
        }
    }

    private func search(_ path: String) -> (bytes: Int, hits: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return (0, 0) }
        defer { close(descriptor) }
        let overlap = (needles.map(\.bytes.count).max() ?? 1) - 1
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes + overlap, alignment: 16)
        defer { buffer.deallocate() }
        var outcome = (bytes: 0, hits: 0)
        var kept = 0
        while true {
            let count = read(descriptor, buffer.baseAddress?.advanced(by: kept), Self.bufferBytes)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return outcome }
            outcome.bytes += count
            let filled = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
            // What lies wholly in the bytes kept from the last time was counted then.
            for needle in needles { outcome.hits += needle.count(in: filled, endingBehind: kept) }
            let keep = min(overlap, filled.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: filled[(filled.count - keep)...]))
            kept = keep
        }
    }

    /// The letters that `value` alone decides when so many other bytes stand before it.
    private static func base64(_ value: [UInt8], alignment: Int) -> [UInt8] {
        let letters = Array(Base64.encode(Array(repeating: 0, count: alignment) + value).utf8)
        return Array(letters[((alignment * 8 + 5) / 6)..<((alignment + value.count) * 8 / 6)])
    }
}

/// Bytes that are looked for, by the algorithm of Horspool (Practical fast searching in strings, Software: Practice and
/// Experience 10, 1980): most of the text is never looked at.
private struct Needle {
    let bytes: [UInt8]
    /// How far to go on when this byte stands where the last one should.
    private let skips: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var skips = [Int](repeating: bytes.count, count: 256)
        for (index, byte) in bytes.dropLast().enumerated() { skips[Int(byte)] = bytes.count - 1 - index }
        self.skips = skips
    }

    /// How often it stands in `text` without ending before `start`.
    func count(in text: UnsafeRawBufferPointer, endingBehind start: Int) -> Int {
        let length = bytes.count
        var position = max(0, start - length + 1)
        var count = 0
        while position + length <= text.count {
            if text[position..<(position + length)].elementsEqual(bytes) { count += 1 }
            position += skips[Int(text[position + length - 1])]
        }
        return count
    }
}
