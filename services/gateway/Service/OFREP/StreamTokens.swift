import OpenSSL
import ServiceKit
import Synchronization

/// What stands for an API key in the address of an event stream: the key, sealed.
///
/// Pages open such streams with `EventSource`, which sends no headers. A token opens nothing else, stays the same while
/// the process lives, so that a client that is told its address again and again keeps its stream, and is understood by
/// the processes that come after.
final class StreamTokens: Sendable {
    /// Keys whose tokens are remembered; when there are more, all get new ones.
    static let maximum = 10_000
    private static let purpose = Array("gyre ofrep stream".utf8)

    private let cipher: AES256GCM
    private let tokens = Mutex<[String: String]>([:])

    init(_ tombstones: Tombstones) throws(OpenSSLError) {
        // No identifier has a type with a space.
        cipher = try AES256GCM(key: tombstones.digest("ofrep streams", ""))
    }

    func token(of key: String) throws(OpenSSLError) -> String {
        if let known = tokens.withLock({ $0[key] }) { return known }
        let sealed = try cipher.seal(Array(key.utf8), associatedData: Self.purpose)
        let token = Hexadecimal.encode(sealed)
        return tokens.withLock { tokens in
            if let known = tokens[key] { return known }
            if tokens.count >= Self.maximum { tokens.removeAll() }
            tokens[key] = token
            return token
        }
    }

    /// The key that a token stands for; nil for one that was not made here.
    func key(of token: String) -> String? {
        guard let sealed = Hexadecimal.decode(token),
            let key = try? cipher.open(sealed, associatedData: Self.purpose)
        else { return nil }
        return String(validating: key, as: UTF8.self)
    }
}
