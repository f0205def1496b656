import JSON
import JSONRPC
import JSONRPCInProcess
import Testing

@testable import ServiceKit

/// Which service a peer is, as the kernel says.
@Suite struct PeerUsersTests {
    private static func users(_ text: String) throws(PeerUsersError) -> PeerUsers {
        try PeerUsers(text) { ["gyre-gateway": 990, "gyre-signals": 991][$0] }
    }

    @Test("Users are given by name or number")
    func parsing() throws {
        let users = try Self.users("experiments:989,gateway:gyre-gateway, signals:gyre-signals,stimuli:993,tenancy:992")
        #expect(users.services(of: 990) == ["gateway"])
        #expect(users.services(of: 991) == ["signals"])
        #expect(users.services(of: 992) == ["tenancy"])
        #expect(users.services(of: 0) == [])
        #expect(
            try Self.users("experiments:4,gateway:5,signals:5,stimuli:6,tenancy:5").services(of: 5)
                == ["gateway", "signals", "tenancy"])
    }

    @Test(
        "What is wrong is said: an unknown service, an unknown user, one twice, one missing",
        arguments: [
            ("gateway:1,signals:2,tenancy:3,other:4", "other:4"),
            ("gateway:1,signals:nobody-here,tenancy:3", "nobody-here"),
            ("gateway:1,gateway:1,signals:2,tenancy:3", "twice"),
            ("experiments:4,gateway:1,signals:2,stimuli:5", "tenancy is missing"),
            ("gateway", "'gateway'"), ("", "missing"), ("gateway:-1,signals:2,tenancy:3", "-1"),
        ])
    func mistakes(text: String, says: String) {
        let error = #expect(throws: PeerUsersError.self) { try Self.users(text) }
        #expect(error?.description.contains(says) == true)
    }

    @Test("A process that runs as another user than its siblings expect does not start")
    func ownUser() throws {
        let users = try Self.users("experiments:4,gateway:1,signals:2,stimuli:5,tenancy:3")
        try users.check("signals", runsAs: 2)
        let error = #expect(throws: PeerUsersError.self) { try users.check("signals", runsAs: 1) }
        #expect(error?.description.contains("user 2") == true)
    }

    @Test(
        "A service speaks for itself, the gateway for whom it proved, and nobody for anybody else",
        arguments: [
            ("service:signals", "signals", true), ("service:gateway", "signals", false),
            ("service:tenancy", "signals", false), ("key:1", "signals", false), ("admin", "tenancy", false),
            ("service:gateway", "gateway", true), ("key:1", "gateway", true), ("admin", "gateway", true),
            ("service:signals", "gateway", false), ("service:", "gateway", false), ("", "signals", false),
        ])
    func principals(principal: String, peer: String, isBelieved: Bool) {
        #expect(PeerDoor.maySpeak(for: principal, [peer]) == isBelieved)
    }

    @Test("A call for somebody that the peer is not is forbidden, and has no effect")
    func refusal() async throws {
        try await withService { service throws in
            let asSignals = InProcessClient(PeerDoor(dispatcher: service.dispatcher, services: ["signals"]))
            let error = await #expect(throws: RPCError.self) {
                try await asSignals.call("notes.add", params: Note(text: "a").json(), context: service.call)
            }
            #expect(error?.code == RPCError.Code.forbidden)
            #expect(try await service.count() == 0)
            let asGateway = InProcessClient(PeerDoor(dispatcher: service.dispatcher, services: ["gateway"]))
            _ = try await asGateway.call("notes.add", params: Note(text: "a").json(), context: service.call)
            #expect(try await service.count() == 1)
        }
    }
}
