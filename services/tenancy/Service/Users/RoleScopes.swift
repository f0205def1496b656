import TenancyAPI

/// What each role may do, as the contract says (`Role`). Every scope that a method of any contract asks for stands there,
/// which a test checks: a new scope is a decision about roles.
enum RoleScopes {
    /// The scopes of a role that `asked` covers; nothing asked: all of them.
    static func scopes(of role: Role, asked: [String]) -> [String] {
        guard !asked.isEmpty else { return role.scopes }
        return role.scopes.filter { scope in asked.contains { covers($0, scope) } }
    }

    /// Whether a scope, wildcards allowed, opens any method.
    static func isOfUse(_ asked: String) -> Bool { Role.owner.scopes.contains { covers(asked, $0) } }

    private static func covers(_ pattern: String, _ scope: String) -> Bool {
        let (wanted, had) = (pattern.split(separator: ":"), scope.split(separator: ":"))
        return wanted.count == had.count && zip(wanted, had).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
