import HTTPTypes
import Hummingbird
import JSONRPC
import NIOCore
import ServiceLifecycle

extension FeatureStreams {
    /// A stream of events for one listener: what is new now, then whatever follows.
    ///
    /// - Parameters:
    ///   - latest: what the listener's own look found.
    ///   - known: the id of the last event that they have, from `Last-Event-ID`.
    /// - Throws: busy when there is no place.
    func response(
        _ key: String, latest: Event, known: String?, _ headers: HTTPFields = [:]
    ) throws(RPCError) -> Response {
        guard let subscription = subscribe(key, latest: latest) else {
            throw .busy("The list of listeners", retryAfterMilliseconds: 5_000)
        }
        var headers = headers
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-cache, no-transform"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                let end = ContinuousClock.now + Self.lifetime
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                var told = known
                if latest.id != told {
                    try await writer.write(latest.bytes)
                    told = latest.id
                }
                for await _ in subscription.wakes.cancelOnGracefulShutdown() {
                    if let event = self.latest(of: key), event.id != told {
                        try await writer.write(event.bytes)
                        told = event.id
                    } else {
                        try await writer.write(ByteBuffer(string: ":\n\n"))
                    }
                    if ContinuousClock.now >= end { break }
                }
                try await writer.finish(nil)
            })
    }
}

extension HTTPFields {
    /// The id of the last event that a listener has.
    var lastEventID: String? { first { $0.name.canonicalName == "last-event-id" }?.value }
}
