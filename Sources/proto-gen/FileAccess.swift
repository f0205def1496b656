import Glibc

/// What the generator needs of the file system.
enum FileAccess {
    /// A call of the system that failed, and on what.
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let reason: String

        init(_ path: String) {
            self.path = path
            reason = String(cString: strerror(errno))
        }

        init(_ path: String, _ reason: String) {
            self.path = path
            self.reason = reason
        }

        var description: String { "\(path): \(reason)" }
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw Failure(path) }
        defer { fclose(file) }
        return try readAll(file, path)
    }

    /// Reads what is left of an open file.
    static func readAll(_ file: UnsafeMutablePointer<FILE>, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            bytes += buffer[..<count]
            if count < buffer.count {
                guard ferror(file) == 0 else { throw Failure(name) }
                return bytes
            }
        }
    }

    /// Writes a file whole or not at all; makes its folder if need be.
    static func write(_ text: String, to path: String) throws {
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let draft = path + ".draft"
        guard let file = fopen(draft, "wb") else { throw Failure(draft) }
        let bytes = Array(text.utf8)
        let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
        guard fclose(file) == 0, isWritten else { throw Failure(draft) }
        guard rename(draft, path) == 0 else { throw Failure(path) }
    }

    static func remove(_ path: String) throws {
        guard unlink(path) == 0 else { throw Failure(path) }
    }

    /// The names in a folder, sorted; none where there is no such folder.
    static func names(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw Failure(folder)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func complain(_ message: String) {
        // Nobody is left to tell when this fails.
        _ = Array((message + "\n").utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func makeFolder(_ path: String) throws {
        guard !path.isEmpty, !isFolder(path) else { return }
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Failure(path) }
    }
}
