/// The part of a b-tree page that holds no cell, where balancing leaves copies of cells that moved to another page.
///
/// `secure_delete` overwrites what is deleted where it lies, and not these copies: of rows deleted from a table with
/// random keys about one in two hundred can still be read in the file. Nothing in SQLite reads this space before it
/// writes it, so it may be overwritten at any time. https://www.sqlite.org/fileformat2.html#b_tree_pages
enum UnallocatedSpace {
    /// The database header takes the first bytes of the first page.
    static let databaseHeaderBytes = 100

    /// Overflow and freelist pages begin with a page number, b-tree pages with one of four small types. Below this many
    /// pages (128 GiB of 4 KiB) the first byte of a page number is never such a type.
    static let maximumPages = 0x0200_0000

    /// The space's bytes within the page; nil when it is no b-tree page.
    ///
    /// - Parameters:
    ///   - page: all bytes of the page.
    ///   - isFirst: whether it is the first page of the file.
    static func range(in page: UnsafeRawBufferPointer, isFirst: Bool) -> Range<Int>? {
        let start = isFirst ? databaseHeaderBytes : 0
        let headerBytes: Int
        switch page[start] {
        case 0x02, 0x05: headerBytes = 12
        case 0x0A, 0x0D: headerBytes = 8
        default: return nil
        }
        let cells = bigEndian16(page, start + 3)
        let contentStart = bigEndian16(page, start + 5)
        let lower = start + headerBytes + 2 * cells
        // 65,536 does not fit into two bytes and is written as 0.
        let upper = contentStart == 0 ? 65_536 : contentStart
        guard lower <= upper, upper <= page.count else { return nil }
        return lower..<upper
    }

    /// Overwrites the space with zeros. False when it was zeros already, or the page has none.
    static func clear(_ page: UnsafeMutableRawBufferPointer, isFirst: Bool) -> Bool {
        guard let range = range(in: UnsafeRawBufferPointer(page), isFirst: isFirst) else { return false }
        let space = UnsafeMutableRawBufferPointer(rebasing: page[range])
        guard !isZero(UnsafeRawBufferPointer(space)) else { return false }
        space.initializeMemory(as: UInt8.self, repeating: 0)
        return true
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != 0 { return false }
            offset += 8
        }
        while offset < bytes.count {
            if bytes[offset] != 0 { return false }
            offset += 1
        }
        return true
    }

    private static func bigEndian16(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    }
}
