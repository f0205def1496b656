import JSON
import JSONRPC
import OpenSSL
import SignalsAPI
import Testing

/// How an import goes on, ends, and says what is wrong.
@Suite struct ImportProtocolTests {
    private let header = Array("customer_id,date,quantity,amount_usd\n".utf8)
    private let row = Array("1,1997-01-01,1,1.00\n".utf8)

    @Test("A chunk sent again after its reply was lost changes nothing, and neither does the last one")
    func repeated() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let first = try await service.append(header + row, to: begun)
            let again = try await service.append(header + row, to: begun)
            #expect(first == again && first.rows == 1)
            let last = try await service.append(row, to: first, last: true)
            #expect(last.status == .completed && last.accepted == 2)
            #expect(try await service.append(row, to: first, last: true) == last)
            let more = try await failure { try await service.append(row, to: last) }
            #expect(more?.code == RPCError.Code.conflict)
            #expect(more?.message == "This import is completed and takes no more.")
        }
    }

    @Test("That a chunk was the last one may be said afterwards, and by an empty chunk")
    func lateLast() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let first = try await service.append(header + row.dropLast(), to: begun)
            #expect(first.rows == 0)
            let done = try await service.append(header + row.dropLast(), to: begun, last: true)
            #expect(done.status == .completed && done.accepted == 1)

            let other = try await service.begin("web")
            let taken = try await service.append(header + row, to: other)
            let ended = try await service.append([], to: taken, last: true)
            #expect(ended.status == .completed && ended.accepted == 1)
            #expect(try await service.append([], to: taken, last: true) == ended)
        }
    }

    @Test("A chunk that does not come next is a conflict that says where to go on")
    func wrongOffset() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let first = try await service.append(header + row, to: begun)
            for offset in [0, 1, first.receivedBytes - 1, first.receivedBytes + 1] {
                let error = try await failure { try await service.append(row, to: first, at: offset) }
                #expect(error?.code == RPCError.Code.conflict)
                #expect(error?.message.hasSuffix("go on at offset \(first.receivedBytes).") == true)
            }
            #expect(try await service.imports.get(Imports.Get.Params(id: begun.id), for: service.call) == first)
        }
    }

    @Test("A chunk that was harmed on its way is refused with what is wrong")
    func harmed() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            func append(data: String, hash: String) async throws -> RPCError? {
                try await failure {
                    try await service.imports.append(
                        Imports.Append.Params(id: begun.id, offset: 0, sha256: hash, data: data), for: service.call)
                }
            }
            let hash = SHA256.hash(header).description
            let harmed = try await append(data: Base64.encode(header + [0x20]), hash: hash)
            #expect(
                harmed?.message == "/params/sha256: is not the hash of the 38 bytes that arrived; send the chunk again")
            for data in ["a", "abc", "a bc", "YQ", "Y_=="] {
                let error = try await append(data: data, hash: hash)
                #expect(error?.message == "/params/data: must be base64 with padding and without white space")
            }
            let shouted = try await append(data: Base64.encode(header), hash: hash.uppercased())
            #expect(shouted?.message.hasPrefix("/params/sha256: must match") == true)
            #expect(try await service.imports.get(Imports.Get.Params(id: begun.id), for: service.call) == begun)
        }
    }

    @Test("A chunk of 512 KiB is taken, one byte more is not")
    func chunkLimit() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let blank = [UInt8](repeating: 0x0A, count: 524_288 - header.count)
            let error = try await failure { try await service.append(header + blank + [0x0A], to: begun) }
            #expect(error?.message == "/params/data: must hold at most 524288 bytes and holds 524289")
            let taken = try await service.append(header + blank, to: begun)
            #expect(taken.receivedBytes == 524_288)
        }
    }

    @Test(
        "A file that cannot be used says why, and the import stays where it was",
        arguments: [
            ("a,b\n1,2\n", "/params/data: does not fit the mapping: source_fields/customer_id names the column"),
            ("customer_id,customer_id,date,quantity,amount_usd\n", "/params/data: line 1: the header names the column"),
            ("\"customer_id\n", "/params/data: line 1: the header opens a quote that is never closed"),
            ("", "/params/data: line 1: the header is missing; the file is empty"),
        ])
    func badFile(text: String, message: String) async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let error = try await failure { try await service.append(Array(text.utf8), to: begun, last: true) }
            #expect(error?.code == RPCError.Code.invalidParams)
            #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "accepted")")
            #expect(try await service.imports.get(Imports.Get.Params(id: begun.id), for: service.call) == begun)
            #expect(try await service.append(header + row, to: begun, last: true).accepted == 1)
        }
    }

    @Test("A mapping that cannot be used is refused with its place")
    func badMapping() async throws {
        try await withSignals { service in
            let error = try await failure {
                try await service.begin(mapping: #"{"source_fields": {"a": "colour"}, "constants": {"event": "A"}}"#)
            }
            #expect(error?.message.hasPrefix("/params/mapping/source_fields/a: ") == true, "\(error?.message ?? "")")
            let source = try await failure { try await service.begin("No Source") }
            #expect(source?.message.hasPrefix("/params/source: ") == true)
        }
    }

    @Test("One import of a source is under way at a time; another source is no obstacle")
    func oneAtATime() async throws {
        try await withSignals { service in
            let first = try await service.begin()
            let second = try await failure { try await service.begin() }
            #expect(second?.code == RPCError.Code.conflict)
            #expect(second?.message.contains("\(first.id)") == true)
            _ = try await service.begin("web")
            let cancelled = try await service.cancel(first.id)
            #expect(cancelled.status == .cancelled)
            _ = try await service.begin()
        }
    }

    @Test("A cancelled import keeps its rows, forgets the rest of one, and takes no more")
    func cancel() async throws {
        try await withSignals { service in
            let begun = try await service.begin()
            let taken = try await service.append(header + row + Array("2,1997".utf8), to: begun)
            let cancelled = try await service.cancel(begun.id)
            #expect(cancelled.accepted == 1)
            #expect(
                try await service.cancel(begun.id) == cancelled)
            let more = try await failure { try await service.append(row, to: taken) }
            #expect(more?.message == "This import is cancelled and takes no more.")
            #expect(try await service.number("SELECT length(carry) FROM imports") == 0)
            #expect(try await service.summary().signals == 1)
            let done = try await service.load(header + row)
            let late = try await failure {
                try await service.cancel(done.id)
            }
            #expect(late?.code == RPCError.Code.illegalTransition)
        }
    }

    @Test("Imports are listed newest first, page by page; one that is not there is not found")
    func list() async throws {
        try await withSignals { service in
            var ids: [UUIDv7] = []
            for number in 0..<5 { ids.append(try await service.begin("source-\(number)").id) }
            let first = try await service.imports.list(Imports.List.Params(limit: 3), for: service.call)
            #expect(first.items.map(\.id) == Array(ids.reversed().prefix(3)))
            let rest = try await service.imports.list(
                Imports.List.Params(cursor: first.nextCursor, limit: 3), for: service.call)
            #expect(rest.items.map(\.id) == Array(ids.prefix(2).reversed()) && rest.nextCursor == nil)
            let unknown = CountedIdentifiers.id(77)
            let errors = [
                try await failure { try await service.imports.get(Imports.Get.Params(id: unknown), for: service.call) },
                try await failure {
                    try await service.cancel(unknown)
                },
                try await failure {
                    try await service.rejectedRows.list(
                        RejectedRows.List.Params(importId: unknown), for: service.call)
                },
            ]
            #expect(errors.allSatisfy { $0?.code == RPCError.Code.notFound })
        }
    }
}
