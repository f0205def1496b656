import CProcess
import Glibc
import OpenSSL

/// Copies that are on disk when they are answered for.
enum FileCopy {
    private static let chunkBytes = 1 << 20

    /// Copies a file for its owner's eyes, and syncs it.
    ///
    /// - Returns: its length and its SHA-256 hash, computed from what was read.
    static func copy(_ source: String, to target: String) throws(CommandFailure) -> (bytes: Int, hash: String) {
        let input = cprocess_open(source, O_RDONLY, 0)
        guard input >= 0 else {
            throw CommandFailure("\(source) cannot be read: \(String(cString: strerror(-input))).")
        }
        defer { close(input) }
        let output = cprocess_open(target, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard output >= 0 else { throw failure(target, -output) }
        defer { close(output) }
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        var bytes = 0
        while true {
            let count = read(input, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure("\(source) cannot be read: \(lastSystemError).") }
            if count == 0 { break }
            try write(chunk[..<count], to: output, target)
            chunk.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += count
        }
        guard fsync(output) == 0 else { throw failure(target, errno) }
        giveOwner(of: source, to: target)
        return (bytes, hash.finish().description)
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to output: Int32, _ path: String) throws(CommandFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path, errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Root restores for the services' users: what it writes belongs to whom the original belongs to.
    static func giveOwner(of source: String, to target: String) {
        var status = stat()
        guard geteuid() == 0, stat(source, &status) == 0 else { return }
        _ = chown(target, status.st_uid, status.st_gid)
    }

    /// Makes a directory for its owner only.
    ///
    /// - Parameter source: whose owner it gets.
    static func makeDirectory(_ path: String, like source: String? = nil) throws(CommandFailure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path, errno) }
        if let source { giveOwner(of: source, to: path) }
    }

    /// Makes what was created, renamed or removed in a directory last.
    static func sync(_ directory: String) throws(CommandFailure) {
        let descriptor = cprocess_open(directory, O_RDONLY, 0)
        guard descriptor >= 0 else { throw failure(directory, -descriptor) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(directory, errno) }
    }

    /// Removes a directory of files and what is below it. What cannot be removed stays.
    static func removeTree(_ path: String) {
        guard let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let inner = path + "/" + name
            if unlink(inner) != 0 { removeTree(inner) }
        }
        closedir(stream)
        rmdir(path)
    }

    private static func failure(_ path: String, _ code: Int32) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(code))).")
    }
}
