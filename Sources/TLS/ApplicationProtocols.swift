/// A list of application protocols as it stands on the wire (RFC 7301, section 3.1): each name after its length.
///
/// `@unchecked Sendable`: written once, in `init`, and only read afterwards; at an address that stays, because OpenSSL
/// points into it.
final class ApplicationProtocols: @unchecked Sendable {
    /// Names in one list; browsers offer two or three.
    static let maximumCount = 32

    let octets: UnsafeBufferPointer<UInt8>

    init(_ names: [String]) throws(TLSError) {
        guard names.count <= Self.maximumCount else {
            throw TLSError(.context, .limitExceeded, "at most \(Self.maximumCount) application protocols can be named")
        }
        var list: [UInt8] = []
        for name in names {
            guard (1...255).contains(name.utf8.count) else {
                throw TLSError(.context, .limitExceeded, "an application protocol has 1 to 255 bytes, not \"\(name)\"")
            }
            list.append(UInt8(name.utf8.count))
            list.append(contentsOf: name.utf8)
        }
        let octets = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: list.count)
        _ = octets.initialize(from: list)
        self.octets = UnsafeBufferPointer(octets)
    }

    deinit { octets.deallocate() }
}
