import JSON
public import OpenSSL

/// The first line of an archive's file: how a passphrase gives the key of what follows.
///
/// scrypt (RFC 7914) makes a key of the passphrase, which opens `wrappedKey`, sealed with AES-256-GCM; that opens the
/// chunks. So an archive can be written before anybody knows its passphrase, and once the line is lost, nobody opens the
/// rest. Sealed bytes are a nonce of 12 bytes, the ciphertext, and a tag of 16.
public struct ArchiveHeader: Sendable, Equatable {
    public static let format = "gyre-archive-v1"
    /// The longest line there is, its end included.
    public static let maximumBytes = 1_024
    /// The letters and digits of a passphrase, 120 random bits.
    public static let passphraseLength = 24
    static let scrypt = Scrypt.interactive
    private static let keyContext = Array("gyre-archive-v1 key\n".utf8)

    let salt: [UInt8]
    let wrappedKey: [UInt8]

    /// - Parameters:
    ///   - key: 32 random bytes, of this archive only.
    ///   - passphrase: what `newPassphrase` gave. Takes tens of milliseconds.
    public init(wrapping key: [UInt8], passphrase: String) throws(OpenSSLError) {
        salt = try SecureRandom.bytes(16)
        let outer = try AES256GCM(key: Self.scrypt.derive(Self.plain(passphrase), salt: salt))
        wrappedKey = try outer.seal(key, associatedData: Self.keyContext)
    }

    /// A new passphrase: groups of four that can be read over a telephone.
    public static func newPassphrase() throws(OpenSSLError) -> String {
        let letters = Array(Base32.encode(try SecureRandom.bytes(passphraseLength * 5 / 8)))
        return stride(from: 0, to: letters.count, by: 4).map { String(letters[$0..<($0 + 4)]) }.joined(separator: "-")
    }

    /// What counts of a passphrase: letters and digits, whatever their case and whatever stands between them.
    private static func plain(_ passphrase: String) -> [UInt8] {
        passphrase.uppercased().utf8.filter { byte in
            UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
    }

    /// The key of the chunks.
    ///
    /// - Throws: a sentence for people when the passphrase is another one.
    public func key(passphrase: String) throws(ArchiveFailure) -> [UInt8] {
        let plain = Self.plain(passphrase)
        guard plain.count == Self.passphraseLength else {
            throw ArchiveFailure(
                "A passphrase has \(Self.passphraseLength) letters and digits; this one has \(plain.count).")
        }
        do {
            let outer = try AES256GCM(key: Self.scrypt.derive(plain, salt: salt))
            return try outer.open(wrappedKey, associatedData: Self.keyContext)
        } catch {
            throw ArchiveFailure("The passphrase does not open this archive.")
        }
    }

    // MARK: The line

    /// With its line feed.
    public var line: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("format")
        writer.string(Self.format)
        writer.key("cipher")
        writer.string("AES-256-GCM")
        writer.key("kdf")
        writer.string("scrypt")
        writer.key("n")
        writer.int(Self.scrypt.cost)
        writer.key("r")
        writer.int(Self.scrypt.blockSize)
        writer.key("p")
        writer.int(Self.scrypt.parallelization)
        writer.key("salt")
        writer.string(Hexadecimal.encode(salt))
        writer.key("wrappedKey")
        writer.string(Hexadecimal.encode(wrappedKey))
        writer.key("chunkBytes")
        writer.int(ArchiveSeal.chunkBytes)
        writer.endObject()
        return writer.bytes() + [UInt8(ascii: "\n")]
    }

    /// - Parameter line: without its line feed.
    public init(line: some Collection<UInt8>) throws(ArchiveFailure) {
        guard let value = try? JSONValue(parsing: Array(line)), value["format"]?.string == Self.format else {
            throw ArchiveFailure("This is no archive of Gyre: its first line does not say \(Self.format).")
        }
        guard value["cipher"]?.string == "AES-256-GCM", value["kdf"]?.string == "scrypt",
            value["n"]?.int64 == Int64(Self.scrypt.cost), value["r"]?.int64 == Int64(Self.scrypt.blockSize),
            value["p"]?.int64 == Int64(Self.scrypt.parallelization),
            value["chunkBytes"]?.int64 == Int64(ArchiveSeal.chunkBytes),
            let salt = value["salt"]?.string.flatMap(Hexadecimal.decode),
            let wrappedKey = value["wrappedKey"]?.string.flatMap(Hexadecimal.decode)
        else { throw ArchiveFailure("The archive's first line is damaged.") }
        self.salt = salt
        self.wrappedKey = wrappedKey
    }
}
