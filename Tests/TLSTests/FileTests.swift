import Testing

@testable import TLS

@Suite(.enabled(if: Command.isThere, "\(Command.missing)")) struct FileTests {
    private let good = Certificates.localhost

    private func problem(certificate: String? = nil, key: String? = nil) -> String {
        let files = TLSCertificateFiles(
            certificateChain: certificate ?? good.certificateChain, privateKey: key ?? good.privateKey)
        do {
            _ = try TLSServerContext(files)
            return ""
        } catch {
            #expect(error.reason == .unusableFile)
            return error.text
        }
    }

    @Test("A missing file is named")
    func missing() {
        #expect(problem(certificate: "/nowhere/a.pem") == "/nowhere/a.pem cannot be read: No such file or directory")
        #expect(problem(key: "/nowhere/a.key") == "/nowhere/a.key cannot be read: No such file or directory")
    }

    @Test("A key that everyone can read or replace is refused, with the remedy", arguments: [0o604, 0o602, 0o644])
    func openKey(permissions: Int) {
        let key = Certificates.file(Certificates.text(good.privateKey), permissions: permissions)
        #expect(problem(key: key).contains("chmod o= \(key)"))
    }

    @Test("A key that a group can read is the machine owner's own business")
    func groupKey() {
        #expect(problem(key: Certificates.file(Certificates.text(good.privateKey), permissions: 0o640)) == "")
    }

    @Test("A key of another certificate is refused, with both names")
    func otherKey() {
        let text = problem(key: Certificates.shop.privateKey)
        #expect(text.contains(Certificates.shop.privateKey) && text.contains(good.certificateChain))
    }

    @Test("A chain in the wrong order is refused")
    func wrongOrder() {
        let chain = Certificates.text(Certificates.path("between.pem")) + Certificates.text(good.certificateChain)
        #expect(problem(certificate: Certificates.file(chain)).contains("own certificate first"))
    }

    @Test("What is no certificate, or half of one, is refused")
    func noCertificate() {
        #expect(problem(certificate: Certificates.file("")).contains("holds no certificate"))
        #expect(problem(certificate: good.privateKey).contains("holds no certificate"))
        let half = String(Certificates.text(good.certificateChain).dropLast(300))
        #expect(problem(certificate: Certificates.file(half)).contains("is the file complete?"))
        #expect(problem(key: Certificates.file("no key")).contains("holds no private key"))
    }

    @Test("A key under a passphrase is refused without asking for it, with the remedy")
    func passphrase() {
        _ = good
        let path = Certificates.path("encrypted.key")
        let status = Certificates.openssl([
            "pkey", "-in", good.privateKey, "-aes256", "-passout", "pass:secret", "-out", path,
        ])
        #expect(status == 0)
        #expect(problem(key: path).contains("openssl pkey -in \(path)"))
    }

    @Test("A file may have as many bytes as the limit, and no more", arguments: [0, 1])
    func fileSize(excess: Int) {
        let chain = Certificates.text(good.certificateChain)
        let comment = String(repeating: "#", count: PEMFile.maximumByteCount + excess - chain.utf8.count - 1) + "\n"
        let text = problem(certificate: Certificates.file(comment + chain))
        #expect(text.isEmpty == (excess == 0))
    }

    @Test("A context takes 1 to 64 certificates", arguments: [(0, false), (1, true), (64, true), (65, false)])
    func certificateCount(count: Int, isAllowed: Bool) {
        let certificates = Array(repeating: good, count: count)
        #expect(((try? TLSServerContext(certificates: certificates)) != nil) == isAllowed)
    }

    @Test("An application protocol has 1 to 255 bytes, a list at most 32")
    func protocolNames() {
        func isAllowed(_ names: [String]) -> Bool {
            let client = (try? TLSClientContext(roots: Certificates.roots, applicationProtocols: names)) != nil
            let server = (try? TLSServerContext(good, names)) != nil
            #expect(client == server)
            return client
        }
        #expect(!isAllowed([""]) && isAllowed(["a"]))
        #expect(isAllowed([String(repeating: "a", count: 255)]) && !isAllowed([String(repeating: "a", count: 256)]))
        #expect(isAllowed((0..<32).map { "\($0)" }) && !isAllowed((0..<33).map { "\($0)" }))
    }

    @Test("A server's name has 1 to 255 bytes, and none of them zero")
    func serverNames() throws {
        let context = try TLSClientContext(roots: Certificates.roots)
        func isAllowed(_ name: String) -> Bool { (try? TLSHandler(context, serverName: name)) != nil }
        #expect(!isAllowed("") && isAllowed("a") && !isAllowed("localhost\0.example"))
        #expect(isAllowed(String(repeating: "a", count: 255)) && !isAllowed(String(repeating: "a", count: 256)))
    }

    @Test("Roots that cannot be read are named")
    func roots() {
        #expect(throws: TLSError.self) { try TLSClientContext(roots: .file("/nowhere/roots.pem")) }
    }
}
