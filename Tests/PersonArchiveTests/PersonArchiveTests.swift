import JSON
import OpenSSL
import PythonOracle
import Testing

@testable import PersonArchive

@Suite struct PersonArchiveTests {
    private static let key = Array(repeating: UInt8(3), count: 32)

    /// An archive as the gateway writes it.
    private static func archive(
        _ files: [TapeArchive.File], passphrase: String, signedBy seed: UInt8 = 5
    ) throws -> [UInt8] {
        let signer = try Ed25519.PrivateKey(rawRepresentation: Array(repeating: seed, count: 32))
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("kind")
        writer.string("access")
        writer.key("files")
        files.map { ArchiveManifest.File($0, rows: nil) }.write(to: &writer)
        writer.endObject()
        let manifest = TapeArchive.File(ArchiveManifest.name, writer.bytes())
        let signature = TapeArchive.File(
            ArchiveManifest.signatureName, try ArchiveManifest.signature(of: manifest.bytes, by: signer))
        var seal = try ArchiveSeal(key: key)
        var bytes = try ArchiveHeader(wrapping: key, passphrase: passphrase).line
        for file in files + [manifest, signature] { bytes += try seal.add(TapeArchive.entry(file, seconds: 1)) }
        bytes += try seal.add(TapeArchive.end)
        return bytes + (try seal.finish())
    }

    private static func open(_ archive: [UInt8], passphrase: String) throws -> [TapeArchive.File] {
        let end = try #require(archive.firstIndex(of: UInt8(ascii: "\n")))
        let key = try ArchiveHeader(line: archive[..<end]).key(passphrase: passphrase)
        return try TapeArchive.files(try ArchiveSeal.open(archive[(end + 1)...], key: key))
    }

    /// Files whose sealed bytes end below, at and above the ends of chunks.
    private static let files = [
        TapeArchive.File("data/signals/signals.ndjson", Array("{\"event\":\"A\"}\n".utf8)),
        TapeArchive.File("empty", []),
        TapeArchive.File("block", Array(repeating: 7, count: 512)),
        TapeArchive.File("large", (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
    ]

    @Test("What was sealed opens with the passphrase, however it is typed, and with no other")
    func passphrases() throws {
        let passphrase = try ArchiveHeader.newPassphrase()
        #expect(passphrase.utf8.count == 29 && passphrase.split(separator: "-").count == 6)
        let archive = try Self.archive(Self.files, passphrase: passphrase)
        let typed = " " + passphrase.lowercased().replacing("-", with: " ")
        #expect(Array(try Self.open(archive, passphrase: typed).prefix(4)) == Self.files)
        let other = try ArchiveHeader.newPassphrase()
        #expect(throws: ArchiveFailure("The passphrase does not open this archive.")) {
            try Self.open(archive, passphrase: other)
        }
        #expect(throws: ArchiveFailure("A passphrase has 24 letters and digits; this one has 4.")) {
            try Self.open(archive, passphrase: "ABCD")
        }
    }

    @Test("Chunks can be neither changed, nor missing, nor in another place")
    func chunks() throws {
        var seal = try ArchiveSeal(key: Self.key)
        var body = try seal.add(Array(repeating: 1, count: 3 * ArchiveSeal.chunkBytes))
        body += try seal.finish()
        let size = ArchiveSeal.sealedChunkBytes
        #expect(body.count == 3 * size)
        #expect(try ArchiveSeal.open(body[...], key: Self.key).count == 3 * ArchiveSeal.chunkBytes)
        var changed = body
        changed[size + 100] ^= 1
        let swapped = Array(body[size..<(2 * size)] + body[..<size] + body[(2 * size)...])
        for wrong in [changed, swapped, Array(body[..<(2 * size)]), Array(body.dropLast()), Array(body[..<10]), []] {
            #expect(throws: ArchiveFailure.self) { try ArchiveSeal.open(wrong[...], key: Self.key) }
        }
    }

