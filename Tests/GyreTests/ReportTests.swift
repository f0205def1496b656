import GatewayAPI
import JSON
import SignalsAPI
import Testing

@testable import AuditProof
@testable import Gyre

@Suite struct SuiteHealthTests {
    private func status(_ name: String, ready: Bool = true) -> ServiceStatus { ServiceStatus(name: name, ready: ready) }

    @Test("A suite is well when every service is ready, whether or not the gateway lists itself")
    func well() {
        #expect(
            SuiteHealth([status("experiments"), status("signals"), status("stimuli"), status("tenancy")]).late == nil)
        #expect(
            SuiteHealth(["signals", "gateway", "experiments", "tenancy", "stimuli"].map { status($0) }).late == nil)
    }

    @Test("A service that is not ready, or that the gateway does not know, is late")
    func late() {
        let others = [status("experiments"), status("stimuli"), status("tenancy")]
        #expect(SuiteHealth([status("signals", ready: false)] + others).late?.name == "signals")
        #expect(SuiteHealth([status("experiments"), status("signals"), status("stimuli")]).late?.name == "tenancy")
        #expect(SuiteHealth([]).services.map(\.name) == ["experiments", "signals", "stimuli", "tenancy"])
    }

    @Test("The table says how long each service has been up")
    func table() throws {
        let start = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let now = Timestamp(microseconds: start.microseconds + 61_000_000)
        let health = SuiteHealth([
            ServiceStatus(name: "experiments", ready: true, brands: 7, startedAt: now),
            ServiceStatus(name: "signals", ready: true, brands: 1_000, startedAt: start),
            ServiceStatus(name: "stimuli", ready: true, brands: 7, startedAt: now),
            ServiceStatus(name: "tenancy", ready: false, problem: "It cannot write."),
        ])
        #expect(
            health.table(now: now).text() == """
                SERVICE      STATE      BRANDS     UP FOR  PROBLEM
                experiments  ready           7        0 s
                signals      ready       1,000  1 min 1 s
                stimuli      ready           7        0 s
                tenancy      not ready                     It cannot write.

                """)
    }
}

@Suite struct ImportReportTests {
    private func report(rejected: Int, listed: [RejectedRow]) throws -> ImportReport {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let id = try #require(UUIDv7("01930000-0000-7000-8000-000000000031"))
        return ImportReport(
            result: Import(
                id: id, source: "shop", status: .completed, receivedBytes: 10, rows: 1_000, accepted: 990 - rejected,
                duplicates: 10, rejected: rejected, createdAt: time, updatedAt: time),
            rejectedRows: listed, fileName: "orders.csv", elapsedMilliseconds: 1_250, suite: DataDirectory("/srv/gyre"))
    }

    @Test("A clean import is four lines")
    func clean() throws {
        #expect(
            try report(rejected: 0, listed: []).text(width: nil) == """
                orders.csv: 1,000 rows from 'shop' in 1.2 s
                  new         990
                  known       10
                  rejected    0

                """)
    }

    @Test("Bad rows are listed with line and reason, the first of many, and how to correct one")
    func rejected() throws {
        let rows = (1...25).map { RejectedRow(line: $0 + 1, reason: "date is missing", row: "secret") }
        let text = try report(rejected: 30, listed: rows).text(width: nil)
        #expect(text.contains("  2  date is missing\n"))
        #expect(text.contains(" 21  date is missing\n"))
        #expect(!text.contains(" 22  date"))
        #expect(text.contains("and 10 more: "))
        #expect(text.contains("\"line\": 2, \"row\": \"…\"}' --data /srv/gyre"))
        #expect(!text.contains("secret"))
    }
}

