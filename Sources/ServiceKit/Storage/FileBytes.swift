#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whole small files, without Foundation.
public enum FileBytes {
    /// The file's bytes, or nil when it cannot be read.
    public static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
        }
    }

    /// Writes a file that appears as a whole or not at all, readable by its owner only, and is on disk on return.
    ///
    /// - Returns: false when the system refused.
    public static func writeDurably(_ bytes: [UInt8], to path: String) -> Bool {
        guard let temporary = writeTemporary(bytes, beside: path) else { return false }
        guard rename(temporary, path) == 0 else {
            unlink(temporary)
            return false
        }
        return syncDirectory(of: path)
    }

    /// The same, unless the file is there already: of several processes that try, one wins.
    ///
    /// - Returns: false when there is no such file afterwards.
    public static func createDurably(_ bytes: [UInt8], at path: String) -> Bool {
        guard let temporary = writeTemporary(bytes, beside: path) else { return false }
        defer { unlink(temporary) }
        return (link(temporary, path) == 0 || errno == EEXIST) && syncDirectory(of: path)
    }

    /// Removes a file; on return it is gone from the disk too.
    ///
    /// - Returns: false when the system refused. A file that is not there is gone.
    static func removeDurably(_ path: String) -> Bool {
        (unlink(path) == 0 || errno == ENOENT) && syncDirectory(of: path)
    }

    /// Puts a synced file in the place of another; on return that is on disk.
    ///
    /// - Returns: false when the system refused.
    static func moveDurably(_ path: String, to place: String) -> Bool {
        rename(path, place) == 0 && syncDirectory(of: place)
    }

    /// A synced file of this process's own, in the directory of `path`.
    private static func writeTemporary(_ bytes: [UInt8], beside path: String) -> String? {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let isWhole = written == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        if isWhole { return temporary }
        unlink(temporary)
        return nil
    }

    /// The names in a directory, or none.
    public static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Creates a directory with its parents, for its owner only.
    ///
    /// - Returns: whether it is there.
    @discardableResult
    public static func createDirectory(_ path: String) -> Bool {
        var current = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            current += (current.isEmpty || current == "/" ? "" : "/") + component
            if mkdir(current, 0o750) != 0 && errno != EEXIST { return false }
        }
        return true
    }

    /// Makes what was created, renamed or removed in the directory of `path` last.
    ///
    /// - Returns: false when the system refused.
    public static func syncDirectory(of path: String) -> Bool {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}
