import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ExperimentsService

/// Policies, prompts and flows in versions.
@Suite struct RegistryTests {
    // MARK: Policies

    @Test("Versions count up for each policy, and begin active without being current")
    func versions() async throws {
        try await withExperiments { service in
            let (planner, ranker) = (try await service.policy("planner"), try await service.policy("ranker"))
            #expect(try await service.policyVersion(of: planner).version == 1)
            #expect(try await service.policyVersion(of: ranker).version == 1)
            let second = try await service.policyVersion(of: planner, model: nil, defaults: #"{"temperature":0.5}"#)
            #expect(second.version == 2 && second.status == .active && !second.isCurrent)
            #expect(second.mlflowModelName == nil && second.mlflowModelVersion == nil)
            let found = try await service.policies.get(Policies.Get.Params(name: "planner"), for: service.call)
            #expect(found.latestVersion == 2 && found.currentVersion == nil && found.version == 1)
            let twice = try await failure { try await service.policy("planner") }
            #expect(twice?.code == RPCError.Code.conflict)
            let prompts = try await service.policyVersions.list(
                PolicyVersions.List.Params(mlflowModelName: "planner_model"), for: service.call)
            #expect(prompts.items.map(\.policy) == ["planner", "ranker"])
        }
    }

    @Test("A model has a name and a version, or there is none", arguments: ["Name", "Version"])
    func model(half: String) async throws {
        try await withExperiments { service in
            let policy = try await service.policy()
            let error = try await failure {
                try await service.call(
                    "policyVersions.create", #"{"policyId":"\#(policy.id)","mlflowModel\#(half)":"4"}"#)
            }
            #expect(error?.code == RPCError.Code.invalidParams)
            #expect(error?.message.contains("/params/mlflowModel" + (half == "Name" ? "Version" : "Name")) == true)
        }
    }

    @Test("What says the same has the same hash, however it is written")
    func hashes() async throws {
        try await withExperiments { service in
            let policy = try await service.policy()
            let first = try await service.policyVersion(of: policy, defaults: #"{"a":0.70,"b":[1e2,"é"]}"#)
            let twin = try await service.policyVersion(of: policy, defaults: #"{ "b" : [100, "\u00e9"], "a" : 7e-1 }"#)
            let other = try await service.policyVersion(of: policy, defaults: #"{"a":0.71,"b":[100,"é"]}"#)
            #expect(first.hash == twin.hash && first.id != twin.id && first.hash != other.hash)
            // sha256sum of {"configDefaults":{}}, without a line feed
            let empty = try await service.policyVersion(of: policy, model: nil)
            #expect(empty.hash == "1b7b61a693aeec657767d1760606048c46f749004cf8e1c0867b945aeb2c75cb")
            // The same of {"params":{},"template":"Hello!"}, as ops/docs/policies-and-prompts.md shows it
            let hello = try await service.prompt(provider: nil, model: nil)
            #expect(hello.hash == "31ced6362e04ca83f1490a0aea3598bf655a6608586581e7c9a7443761793f38")
        }
    }

    @Test("A version goes from active to deprecated to archived, and no other way")
    func statuses() async throws {
        try await withExperiments { service in
            var version = try await service.policyVersion(of: try await service.policy())
            for (status, isLegal) in [
                (PolicyVersionStatus.active, false), (.archived, false), (.deprecated, true), (.active, false),
                (.deprecated, false), (.archived, true), (.active, false), (.deprecated, false), (.archived, false),
            ] {
                service.advance(hours: 1)
                let before = version
                let error = try await failure { version = try await service.set(status, of: version) }
                #expect((error == nil) == isLegal, "\(before.status) to \(status)")
                #expect(isLegal || error?.code == RPCError.Code.illegalTransition)
                #expect(version.status == (isLegal ? status : before.status))
                #expect(version.statusChangedAt == (isLegal ? service.now : before.statusChangedAt))
            }
        }
    }

    @Test("SQL refuses to change what was said, to skip a step or a number, and a current version that is not active")
    func sql() async throws {
        try await withExperiments { service in
            let version = try await service.policyVersion(of: try await service.policy())
            _ = try await service.policyVersions.promote(
                PolicyVersions.Promote.Params(id: version.id), for: service.call)
            _ = try await service.prompt()
            let flow = try await service.flow()
            _ = try await service.draft(
                config: """
                    {"execution_strategy":"hybrid","mlflow_model":{"policy_version_id":"\(version.id)"},
                    "prompt_config":{"prompt_version_id":"\(try await service.prompt().id)"},
                    "flow_config":{"flow_id":"\(flow.flowId)"}}
                    """)
            for sql: StaticString in [
                "UPDATE policy_versions SET config_defaults = '{\"a\":1}'", "UPDATE policy_versions SET version = 2",
                "UPDATE policy_versions SET mlflow_model_version = '5'",
                "UPDATE policy_versions SET hash = zeroblob(32)",
                "UPDATE policy_versions SET status = 'archived'", "UPDATE policy_versions SET status = 'deprecated'",
                "UPDATE policies SET current_version = 2", "UPDATE prompt_versions SET template = 'Bye!'",
                "UPDATE flows SET initial_state = 'done'", "DELETE FROM policy_versions", "DELETE FROM prompt_versions",
                "DELETE FROM flows", "DELETE FROM policies",
                """
                INSERT INTO policy_versions (id, policy, version, config_defaults, hash, status, created_at,
                    status_changed_at) VALUES (x'01', 1, 3, '{}', zeroblob(32), 'active', 0, 0)
                """,
                """
                INSERT INTO policy_versions (id, policy, version, config_defaults, hash, status, created_at,
                    status_changed_at) VALUES (x'01', 1, 2, '{}', zeroblob(32), 'deprecated', 0, 0)
                """,
                """
                INSERT INTO policy_versions (id, policy, version, mlflow_model_name, config_defaults, hash, status,
                    created_at, status_changed_at) VALUES (x'01', 1, 2, 'm', '{}', zeroblob(32), 'active', 0, 0)
                """,
                """
                INSERT INTO prompt_versions (id, name, version, template, params, hash, created_at)
                VALUES (x'01', 'greeting', 3, '', '{}', zeroblob(32), 0)
                """,
                """
                INSERT INTO prompt_versions (id, name, version, template, params, hash, created_at)
                SELECT x'01', name, 2, template, params, hash, 0 FROM prompt_versions
                """,
                """
                INSERT INTO flows (id, name, version, initial_state, states, transitions, hash, created_at)
                VALUES (x'01', 'onboarding', 1, 'a', '[]', '[]', zeroblob(32), 0)
                """,
            ] {
                let refusal = try await failure {
                    try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                        try transaction.run(sql)
                    }
                }
                #expect(refusal != nil, "\(sql)")
            }
            // What the same statements look like when nothing is against them.
            try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                try transaction.run(
                    """
                    INSERT INTO policy_versions (id, policy, version, config_defaults, hash, status, created_at,
                        status_changed_at) VALUES (x'01', 1, 2, '{}', zeroblob(32), 'active', 0, 0)
                    """)
                try transaction.run("UPDATE policies SET current_version = 2")
                try transaction.run("UPDATE policy_versions SET status = 'deprecated' WHERE version = 1")
            }
        }
    }

    @Test("Promoting makes a version current, and a current one stays active until another is or it is withdrawn")
    func promotion() async throws {
        try await withExperiments { service in
            var policy = try await service.policy()
            let first = try await service.policyVersion(of: policy)
            let second = try await service.policyVersion(of: policy)
            func promote(_ version: PolicyVersion) async throws -> PolicyVersion {
                try await service.policyVersions.promote(
                    PolicyVersions.Promote.Params(id: version.id), for: service.call)
            }
            #expect(try await promote(first).isCurrent)
            let current = try await failure { try await service.set(.deprecated, of: first) }
            #expect(current?.code == RPCError.Code.conflict)
            let promoted = try await promote(second)
            #expect(promoted.isCurrent && promoted.promotedAt == service.now)
            #expect(try await service.set(.deprecated, of: first).isCurrent == false)
            let deprecated = try await failure { try await promote(first) }
            #expect(deprecated?.code == RPCError.Code.conflict)
            policy = try await service.policies.get(Policies.Get.Params(id: policy.id), for: service.call)
            #expect(policy.currentVersion == 2 && policy.version == 3)
            policy = try await service.policies.withdraw(
                Policies.Withdraw.Params(id: policy.id, version: policy.version), for: service.call)
            #expect(policy.currentVersion == nil)
            #expect(try await service.set(.deprecated, of: second).status == .deprecated)
        }
    }

    @Test("A policy that requires a replay promotes nothing without one, until that is lifted")
    func gate() async throws {
        try await withExperiments { service in
            var policy = try await service.policy()
            let version = try await service.policyVersion(of: policy)
            policy = try await service.policies.update(
                Policies.Update.Params(id: policy.id, version: policy.version, requiresReplay: true),
                for: service.call)
            for replay in [nil, CountedIdentifiers.id(99)] {
                let error = try await failure {
                    try await service.policyVersions.promote(
                        PolicyVersions.Promote.Params(id: version.id, replayId: replay), for: service.call)
                }
                #expect(error?.code == RPCError.Code.conflict)
            }
            _ = try await service.policies.update(
                Policies.Update.Params(id: policy.id, version: policy.version, requiresReplay: false),
                for: service.call)
            let promoted = try await service.policyVersions.promote(
                PolicyVersions.Promote.Params(id: version.id), for: service.call)
            #expect(promoted.isCurrent)
        }
    }

    // MARK: Prompts and flows

    @Test("The same content again answers the version that there is; another one is the next, also under another name")
    func prompts() async throws {
        try await withExperiments { service in
            let first = try await service.prompt("Hello, é!", params: #"{"top_p":1,"temperature":0.70}"#)
            let again = try await service.prompt("Hello, é!", params: #"{ "temperature":7e-1, "top_p":1.0 }"#)
            #expect(first == again && first.version == 1)
            // A letter and a combining accent are other bytes, and what a model reads.
            let second = try await service.prompt("Hello, e\u{301}!", params: #"{"top_p":1,"temperature":0.7}"#)
            #expect(second.version == 2 && second.hash != first.hash)
            #expect(try await service.prompt("Hello, é!", model: "gpt-4").version == 3)
            let other = try await service.prompt("Hello, é!", name: "other", params: #"{"top_p":1,"temperature":0.7}"#)
            #expect(other.version == 1 && other.hash == first.hash && other.id != first.id)
            let newest = try await service.promptVersions.get(
                PromptVersions.Get.Params(name: "greeting"), for: service.call)
            #expect(newest.version == 3)
        }
    }

    @Test("What says how flows go is read back as it was sent, and a flow is named by its name and version")
    func flows() async throws {
        try await withExperiments { service in
            let first = try await service.flow()
            #expect(first.flowId == "onboarding_v1")
            #expect(try await service.flow() == first)
            #expect(try await service.flow(event: "left").flowId == "onboarding_v2")
            let found = try await service.flows.get(Flows.Get.Params(flowId: "onboarding_v1"), for: service.call)
            #expect(found == first)
            let list = try await service.flows.list(Flows.List.Params(limit: 1), for: service.call)
            let rest = try await service.flows.list(Flows.List.Params(cursor: list.nextCursor), for: service.call)
            #expect((list.items + rest.items).map(\.version) == [1, 2] && rest.nextCursor == nil)
        }
    }

    @Test(
        "A flow that cannot be gone through is refused, and says where",
        arguments: [
            (#"[{"name":"a","isTerminal":true},{"name":"a"}]"#, "[]", "a", "/states/1/name"),
            (#"[{"name":"a","isTerminal":true}]"#, "[]", "b", "/initialState"),
            (#"[{"name":"a"}]"#, "[]", "a", "/states:"),
            (#"[{"name":"a","isTerminal":true},{"name":"b"}]"#, "[]", "a", "/states/1:"),
            (
                #"[{"name":"a"},{"name":"b","isTerminal":true}]"#,
                #"[{"from":"a","event":"e","to":"c"}]"#, "a", "/transitions/0/to"
            ),
            (
                #"[{"name":"a"},{"name":"b","isTerminal":true}]"#,
                #"[{"from":"c","event":"e","to":"b"}]"#, "a", "/transitions/0/from"
            ),
            (
                #"[{"name":"a"},{"name":"b","isTerminal":true}]"#,
                #"[{"from":"a","event":"e","to":"b"},{"from":"b","event":"e","to":"a"}]"#, "a", "/transitions/1/from"
            ),
            (
                #"[{"name":"a"},{"name":"b","isTerminal":true},{"name":"trap"}]"#,
                #"[{"from":"a","event":"e","to":"b"},{"from":"a","event":"f","to":"trap"}]"#, "a", "/states/2:"
            ),
            (
                #"[{"name":"a"},{"name":"b","isTerminal":true}]"#,
                #"[{"from":"a","event":"e","to":"b"},{"from":"a","event":"e","to":"b","condition":{"x":1}}]"#, "a",
                "/transitions/1:"
            ),
            (
                #"[{"name":"a"},{"name":"b","isTerminal":true}]"#,
                #"[{"from":"a","event":"e","to":"b","condition":{"x":{"$gtt":1}}}]"#, "a",
                "/transitions/0/condition/x/$gtt"
            ),
        ])
    func badFlows(states: String, transitions: String, initial: String, place: String) async throws {
        try await withExperiments { service in
            let error = try await failure {
                try await service.call(
                    "flows.create",
                    #"{"name":"f","initialState":"\#(initial)","states":\#(states),"transitions":\#(transitions)}"#)
            }
            #expect(error?.code == RPCError.Code.invalidParams)
            #expect(error?.message.contains("/params" + place) == true, "\(error?.message ?? "")")
            #expect(try await service.number("SELECT count(*) FROM flows") == 0)
        }
    }

    @Test("A flow may loop, choose by conditions, and end where it begins")
    func goodFlows() async throws {
        try await withExperiments { service in
            try await service.call(
                "flows.create",
                """
                {"name":"f","initialState":"ask","states":[{"name":"ask","config":{"prompt":"Why?"}},
                    {"name":"think"},{"name":"end","isTerminal":true}],"transitions":[
                    {"from":"ask","event":"answer","to":"end","condition":{"tries":{"$gte":3}}},
                    {"from":"ask","event":"answer","to":"think"},{"from":"think","event":"done","to":"ask"}]}
                """)
            try await service.call(
                "flows.create", #"{"name":"f","initialState":"end","states":[{"name":"end","isTerminal":true}]}"#)
            #expect(try await service.number("SELECT max(version) FROM flows") == 2)
        }
    }

    @Test(
        "The id of a flow is its name and its version",
        arguments: [
            ("onboarding_v1", "onboarding", 1), ("a_v2_v10", "a_v2", 10), ("v_v1", "v", 1), ("a.b-c_v3", "a.b-c", 3),
        ])
    func flowIDs(text: String, name: String, version: Int) {
        #expect(FlowID(text) == FlowID(name: name, version: version))
        #expect(FlowID(name: name, version: version).description == text)
    }

    @Test(
        "Anything else is none", arguments: ["", "onboarding", "_v1", "a_v0", "a_v01", "a_v", "a_v+1", "av1", "a_v1x"])
    func noFlowIDs(text: String) {
        #expect(FlowID(text) == nil)
    }

    // MARK: Limits, and whose it is

    @Test("A brand has so many policies, versions, prompts and flows, and not one more")
    func limits() async throws {
        try await withExperiments { service in
            let policy = try await service.policy()
            try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                try transaction.run(
                    """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 998)
                    INSERT INTO policies (id, name, requires_replay, created_at, updated_at, version)
                    SELECT randomblob(16), 'p' || n, 0, 0, 0, 1 FROM numbers
                    """)
                try transaction.run(
                    """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)
                    INSERT INTO policy_versions (id, policy, version, config_defaults, hash, status, created_at,
                        status_changed_at)
                    SELECT randomblob(16), 1, n, '{}', zeroblob(32), 'active', 0, 0 FROM numbers
                    """)
                try transaction.run(
                    """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
                    INSERT INTO prompt_versions (id, name, version, template, params, hash, created_at)
                    SELECT randomblob(16), 'p' || n, 1, 'x', '{}', zeroblob(32), 0 FROM numbers
                    """)
                try transaction.run(
                    """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)
                    INSERT INTO flows (id, name, version, initial_state, states, transitions, hash, created_at)
                    SELECT randomblob(16), 'f' || n, 1, 'a', '[]', '[]', zeroblob(32), 0 FROM numbers
                    """)
            }
            _ = try await service.policy("last")
            #expect(try await service.policyVersion(of: policy).version == 1_000)
            let prompt = try await service.prompt()
            let flow = try await service.flow()
            let more: [RPCError?] = [
                try await failure { try await service.policy("more") },
                try await failure { try await service.policyVersion(of: policy) },
                try await failure { try await service.prompt("more") },
                try await failure { try await service.flow("more") },
            ]
            for error in more { #expect(error?.code == RPCError.Code.conflict) }
            // What is there already takes no room.
            #expect(try await service.prompt() == prompt)
            #expect(try await service.flow() == flow)
        }
    }

    @Test("A flow has so many bytes, and not one more")
    func flowBytes() async throws {
        try await withExperiments { service in
            func flow(_ padding: Int) throws -> Flows.Create.Params {
                let states = try (0..<100).map { number in
                    let count = number == 99 ? padding : 2_540
                    return FlowState(
                        name: "s\(number)", isTerminal: number == 99,
                        config: try JSONRaw(validating: #"{"x":"\#(String(repeating: "x", count: count))"}"#))
                }
                let transitions = (0..<99).map { FlowTransition(from: "s\($0)", event: "e", to: "s\($0 + 1)") }
                return Flows.Create.Params(name: "f", initialState: "s0", states: states, transitions: transitions)
            }
            let empty = try flow(0)
            let room =
                FlowsMethods.maximumBytes - JSONRaw(empty.states).bytes.count - JSONRaw(empty.transitions).bytes.count
            #expect((1...4_000).contains(room), "\(room)")
            let error = try await failure { try await service.flows.create(try flow(room + 1), for: service.call) }
            #expect(error?.code == RPCError.Code.invalidParams)
            let made = try await service.flows.create(try flow(room), for: service.call)
            #expect(try await service.flows.get(Flows.Get.Params(id: made.id), for: service.call) == made)
        }
    }

    @Test("Erasing a person touches nothing of it")
    func erasure() async throws {
        try await withExperiments { service in
            let version = try await service.policyVersion(of: try await service.policy())
            let draft = try await service.draft(config: #"{"policy_version_id":"\#(version.id)"}"#)
            _ = try await service.start(draft)
            let rows = try await service.erase(Identifier(type: "customerId", value: "u1"))
            for table in ["policies", "policy_versions", "prompt_versions", "flows", "variant_references"] {
                #expect(rows[table] ?? 0 == 0)
            }
            #expect(try await service.config(of: "new").policyVersion?.id == version.id)
        }
    }
}
