import Glibc

struct FileError: Error, CustomStringConvertible {
    let description: String
}

/// The whole of a text file.
func readText(_ path: String) throws -> String {
    guard let file = fopen(path, "rb") else { throw FileError(description: "\(path): cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
    }
}
