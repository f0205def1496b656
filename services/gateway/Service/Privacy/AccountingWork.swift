import CivilTime
import GatewayAPI
import JSON
import JSONRPC
import PersonArchive
import PlatformAPI
import ServiceContract
import ServiceKit
import SignalsAPI

/// An accounting of disclosures: to whom the person's health information was given in six years, in one sealed file.
struct AccountingWork: PrivacyWork {
    /// Whose disclosures they are.
    private static let service = "signals"
    private static let stepDeadlineMilliseconds: Int64 = 60_000
    private static let table = SubjectTable(
        table: "disclosures", holds: "to whom your health information was given, when, what of it, and what for",
        kept: "for six years",
        fields: [
            ExportedField(name: "date", form: .time), ExportedField(name: "recipient", form: .text),
            ExportedField(name: "address", form: .text), ExportedField(name: "description", form: .text),
            ExportedField(name: "purpose", form: .text), ExportedField(name: "times", form: .integer),
            ExportedField(name: "lastDate", form: .time),
        ])

    /// Finds the person, and writes the file.
    let archive: ArchiveWork

    var needsApproval: Bool { true }

    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        var answer = try await archive.ask(service, for: request, through: client, call: call)
        // It was only asked whom it knows.
        answer.rows = []
        return answer
    }

    func conclude(_ request: StoredPrivacyRequest) async throws(RPCError) {
        try await archive.write(request) { (contents, file) async throws(RPCError) in
            let entries = try await entries(of: request)
            contents.begin(Self.service, [Self.table])
            for entry in entries.sorted(by: { $0.date < $1.date }) {
                let row = ExportedRow(table: Self.table.table, row: JSONRaw(entry))
                if let whole = try contents.add(row, of: Self.service) { try file.add(whole) }
            }
            for whole in contents.end(Self.service) { try file.add(whole) }
        }
    }

    private func entries(of request: StoredPrivacyRequest) async throws(RPCError) -> [AccountedDisclosure] {
        let period = try await period(of: request)
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.stepDeadlineMilliseconds)
        let disclosures = Disclosures.Client(archive.dial(Self.service))
        var entries: [AccountedDisclosure] = []
        var cursor: String?
        repeat {
            let page = try await disclosures.account(
                Disclosures.Account.Params(
                    identifiers: request.identifiers, actors: request.actors, since: period.since,
                    until: period.until, cursor: cursor), for: call)
            entries += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return entries
    }

    private func period(of request: StoredPrivacyRequest) async throws(RPCError) -> AccountingPeriod {
        // Where the brand is, tenancy has not said yet.
        guard let name = request.timeZone else { throw .dependencyUnavailable("tenancy") }
        let runtime = archive.archives.runtime
        let submittedAt = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try PrivacyReferenceStore().submittedAt(request.id, in: transaction)
        }
        let zone = ZoneFiles().bytes(of: name).flatMap { try? TimeZoneRules(parsing: $0) } ?? .utc
        let requestedAt = min(submittedAt ?? request.receivedAt, request.receivedAt)
        guard let period = AccountingPeriod(requestedAt: requestedAt, zone: zone) else {
            throw .internalError("The six years before \(requestedAt) cannot be reckoned.")
        }
        return period
    }

    func evidence(
        of request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (name: String, value: JSONRaw)? {
        try archive.evidence(of: request, in: transaction)
    }
}
