import NIOCore
import Testing

@testable import TLS

/// Another user of TLS than ourselves: Python's ssl module.
@Suite(.enabled(if: Command.isThere && Command.python != nil, "\(Command.missingPython)")) struct PythonTests {
    private func server(_ limits: TLSLimits = TLSLimits()) async throws -> EchoServer {
        try await EchoServer(
            TLSServerContexts { try TLSServerContext(Certificates.localhost, ["http/1.1"]) },
            limits: limits)
    }

    private func run(_ script: String, _ server: EchoServer) async throws -> Command.Outcome {
        let start = """
            import socket, ssl, sys
            port, roots = int(sys.argv[1]), sys.argv[2]
            context = ssl.create_default_context(cafile=roots)
            context.set_alpn_protocols(["http/1.1"])
            def connect(name="localhost"):
                return context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name)

            """
        return try await Command.run(
            Command.python, ["-c", start + script, "\(server.port)", Certificates.root])
    }

    @Test("Python talks to us and leaves in order", arguments: ["TLSv1_2", "TLSv1_3"])
    func orderly(version: String) async throws {
        let server = try await server()
        let outcome = try await run(
            """
            context.minimum_version = context.maximum_version = ssl.TLSVersion.\(version)
            tls = connect()
            data = bytes(range(256)) * 4096
            received = b""
            for start in range(0, len(data), 65536):
                tls.sendall(data[start:start + 65536])
                while len(received) < start + 65536:
                    received += tls.recv(65536)
            assert received == data
            plain = tls.unwrap()
            assert plain.recv(1) == b""
            print(tls.version(), "http/1.1")
            """, server)
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(try await server.log.sees(ended: 1))
        #expect(server.log.errors.isEmpty)
        #expect(server.log.sessions.map(\.applicationProtocol) == ["http/1.1"])
        try await server.close()
    }

    @Test("A socket that is closed without close_notify is a truncation")
    func truncation() async throws {
        let server = try await server()
        let outcome = try await run(
            """
            tls = connect()
            tls.sendall(b"half a mess")
            tls.recv(11)
            socket.socket(fileno=tls.detach()).close()
            """, server)
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(try await server.log.sees(ended: 1))
        #expect(server.log.errors == [.truncated])
        try await server.close()
    }

    @Test("Python refuses our certificate for another host, and we hear of it")
    func wrongHost() async throws {
        let server = try await server()
        let outcome = try await run(
            """
            try:
                connect("nobody.example")
            except ssl.SSLCertVerificationError as error:
                print(error.verify_message)
            """, server)
        #expect(outcome.text.contains("Hostname mismatch"))
        #expect(try await server.log.sees(ended: 1))
        #expect(server.log.errors.map(\.reason) == [.refusedByPeer])
        try await server.close()
    }

    @Test("A silent client, one that sends plain HTTP and one that sends rubbish are shown the door")
    func notTLS() async throws {
        var limits = TLSLimits()
        limits.handshakeTimeout = .milliseconds(300)
        let server = try await server(limits)
        let outcome = try await run(
            """
            for sent in [b"", b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n", b"\\x00" * 100]:
                plain = socket.create_connection(("127.0.0.1", port))
                plain.sendall(sent)
                try:
                    while plain.recv(100): pass
                except ConnectionResetError:
                    pass
            """, server)
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(try await server.log.sees(ended: 3))
        #expect(server.log.errors.map(\.reason) == [.timedOut, .notTLS, .notTLS])
        try await server.close()
    }
}
