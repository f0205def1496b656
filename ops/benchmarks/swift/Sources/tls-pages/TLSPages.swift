import NIOCore
import NIOPosix
import TLS

/// `tls-pages CERTIFICATE KEY PORT`: what `openssl s_server -WWW` is in a folder whose files are named for their sizes:
/// answers `GET /1000 HTTP/1.0` with a thousand bytes and closes.
@main
struct TLSPages {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let port = Int(arguments[3]) else {
            return print("usage: tls-pages CERTIFICATE KEY PORT")
        }
        let context = try TLSServerContext(
            certificates: [TLSCertificateFiles(certificateChain: arguments[1], privateKey: arguments[2])])
        // One event loop, as every service has; s_server has one thread.
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TLSHandler(context))
                    try channel.pipeline.syncOperations.addHandler(Page())
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        // Until the benchmark ends this process.
        try await server.closeFuture.get()
    }
}

private final class Page: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let bytes = ByteBuffer(repeating: 0x78, count: 1 << 20)
    private var request = ""

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        request += String(buffer: unwrapInboundIn(data))
        guard request.hasSuffix("\r\n\r\n") else { return }
        var left = request.split(separator: " ").dropFirst().first.flatMap { Int($0.dropFirst()) } ?? 0
        let head = ByteBuffer(string: "HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n")
        context.write(wrapOutboundOut(head), promise: nil)
        while left > 0 {
            let part = Self.bytes.getSlice(at: 0, length: min(left, Self.bytes.readableBytes)) ?? ByteBuffer()
            context.write(wrapOutboundOut(part), promise: nil)
            left -= part.readableBytes
        }
        context.flush()
        context.close(promise: nil)
    }
}
