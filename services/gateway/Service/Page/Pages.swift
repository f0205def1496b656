import ExperimentsAPI
import GatewayAPI
import HTTPTypes
import Hummingbird
import JSON
import JSONRPC
import NIOCore
import TenancyAPI

/// The pages of one HTTP door, and what their forms do: sign in, look, sign out.
///
/// On loopback `/` shows how the suite is to whoever is there, and to staff who are signed in their brand besides. Over
/// TLS there is nothing without a session.
struct Pages: Sendable {
    /// How the suite is; nil where that is nobody's business.
    let status: StatusPage?
    let bar: StaffBar
    let staff: StaffPage
    let experiments: ExperimentsPage
    let signIn: SignInPage
    let cookies: PageCookies
    let door: HTTPDoor

    func addRoutes(to router: Hummingbird.Router<HTTPContext>) {
        router.get("/") { request, context in await home(request, context) }
        router.get("/experiments") { request, context in await experiments(request, context) }
        router.get("/holdouts") { request, context in await holdout(request, context) }
        router.get("/sign-in") { request, context in
            let asked = request.uri.queryParameters
            return await form(
                request, to: Self.place(asked["to"].map { String($0) }), brand: asked["brand"].map { String($0) } ?? "",
                problem: asked["ended"] == nil ? nil : "Your session has ended. Sign in again.")
        }
        router.post("/sign-in") { request, context in await signIn(request, context) }
        router.post("/sign-out") { request, context in await signOut(request, context) }
    }

    // MARK: Looking

    private func home(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        guard let session = cookies.session(request.headers) else {
            guard let status else { return redirect("/sign-in") }
            let link = "<nav><a href=\"/sign-in\">Sign in</a></nav>"
            return page(.ok, refreshes: true, [link, await status.section()])
        }
        return await page(for: session, request, context, refreshes: true) { signedIn, door throws(RPCError) in
            var sections = [try await staff.section(signedIn, door)]
            if let status { sections.append(await status.section()) }
            return (nil, sections)
        }
    }

    /// All experiments, those of a status, or the one that is named.
    private func experiments(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        let asked = request.uri.queryParameters
        return await ofExperiments(request, context) { signedIn, door throws(RPCError) in
            if let key = asked["key"] { return try await experiments.section(String(key), door) }
            let status = asked["status"].flatMap { ExperimentStatus(rawValue: String($0)) }
            return ("Experiments", try await experiments.section(signedIn, status: status, door))
        }
    }

    /// The one that is named. All of them are on the page of experiments.
    private func holdout(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        guard let key = request.uri.queryParameters["key"] else { return redirect("/experiments") }
        return await ofExperiments(request, context) { _, door throws(RPCError) in
            try await experiments.section(holdout: String(key), door)
        }
    }

    /// What whoever may see experiments sees.
    private func ofExperiments(
        _ request: Hummingbird.Request, _ context: HTTPContext,
        _ content: (StaffBar.SignedIn, DoorClient) async throws(RPCError) -> (title: String, html: String)
    ) async -> Response {
        guard let session = cookies.session(request.headers) else { return redirect(Self.signIn(to: request)) }
        return await page(for: session, request, context, refreshes: false) { signedIn, door throws(RPCError) in
            guard signedIn.may(Experiments.List.method) else {
                throw .forbidden(
                    "You may not see experiments from here: sign out and in again; if that does not help, "
                        + "ask an owner of \(signedIn.brand) for another role.")
            }
            let (title, html) = try await content(signedIn, door)
            return (title, [html])
        }
    }

    /// What staff see, under the bar; also when it cannot be shown.
    ///
    /// - Parameter content: the page's title and sections.
    private func page(
        for session: PageCookies.Session, _ request: Hummingbird.Request, _ context: HTTPContext, refreshes: Bool,
        _ content: (StaffBar.SignedIn, DoorClient) async throws(RPCError) -> (title: String?, sections: [String])
    ) async -> Response {
        var above: [String] = []
        do throws(RPCError) {
            let door = DoorClient(door, key: session.token, from: context.address)
            let signedIn = try await bar.signedIn(session, door, formToken: cookies.formToken(of: session))
            above = [bar.section(signedIn)]
            let (title, sections) = try await content(signedIn, door)
            return page(.ok, title: title, refreshes: refreshes, above + sections)
        } catch {
            if error.code == RPCError.Code.unauthenticated {
                return redirect(Self.signIn(to: request, hasEnded: true), cookie: cookies.forgetSession())
            }
            return page(Self.status(error), refreshes: refreshes, above + [Self.paragraph(error.message)])
        }
    }

    // MARK: Signing in and out

    /// The form to sign in, which leads on to what was asked for.
    private static func signIn(to request: Hummingbird.Request, hasEnded: Bool = false) -> String {
        var parameters = hasEnded ? ["ended=1"] : []
        let place = place(request.uri.string)
        // What would be read as the end of the value.
        if place != "/" { parameters.append("to=\(place.replacing("&", with: "%26"))") }
        return parameters.isEmpty ? "/sign-in" : "/sign-in?" + parameters.joined(separator: "&")
    }

