import COpenSSL

/// Key material in memory of its own, overwritten when the last owner lets go of it.
///
/// `@unchecked Sendable`: the bytes are written once, in `init`, and only read afterwards.
final class SecretBytes: @unchecked Sendable {
    let count: Int
    private let storage: UnsafeMutableRawPointer

    /// - Parameter fill: writes the bytes, in place: no copy of a generated key is left elsewhere.
    init<Failure: Error>(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        self.count = count
        storage = .allocate(byteCount: max(count, 1), alignment: 8)
        try fill(UnsafeMutableRawBufferPointer(start: storage, count: count))
    }

    convenience init(_ source: [UInt8]) {
        self.init(count: source.count) { storage in storage.copyBytes(from: source) }
    }

    deinit {
        OPENSSL_cleanse(storage, count)
        storage.deallocate()
    }

    /// Valid while `self` lives: for the duration of a call that borrows it, never longer.
    var pointer: UnsafePointer<UInt8> { UnsafePointer(storage.assumingMemoryBound(to: UInt8.self)) }
}

extension UnsafeRawBufferPointer {
    /// The address as libcrypto takes it; nil for no bytes at all.
    var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    /// The address as libcrypto takes it; nil for no bytes at all.
    var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
