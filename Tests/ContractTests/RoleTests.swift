import ExperimentsAPI
import GatewayAPI
import ServiceContract
import SignalsAPI
import TenancyAPI
import Testing

@testable import TenancyService

/// What roles may do, held against what the methods of all contracts ask for.
@Suite struct RoleTests {
    @Test("Each scope of a method that clients call is decided for each role, and no other is")
    func everyScope() {
        let methods =
            ExperimentsContract.methods + GatewayContract.methods + SignalsContract.methods + TenancyContract.methods
        let scopes = Set(methods.filter { $0.callers.contains("public") }.compactMap(\.scope))
        #expect(Set(RoleScopes.others.keys) == scopes)
        for role in [Role.owner, .admin] { #expect(RoleScopes.scopes(of: role) == scopes.sorted()) }
    }

    @Test("A viewer reads nothing personal, an analyst changes nothing, and only owners and admins manage users")
    func roles() {
        #expect(RoleScopes.scopes(of: .viewer).allSatisfy { !$0.hasPrefix("actors") && !$0.hasPrefix("signals") })
        let own = ["authenticators:write", "sessions:write"]
        #expect(RoleScopes.scopes(of: .analyst).allSatisfy { $0.hasSuffix(":read") || own.contains($0) })
        for role in [Role.analyst, .operator, .viewer] {
            #expect(!RoleScopes.scopes(of: role).contains("users:write"))
            #expect(!RoleScopes.scopes(of: role).contains("privacyRequests:write"))
        }
    }

    @Test("A session may do what both its role and what was asked allow")
    func intersection() {
        #expect(RoleScopes.scopes(of: .analyst, asked: []) == RoleScopes.scopes(of: .analyst))
        #expect(RoleScopes.scopes(of: .owner, asked: ["signals:*"]) == ["signals:read", "signals:write"])
        #expect(RoleScopes.scopes(of: .analyst, asked: ["signals:*"]) == ["signals:read"])
        #expect(RoleScopes.scopes(of: .viewer, asked: ["users:write"]) == [])
        #expect(RoleScopes.scopes(of: .owner, asked: ["*:*"]) == RoleScopes.scopes(of: .owner))
    }
}
