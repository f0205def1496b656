import JSON
import Mustache

/// The form by which a member of staff signs in.
struct SignInPage: Sendable {
    /// A brand that the form offers.
    struct Brand {
        let id: String
        let name: String
    }

    struct Content {
        /// What shows that the form is ours.
        let token: String
        /// Why it is shown again.
        let problem: String?
        /// Where it leads to.
        let place: String
        /// What was typed before; a password never comes back.
        let brand: String
        let email: String
        /// Empty where brands are nobody's business.
        let brands: [Brand]
    }

    private let template: MustacheTemplate

    init() throws {
        template = try MustacheTemplate(html: Self.source)
    }

    func section(_ content: Content) -> String { template.render(content) }

    /// Mustache; every value is escaped.
    private static let source = #"""
        <h1>Sign in to Gyre</h1>
        {{#problem}}<p class="bad" role="alert">{{.}}</p>{{/problem}}
        <form method="post" action="/sign-in">
        <input type="hidden" name="token" value="{{token}}"><input type="hidden" name="to" value="{{place}}">
        <p><label>Brand, by its id<br>
        <input name="brand" value="{{brand}}" list="brands" required minlength="36" maxlength="36" autocomplete="organization"></label>
        <datalist id="brands">{{#brands}}<option value="{{id}}">{{name}}</option>{{/brands}}</datalist></p>
        <p><label>E-mail address<br>
        <input name="email" type="email" value="{{email}}" required maxlength="254" autocomplete="username"></label></p>
        <p><label>Password<br>
        <input name="password" type="password" required maxlength="256" autocomplete="current-password"></label></p>
        <p><label>Code of your authenticator app, or a recovery code, if you have one<br>
        <input name="code" maxlength="20" autocomplete="one-time-code"></label></p>
        <p><button>Sign in</button></p>
        </form>
        <p class="quiet">A session from here lasts 12 hours, and may look, but change nothing.</p>
        """#
}
