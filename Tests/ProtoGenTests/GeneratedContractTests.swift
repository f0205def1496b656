import JSON
import JSONRPC
import ServiceContract
import Testing

/// What generated code says of its contract, how it writes, and how a client and a service use it.
struct GeneratedContractTests {
    @Test("Every example's parameters and reply read into their types and write the same JSON again")
    func examples() throws {
        for example in WorkshopContract.examples {
            switch example.method {
            case "keys.revoke":
                try expectRoundTrip(example, Keys.Revoke.Params.self, Keys.Revoke.Reply.self)
            case "signals.track" where example.errorCode == nil:
                try expectRoundTrip(example, Signals.Track.Params.self, Signals.Track.Reply.self)
            case "segments.preview":
                // The writer adds the defaults that the example leaves out, so only a second round is the same.
                let params = try Segments.Preview.Params(json: example.params)
                #expect(try Segments.Preview.Params(json: params.json()) == params)
            case "keys.update":
                try expectRoundTrip(example, Keys.Update.Params.self, Keys.Update.Reply.self)
            case "segments.rebuild":
                try expectRoundTrip(example, Segments.Rebuild.Params.self, Segments.Rebuild.Reply.self)
            default:
                #expect(example.errorCode == RPCError.Code.invalidParams)
            }
        }
        #expect(WorkshopContract.examples.map(\.errorCode) == [nil, -32004, nil, -32602, nil, nil, nil])
    }

    private func expectRoundTrip<Params: JSONReadable & JSONWritable, Reply: JSONReadable & JSONWritable>(
        _ example: MethodExample, _ params: Params.Type, _ reply: Reply.Type
    ) throws {
        let read = try Params(json: example.params)
        #expect(String(decoding: read.json(), as: UTF8.self) == example.params)
        guard let result = example.result else { return }
        #expect(String(decoding: try Reply(json: result).json(), as: UTF8.self) == result)
    }

    @Test("A method's description says what the contract does")
    func descriptions() {
        #expect(
            WorkshopContract.methods.map(\.name) == [
                "keys.revoke", "signals.track", "segments.preview", "segments.rebuild", "keys.update",
            ])
        let revoke = Keys.Revoke.method
        #expect(revoke.kind == .write && revoke.database == .service && revoke.scope == "keys:write")
        #expect(revoke.isAudited && revoke.isIdempotent && revoke.callers == ["public"])
        #expect(Signals.Track.method.database == .brand && Signals.Track.method.awaitsDelivery)
        #expect(Segments.Preview.method.costItems == "rules" && Segments.Preview.method.cost == 5)
        #expect(Segments.Rebuild.method.callers == ["admin", "service:signals"])
        #expect(Segments.Rebuild.method.scope == nil)
    }

    @Test("Errors have their codes, and codes their HTTP status")
    func errors() {
        #expect(RPCError.unknownEvent("There is no event 'x'.").code == 9001)
        #expect(WorkshopContract.httpStatuses == [-32602: 400, -32004: 404, -32010: 409, 9001: 422])
    }

    @Test("The document is one line of JSON that needs no other file")
    func document() throws {
        #expect(!WorkshopContract.document.contains("\n"))
        #expect(!WorkshopContract.document.contains("common.json#"))
        let document = try JSONValue.parse(WorkshopContract.document)
        #expect(document[pointer: "/components/schemas/UUID/format"] == "uuid")
        #expect(document[pointer: "/x-http-statuses/unknownEvent"] == 422)
        #expect(document[pointer: "/components/errors/notFound/x-http-status"] == nil)
        #expect(
            document[pointer: "/methods/0/params/0/schema/$ref"] == "#/components/schemas/UUID")
        #expect(document[pointer: "/methods/1/examples/0/params/4/value/sku"] == ##"a\#b"##)
    }

    @Test("A client sends parameters by name and reads the reply")
    func client() async throws {
        let peer = Recorder(reply: #"{"revokedAt":"2026-01-01T00:00:00Z","later":1}"#)
        let id = try #require(UUIDv7("01930000-0000-7000-8000-000000000001"))
        let reply = try await Keys.Client(peer).revoke(.init(id: id, reason: "leaked"))
        #expect(reply.revokedAt.description == "2026-01-01T00:00:00Z")
    }

    @Test("A service registers exactly the methods of its noun")
    func registration() throws {
        var table = MethodTable()
        SegmentsService().registerMethods(with: &table)
        #expect(table.methods.keys.sorted() == ["segments.preview", "segments.rebuild"])
        let rebuild = try #require(table.methods["segments.rebuild"])
        let work = try Array("{}".utf8).withJSONReader { (reader) throws(JSONError) in try rebuild.prepare(&reader) }
        guard case .flow = work else { return #expect(Bool(false), "segments.rebuild is a flow") }
    }
}

private struct Recorder: JSONRPCClient {
    let reply: String

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        #expect(method == "keys.revoke")
        #expect(
            String(decoding: params, as: UTF8.self)
                == #"{"id":"01930000-0000-7000-8000-000000000001","reason":"leaked"}"#)
        return Array(reply.utf8)
    }
}

private struct SegmentsService: Segments.Service {
    func preview(
        _ params: Segments.Preview.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Segments.Preview.Reply {
        Segments.Preview.Reply(count: params.rules.count, largestBy: [:])
    }

    func rebuild(_ params: Segments.Rebuild.Params, for call: CallContext) async throws(RPCError) -> JSONRaw {
        .null
    }
}