    @Test(
        "The last chunk is full, one byte long, or empty",
        arguments: [0, 1, ArchiveSeal.chunkBytes - 1, ArchiveSeal.chunkBytes, ArchiveSeal.chunkBytes + 1])
    func lengths(count: Int) throws {
        let plain = Array(repeating: UInt8(9), count: count)
        var seal = try ArchiveSeal(key: Self.key)
        let body = try seal.add(plain) + seal.finish()
        #expect(
            body.count == count + AES256GCM.overheadByteCount
                * max(1, (count + ArchiveSeal.chunkBytes - 1) / ArchiveSeal.chunkBytes))
        #expect(try ArchiveSeal.open(body[...], key: Self.key) == plain)
    }

    @Test("A manifest names every file as it is, and its signature is of the key that is asked for")
    func manifests() throws {
        let passphrase = try ArchiveHeader.newPassphrase()
        let files = try Self.open(try Self.archive(Self.files, passphrase: passphrase), passphrase: passphrase)
        let key = try ArchiveManifest.check(files)
        #expect(try ArchiveManifest.check(files, key: key.uppercased()) == key)
        #expect(throws: ArchiveFailure.self) {
            try ArchiveManifest.check(files, key: String(repeating: "0", count: 64))
        }
        #expect(throws: ArchiveFailure("The file large is missing.")) {
            try ArchiveManifest.check(files.filter { $0.name != "large" })
        }
        #expect(throws: ArchiveFailure("The file more does not stand in the manifest.")) {
            try ArchiveManifest.check(files + [TapeArchive.File("more", [])])
        }
        let changed = files.map { $0.name == "block" ? TapeArchive.File("block", [1]) : $0 }
        #expect(throws: ArchiveFailure("The file block is not the one that the manifest names.")) {
            try ArchiveManifest.check(changed)
        }
        let forged = files.map {
            $0.name == ArchiveManifest.name ? TapeArchive.File($0.name, $0.bytes + [UInt8(ascii: " ")]) : $0
        }
        #expect(throws: ArchiveFailure.self) { try ArchiveManifest.check(forged) }
    }

    @Test(
        "A tape is refused that is cut off, or whose names lead elsewhere", arguments: ["../x", "/x", "a//b", "a/./b"])
    func tapes(name: String) throws {
        let entry = TapeArchive.entry(TapeArchive.File(name, [1]), seconds: 0)
        #expect(throws: ArchiveFailure.self) { try TapeArchive.files(entry + TapeArchive.end) }
        let whole = TapeArchive.entry(TapeArchive.File("x", [1]), seconds: 0)
        #expect(throws: ArchiveFailure("The archive has no end.")) { try TapeArchive.files(whole) }
        #expect(throws: ArchiveFailure("The archive is cut off in x.")) {
            try TapeArchive.files(Array(whole.prefix(512)))
        }
    }

    @Test("A reader in another language opens it, and finds what is wrong", .enabled(if: ArchiveOracle.isAvailable))
    func oracle() throws {
        let passphrase = try ArchiveHeader.newPassphrase()
        var archive = try Self.archive(Self.files, passphrase: passphrase)
        let opened = try ArchiveOracle.verdict(on: archive, passphrase: passphrase)
        #expect(opened.status == 0)
        let names = try JSONValue(parsing: opened.json)["files"]
        #expect(
            names == [
                "block", "data/signals/signals.ndjson", "empty", "large", "manifest.json", "manifest.signature.json",
            ])
        #expect(try ArchiveOracle.verdict(on: archive, passphrase: "AAAA").status == 1)
        let key = String(repeating: "0", count: 64)
        #expect(try ArchiveOracle.verdict(on: archive, passphrase: passphrase, key: key).status == 1)
        archive[archive.count - 1] ^= 1
        #expect(try ArchiveOracle.verdict(on: archive, passphrase: passphrase).status == 1)
    }
}
