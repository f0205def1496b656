/// Parts of a message that are not whole values. They get no comma in front; what follows gets one, unless the part
/// ends with a comma, a colon, an opening bracket or a line break.
extension JSONWriter {
    /// Text as it is: the fixed parts of a message.
    @inlinable
    public mutating func verbatim(_ text: StaticString) {
        guard text.utf8CodeUnitCount > 0 else { return }
        reserve(text.utf8CodeUnitCount)
        append(text.utf8Start, text.utf8CodeUnitCount)
        needsComma = Self.needsComma(after: text.utf8Start[text.utf8CodeUnitCount - 1])
    }

    /// Bytes as they are: a part of a message that another process wrote.
    public mutating func verbatim(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        append(start, bytes.count)
        needsComma = Self.needsComma(after: bytes[bytes.count - 1])
    }

    /// Text as it is.
    @_disfavoredOverload  // literals are StaticStrings: no String is made of them
    public mutating func verbatim(_ text: String) {
        var text = text
        text.withUTF8 { verbatim(UnsafeRawBufferPointer($0)) }
    }
}
