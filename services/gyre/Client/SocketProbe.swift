import Glibc

/// Whether anybody listens, without saying anything.
enum SocketProbe {
    /// Whether a process accepts connections on the Unix socket `path`.
    static func answers(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return connects(AF_UNIX, address)
    }

    /// Whether a process accepts connections on a TCP port of the loopback interface.
    static func answers(port: Int) -> Bool { connects(AF_INET, loopback(port)) }

    /// Whether a process accepts connections at `192.0.2.1:7443` or `[::1]:7443`; asks the loopback interface where it
    /// listens on all.
    static func answers(address: String) -> Bool {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            return false
        }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        if host == "0.0.0.0" || host == "::" { return answers(port: port) }
        var four = loopback(port)
        if inet_pton(AF_INET, host, &four.sin_addr) == 1 { return connects(AF_INET, four) }
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = UInt16(truncatingIfNeeded: port).bigEndian
        return inet_pton(AF_INET6, host, &six.sin6_addr) == 1 && connects(AF_INET6, six)
    }

    /// Whether this process could listen on a TCP port of the loopback interface.
    static func canListen(on port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        return withAddress(loopback(port)) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 1) == 0
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func connects(_ family: Int32, _ address: some Any) -> Bool {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withAddress(address) { connect(descriptor, $0, $1) } == 0
    }

    private static func withAddress<T>(
        _ address: T, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeBytes(of: address) { bytes in
            guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return body(start, socklen_t(bytes.count))
        }
    }
}