    /// Where somebody goes who has signed in: a page of experiments that they asked for, else the first page. Never what
    /// is not a page here, whoever wrote the link.
    static func place(_ text: String?) -> String {
        guard let text, text == "/experiments" || text.hasPrefix("/experiments?") || text.hasPrefix("/holdouts?"),
            text.utf8.count <= 200,
            text.utf8.dropFirst().allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "?=&._-".utf8.contains(byte)
                }
            })
        else { return "/" }
        return text
    }

    private func form(
        _ request: Hummingbird.Request, _ httpStatus: HTTPResponse.Status = .ok, to place: String, brand: String = "",
        email: String = "", problem: String? = nil
    ) async -> Response {
        guard let (token, cookie) = try? cookies.newForm(request.headers) else {
            return page(.internalServerError, refreshes: false, [Self.paragraph("There is no randomness to be had.")])
        }
        let brands = await status?.brandNames() ?? []
        let content = SignInPage.Content(
            token: token, problem: problem, place: place, brand: brand, email: email,
            brands: brands.map { SignInPage.Brand(id: "\($0.id)", name: $0.name) })
        return page(httpStatus, refreshes: false, [signIn.section(content)], cookie: cookie)
    }

    private func signIn(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        guard Self.isFromHere(request), let fields = await fields(of: request),
            cookies.isOurs(fields["token"], request.headers)
        else {
            return await form(
                request, .forbidden, to: "/", problem: "This form is too old, or cookies are turned off. Try again.")
        }
        let (brandText, email) = (fields["brand"] ?? "", fields["email"] ?? "")
        let place = Self.place(fields["to"])
        guard let brand = UUIDv7(brandText) else {
            return await form(
                request, .badRequest, to: place, brand: brandText, email: email,
                problem: "A brand's id has 36 characters, such as 01930000-0000-7000-8000-000000000011.")
        }
        do throws(RPCError) {
            let reply = try await Sessions.Client(DoorClient(door, from: context.address)).create(
                .init(
                    brandId: brand, email: email, password: fields["password"] ?? "", code: fields["code"],
                    scopes: StaffPage.scopes))
            let seconds = (reply.record.expiresAt.microseconds - reply.record.createdAt.microseconds) / 1_000_000
            return redirect(
                place, cookie: cookies.set(.init(token: reply.token, id: reply.record.id), seconds: seconds))
        } catch {
            let problem =
                error.code == RPCError.Code.invalidParams
                ? "The address, the password or the code does not have the form of one." : error.message
            return await form(request, Self.status(error), to: place, brand: brandText, email: email, problem: problem)
        }
    }

    private func signOut(_ request: Hummingbird.Request, _ context: HTTPContext) async -> Response {
        guard let session = cookies.session(request.headers) else { return redirect("/sign-in") }
        guard Self.isFromHere(request), let fields = await fields(of: request),
            cookies.isOurs(fields["token"], of: session)
        else {
            return page(
                .forbidden, refreshes: false,
                [Self.paragraph("You are still signed in: this form was too old. Go back and try again.")])
        }
        do throws(RPCError) {
            let door = DoorClient(door, key: session.token, from: context.address)
            _ = try await Sessions.Client(door).end(.init(id: session.id))
        } catch {
            let isGone = [RPCError.Code.unauthenticated, RPCError.Code.notFound].contains(error.code)
            guard isGone else {
                return page(
                    Self.status(error), refreshes: false,
                    [Self.paragraph("You are still signed in, try again. \(error.message)")])
            }
        }
        return redirect("/sign-in", cookie: cookies.forgetSession())
    }

    /// Whether a page of ours sent this, as far as the browser says.
    private static func isFromHere(_ request: Hummingbird.Request) -> Bool {
        guard let origin = request.headers[.origin] else { return true }
        guard let host = request.head.authority, let start = origin.firstRange(of: "://") else { return false }
        return origin[start.upperBound...].lowercased() == host.lowercased()
    }

    private func fields(of request: Hummingbird.Request) async -> FormFields? {
        let bytes = try? await HTTPDoor.body(of: request, within: door.bodyTime, upTo: FormFields.maximumByteCount)
        return bytes.flatMap { FormFields($0) }
    }

    // MARK: Responses

    private static func status(_ error: RPCError) -> HTTPResponse.Status {
        HTTPResponse.Status(code: GatewayContract.httpStatuses[error.code] ?? 500)
    }

    /// - Parameter text: of ours or of a service's; escaped all the same.
    private static func paragraph(_ text: String) -> String {
        "<p class=\"bad\" role=\"alert\">\(HTMLText.escaped(text))</p><p><a href=\"/\">Back</a></p>"
    }

    private func page(
        _ status: HTTPResponse.Status, title: String? = nil, refreshes: Bool, _ sections: [String],
        cookie: String? = nil
    ) -> Response {
        var headers = headers(cookie)
        headers[.contentType] = "text/html; charset=utf-8"
        let html = PageFrame.html(title: title, refreshes: refreshes, sections)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private func redirect(_ path: String, cookie: String? = nil) -> Response {
        var headers = headers(cookie)
        headers[.location] = path
        return Response(status: .seeOther, headers: headers)
    }

    private func headers(_ cookie: String?) -> HTTPFields {
        var headers: HTTPFields = [
            .cacheControl: "no-store", .contentSecurityPolicy: PageFrame.policy, .xContentTypeOptions: "nosniff",
        ]
        // Tells no other site where a link was, and still lets a form say where it was.
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "same-origin" }
        if let cookie { headers[.setCookie] = cookie }
        return headers
    }
}
