import ArgumentParser
import Testing

@testable import Gyre

/// `gyre policies`, `gyre prompts` and `gyre flows`, before they speak to anybody.
@Suite struct RegistryCommandTests {
    @Test("Every command parses as its help shows it")
    func examples() throws {
        for line in [
            "policies", "policies create planner_policy --description text", "policies create ranker --requires-replay",
            "policies update planner_policy --requires-replay", "policies update planner_policy --no-requires-replay",
            "policies update planner_policy --description none", "policies versions planner_policy --status active",
            #"policies add planner_policy --model planner_model --model-version 4 --defaults {"temperature":0.7}"#,
            "policies promote planner_policy 4",
            "policies promote ranker 2 --replay 01930000-0000-7000-8000-000000000091",
            "policies withdraw planner_policy", "policies deprecate planner_policy 3",
            "policies archive planner_policy 3", "prompts", "prompts list onboarding",
            "prompts add onboarding welcome.txt --provider anthropic --model claude-sonnet-4.5",
            #"prompts add onboarding - --params {"temperature":0.7}"#, "prompts show onboarding 1", "flows",
            "flows list onboarding", "flows add onboarding onboarding.json", "flows show onboarding_v1 --json",
        ] {
            #expect(throws: Never.self, "\(line)") {
                try Gyre.parseAsRoot(line.split(separator: " ").map(String.init))
            }
        }
        let promote = try #require(
            try Gyre.parseAsRoot(["policies", "promote", "planner_policy", "4"]) as? PoliciesCommand.Promote)
        #expect(promote.named.name == "planner_policy" && promote.named.version == 4 && promote.replay == nil)
    }

    @Test(
        "What makes no sense is refused before anything is done",
        arguments: [
            "policies add planner_policy --model planner_model", "policies add planner_policy --model-version 4",
            "policies add planner_policy --defaults [1]", "policies add planner_policy --defaults {",
            "policies promote planner_policy", "policies promote planner_policy latest",
            "policies versions planner_policy --status retired", "prompts add onboarding", "flows show",
        ])
    func refused(line: String) {
        #expect(throws: (any Error).self) { try Gyre.parseAsRoot(line.split(separator: " ").map(String.init)) }
    }

    @Test("A flow's file is the flow without its name, and a mistake in it is told by its place")
    func flowFile() throws {
        let states = #"[{"name":"a"},{"name":"b","isTerminal":true}]"#
        _ = try FlowsCommand.Add.params(
            name: "f", text: #"{"initialState":"a","states":\#(states)}"#, file: "f.json")
        for (text, problem) in [
            (#"{"initialState":"a"}"#, "f.json is no flow: /states "),
            ("[]", "f.json is no flow: it must be an object"),
            (
                #"{"initialState":"a","states":[{"name":"a","terminal":true}]}"#,
                "f.json is no flow: /states/0/terminal "
            ),
        ] {
            let error = #expect(throws: CommandFailure.self) {
                try FlowsCommand.Add.params(name: "f", text: text, file: "f.json")
            }
            #expect(error?.message.hasPrefix(problem) == true, "\(error?.message ?? "")")
        }
    }
}
