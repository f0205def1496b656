import TenancyAPI

/// What each role may do. Every scope that a method of any contract asks for stands here, which a test checks: a new
/// scope is a decision about roles.
enum RoleScopes {
    /// Roles that may, beside owner and admin, who may everything.
    static let others: [String: Set<Role>] = [
        "actors:read": [.analyst, .operator],
        "assignments:read": [.analyst, .operator],
        "assignments:write": [.operator],
        "audit:read": [],
        "authenticators:write": [.analyst, .operator, .viewer],
        "bandits:read": [.analyst, .operator, .viewer],
        "bandits:write": [.operator],
        "consents:read": [.analyst, .operator],
        "consents:write": [.operator],
        "datasets:read": [.analyst, .operator],
        "datasets:write": [.operator],
        "disclosures:read": [.analyst, .operator],
        "disclosures:write": [.operator],
        "experimentEvents:read": [.analyst, .operator],
        "experimentEvents:write": [.operator],
        "experiments:read": [.analyst, .operator, .viewer],
        "experiments:write": [.operator],
        "exposures:write": [.operator],
        "features:evaluate": [.operator],
        "features:read": [.analyst, .operator, .viewer],
        "flows:read": [.analyst, .operator, .viewer],
        "flows:write": [.operator],
        "imports:read": [.analyst, .operator],
        "imports:write": [.operator],
        "integrations:read": [.operator],
        "integrations:write": [],
        "jobs:read": [.analyst, .operator],
        "jobs:write": [.operator],
        "keys:read": [],
        "legalHolds:read": [],
        "legalHolds:write": [],
        "limits:read": [.operator],
        "policies:read": [.analyst, .operator, .viewer],
        "policies:write": [.operator],
        "privacyNotices:read": [],
        "privacyNotices:write": [],
        "privacyRequests:approve": [],
        "privacyRequests:read": [],
        "privacyRequests:write": [],
        "promptVersions:read": [.analyst, .operator, .viewer],
        "promptVersions:write": [.operator],
        "recipients:read": [.analyst, .operator],
        "recipients:write": [],
        "replays:read": [.analyst, .operator, .viewer],
        "replays:write": [.operator],
        "restrictions:read": [.analyst, .operator],
        "restrictions:write": [.operator],
        "retentionRules:read": [],
        "retentionRules:write": [],
        "savedGroups:read": [.analyst, .operator],
        "savedGroups:write": [.operator],
        "sessions:read": [.analyst, .operator, .viewer],
        "sessions:write": [.analyst, .operator, .viewer],
        "settings:read": [.analyst, .operator, .viewer],
        "settings:write": [],
        "signals:read": [.analyst, .operator],
        "signals:write": [.operator],
        "users:read": [],
        "users:write": [],
    ]

    /// All scopes of a role, sorted.
    static func scopes(of role: Role) -> [String] {
        others.filter { role == .owner || role == .admin || $0.value.contains(role) }.keys.sorted()
    }

    /// The scopes of a role that `asked` covers; nothing asked: all of them.
    static func scopes(of role: Role, asked: [String]) -> [String] {
        guard !asked.isEmpty else { return scopes(of: role) }
        return scopes(of: role).filter { scope in asked.contains { covers($0, scope) } }
    }

    private static func covers(_ pattern: String, _ scope: String) -> Bool {
        let (wanted, had) = (pattern.split(separator: ":"), scope.split(separator: ":"))
        return wanted.count == had.count && zip(wanted, had).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
