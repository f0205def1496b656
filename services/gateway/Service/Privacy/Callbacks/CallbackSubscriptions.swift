import JSON
import JSONRPC
import OutboundHTTP
import ServiceContract

/// Takes the URLs to which the changes of a privacy request are told.
struct CallbackSubscriptions: Sendable {
    let permissions: OutboundHTTPClient.Permissions
    private let callbacks = CallbackStore()

    init(_ permissions: OutboundHTTPClient.Permissions) {
        self.permissions = permissions
    }

    /// - Throws: invalidParams for one that is never sent to. Which addresses its host has shows when it is told.
    func check(_ texts: [String]) throws(RPCError) -> [OutboundURL] {
        var urls: [OutboundURL] = []
        for (index, text) in texts.enumerated() {
            do {
                let url = try OutboundURL(text)
                try permissions.check(url)
                urls.append(url)
            } catch {
                throw .invalidParams(at: "/params/callbackUrls/\(index)", error.text)
            }
        }
        return urls
    }

    func add(
        _ urls: [OutboundURL], to request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for url in urls { try callbacks.add(url.description, origin: url.origin, to: request, in: transaction) }
    }
}
