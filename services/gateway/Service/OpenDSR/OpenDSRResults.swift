import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import NIOCore
import OpenSSL

/// The copy of an access or portability request, as one body.
///
/// Each part is a call of `privacyRequests.download`, and so is allowed, charged, counted and audited like one. One part
/// is held at a time, and the next one is asked for when the last one was taken.
struct OpenDSRResults: Sendable {
    /// How often a part that was not to be had is asked for again, a second or more apart.
    private static let retries = 30

    let archive: PrivacyArchive
    private let first: [UInt8]
    private let request: UUIDv7
    private let requests: PrivacyRequests.Client

    /// Gets the first part: what refuses it is said in place of a body.
    init(of request: UUIDv7, through requests: PrivacyRequests.Client) async throws(RPCError) {
        self.request = request
        self.requests = requests
        let reply = try await requests.download(PrivacyRequests.Download.Params(id: request))
        archive = reply.archive
        first = try Self.bytes(of: reply, request)
    }

    /// A body that ends too early when the rest is not to be had: its length tells.
    var body: ResponseBody {
        ResponseBody(contentLength: archive.bytes) { writer in
            try await writer.write(ByteBuffer(bytes: first))
            var offset = first.count
            while offset < archive.bytes {
                let part = try await part(from: offset)
                try await writer.write(ByteBuffer(bytes: part))
                offset += part.count
            }
            try await writer.finish(nil)
        }
    }

    private func part(from offset: Int) async throws -> [UInt8] {
        var left = Self.retries
        while true {
            do throws(RPCError) {
                let reply = try await requests.download(PrivacyRequests.Download.Params(id: request, offset: offset))
                return try Self.bytes(of: reply, request)
            } catch {
                guard error.isRetryable, left > 0 else { throw error }
                left -= 1
                try await Task.sleep(for: .seconds(HTTPDoor.retryAfter(of: error).flatMap { Int($0) } ?? 1))
            }
        }
    }

    private static func bytes(
        of reply: PrivacyRequests.Download.Reply, _ request: UUIDv7
    ) throws(RPCError) -> [UInt8] {
        guard let bytes = Base64.decode(reply.data), !bytes.isEmpty else {
            throw .internalError("A part of the archive of \(request) is none.")
        }
        return bytes
    }
}
