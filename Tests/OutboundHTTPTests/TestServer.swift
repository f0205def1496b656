import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TLS

/// Takes connections on a loopback port, keeps what it is sent, and answers every request in one way.
final class TestServer: Sendable {
    enum Answer: Sendable {
        case text(String)
        case silence
        case end
    }

    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel
    private let seen: Requests

    var port: Int { channel.localAddress?.port ?? 0 }
    /// What was sent. A request ends with an exclamation mark.
    var requests: [String] { seen.texts.withLock(\.self) }

    /// - Parameter files: of a certificate, for TLS.
    init(_ answer: Answer, tls files: TLSCertificateFiles? = nil) async throws {
        let context = try files.map { try TLSServerContext(certificates: [$0], applicationProtocols: []) }
        let requests = Requests()
        seen = requests
        channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(TLSHandler(context)) }
                    try pipeline.addHandler(AnsweringHandler(answer, requests))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async throws {
        try await channel.close()
        try await group.shutdownGracefully()
    }
}

private final class Requests: Sendable {
    let texts = Mutex<[String]>([])
}

/// Waits for a whole request, then answers.
private final class AnsweringHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: TestServer.Answer
    private let requests: Requests
    private var text = ""

    init(_ answer: TestServer.Answer, _ requests: Requests) {
        self.answer = answer
        self.requests = requests
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard text.hasSuffix("!") else { return }
        requests.texts.withLock { [text] in $0.append(text) }
        switch answer {
        case .text(let answer): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        case .silence: break
        case .end: context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Certificates that the openssl command makes, gone with the process.
enum TestCertificates {
    static let directory: String = {
        let path = NSTemporaryDirectory() + "gyre-outbound-\(UInt64.random(in: 0...UInt64.max))"
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        atexit { try? FileManager.default.removeItem(atPath: TestCertificates.directory) }
        return path
    }()

    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    /// One that is its own root.
    static func files(for host: String) -> TLSCertificateFiles {
        let path = directory + "/" + host
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-keyout", path + ".key", "-out", path + ".pem",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
        process.waitUntilExit()
        try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path + ".key")
        return TLSCertificateFiles(certificateChain: path + ".pem", privateKey: path + ".key")
    }
}
