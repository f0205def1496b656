import ServiceContract
import Testing

/// Who may call what: the one rule, as a table.
@Suite struct AdmissionTests {
    private static func method(_ callers: [String], scope: String? = nil) -> MethodDescription {
        MethodDescription(
            name: "notes.add", summary: "", kind: .write, database: .brand, scope: scope, cost: 1, costItems: nil,
            isAudited: false, isIdempotent: false, callers: callers)
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let callers: [String]
        let scope: String?
        let principal: String
        let scopes: [String]
        let isAdmitted: Bool

        init(_ callers: [String], _ scope: String?, _ principal: String, _ scopes: [String], _ isAdmitted: Bool) {
            self.callers = callers
            self.scope = scope
            self.principal = principal
            self.scopes = scopes
            self.isAdmitted = isAdmitted
        }

        var testDescription: String { "\(callers) \(scope ?? "-") ← \(principal) \(scopes)" }
    }

    @Test(
        "The contract's callers and scopes decide, and nothing else",
        arguments: [
            // Keys: public methods, by scope.
            Row(["public"], "notes:write", "key:1", ["notes:write"], true),
            Row(["public"], "notes:write", "key:1", ["notes:read", "notes:write"], true),
            Row(["public"], "notes:write", "key:1", ["notes:*"], true),
            Row(["public"], "notes:write", "key:1", ["*:write"], true),
            Row(["public"], "notes:write", "key:1", ["*:*"], true),
            Row(["public"], "notes:write", "key:1", [], false),
            Row(["public"], "notes:write", "key:1", ["notes:read"], false),
            Row(["public"], "notes:write", "key:1", ["signals:write"], false),
            Row(["public"], "notes:write", "key:1", ["notes"], false),
            Row(["public"], "notes:write", "key:1", ["*"], false),
            Row(["public"], "notes:write", "key:1", ["notes:write:more"], false),
            Row(["public"], "notes:write", "key:1", ["note*:write"], false),
            Row(["public"], "notes:write", "user:1", ["notes:write"], true),
            Row(["public"], nil, "key:1", [], true),
            Row(["admin"], nil, "key:1", ["*:*"], false),
            Row(["service:gateway"], nil, "key:1", ["*:*"], false),
            // The administrator: the platform's methods and the public ones, without scopes.
            Row(["admin"], nil, "admin", [], true),
            Row(["public"], "notes:write", "admin", [], true),
            Row(["service:gateway"], nil, "admin", [], false),
            // Services: by name only.
            Row(["service:gateway"], nil, "service:gateway", [], true),
            Row(["service:gateway"], nil, "service:signals", ["*:*"], false),
            Row(["service:gateway", "service:signals"], nil, "service:signals", [], true),
            Row(["public"], "notes:write", "service:signals", ["*:*"], false),
            Row(["admin"], nil, "service:gateway", ["*:*"], false),
            // Anyone, and nobody.
            Row(["anyone"], nil, "", [], true),
            Row(["anyone"], nil, "service:signals", [], true),
            Row(["public"], "notes:write", "", [], false),
            Row([], nil, "admin", ["*:*"], false),
            Row(["admin"], nil, "administrator", ["*:*"], false),
        ])
    func table(row: Row) {
        let method = Self.method(row.callers, scope: row.scope)
        #expect(method.admits(principal: row.principal, scopes: row.scopes) == row.isAdmitted)
    }

    @Test(
        "Who reaches only some actors may call what answers those or is about nobody; what needs no key is open to all",
        arguments: [
            (.everybody, ["public"], false), (.reached, ["public"], true), (.nobody, ["public"], true),
            (.everybody, ["anyone"], true),
        ] as [(MethodDescription.Actors, [String], Bool)])
    func reach(actors: MethodDescription.Actors, callers: [String], isAdmitted: Bool) {
        let method = MethodDescription(
            name: "notes.list", summary: "", kind: .read, database: .brand, scope: nil, cost: 1, costItems: nil,
            isAudited: false, isIdempotent: false, actors: actors, callers: callers)
        #expect(method.admits(reaching: nil))
        #expect(method.admits(reaching: ["gold"]) == isAdmitted && method.admits(reaching: []) == isAdmitted)
    }

    @Test(
        "Clients of the gateway reach what is public, open or the administrator's",
        arguments: [
            (["public"], true), (["admin"], true), (["anyone"], true), (["service:gateway"], false),
            (["service:gateway", "admin"], true), ([], false),
        ])
    func isPublic(callers: [String], isPublic: Bool) {
        #expect(Self.method(callers).isPublic == isPublic)
    }
}
