/// A row that a ``CSVReader`` gave out: a view into the reader, gone at its next step.
///
/// Fields are numbered as the columns of the header, from 0. A text is made only where one is asked for.
public struct CSVRow: ~Copyable {
    let fields: UnsafePointer<UnsafeRawBufferPointer>

    /// The number of fields, which is that of the header's columns.
    public let count: Int
    /// The row as it stands in the file, without its line break. Valid as long as the row is.
    public let bytes: UnsafeRawBufferPointer
    /// The line on which the row starts, from 1.
    public let line: Int
    /// Where the row starts, in bytes from the start of the file.
    public let byteOffset: Int

    /// What separates the fields of a ``canonical`` row: the unit separator of ASCII, which no field may hold.
    public static let separator: UInt8 = 0x1f

    /// The content of a field, quotes removed, as long as the row is valid.
    public func field(_ index: Int) -> UnsafeRawBufferPointer {
        precondition(0..<count ~= index, "the row has no such field")
        return fields[index]
    }

    /// The content of a field as text.
    public func text(_ index: Int) -> String {
        String(decoding: field(index), as: UTF8.self)
    }

    /// Appends the form of the row by which it is recognised: the contents of the fields in the order of the columns,
    /// joined by ``separator``. How a row is quoted and how its line ends make no difference.
    public func appendCanonical(to bytes: inout [UInt8]) {
        for index in 0..<count {
            if index > 0 { bytes.append(Self.separator) }
            bytes.append(contentsOf: field(index))
        }
    }

    /// See ``appendCanonical(to:)``.
    public var canonical: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.bytes.count)
        appendCanonical(to: &bytes)
        return bytes
    }
}
