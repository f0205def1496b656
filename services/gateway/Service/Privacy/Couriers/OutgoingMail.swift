import JSON
import JSONRPC
import OutboundHTTP
import ServiceContract
import ServiceKit

/// Letters of one kind about privacy requests, in the gateway's own database: what a ``Courier`` carries.
protocol OutgoingMail: Sendable {
    associatedtype Letter: OutgoingLetter

    /// What one is called: `callback`.
    var name: String { get }

    /// The step that is passed when what came of one is put on disk.
    var settling: Failpoint { get }

    /// Those whose time has come, the longest due first.
    func due(at now: Timestamp, limit: Int64, in transaction: borrowing ReadTransaction) throws(RPCError) -> [Letter]

    /// Where one goes, and what it says.
    func content(of letter: Letter, _ runtime: ServiceRuntime) async throws -> (url: OutboundURL, body: [UInt8])

    /// Notes that somebody took it.
    func delivered(_ letter: Letter, at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError)

    /// Notes that nobody took it.
    ///
    /// - Parameter next: when it is tried again; nil: never.
    func failed(
        _ letter: Letter, _ problem: String, at now: Timestamp, next: Timestamp?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError)

    /// Tells the metrics how many wait, and how many were given up.
    func count(in transaction: borrowing ReadTransaction) throws(RPCError)

    /// Forgets what is no longer needed.
    func tidy(at now: Timestamp, _ runtime: ServiceRuntime) async throws(RPCError)
}

extension OutgoingMail {
    func tidy(at now: Timestamp, _ runtime: ServiceRuntime) async throws(RPCError) {}
}

/// One letter, and how often it was tried.
protocol OutgoingLetter: Sendable {
    var request: UUIDv7 { get }
    var attempts: Int64 { get }
    var firstAttemptAt: Timestamp? { get }
}
