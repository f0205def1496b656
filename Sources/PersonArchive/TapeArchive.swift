/// Files one after another in the format `ustar` (POSIX.1-1988), which every tar opens. The same files give the same bytes.
public enum TapeArchive {
    private static let blockBytes = 512
    public static let maximumNameBytes = 100
    /// What eleven octal digits can say.
    public static let maximumFileBytes = 1 << 33 - 1

    public struct File: Sendable, Equatable {
        public let name: String
        public let bytes: [UInt8]

        public init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// What ends an archive.
    public static let end = [UInt8](repeating: 0, count: 2 * blockBytes)

    /// One file with its header.
    ///
    /// - Parameter seconds: when it was changed last, of 1970.
    public static func entry(_ file: File, seconds: Int64) -> [UInt8] {
        precondition(file.name.utf8.count <= maximumNameBytes && file.bytes.count <= maximumFileBytes)
        var header = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(file.name, at: 0)
        put(octal(0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(file.bytes.count, digits: 11), at: 124)
        put(octal(Int(max(0, seconds)), digits: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\0" + "00", at: 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\0 ", at: 148)
        let padding = (blockBytes - file.bytes.count % blockBytes) % blockBytes
        return header + file.bytes + [UInt8](repeating: 0, count: padding)
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The files of an archive that ``entry(_:seconds:)`` wrote.
    ///
    /// - Throws: for what is cut off, or has a name that leads elsewhere.
    public static func files(_ bytes: [UInt8]) throws(ArchiveFailure) -> [File] {
        var files: [File] = []
        var offset = 0
        while offset + blockBytes <= bytes.count {
            let header = bytes[offset..<(offset + blockBytes)]
            if header.allSatisfy({ $0 == 0 }) { return files }
            let name = String(decoding: header.prefix(maximumNameBytes).prefix { $0 != 0 }, as: UTF8.self)
            let digits = header.dropFirst(124).prefix(11)
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 8), size >= 0,
                offset + blockBytes + size <= bytes.count
            else { throw ArchiveFailure("The archive is cut off in \(name).") }
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
                throw ArchiveFailure("The archive has a file of the name '\(name)', which leads elsewhere.")
            }
            let start = offset + blockBytes
            files.append(File(name, Array(bytes[start..<(start + size)])))
            offset = start + (size + blockBytes - 1) / blockBytes * blockBytes
        }
        throw ArchiveFailure("The archive has no end.")
    }
}
