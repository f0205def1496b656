import CommonAPI
import OpenSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Looks for identifiers in the very bytes of files, in the forms in which a database holds them: as they are, in
/// hexadecimal, in base64. One reading serves any number of requests.
struct ByteScan {
    /// Shorter identifiers are found by chance; that they are gone is shown by queries instead.
    static let minimumLength = 12
    private static let bufferBytes = 1 << 20

    private let needles: NeedleSet
    /// For each needle the requests that look for it, by their place.
    private let owners: [[Int]]
    private let requestCount: Int

    /// - Parameter requests: what each looks for.
    init(_ requests: [[Identifier]]) {
        var places: [[UInt8]: Set<Int>] = [:]
        for (place, identifiers) in requests.enumerated() {
            for needle in identifiers.flatMap(Self.forms) { places[needle, default: []].insert(place) }
        }
        let entries = places.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        needles = NeedleSet(entries.map(\.key))
        owners = entries.map { $0.value.sorted() }
        requestCount = requests.count
    }

    /// Reads whole files, once; one that is not there holds nothing.
    ///
    /// - Returns: the bytes that were read, and for each request how often something of its was found.
    func search(_ paths: [String]) -> (bytes: Int, hits: [Int]) {
        var outcome = (bytes: 0, hits: [Int](repeating: 0, count: requestCount))
        for path in paths { search(path, &outcome) }
        return outcome
    }

    private func search(_ path: String, _ outcome: inout (bytes: Int, hits: [Int])) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let overlap = max(needles.longest, 1) - 1
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes + overlap, alignment: 16)
        defer { buffer.deallocate() }
        var kept = 0
        while true {
            let count = read(descriptor, buffer.baseAddress?.advanced(by: kept), Self.bufferBytes)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            outcome.bytes += count
            let filled = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
            // What lies wholly in the bytes kept from the last time was counted then.
            needles.find(in: filled, endingBehind: kept) { needle in
                for request in owners[needle] { outcome.hits[request] += 1 }
            }
            let keep = min(overlap, filled.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: filled[(filled.count - keep)...]))
            kept = keep
        }
    }

    private static func forms(of identifier: Identifier) -> [[UInt8]] {
        let value = Array(identifier.value.utf8)
        guard value.count >= minimumLength else { return [] }
        let hexadecimal = Hexadecimal.encode(value)
        return [value, Array(hexadecimal.utf8), Array(hexadecimal.uppercased().utf8)]
            + (0..<3).map { base64(value, alignment: $0) }
    }

    /// The letters that `value` alone decides when so many other bytes stand before it.
    private static func base64(_ value: [UInt8], alignment: Int) -> [UInt8] {
        let letters = Array(Base64.encode(Array(repeating: 0, count: alignment) + value).utf8)
        return Array(letters[((alignment * 8 + 5) / 6)..<((alignment + value.count) * 8 / 6)])
    }
}

/// Any number of byte strings that are looked for together, by the algorithm of Wu and Manber (A fast algorithm for
/// multi-pattern searching, Technical Report TR-94-17, University of Arizona, 1994): two bytes at the end of a window as
/// long as the shortest string say how far the window can move; most of the text is never looked at.
private struct NeedleSet {
    let longest: Int
    /// The length of the shortest one, and so of the window.
    private let window: Int
    private let needles: [[UInt8]]
    /// For two bytes, how far the window that ends with them can move; 0: a needle may begin with the window.
    private let shifts: [UInt8]
    /// The needles by the two bytes in which their beginning, as long as the window, ends.
    private let candidates: [UInt16: [Int]]

    /// - Parameter needles: of two bytes or more each.
    init(_ needles: [[UInt8]]) {
        self.needles = needles
        longest = needles.map(\.count).max() ?? 0
        window = min(needles.map(\.count).min() ?? 2, Int(UInt8.max))
        var shifts = [UInt8](repeating: UInt8(window - 1), count: 1 << 16)
        var candidates: [UInt16: [Int]] = [:]
        for (index, needle) in needles.enumerated() {
            for place in 0..<(window - 1) {
                let block = Self.block(needle[place], needle[place + 1])
                shifts[Int(block)] = min(shifts[Int(block)], UInt8(window - 2 - place))
            }
            candidates[Self.block(needle[window - 2], needle[window - 1]), default: []].append(index)
        }
        self.shifts = shifts
        self.candidates = candidates
    }

    /// Tells each needle that stands in `text` and does not end before `start`.
    func find(in text: UnsafeRawBufferPointer, endingBehind start: Int, _ found: (Int) -> Void) {
        guard !needles.isEmpty else { return }
        var place = max(0, start - longest + 1)
        while place + window <= text.count {
            let block = Self.block(text[place + window - 2], text[place + window - 1])
            let shift = Int(shifts[Int(block)])
            guard shift == 0 else {
                place += shift
                continue
            }
            for index in candidates[block] ?? [] {
                let end = place + needles[index].count
                if end > start, end <= text.count, text[place..<end].elementsEqual(needles[index]) { found(index) }
            }
            place += 1
        }
    }

    private static func block(_ first: UInt8, _ second: UInt8) -> UInt16 { UInt16(first) << 8 | UInt16(second) }
}
