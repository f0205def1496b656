import CommonAPI
import JSON
import JSONRPC
import SignalsAPI
import Testing

@testable import ServiceKit
@testable import SignalsService

@Suite struct ErasureTests {
    private let customer = "customer-5b1f0c9e7d3a48629f10"
    private let email = "planted.person@example.org"
    private let phone = "+15550123456"
    private let header = "customer_id,date,quantity,amount_usd\n"

    private var spellings: [String] { [customer, email, "Planted.Person", phone, "555 0123456", "5550123456"] }

    @Test("Nothing of an erased person is left in any byte, and everybody else is as before")
    func everything() async throws {
        try await withSignals { service in
            let others = ["u-1", "u-2"]
            for other in others { try await service.track("A", other, properties: #"{"note":"kept"}"#) }
            // The person, in every table and in ways that no row is theirs.
            try await service.identify(
                customer, #"{"name":"Planted Person","email":"\#(email)"}"#,
                identifiers: [
                    Identifier(type: "email", value: "Planted.Person@Example.org"),
                    Identifier(type: "phone", value: "+1 555 012 3456"),
                ])
            try await service.track("A", customer, properties: #"{"customer":"\#(customer)"}"#)
            try await service.track("Page Viewed", properties: #"{"form":{"mail":"Planted.Person@Example.org"}}"#)
            try await service.track("Page Viewed", properties: #"{"call":"+1 (555) 012-3456"}"#)
            try await service.track("Page Viewed", properties: #"{"x":"\u0070lanted.person@example.org"}"#)
            try await service.track("Page Viewed", properties: #"{"about":"not-\#(customer)-but-longer"}"#)
            let bad = """
                \(customer),never,1,1.00
                "Planted.Person@EXAMPLE.org",never,1,1.00
                1 555 012 3456,never,1,1.00
                u-1,never,1,1.00
                """
            let begun = try await service.begin()
            let taken = try await service.append(
                Array((header + bad + "\n" + customer + ",1997-01").utf8), to: begun)
            #expect(taken.rejected == 4)

            let rows = try await service.erase(Identifier(type: "customerId", value: customer))
            #expect(rows["signals"] == 6 && rows["actors"] == 1 && rows["identifiers"] == 3 && rows["traits"] == 2)
            #expect(rows["rejected_rows"] == 3 && rows["imports"] == 1)
            #expect(try await service.filesHolding(spellings) == [])

            for other in others { #expect(try await service.actor(other).signals == 1) }
            let left = try await service.imports.get(Imports.Get.Params(id: begun.id), for: service.call)
            #expect(left.rejected == 1)
            #expect(try await service.rejected(by: left).map(\.line) == [5])
        }
    }

    @Test("Asked with less than it knows, a service erases nothing and says what; asked again after all, the same rows")
    func leads() async throws {
        try await withSignals { service in
            try await service.identify(customer, "{}", identifiers: [Identifier(type: "email", value: email)])
            try await service.track("A", customer)
            let request = UUIDv7(milliseconds: 5, sequence: 0, random: 5)
            let first = try await service.eraseOnce([Identifier(type: "email", value: email)], [], for: request)
            #expect(first.isPostponed && first.rows.isEmpty && first.actors.count == 1)
            #expect(first.identifiers == [Identifier(type: "customerId", value: customer)])
            // Nothing was erased: a crash here loses no lead.
            #expect(try await service.actor(customer).signals == 2)
            let all = [Identifier(type: "email", value: email)] + first.identifiers
            let second = try await service.eraseOnce(all, first.actors, for: request)
            #expect(!second.isPostponed && second.rows.contains { $0.table == "signals" && $0.rows == 2 })
            // As after a crash between the erasure and its answer.
            let third = try await service.eraseOnce(all, first.actors, for: request)
            #expect(third.rows == second.rows && !third.isPostponed)
        }
    }

    @Test("An import in the middle of an erased person's row asks for the row again and refuses it then")
    func carry() async throws {
        try await withSignals { service in
            try await service.track("A", customer)
            let begun = try await service.begin()
            let whole = Array(
                (header + "u-1,1997-01-01,1,1.00\n" + customer + ",1997-01-01,1,1.00\nu-2,1997-01-01,1,1.00\n").utf8)
            let cut = header.utf8.count + 22 + 10
            let first = try await service.append(Array(whole[..<cut]), to: begun)
            try await service.erase(Identifier(type: "customerId", value: customer))
            let rest = Array(whole[cut...])
            let refused = try await failure { try await service.append(rest, to: first, last: true) }
            #expect(refused?.message.hasSuffix("go on at offset \(cut - 10).") == true)
            // Not even the chunk that was taken last counts as taken now.
            let again = try await failure { try await service.append(Array(whole[..<cut]), to: begun) }
            #expect(again?.code == RPCError.Code.conflict)
            let now = try await service.imports.get(Imports.Get.Params(id: begun.id), for: service.call)
            let done = try await service.append(Array(whole[(cut - 10)...]), to: now, last: true)
            #expect([done.rows, done.accepted, done.rejected] == [3, 2, 1])
            #expect(try await service.filesHolding([customer]) == [])
        }
    }

    @Test("Who was erased is refused by every way in, under every identifier, and however it is written")
    func refused() async throws {
        try await withSignals { service in
            try await service.identify(
                customer,
                identifiers: [Identifier(type: "email", value: email), Identifier(type: "phone", value: phone)])
            try await service.erase(Identifier(type: "email", value: email))
            let attempts: [() async throws -> Receipt] = [
                { try await service.track("A", customer) },
                { try await service.identify(" \(customer) ") },
                {
                    try await service.track(
                        "A", "new", identifiers: [Identifier(type: "email", value: email.uppercased())])
                },
                { try await service.track("A", identifiers: [Identifier(type: "phone", value: "+1 (555) 012-3456")]) },
            ]
            for attempt in attempts {
                let error = try #require(try await failure(attempt))
                #expect(error.code == RPCError.Code.suppressed)
                for text in spellings { #expect(!error.message.contains(text)) }
            }
            let batch = try await service.call(
                "signals.batch", #"{"items":[{"type":"identify","userId":"\#(customer)"}]}"#)
            #expect(batch["verdicts"]?[0]?["code"]?.int64 == Int64(RPCError.Code.suppressed))
            #expect(try await service.number("SELECT count(*) FROM actors") == 0)
            #expect(try await service.number("SELECT count(*) FROM signals") == 0)
            #expect(try await service.track("A", "somebody-else").status == .accepted)
        }
    }

    @Test(
        "A text names somebody where an identifier stands for itself",
        arguments: [
            ("customerId", "12", "a,12,b", true), ("customerId", "12", "a,112,b", false),
            ("customerId", "12", "a,12.5,b", true), ("customerId", "ann", "Ann-Marie", true),
            ("customerId", "ann", "Annie", false), ("customerId", "a\"b", #"{"x":"a\"b"}"#, true),
            ("customerId", "a\"b", #""a""b",1"#, true), ("email", "a@b.org", "mailto:A@B.ORG", true),
            ("email", "a@b.org", "aa@b.org", false), ("phone", "+4930123456", "Tel. 0049 30/12 34-56", false),
            ("phone", "+4930123456", "Tel. 49 30/12 34-56", true), ("phone", "+4930123456", "493012345678", false),
            ("customerId", "ü", "für", false), ("customerId", "für", "es ist für alle", true),
        ])
    func mentions(type: String, value: String, text: String, isNamed: Bool) {
        let patterns = MentionPatterns([Identifier(type: type, value: value)])
        #expect(patterns.matches(Array(text.utf8)) == isNamed)
    }
}
