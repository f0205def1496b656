import ExperimentsAPI
import GatewayAPI
import ServiceContract
import SignalsAPI
import StimuliAPI
import TenancyAPI
import Testing

@testable import TenancyService

/// What roles may do, held against what the methods of all contracts ask for.
@Suite struct RoleTests {
    @Test("Each scope of a method that clients call is decided for each role, and no other is")
    func everyScope() {
        let methods =
            ExperimentsContract.methods + GatewayContract.methods + SignalsContract.methods
            + StimuliContract.methods + TenancyContract.methods
        let scopes = Set(methods.filter { $0.callers.contains("public") }.compactMap(\.scope))
        for role in [Role.owner, .admin] { #expect(role.scopes == scopes.sorted()) }
        for role in Role.allCases { #expect(scopes.isSuperset(of: role.scopes)) }
    }

    @Test("A viewer reads nothing personal, an analyst changes nothing, and only owners and admins manage users")
    func roles() {
        #expect(Role.viewer.scopes.allSatisfy { !$0.hasPrefix("actors") && !$0.hasPrefix("signals") })
        let own = ["authenticators:write", "sessions:write"]
        #expect(Role.analyst.scopes.allSatisfy { $0.hasSuffix(":read") || own.contains($0) })
        for role in [Role.analyst, .operator, .viewer] {
            #expect(!role.scopes.contains("users:write"))
            #expect(!role.scopes.contains("privacyRequests:write"))
        }
    }

    @Test("A session may do what both its role and what was asked allow")
    func intersection() {
        #expect(RoleScopes.scopes(of: .analyst, asked: []) == Role.analyst.scopes)
        #expect(RoleScopes.scopes(of: .owner, asked: ["signals:*"]) == ["signals:read", "signals:write"])
        #expect(RoleScopes.scopes(of: .analyst, asked: ["signals:*"]) == ["signals:read"])
        #expect(RoleScopes.scopes(of: .viewer, asked: ["users:write"]) == [])
        #expect(RoleScopes.scopes(of: .owner, asked: ["*:*"]) == Role.owner.scopes)
    }
}
