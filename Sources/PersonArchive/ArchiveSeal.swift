public import OpenSSL

/// Seals what follows an archive's first line, chunk by chunk, so that neither end needs the whole in memory.
///
/// Each chunk of 256 KiB, the last one shorter, is sealed for itself with AES-256-GCM. Its associated data are the
/// format's name, a line feed, the chunk's number from 0 in eight bytes, and whether it is the last, 0 or 1: chunks can
/// neither change places nor be missing.
public struct ArchiveSeal: Sendable {
    public static let chunkBytes = 256 << 10
    public static let sealedChunkBytes = chunkBytes + AES256GCM.overheadByteCount

    private let cipher: AES256GCM
    private var waiting: [UInt8] = []
    private var number: UInt64 = 0

    public init(key: [UInt8]) throws(OpenSSLError) {
        cipher = try AES256GCM(key: key)
    }

    /// - Returns: the sealed chunks that are full now.
    public mutating func add(_ bytes: some Collection<UInt8>) throws(OpenSSLError) -> [UInt8] {
        waiting.append(contentsOf: bytes)
        var sealed: [UInt8] = []
        var start = 0
        // What may be the last chunk waits.
        while waiting.count - start > Self.chunkBytes {
            sealed += try seal(Array(waiting[start..<(start + Self.chunkBytes)]), isLast: false)
            start += Self.chunkBytes
        }
        if start > 0 { waiting.removeFirst(start) }
        return sealed
    }

    /// - Returns: the last chunk.
    public mutating func finish() throws(OpenSSLError) -> [UInt8] {
        defer { waiting = [] }
        return try seal(waiting, isLast: true)
    }

    private mutating func seal(_ chunk: [UInt8], isLast: Bool) throws(OpenSSLError) -> [UInt8] {
        defer { number += 1 }
        return try cipher.seal(chunk, associatedData: Self.context(number, isLast))
    }

    private static func context(_ number: UInt64, _ isLast: Bool) -> [UInt8] {
        Array(ArchiveHeader.format.utf8) + [UInt8(ascii: "\n")]
            + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) } + [isLast ? 1 : 0]
    }

    /// What was sealed.
    ///
    /// - Parameters:
    ///   - body: all that follows the first line.
    ///   - key: what the first line gives for the passphrase.
    public static func open(_ body: ArraySlice<UInt8>, key: [UInt8]) throws(ArchiveFailure) -> [UInt8] {
        var opened: [UInt8] = []
        opened.reserveCapacity(body.count)
        var rest = body
        var number: UInt64 = 0
        do {
            let cipher = try AES256GCM(key: key)
            repeat {
                let isLast = rest.count <= sealedChunkBytes
                opened += try cipher.open(
                    Array(rest.prefix(sealedChunkBytes)), associatedData: context(number, isLast))
                rest = rest.dropFirst(sealedChunkBytes)
                number += 1
            } while !rest.isEmpty
        } catch {
            throw ArchiveFailure(
                "The archive is damaged, or not whole: its part \(number + 1) of \(sealedChunkBytes) bytes is not as it was sealed."
            )
        }
        return opened
    }
}
