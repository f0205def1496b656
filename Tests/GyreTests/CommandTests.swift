import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import TenancyAPI
import Testing

@testable import Gyre

@Suite struct CommandTests {
    private func parse<C: ParsableCommand>(_ type: C.Type, _ arguments: String...) throws -> C {
        try #require(try Gyre.parseAsRoot(arguments) as? C)
    }

    @Test("Every command parses as its help shows it")
    func examples() throws {
        #expect(try parse(UpCommand.self, "up", "--demo", "--detach", "--data", "/d", "--port", "8080").port == 8_080)
        #expect(try parse(KeysCommand.List.self, "keys").brand == nil)
        let key = try parse(
            KeysCommand.Create.self, "keys", "create", "--brand", "Corner Shop", "--name", "n", "--scope",
            "signals:write", "--scope", "*:read")
        #expect(key.scopes == ["signals:write", "*:read"])
        let brand = try parse(
            BrandsCommand.Provision.self, "brands", "provision", "Corner Shop", "--time-zone", "Europe/Berlin",
            "--currency", "EUR", "--industry", "retail")
        #expect(brand.currency == Currency("EUR"))
        #expect(brand.industry == .retail)
        let erase = try parse(
            PrivacyCommand.Erase.self, "privacy", "erase", "--brand", "b", "--regulation", "gdpr", "email=a@b.c",
            "phone=1")
        #expect(erase.submission.identifiers == ["email=a@b.c", "phone=1"])
        #expect(try parse(PrivacyCommand.Erase.self, "privacy", "erase", "-").submission.identifiers == ["-"])
        #expect(try parse(AuditCommand.List.self, "audit", "--last", "20").last == 20)
        #expect(try parse(AuditCommand.Head.self, "audit", "head").output.json == false)
        let verify = try parse(AuditCommand.Verify.self, "audit", "verify", "--export", "audit.ndjson")
        #expect(verify.exportPath == "audit.ndjson")
        #expect(try parse(CallCommand.self, "call", "actors.count").parameters == "{}")
        #expect(try parse(ImportCommand.self, "import", "a.csv", "--mapping", "m.yaml").source == nil)
        #expect(try parse(TailCommand.self, "tail", "--last", "20", "--json").output.json)
    }