@Suite struct AuditReportTests {
    @Test("A verification is one line: what was verified, or what is wrong")
    func lines() {
        var verdict = AuditVerifier.Verdict(
            entries: 1_234, covered: 1_230, heads: 58, witnesses: ["gateway", "signals"])
        #expect(
            AuditReport(verdict: verdict).text
                == "Verified: 1,234 entries agree with 58 heads, witnessed by gateway and signals; "
                + "the newest 4 are not covered by a head yet.\n")
        #expect(
            AuditReport(verdict: .init(entries: 1, covered: 1, heads: 1)).text
                == "Verified: 1 entry agrees with 1 head.\n")
        verdict.problems = [
            .init(index: nil, description: "signals refused a head of size 3: fork"),
            .init(index: 7, description: "entry 7 is missing"),
        ]
        #expect(
            AuditReport(verdict: verdict).text
                == "Wrong: signals refused a head of size 3: fork; entry 7 is missing.\n")
        let json = String(decoding: AuditReport(verdict: verdict).json(), as: UTF8.self)
        #expect(json.contains(#""verified":false"#) && json.contains(#""firstBadIndex":7"#))
    }

    @Test("An export appears under its name when it is complete, for its owner only, or not at all")
    func export() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/audit.ndjson"
            try {
                let file = try ExportFile(path)
                try file.write(Array("half".utf8))
            }()
            #expect(SmallFile.read(path) == nil && SmallFile.read(path + ".new") == nil)
            let file = try ExportFile(path)
            let line = [UInt8](repeating: 0x61, count: 1_000) + [0x0A]
            for _ in 0..<600 { try file.write(line) }
            #expect(SmallFile.read(path) == nil)
            try file.finish()
            #expect(SmallFile.read(path)?.count == 600 * 1_001)
            #expect(try permissions(path) == 0o600)
            #expect(throws: CommandFailure.self) { try ExportFile(directory + "/none/audit.ndjson") }
        }
    }
}

@Suite struct WelcomeTests {
    @Test("A suite that is ready says where to go: a page, three commands, and how to end it")
    func commands() {
        let file = ReadyFile(url: "http://127.0.0.1:8080/", socket: "/s", adminSocket: "/a")
        let directory = DataDirectory("/srv/my gyre")
        for (demo, isDetached) in [(false, false), (true, true)] {
            var file = file
            if demo { file.brand = "b" }
            let text = Welcome(directory: directory, file: file, isDetached: isDetached).text
            #expect(text.contains("Open    http://127.0.0.1:8080/\n"))
            #expect(text.split(separator: "\n").count { $0.hasSuffix("--data '/srv/my gyre'") } == (isDetached ? 4 : 3))
            #expect(text.contains(isDetached ? " down --data" : "Stop    Ctrl-C"))
        }
    }

    @Test("A suite says where its TLS ports are")
    func doors() {
        var file = ReadyFile(url: "http://127.0.0.1:8080/", socket: "/s", adminSocket: "/a")
        file.tls = TLSDoors(line: "0.0.0.0:7443", http: "[::1]:8443")
        let text = Welcome(directory: DataDirectory("/srv/gyre"), file: file, isDetached: true).text
        #expect(text.contains("\n          0.0.0.0:7443 (TLS, lines)\n          [::1]:8443 (TLS, HTTP)\n  Try"))
        #expect(ReadyFile(file.json) == file)
    }
}

@Suite struct TLSFindingTests {
    private let day: Int64 = 86_400_000_000

    private func findings(_ doors: TLSDoors, at now: Int64 = 0) -> [Finding] {
        Examination.tls(doors, now: Timestamp(microseconds: now)) { $0 == "0.0.0.0:1" }
    }

    @Test("Without TLS ports there is nothing to say of them")
    func none() { #expect(findings(TLSDoors()).isEmpty) }

    @Test("A port that nobody listens on is a problem")
    func silence() {
        #expect(findings(TLSDoors(line: "0.0.0.0:1", http: "0.0.0.0:2")).map(\.verdict) == [.good, .problem])
    }

    @Test("A certificate that ends soon is a warning, and one that has ended a problem")
    func expiry() {
        let end = Timestamp(microseconds: 100 * day)
        for (now, verdict) in [
            (86 * day, Finding.Verdict.good), (86 * day + 1, .warning), (100 * day, .warning),
            (100 * day + 1, .problem),
        ] {
            #expect(findings(TLSDoors(certificateExpiresAt: end), at: now).map(\.verdict) == [verdict], "\(now)")
        }
    }
}
