import JSONRPC
import JSONRPCUnixSocket

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Which user each service runs as, where they run as different ones: then the kernel proves which service a peer is.
///
/// `GYRE_PEER_USERS=gateway:gyre-gateway,signals:gyre-signals,tenancy:991` gives users by name or number. With it a
/// service answers only these users, believes `service:<name>` only from that service's user, and callers that the
/// gateway proved only from the gateway's. Without it, as under `gyre up`, whoever reaches the sockets is trusted: one
/// user runs them all, and their directory is that user's.
public struct PeerUsers: Sendable, Equatable {
    private let users: [String: UInt32]

    /// - Throws: ``PeerUsersError`` that says what is wrong with `text`.
    public init(_ text: String) throws(PeerUsersError) {
        try self.init(text, number: Self.number(of:))
    }

    /// - Parameter number: finds a user's number by the name.
    init(_ text: String, number: (String) -> UInt32?) throws(PeerUsersError) {
        var users: [String: UInt32] = [:]
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            guard parts.count == 2, Siblings.names.contains(parts[0]) else {
                throw PeerUsersError(
                    "'\(entry)' is none of \(Siblings.names.joined(separator: ", ")) with ':' and its user.")
            }
            guard let user = UInt32(parts[1]) ?? number(parts[1]) else {
                throw PeerUsersError("there is no user '\(parts[1])' on this machine.")
            }
            guard users.updateValue(user, forKey: parts[0]) == nil else {
                throw PeerUsersError("\(parts[0]) stands there twice.")
            }
        }
        if let missing = Siblings.names.first(where: { users[$0] == nil }) {
            throw PeerUsersError("\(missing) is missing.")
        }
        self.users = users
    }

    /// The services that run as a user; none for a stranger.
    public func services(of user: UInt32) -> Set<String> {
        Set(users.filter { $0.value == user }.keys)
    }

    /// - Throws: when this process is not the user that the others expect.
    func check(_ service: String, runsAs user: UInt32) throws(PeerUsersError) {
        guard let expected = users[service], expected != user else { return }
        throw PeerUsersError("\(service) is to run as user \(expected), and this process is user \(user).")
    }

    private static func number(of name: String) -> UInt32? {
        getpwnam(name)?.pointee.pw_uid
    }
}

/// What is wrong with `GYRE_PEER_USERS`.
public struct PeerUsersError: Error, CustomStringConvertible {
    public let description: String

    init(_ problem: String) {
        description = "GYRE_PEER_USERS: \(problem)"
    }
}

/// The requests of one peer that the kernel identified: takes those that this peer may make.
struct PeerDoor: RequestHandler {
    let dispatcher: MethodDispatcher
    /// What the peer is.
    let services: Set<String>

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        dispatcher.handle(request, from: services, reply)
    }

    func cancel(_ id: RequestID?, on connection: ObjectIdentifier) {
        dispatcher.cancel(id, on: connection)
    }

    /// Whether a peer may speak for a principal: a service for itself, the gateway for whom it proved.
    static func maySpeak(for principal: String, _ services: Set<String>) -> Bool {
        let prefix = "service:"
        guard principal.hasPrefix(prefix) else { return services.contains("gateway") }
        return services.contains(String(principal.dropFirst(prefix.count)))
    }
}