    @Test(
        "What makes no sense is refused before anything is done",
        arguments: [
            ["up", "--port", "0"], ["up", "--port", "65536"], ["up", "--json"], ["tail", "--last", "-1"],
            ["call", "a.b", "--key", "k", "--brand", "b"], ["keys", "create", "--brand", "b", "--name", "n"],
            ["audit", "list", "--last", "0"], ["privacy", "access", "email=a@b.c", "--output", "f"],
            ["privacy", "open", "f"], ["privacy", "download", "01930000-0000-7000-8000-000000000001"],
            ["keys", "revoke", "not-an-id"], ["brands", "provision", "B", "--currency", "euro"],
        ])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Gyre.parseAsRoot(arguments) }
    }

    @Test(
        "A time that is none is refused with one that is",
        arguments: [
            ["experiments", "start", "checkout", "--since", "yesterday"],
            ["experiments", "force", "checkout", "qa-1", "new", "--until", "2027-01-01"],
            ["keys", "rotate", "01930000-0000-7000-8000-000000000021", "--overlap-hours", "0", "--expires", "soon"],
            ["keys", "update", "01930000-0000-7000-8000-000000000021", "--expires", "never"],
        ])
    func times(arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { try Gyre.parseAsRoot(arguments) }
        let message = Gyre.message(for: try #require(error))
        #expect(message.hasPrefix("The value '\(arguments.last ?? "")' is invalid for '--"), "\(message)")
        #expect(message.contains("2026-01-31T09:30:00Z"), "\(message)")
        for time in ["2026-01-31T09:30:00Z", "2026-01-31T10:30:00+01:00"] {
            _ = try Gyre.parseAsRoot(arguments.dropLast() + [time])
        }
    }

    @Test("A time that is taken away is none")
    func noTime() throws {
        let id = "01930000-0000-7000-8000-000000000021"
        let command = try parse(KeysCommand.Update.self, "keys", "update", id, "--expires", "none")
        #expect(command.expires.patch == .clear)
        #expect(try parse(KeysCommand.Update.self, "keys", "update", id).expires.patch == .keep)
    }

    @Test("An identifier is a type and a value; the value may hold further equals signs")
    func identifiers() throws {
        #expect(try Identifier(argument: "email=a@b.c") == Identifier(type: "email", value: "a@b.c"))
        #expect(try Identifier(argument: "token=a=b==") == Identifier(type: "token", value: "a=b=="))
        for bad in ["email", "=x", "email=", ""] {
            #expect(throws: CommandFailure.self) { try Identifier(argument: bad) }
        }
    }

    @Test("A correction says what is wrong and what is right; a trait that is no JSON is text")
    func corrections() throws {
        let command = try parse(
            PrivacyCommand.Correct.self, "privacy", "correct", "email=a@b.c", "--trait", "city=Bern", "--trait",
            "age=42",
            "--remove-trait", "nick", "--wrong", "phone=+491", "--right", "phone=+492")
        #expect(
            try command.corrections() == [
                Correction(of: .trait, name: "city", value: #""Bern""#),
                Correction(of: .trait, name: "age", value: "42"),
                Correction(of: .trait, name: "nick"),
                Correction(of: .identifier, name: "phone", was: "+491", value: "+492"),
            ])
        for bad in [["--wrong", "phone=+491"], ["--right", "phone=+491"], ["--trait", "city"], []] {
            let parsed = try Gyre.parseAsRoot(["privacy", "correct", "email=a@b.c"] + bad)
            let command = try #require(parsed as? PrivacyCommand.Correct)
            #expect(throws: CommandFailure.self) { try command.corrections() }
        }
    }

    @Test("A certificate lists what each service erased, table by table")
    func certificate() throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let id = try #require(UUIDv7("01930000-0000-7000-8000-000000000001"))
        let services = [
            ServicePart(
                service: "signals", rows: [TableRows(table: "signals", rows: 1_234)], scannedBytes: 65_536,
                scanHits: 0)
        ]
        let request = PrivacyRequest(
            id: id, brandId: id, kind: .erasure, regulation: .gdpr, status: .completed,
            identity: .controller, receivedAt: time, endedAt: time, services: services)
        #expect(
            PrivacyCommand.text(of: request) == """
                Request    01930000-0000-7000-8000-000000000001
                Status     completed at 2026-01-01T00:00:00Z
                Searched   65,536 bytes for the identifiers afterwards: none is left

                SERVICE  TABLE     ROWS
                signals  signals  1,234

                """)
    }

    @Test("Methods that no key opens are called through the platform's own door")
    func doors() {
        #expect(ContractMethods.isForAdminOnly("keys.create"))
        #expect(!ContractMethods.isForAdminOnly("keys.list"))
        #expect(ContractMethods.isForAdminOnly("system.status"))
        #expect(!ContractMethods.isForAdminOnly("signals.track"))
        #expect(!ContractMethods.isForAdminOnly("privacyRequests.submit"))
        #expect(!ContractMethods.isForAdminOnly("nobody.knows"))
        #expect(ContractMethods.names.contains("signals.batch"))
        #expect(!ContractMethods.names.contains("brandFiles.create"))
    }

    @Test("A line of tail keeps its columns, shortens what is too long, and fits the terminal")
    func tailLines() {
        let cells = ["2026-01-01T00:00:00.123456Z", "A very long name of an event", "12.00 EUR", "id", "{\"a\":1}"]
        let line = TailCommand.line(cells, width: nil)
        #expect(line.hasPrefix("2026-01-01T00:00:00.123456Z  A very long name of…       12.00 EUR  id"))
        #expect(line.hasSuffix("{\"a\":1}\n"))
        #expect(TailCommand.line(cells, width: 40).count == 41)
    }

    @Test(
        "Quiet hours are two times of day",
        arguments: [
            ("22:00-08:00", 1_320, 480), ("00:00-23:59", 0, 1_439), ("24:00-08:00", nil, nil),
            ("22:60-08:00", nil, nil),
            ("22:00", nil, nil), ("2:00-8:00", nil, nil), ("22:00-08:00-09:00", nil, nil), ("-", nil, nil),
        ] as [(String, Int?, Int?)])
    func quietHours(text: String, start: Int?, end: Int?) {
        let hours = QuietHours(argument: text)
        #expect(hours?.startMinute == start && hours?.endMinute == end)
        if let hours { #expect(hours.description == text) }
    }

    @Test("A value is set, taken away with 'none', or kept when nothing is said; a restriction is lifted with 'all'")
    func patches() {
        #expect(Clearable<Int>(argument: "7")?.patch == .set(7))
        #expect(Clearable<Int>(argument: "none")?.patch == .clear)
        #expect(Clearable<Int>(argument: "x") == nil)
        #expect(Restriction<String>.list([]) == nil)
        #expect(Restriction<String>.list([.all]) == [])
        #expect(Restriction<String>.list([.only("a"), .only("b")]) == ["a", "b"])
        #expect(Restriction<Industry>(argument: "nobody") == nil)
    }

    @Test("Errors of the suite come with what to do next")
    func remedies() {
        let directory = DataDirectory("/srv/gyre")
        let failure = CommandFailure(.unauthenticated("The key is unknown."), in: directory)
        #expect(failure.message == "The key is unknown.")
        #expect(failure.remedies.contains { $0.contains("keys create") && $0.hasSuffix("--data /srv/gyre") })
        let limited = RPCError(
            code: RPCError.Code.rateLimited, message: "Too fast.",
            data: JSONRaw(["retryAfterMilliseconds": 250] as JSONValue))
        #expect(CommandFailure(limited, in: directory).description.contains("in 250 ms"))
    }
}

