import OpenSSL

/// A random key in a file of its own under `<data>/secrets`, made the first time it is needed.
///
/// Kept apart from the databases: who copies those, or restores an old backup of them, does not have the key.
public enum SecretFile {
    public static let byteCount = 32

    /// The key's bytes: 32, random.
    ///
    /// - Throws: when the file can neither be read nor made, or has another length.
    public static func key(named name: String, in directory: String) throws -> [UInt8] {
        let path = directory + "/" + name
        if FileBytes.read(path) == nil {
            guard FileBytes.createDirectory(directory),
                FileBytes.createDurably(try SecureRandom.bytes(byteCount), at: path)
            else { throw SecretFileError(description: "The key file \(path) cannot be written.") }
        }
        guard let bytes = FileBytes.read(path), bytes.count == byteCount else {
            throw SecretFileError(
                description: "The key file \(path) cannot be read, or is not \(byteCount) bytes long.")
        }
        return bytes
    }

    /// Puts the key file `next` in the place of the one named `name`, which is gone then.
    public static func replace(_ name: String, by next: String, in directory: String) throws {
        let path = directory + "/" + name
        guard FileBytes.moveDurably(directory + "/" + next, to: path) else {
            throw SecretFileError(description: "The key file \(path) cannot be replaced.")
        }
    }
}

/// Why a key file could not be used.
public struct SecretFileError: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}
