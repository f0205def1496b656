import GatewayAPI
import HTTPTypes
import JSON
import JSONRPC
import OpenSSL
import ServiceKit
import Testing

@testable import GatewayService

@Suite(.timeLimit(.minutes(2)), .serialized) struct PagesTests {
    private static let right = [
        "brand": "\(GatewayUnderTest.brand)", "email": "ada@example.org", "password": FakeStaff.password,
    ]

    private func withGateway(
        _ staff: FakeStaff, _ body: (inout Browser) async throws -> Void
    ) async throws {
        let gateway = try await GatewayUnderTest(keys: [], staff: staff)
        var browser = Browser(port: try await gateway.httpPort)
        try await body(&browser)
        try await gateway.stop()
    }

    @Test("Who signs in sees privacy requests, keys and the audit head of their brand, and signs out")
    func wholeWay() async throws {
        let staff = FakeStaff()
        try await withGateway(staff) { browser in
            let before = try await browser.get("/")
            #expect(before.status == 200 && before.body.contains("Sign in") && !before.body.contains("Audit log"))
            let form = try await browser.get("/sign-in")
            #expect(form.body.contains("<option value=\"\(GatewayUnderTest.brand)\">Corner Shop</option>"))
            #expect(!form.body.contains("http-equiv"))
            let signedIn = try await browser.post("/sign-in", Self.right, token: form.token)
            #expect(signedIn.status == 303 && signedIn["location"] == "/")
            let page = try await browser.get("/")
            #expect(page.status == 200)
            for text in [
                "Ada &lt;b&gt;, owner of Corner Shop, until 2096-10-02 07:06:40 UTC", "Nobody has asked for anything",
                "&lt;script&gt;alert(1)&lt;/script&gt;", "gy_live_k7Qm2xTz…", "12,345",
                "1,234 entries, signed at 1970-01-01 00:00:00 UTC", String(repeating: "ab", count: 32),
            ] { #expect(page.body.contains(text), "\(text)") }
            #expect(!page.body.contains("<script"))
            #expect(!page.body.contains(staff.token.secret))
            #expect(page["cache-control"] == "no-store" && page["content-security-policy"]?.contains("'none'") == true)
            let signedOut = try await browser.post("/sign-out", [:], token: page.token)
            #expect(signedOut.status == 303 && signedOut["location"] == "/sign-in")
            #expect(browser.cookies["gyre-session"] == nil)
            #expect(staff.calls.contains("sessions.end"))
        }
    }

    @Test("A wrong password says so in the same words as a wrong address, and gives no session")
    func wrongPassword() async throws {
        try await withGateway(FakeStaff()) { browser in
            let form = try await browser.get("/sign-in")
            for (name, value) in [("password", "wrong"), ("email", "\"><script>@example.org")] {
                let wrong = Self.right.merging([name: value]) { $1 }
                let answer = try await browser.post("/sign-in", wrong, token: form.token)
                #expect([400, 401].contains(answer.status))
                #expect(browser.cookies["gyre-session"] == nil)
                #expect(!answer.body.contains("<script") && !answer.body.contains(wrong["password"] ?? ""))
                #expect(answer.body.contains("role=\"alert\""))
            }
            let wrong = Self.right.merging(["password": "wrong"]) { $1 }
            let answer = try await browser.post("/sign-in", wrong, token: form.token)
            #expect(answer.status == 401 && answer.body.contains("Brand, address, password or code is not right."))
            #expect(answer.body.contains("value=\"ada@example.org\""))
            // The form that came back can be sent again.
            #expect(try await browser.post("/sign-in", Self.right, token: answer.token).status == 303)
        }
    }

    @Test("After too many attempts the form says until when to wait")
    func lockout() async throws {
        let staff = FakeStaff()
        staff.lockOut()
        try await withGateway(staff) { browser in
            let form = try await browser.get("/sign-in")
            let answer = try await browser.post("/sign-in", Self.right, token: form.token)
            #expect(answer.status == 429 && answer.body.contains("try again after 2026-01-01T00:15:00Z"))
        }
    }

    @Test("A form that is not ours, or that another site's page sends, does nothing")
    func forgery() async throws {
        let staff = FakeStaff()
        try await withGateway(staff) { browser in
            let form = try await browser.get("/sign-in")
            #expect(try await browser.post("/sign-in", Self.right, token: nil).status == 403)
            #expect(try await browser.post("/sign-in", Self.right, token: "0").status == 403)
            for origin in ["http://127.0.0.1:1", "http://localhost:\(browser.port)", "null"] {
                let answer = try await browser.post("/sign-in", Self.right, token: form.token, origin: origin)
                #expect(answer.status == 403, "\(origin)")
            }
            // Another browser's form.
            var other = Browser(port: browser.port)
            _ = try await other.get("/sign-in")
            #expect(try await other.post("/sign-in", Self.right, token: form.token).status == 403)
            #expect(staff.calls.filter { $0 == "sessions.create" }.isEmpty)
            let own = "http://127.0.0.1:\(browser.port)"
            let answer = try await browser.post("/sign-in", Self.right, token: form.token, origin: own)
            #expect(answer.status == 303)
            #expect(try await browser.post("/sign-out", [:], token: form.token).status == 403)
            #expect(!staff.calls.contains("sessions.end"))
        }
    }

    @Test("A session that has ended leads back to the form, and its cookie is gone")
    func ended() async throws {
        let staff = FakeStaff()
        try await withGateway(staff) { browser in
            staff.end()
            browser.cookies["gyre-session"] = "\(staff.token.text).\(staff.session)"
            let answer = try await browser.get("/")
            #expect(answer.status == 303 && answer["location"] == "/sign-in?ended=1")
            #expect(browser.cookies["gyre-session"] == nil)
            #expect(try await browser.get("/sign-in?ended=1").body.contains("Your session has ended."))
        }
    }

    @Test(
        "A cookie of nobody's making is no session",
        arguments: ["x", "a.b", "gy_sess_x.01930000-0000-7000-8000-000000000011"])
    func rubbish(cookie: String) async throws {
        try await withGateway(FakeStaff()) { browser in
            browser.cookies["gyre-session"] = cookie
            let answer = try await browser.get("/")
            #expect(answer.status == 200 && answer.body.contains("Sign in") || answer["location"] == "/sign-in?ended=1")
            #expect(!answer.body.contains("Audit log"))
        }
    }

    @Test("A role that may not sees nothing of it, and is told")
    func viewer() async throws {
        let staff = FakeStaff(scopes: ["sessions:read", "sessions:write"], brandName: "A & B")
        try await withGateway(staff) { browser in
            let form = try await browser.get("/sign-in")
            _ = try await browser.post("/sign-in", Self.right, token: form.token)
            let page = try await browser.get("/")
            #expect(page.body.contains("ask an owner of A &amp; B for another"))
            #expect(!page.body.contains("<h2>Keys</h2>") && !page.body.contains("Audit log"))
            #expect(!staff.calls.contains("keys.list") && !staff.calls.contains("auditLog.head"))
        }
    }

    @Test("What is no brand's id is asked for again, without an attempt")
    func brand() async throws {
        let staff = FakeStaff()
        try await withGateway(staff) { browser in
            let form = try await browser.get("/sign-in")
            let answer = try await browser.post(
                "/sign-in", Self.right.merging(["brand": "Corner Shop"]) { $1 }, token: form.token)
            #expect(answer.status == 400 && answer.body.contains("36 characters"))
            #expect(!staff.calls.contains("sessions.create"))
        }
    }

    @Test(
        "Over TLS there is nothing without a session, and the cookies are for TLS only",
        .enabled(if: TestCertificate.isThere))
    func overTLS() async throws {
        let (certificate, staff) = (try TestCertificate(), FakeStaff())
        let settings = certificate.settings.merging(["GYRE_TLS_HTTP_PORT": "0"]) { $1 }
        let gateway = try await GatewayUnderTest(settings, keys: [], staff: staff)
        var browser = Browser(port: try await gateway.tlsPort("http"), trusting: certificate.chain)
        #expect(try await browser.get("/")["location"] == "/sign-in")
        let form = try await browser.get("/sign-in")
        #expect(!form.body.contains("Corner Shop"))
        #expect(form["set-cookie"]?.hasPrefix("__Host-gyre-form=") == true)
        #expect(form["set-cookie"]?.hasSuffix("; HttpOnly; SameSite=Strict; Secure") == true)
        let signedIn = try await browser.post("/sign-in", Self.right, token: form.token)
        #expect(signedIn["set-cookie"]?.hasPrefix("__Host-gyre-session=") == true)
        #expect(signedIn["set-cookie"]?.hasSuffix("; HttpOnly; SameSite=Strict; Secure") == true)
        let page = try await browser.get("/")
        #expect(page.status == 200 && page.body.contains("Audit log") && !page.body.contains("What to do next"))
        try await gateway.stop()
    }
}

@Suite struct PagePartsTests {
    @Test(
        "A form's fields are decoded once, and each is given once",
        arguments: [
            ("a=1&b=x+y%2Bz%26", ["a": "1", "b": "x y+z&"]), ("a=%C3%A9", ["a": "é"]), ("a=1=2", ["a": "1=2"]),
            ("a&b=", [:]), ("", [:]), ("a=1&a=2", nil), ("a=%4", nil), ("a=%zz", nil), ("a=%FF", nil),
            ((0...20).map { "f\($0)=1" }.joined(separator: "&"), nil),
        ])
    func fields(text: String, expected: [String: String]?) {
        let fields = FormFields(text.utf8)
        #expect((fields == nil) == (expected == nil))
        for name in ["a", "b"] { #expect(fields?[name] == expected?[name]) }
    }

    @Test("Of several cookies the page finds its own")
    func cookies() throws {
        let cookies = PageCookies(isSecure: false, key: try HMACKey([1]))
        let session = PageCookies.Session(token: "t", id: GatewayUnderTest.brand)
        for text in ["gyre-session=\(session.text)", "a=b; gyre-session=\(session.text); c=d"] {
            #expect(cookies.session([.cookie: text]) == session)
        }
        for text in [
            "gyre-session=", "xgyre-session=\(session.text)", "__Host-gyre-session=\(session.text)", "gyre-session",
        ] {
            #expect(cookies.session([.cookie: text]) == nil)
        }
    }

    @Test(
        "Names of the contract are words on the page",
        arguments: zip(["erasure", "legalClaims"], ["erasure", "legal claims"]))
    func words(name: String, shown: String) { #expect(StaffPage.words(name) == shown) }

    @Test("Open requests come first, the most urgent on top, then the newest that ended")
    func order() {
        func request(_ number: UInt64, due: Int64?, ended: Int64? = nil) -> PrivacyRequest {
            PrivacyRequest(
                id: UUIDv7(milliseconds: 1, sequence: 0, random: number), brandId: GatewayUnderTest.brand,
                kind: .erasure, regulation: .gdpr, status: ended == nil ? .processing : .completed,
                identity: .controller,
                receivedAt: Timestamp(microseconds: 0), dueAt: due.map { Timestamp(microseconds: $0) },
                endedAt: ended.map { Timestamp(microseconds: $0) }, services: [])
        }
        let requests = [
            request(1, due: 9), request(2, due: 1, ended: 5), request(3, due: 3), request(4, due: nil),
            request(5, due: 2, ended: 4),
        ]
        let order = StaffPage.sorted(requests).map { request in requests.firstIndex { $0.id == request.id } }
        #expect(order == [2, 0, 3, 1, 4])
        #expect(
            [-1, 0, 1, 2].map { StaffPage.distance($0) } == [", late", ", within a day", ", in 1 day", ", in 2 days"])
    }
}

/// What a browser is to the page: it keeps cookies and sends forms.
struct Browser {
    let port: Int
    /// The certificate that is believed; nil: plain HTTP.
    let trusted: String?
    var cookies: [String: String] = [:]

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: String

        subscript(name: String) -> String? { headers[name] }

        /// What the form in the page holds.
        var token: String? {
            guard let start = body.firstRange(of: "name=\"token\" value=\"")?.upperBound else { return nil }
            return String(body[start...].prefix { $0 != "\"" })
        }
    }

    init(port: Int, trusting trusted: String? = nil) {
        self.port = port
        self.trusted = trusted
    }

    mutating func get(_ path: String) async throws -> Answer { try await send("GET \(path) HTTP/1.1\r\n", "") }

    mutating func post(
        _ path: String, _ fields: [String: String], token: String?, origin: String? = nil
    ) async throws -> Answer {
        var fields = fields
        fields["token"] = token
        let body = fields.map { "\($0.key)=\(Self.encoded($0.value))" }.joined(separator: "&")
        let head =
            "POST \(path) HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: \(body.utf8.count)\r\n" + (origin.map { "Origin: \($0)\r\n" } ?? "")
        return try await send(head, body)
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in "%" + Hexadecimal.encode([byte]) }.joined()
    }

    private mutating func send(_ head: String, _ body: String) async throws -> Answer {
        let cookie = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        let request =
            head + "Host: 127.0.0.1:\(port)\r\nConnection: close\r\n"
            + (cookie.isEmpty ? "" : "Cookie: \(cookie)\r\n") + "\r\n" + body
        let text: String
        if let trusted {
            text = try await TLSClient.connect(to: port, trusting: trusted) { client in
                try await client.send(request)
                return try await client.rest()
            }
        } else {
            let stream = RawStream(port: port)
            await stream.send(request)
            text = try #require(await stream.read())
        }
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        var headers: [String: String] = [:]
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        for line in lines.dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1]) : ""
        }
        if let set = headers["set-cookie"] {
            let pair = set.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = set.contains("Max-Age=0;") ? nil : String(pair[1])
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Answer(status: try #require(status), headers: headers, body: String(text[end.upperBound...]))
    }
}