@Suite struct DoctorTests {
    private func verdict(_ free: UInt64, _ files: UInt64? = nil) -> Finding.Verdict {
        Examination.space(free: free, freeFiles: files).verdict
    }

    @Test("Free space is judged at its limits")
    func space() {
        #expect(verdict(Examination.lowBytes) == .good)
        #expect(verdict(Examination.lowBytes - 1) == .warning)
        #expect(verdict(Examination.scarceBytes) == .warning)
        #expect(verdict(Examination.scarceBytes - 1) == .problem)
        #expect(verdict(.max, 999) == .problem)
        #expect(verdict(.max, 1_000) == .good)
    }

    @Test("A service that is ready and has something to tell is a problem, and its log is where to look")
    func services() {
        func finding(ready: Bool, _ problem: String?) -> Finding {
            Examination.service(ServiceStatus(name: "signals", ready: ready, problem: problem), log: "/srv/s.log")
        }
        #expect(finding(ready: true, nil) == .good("service signals", "ready"))
        let refused = finding(ready: true, "It refused 4 heads of the audit log.")
        #expect(refused.verdict == .problem && refused.detail.hasPrefix("It refused 4 heads"))
        #expect(refused.remedy == "Read /srv/s.log")
        #expect(finding(ready: false, nil).verdict == .problem)
    }

    @Test("A directory where nothing runs has findings, and every problem has a remedy")
    func findings() async {
        let findings = await Examination(directory: DataDirectory("/none/" + String(repeating: "x", count: 100)))
            .findings()
        #expect(findings.count >= 8)
        #expect(findings.allSatisfy { $0.verdict == .good || $0.remedy?.isEmpty == false })
        #expect(findings.contains { $0.subject == "socket paths" && $0.verdict == .problem })
    }
}
