import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Addresses that share their first bits.
struct AddressRange {
    private let bytes: [UInt8]
    private let bits: Int

    /// - Parameter bytes: the first ones; the others are 0.
    private init(_ bytes: [UInt8], _ bits: Int) {
        self.bytes = bytes
        self.bits = bits
    }

    private func contains(_ address: [UInt8]) -> Bool {
        let whole = bits / 8
        guard address.prefix(whole).elementsEqual(bytes.prefix(whole)) else { return false }
        guard bits % 8 > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
        return address[whole] & mask == bytes[whole] & mask
    }

    /// Whether the address belongs to one host of the public internet: none of this machine, of a private network, of
    /// a link, of documentation, of a group, and none that wraps such a one.
    ///
    /// The registries of special addresses: RFC 6890 and what IANA added since, for IPv4 and for IPv6, of which 2000::/3
    /// alone is given to hosts (RFC 4291, section 2.4).
    static func isPublic(_ address: SocketAddress) -> Bool {
        let bytes = bytes(of: address)
        switch bytes.count {
        case 4: return isPublic(v4: bytes)
        case 16: return isPublic(v6: bytes)
        default: return false
        }
    }

    static func isLoopback(_ address: SocketAddress) -> Bool {
        let bytes = bytes(of: address)
        return bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    private static func isPublic(v4 address: [UInt8]) -> Bool {
        !specialV4.contains { $0.contains(address) }
    }

    private static func isPublic(v6 address: [UInt8]) -> Bool {
        // An IPv4 address in the clothes of IPv6 is what it wraps.
        if mappedV4.contains(address) { return isPublic(v4: Array(address[12...])) }
        if sixToFour.contains(address) { return isPublic(v4: Array(address[2..<6])) }
        return hostsV6.contains(address) && !specialV6.contains { $0.contains(address) }
    }

    /// 4 or 16; none of what is no address of a network.
    private static func bytes(of address: SocketAddress) -> [UInt8] {
        guard let text = address.ipAddress else { return [] }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return []
    }

    private static let specialV4 = [
        AddressRange([0], 8), AddressRange([10], 8), AddressRange([100, 64], 10), AddressRange([127], 8),
        AddressRange([169, 254], 16), AddressRange([172, 16], 12), AddressRange([192, 0, 0], 24),
        AddressRange([192, 0, 2], 24), AddressRange([192, 88, 99], 24), AddressRange([192, 168], 16),
        AddressRange([198, 18], 15), AddressRange([198, 51, 100], 24), AddressRange([203, 0, 113], 24),
        AddressRange([224], 3),
    ]
    private static let mappedV4 = AddressRange(Array(repeating: 0, count: 10) + [0xFF, 0xFF], 96)
    private static let sixToFour = AddressRange([0x20, 0x02], 16)
    private static let hostsV6 = AddressRange([0x20], 3)
    private static let specialV6 = [
        // Of the protocol's own use, Teredo among it; of documentation.
        AddressRange([0x20, 0x01, 0x00], 23), AddressRange([0x20, 0x01, 0x0D, 0xB8], 32),
        AddressRange([0x3F, 0xFF, 0x00], 20),
    ]
}
