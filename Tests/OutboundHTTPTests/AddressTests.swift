import NIOCore
import Testing

@testable import OutboundHTTP

@Suite struct AddressTests {
    @Test(
        "Addresses of this machine, of private networks and of no host at all are not public, wrapped in IPv6 or not",
        arguments: [
            "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.8.8",
            "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1",
            "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "fc00::1",
            "fd12::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "3fff::1", "5f00::1",
        ])
    func special(_ text: String) throws {
        #expect(try !AddressRange.isPublic(SocketAddress(ipAddress: text, port: 443)))
    }

    @Test(
        "Addresses of hosts of the internet are public, to the edges of the others",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
            "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
            "2001:200::1", "2001:db7::1", "2001:db9::1", "2606:4700::1111", "2002:101:101::1", "::ffff:1.1.1.1",
            "3fff:1000::1",
        ])
    func hosts(_ text: String) throws {
        #expect(try AddressRange.isPublic(SocketAddress(ipAddress: text, port: 443)))
    }

    @Test(
        "Loopback is 127.0.0.0/8 and ::1",
        arguments: [
            ("127.0.0.1", true), ("127.255.255.255", true), ("128.0.0.1", false), ("::1", true), ("::2", false),
            ("10.0.0.1", false),
        ])
    func loopback(_ text: String, _ expected: Bool) throws {
        #expect(try AddressRange.isLoopback(SocketAddress(ipAddress: text, port: 1)) == expected)
    }

    @Test("The machine's resolver takes addresses as they are, in all disguises")
    func resolver() async throws {
        #expect(try await HostResolver.system.resolve("127.0.0.1", port: 9).first?.port == 9)
        for disguised in ["2130706433", "0x7f.1", "127.1"] {
            let found = try await HostResolver.system.resolve(disguised, port: 9)
            #expect(found.allSatisfy { !AddressRange.isPublic($0) }, "\(disguised)")
        }
    }
}
