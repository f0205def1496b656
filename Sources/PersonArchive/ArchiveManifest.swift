public import JSON
public import OpenSSL

/// What lies in an archive: every file with its length and hash, signed as a whole.
public enum ArchiveManifest {
    public static let name = "manifest.json"
    public static let signatureName = "manifest.signature.json"
    /// In front of what is signed, so that a signature means nothing else anywhere.
    public static let context = "gyre-privacy-archive-v1\n"

    /// What is said of one file.
    public struct File: Sendable, JSONWritable {
        public let path: String
        public let bytes: Int
        public let sha256: String
        /// Lines, where it has one for each row.
        public let rows: Int?

        public init(_ file: TapeArchive.File, rows: Int?) {
            path = file.name
            bytes = file.bytes.count
            sha256 = SHA256.hash(file.bytes).description
            self.rows = rows
        }

        public func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.key("path")
            writer.string(path)
            writer.key("bytes")
            writer.int(bytes)
            writer.key("sha256")
            writer.string(sha256)
            if let rows {
                writer.key("rows")
                writer.int(rows)
            }
            writer.endObject()
        }
    }

    /// The file beside a manifest that signs it.
    public static func signature(
        of manifest: [UInt8], by key: Ed25519.PrivateKey
    ) throws(OpenSSLError) -> [UInt8] {
        let publicKey = key.publicKey.rawRepresentation
        let signature = try key.signature(for: Array(context.utf8) + manifest)
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("of")
        writer.string(name)
        writer.key("keyId")
        writer.string(String(SHA256.hash(publicKey).description.prefix(16)))
        writer.key("publicKey")
        writer.string(Hexadecimal.encode(publicKey))
        writer.key("signature")
        writer.string(Hexadecimal.encode(signature))
        writer.endObject()
        return writer.bytes() + [UInt8(ascii: "\n")]
    }

    /// Checks all files against the manifest, and the manifest against its signature.
    ///
    /// - Parameter key: the hexadecimal key that must have signed; nil takes the one that the archive names.
    /// - Returns: the key that signed, in hexadecimal digits.
    /// - Throws: what is wrong.
    @discardableResult
    public static func check(_ files: [TapeArchive.File], key: String? = nil) throws(ArchiveFailure) -> String {
        guard let manifest = files.first(where: { $0.name == name }),
            let signed = files.first(where: { $0.name == signatureName }),
            let signature = try? JSONValue(parsing: signed.bytes),
            let publicKey = signature["publicKey"]?.string.flatMap(Hexadecimal.decode),
            let bytes = signature["signature"]?.string.flatMap(Hexadecimal.decode),
            let verifier = try? Ed25519.PublicKey(rawRepresentation: publicKey)
        else { throw ArchiveFailure("The archive has no manifest that is signed.") }
        if let key, key.lowercased() != Hexadecimal.encode(publicKey) {
            throw ArchiveFailure("The archive is signed by another key: \(Hexadecimal.encode(publicKey)).")
        }
        guard (try? verifier.isValid(signature: bytes, for: Array(context.utf8) + manifest.bytes)) == true else {
            throw ArchiveFailure("The manifest's signature is wrong: it was changed, or another key signed it.")
        }
        guard let value = try? JSONValue(parsing: manifest.bytes), case .array(let listed)? = value["files"] else {
            throw ArchiveFailure("The manifest names no files.")
        }
        var names: Set<String> = [name, signatureName]
        for entry in listed {
            guard let path = entry["path"]?.string, let hash = entry["sha256"]?.string,
                let file = files.first(where: { $0.name == path })
            else { throw ArchiveFailure("The file \(entry["path"]?.string ?? "?") is missing.") }
            guard SHA256.hash(file.bytes).description == hash else {
                throw ArchiveFailure("The file \(path) is not the one that the manifest names.")
            }
            names.insert(path)
        }
        if let other = files.first(where: { !names.contains($0.name) }) {
            throw ArchiveFailure("The file \(other.name) does not stand in the manifest.")
        }
        return Hexadecimal.encode(publicKey)
    }
}
