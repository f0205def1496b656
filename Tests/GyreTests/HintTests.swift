import ArgumentParser
import Foundation
import Testing

@testable import Gyre

/// What commands say is to be done next.
@Suite struct HintTests {
    @Test(
        "The next command is for the same brand and suite, and does not show a key",
        arguments: [
            ("experiments create x.yaml", "experiments start x"),
            ("experiments create x.yaml --brand Shop", "experiments start x --brand Shop"),
            (
                "experiments create x.yaml --data /srv/g --brand Shop",
                "experiments start x --brand Shop --data /srv/g"
            ),
            ("experiments create x.yaml --key gyre_secret", "experiments start x --key …"),
        ])
    func sameCaller(line: String, hint: String) throws {
        let create = try #require(
            try Gyre.parseAsRoot(line.split(separator: " ").map(String.init)) as? ExperimentsCommand.Create)
        #expect(create.caller.command("experiments start x", create.suite).hasSuffix(" " + hint))
    }

    @Test("A brand's name of several words is quoted")
    func quoted() throws {
        let list = try #require(
            try Gyre.parseAsRoot(["flows", "list", "--brand", "Corner Shop"]) as? FlowsCommand.List)
        let hint = list.caller.command("flows add NAME FILE", list.suite)
        #expect(hint.hasSuffix(" flows add NAME FILE --brand 'Corner Shop'"))
    }

    @Test("No command that speaks for a brand leaves it out of what it says is next")
    func everywhere() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "services/gyre/Commands")
        var speakers = 0
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            guard text.contains("var caller: CallerOptions"), file.lastPathComponent != "SuiteCommand.swift" else {
                continue
            }
            speakers += 1
            // Who takes an invitation names their brand, or needs none.
            let hints = text.split(separator: "\n").filter {
                $0.contains("suite.command(") && !$0.contains("--brand") && !$0.contains("users accept TOKEN")
            }
            #expect(hints.isEmpty, "\(file.lastPathComponent)")
        }
        #expect(speakers > 20)
    }
}
