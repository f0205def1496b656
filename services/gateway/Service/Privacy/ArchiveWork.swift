import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PersonArchive
import PlatformAPI
import ServiceContract
import ServiceKit

/// Access and portability: what is known of the person is collected into one file, for them alone.
///
/// Services are first asked whom they know, until nobody knows anything new; then all of it is collected at once. A crash
/// in between leaves half a file, which the next attempt overwrites.
struct ArchiveWork: PrivacyWork {
    private static let stepDeadlineMilliseconds: Int64 = 60_000

    let purpose: DisclosurePurpose
    let services: [String]
    let archives: PrivacyArchives
    let dial: @Sendable (String) -> any JSONRPCClient

    var needsApproval: Bool { true }

    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        let found = try await Subjects.Client(client).find(
            Subjects.Find.Params(identifiers: request.identifiers, actors: request.actors, purpose: purpose), for: call)
        let rows = found.tables.compactMap { table in
            table.rows.flatMap { $0 > 0 ? TableRows(table: table.table, rows: $0) : nil }
        }
        return PrivacyAnswer(
            identifiers: found.identifiers, actors: found.actors, rows: rows)
    }

    func conclude(_ request: StoredPrivacyRequest) async throws(RPCError) {
        try await write(request) { (contents, file) async throws(RPCError) in
            for service in services { try await collect(service, request, into: &contents, file) }
        }
    }

    /// Writes the archive of a request, unless it is there.
    ///
    /// - Parameter collect: puts what is handed over into it.
    func write(
        _ request: StoredPrivacyRequest,
        _ collect: (inout ArchiveContents, ArchiveFile) async throws(RPCError) -> Void
    ) async throws(RPCError) {
        guard let archive = try await archives.find(request.id) else {
            throw .internalError("The request \(request.id) was approved without an archive.")
        }
        guard archive.written == nil, let header = archive.header, let dataKey = archive.dataKey else { return }
        guard FileBytes.createDirectory(archives.directory) else {
            throw .internalError("The directory \(archives.directory) cannot be made.")
        }
        let now = archives.runtime.clock.now()
        let file = try ArchiveFile(archives.path(of: request.id), header: header, dataKey: dataKey, at: now)
        var contents = ArchiveContents(request, at: now)
        try await collect(&contents, file)
        for last in try contents.finish(archives.key) { try file.add(last) }
        try await archives.keep(try file.finish(), of: request.id)
    }

    private func collect(
        _ service: String, _ request: StoredPrivacyRequest, into contents: inout ArchiveContents, _ file: ArchiveFile
    ) async throws(RPCError) {
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        let subjects = Subjects.Client(dial(service))
        let found = try await subjects.find(
            Subjects.Find.Params(identifiers: request.identifiers, actors: request.actors, purpose: purpose), for: call)
        contents.begin(service, found.tables)
        var cursor: String?
        repeat {
            let page = try await subjects.export(
                Subjects.Export.Params(
                    identifiers: request.identifiers, actors: request.actors, purpose: purpose, cursor: cursor),
                for: call)
            for row in page.rows { if let whole = try contents.add(row, of: service) { try file.add(whole) } }
            cursor = page.nextCursor
        } while cursor != nil
        for whole in contents.end(service) { try file.add(whole) }
    }

    func evidence(
        of request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (name: String, value: JSONRaw)? {
        guard let archive = try PrivacyArchiveStore().find(request.id, in: transaction), let written = archive.written
        else { return nil }
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("bytes")
        writer.int(written.bytes)
        writer.key("sha256")
        writer.string(written.sha256)
        writer.key("expiresAt")
        written.expiresAt.write(to: &writer)
        writer.endObject()
        do {
            return ("archive", try JSONRaw(validating: writer.bytes()))
        } catch {
            throw .internalError("What is said of an archive is no JSON: \(error.message)")
        }
    }

    func tend() async throws(RPCError) { try await archives.expire() }
}
