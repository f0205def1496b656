import JSON
import JSONRPC
import OpenSSL
import ServiceKit

/// The secret keys under which API keys' secrets are hashed, by version. They lie in files of their own: a copy of the
/// database alone proves and reveals nothing.
///
/// To replace the pepper, put 32 random bytes into `secrets/key-pepper-2` (3, 4 …) and restart: new keys are hashed
/// under the newest, older keys keep theirs until they are replaced, so older files have to stay until then.
struct KeyPeppers: Sendable {
    /// The name of a pepper's file, without its version.
    private static let filePrefix = "key-pepper-"

    /// The version for new keys.
    let current: Int
    private let keys: [Int: HMACKey]

    /// Reads the files in a directory; makes the first one if there is none.
    init(directory: String) throws {
        let versions = FileBytes.names(in: directory).compactMap { name in
            name.hasPrefix(Self.filePrefix) ? Int(name.dropFirst(Self.filePrefix.count)) : nil
        }
        var peppers: [Int: [UInt8]] = [:]
        for version in versions.isEmpty ? [1] : versions {
            peppers[version] = try SecretFile.key(named: "\(Self.filePrefix)\(version)", in: directory)
        }
        try self.init(peppers)
    }

    /// - Parameter peppers: 32 bytes for each version; at least one.
    init(_ peppers: [Int: [UInt8]]) throws {
        keys = try peppers.mapValues { try HMACKey($0) }
        current = keys.keys.max() ?? 0
    }

    /// HMAC-SHA-256 over the brand's 16 bytes, 0, the kid, 0, and the secret: a digest fits one key of one brand only.
    func digest(of secret: String, kid: String, brand: UUIDv7, version: Int) throws(RPCError) -> [UInt8] {
        guard let key = keys[version] else {
            throw .internalError("The file \(Self.filePrefix)\(version) is missing from the secrets directory.")
        }
        return key.authenticate(brand.bytes, [0], Array(kid.utf8), [0], Array(secret.utf8))
    }
}
