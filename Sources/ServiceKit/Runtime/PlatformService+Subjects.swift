import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

// What a service answers to requests of people, beside erasure. What is theirs lies in their brand's file.
extension PlatformService {
    private var disclosure: SubjectDisclosure {
        SubjectDisclosure(dataMap: brandErasure.dataMap, directory: brandErasure.directory)
    }

    func recognize(
        _ params: Subjects.Recognize.Params, for call: CallContext
    ) async throws(RPCError) -> Subjects.Recognize.Reply {
        guard let file = call.brand.flatMap({ runtime.databases.file(of: $0) }),
            let directory = brandErasure.directory
        else { return Subjects.Recognize.Reply(people: 0) }
        return try await runtime.read(file) { transaction throws(RPCError) in
            Subjects.Recognize.Reply(people: try directory.namesakes(params.identifiers, in: transaction))
        }
    }

    func find(_ params: Subjects.Find.Params, for call: CallContext) async throws(RPCError) -> Subjects.Find.Reply {
        Failpoint.found.before(runtime.name)
        defer { Failpoint.found.after(runtime.name) }
        guard let file = call.brand.flatMap({ runtime.databases.file(of: $0) }) else {
            return Subjects.Find.Reply(identifiers: [], actors: [], tables: [])
        }
        return try await runtime.read(file) { [disclosure] transaction throws(RPCError) in
            let person = try disclosure.person(params.identifiers, actors: params.actors, in: transaction)
            let tables = try disclosure.tables(of: person, for: params.purpose, in: transaction)
            return Subjects.Find.Reply(
                identifiers: person.subjects.flatMap(\.identifiers).filter { !params.identifiers.contains($0) },
                actors: person.subjects.map(\.id), tables: tables)
        }
    }

    func export(
        _ params: Subjects.Export.Params, for call: CallContext
    ) async throws(RPCError) -> Subjects.Export.Reply {
        Failpoint.exported.before(runtime.name)
        defer { Failpoint.exported.after(runtime.name) }
        guard let file = call.brand.flatMap({ runtime.databases.file(of: $0) }) else {
            return Subjects.Export.Reply(rows: [])
        }
        return try await runtime.read(file) { [disclosure] transaction throws(RPCError) in
            let person = try disclosure.person(params.identifiers, actors: params.actors, in: transaction)
            let page = try disclosure.page(of: person, for: params.purpose, after: params.cursor, in: transaction)
            return Subjects.Export.Reply(rows: page.rows, nextCursor: page.next)
        }
    }

    func correct(
        _ params: Subjects.Correct.Params, for call: CallContext
    ) async throws(RPCError) -> Subjects.Correct.Reply {
        Failpoint.corrected.before(runtime.name)
        defer { Failpoint.corrected.after(runtime.name) }
        let nothing = Subjects.Correct.Reply(identifiers: [], actors: [], rows: [], outcomes: [])
        guard let file = call.brand.flatMap({ runtime.databases.file(of: $0) }),
            let directory = brandErasure.directory
        else { return nothing }
        return try await runtime.write(file) { [tombstones = brandErasure.tombstones] transaction throws(RPCError) in
            let corrected = try directory.correct(
                params.corrections, of: params.identifiers, actors: params.actors, request: params.request,
                at: call.now, refusing: tombstones, in: transaction)
            let recipients = try directory.recipients(
                of: corrected.subjects, after: params.recipientsThrough, in: transaction)
            return Subjects.Correct.Reply(
                identifiers: corrected.subjects.flatMap(\.identifiers).filter { !params.identifiers.contains($0) },
                actors: corrected.subjects.map(\.id), rows: corrected.rows, outcomes: corrected.outcomes,
                recipients: recipients.isEmpty ? nil : recipients)
        }
    }
}
