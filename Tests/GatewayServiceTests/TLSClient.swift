import NIOCore
import NIOPosix
import TLS

/// The client's end of a TLS connection on loopback, for as long as a closure talks over it.
struct TLSClient {
    private var chunks: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var text = ""

    /// - Parameter trusted: the only certificate that is believed.
    static func connect<Result: Sendable>(
        to port: Int, trusting trusted: String, _ talk: @Sendable (inout TLSClient) async throws -> Result
    ) async throws -> Result {
        let context = try TLSClientContext(roots: .file(trusted))
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TLSHandler(context, serverName: "localhost"))
                    return try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(
                            isOutboundHalfClosureEnabled: true, inboundType: ByteBuffer.self,
                            outboundType: ByteBuffer.self))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var client = TLSClient(chunks: inbound.makeAsyncIterator(), outbound: outbound)
            return try await talk(&client)
        }
    }

    private init(
        chunks: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.chunks = chunks
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Says that nothing more will come.
    func endOutput() { outbound.finish() }

    /// The next line, without its end; nil at the end of the connection.
    mutating func line() async throws -> String? {
        while true {
            if let end = text.firstIndex(of: "\n") {
                defer { text = String(text[text.index(after: end)...]) }
                return String(text[..<end])
            }
            guard let chunk = try await chunks.next() else { return nil }
            text += String(buffer: chunk)
        }
    }

    /// How many bytes come until the end, however the end comes.
    mutating func countToEnd() async -> Int {
        var count = text.utf8.count
        while let chunk = try? await chunks.next() { count += chunk.readableBytes }
        return count
    }

    /// Everything until the end.
    mutating func rest() async throws -> String {
        defer { text = "" }
        while let chunk = try await chunks.next() { text += String(buffer: chunk) }
        return text
    }

    /// The same, where it may be no text.
    mutating func restOfBytes() async throws -> [UInt8] {
        defer { text = "" }
        var bytes = Array(text.utf8)
        while let chunk = try await chunks.next() { bytes += Array(buffer: chunk) }
        return bytes
    }
}
