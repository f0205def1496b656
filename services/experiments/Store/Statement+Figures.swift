import SQLite

extension Statement {
    /// A column of numbers, 64 bits each, the lowest byte first.
    func figures(_ column: Int32) -> [Double] {
        withBytes(column) { bytes in
            (0..<bytes.count / 8).map { place in
                let bits = bytes.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self)
                return Double(bitPattern: UInt64(littleEndian: bits))
            }
        }
    }
}

extension [Double] {
    /// As a column holds them.
    var figureBytes: [UInt8] {
        flatMap { figure in Swift.withUnsafeBytes(of: figure.bitPattern.littleEndian) { Array<UInt8>($0) } }
    }
}
