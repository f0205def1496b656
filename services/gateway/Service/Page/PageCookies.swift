import HTTPTypes
import JSON
import OpenSSL

/// The cookies of the page: which session its reader has, and which forms were given to them.
///
/// Over TLS their names begin with `__Host-`, so that no other host and no plain page can set them. In the clear they are
/// for loopback; cookies do not tell ports apart there, which is why a session from the page may do so little.
struct PageCookies: Sendable {
    /// A session as the cookie holds it: its token, and its id, by which it is ended.
    struct Session: Equatable {
        let token: String
        let id: UUIDv7

        init(token: String, id: UUIDv7) {
            self.token = token
            self.id = id
        }

        init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let id = UUIDv7(String(parts[1])) else { return nil }
            self.init(token: String(parts[0]), id: id)
        }

        var text: String { "\(token).\(id)" }
    }

    let isSecure: Bool
    private let key: HMACKey

    /// - Parameter key: what forms are signed with.
    init(isSecure: Bool, key: HMACKey) {
        self.isSecure = isSecure
        self.key = key
    }

    private var sessionName: String { (isSecure ? "__Host-" : "") + "gyre-session" }
    private var formName: String { (isSecure ? "__Host-" : "") + "gyre-form" }

    func session(_ headers: HTTPFields) -> Session? { value(sessionName, headers).flatMap { Session($0) } }

    func set(_ session: Session, seconds: Int64) -> String { set(sessionName, session.text, seconds: seconds) }

    func forgetSession() -> String { set(sessionName, "", seconds: 0) }

    // MARK: Forms

    /// How long a form can be sent after it was shown.
    private static let formSeconds: Int64 = 12 * 3_600

    /// What a form of this browser's holds, so that no other page can send it; and the cookie that goes with it.
    func newForm(_ headers: HTTPFields) throws(OpenSSLError) -> (token: String, cookie: String) {
        let known = value(formName, headers)
        let mark = if let known { known } else { Hexadecimal.encode(try SecureRandom.bytes(16)) }
        return (token("sign-in", mark), set(formName, mark, seconds: Self.formSeconds))
    }

    /// Whether a form was shown to this browser by this process.
    func isOurs(_ token: String?, _ headers: HTTPFields) -> Bool {
        guard let mark = value(formName, headers) else { return false }
        return isRight(token, "sign-in", mark)
    }

    /// What the form that ends a session holds.
    func formToken(of session: Session) -> String { token("sign-out", session.text) }

    func isOurs(_ token: String?, of session: Session) -> Bool { isRight(token, "sign-out", session.text) }

    private func token(_ purpose: String, _ text: String) -> String {
        Hexadecimal.encode(key.authenticate("\(purpose)\n\(text)"))
    }

    private func isRight(_ token: String?, _ purpose: String, _ text: String) -> Bool {
        constantTimeEqual(Array((token ?? "").utf8), Array(self.token(purpose, text).utf8))
    }

    // MARK: Headers

    private func set(_ name: String, _ value: String, seconds: Int64) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    private func value(_ name: String, _ headers: HTTPFields) -> String? {
        for pair in headers[values: .cookie].flatMap({ $0.split(separator: ";") }) {
            let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == name { return String(parts[1]) }
        }
        return nil
    }
}
