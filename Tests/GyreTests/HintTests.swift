import ArgumentParser
import Foundation
import Testing

@testable import Gyre

/// What commands say is to be done next.
@Suite struct HintTests {
    @Test(
        "The next command is for the same brand and suite, and does not show a key",
        arguments: [
            ("experiments create x.yaml", "gyre experiments start x"),
            ("experiments create x.yaml --brand Shop", "gyre experiments start x --brand Shop"),
            (
                "experiments create x.yaml --data /srv/g --brand Shop",
                "gyre experiments start x --brand Shop --data /srv/g"
            ),
            ("experiments create x.yaml --key gyre_secret", "gyre experiments start x --key …"),
        ])
    func sameCaller(line: String, hint: String) throws {
        let create = try #require(
            try Gyre.parseAsRoot(line.split(separator: " ").map(String.init)) as? ExperimentsCommand.Create)
        #expect(create.caller.command("experiments start x", create.suite) == hint)
    }

    @Test("A brand's name of several words is quoted")
    func quoted() throws {
        let list = try #require(
            try Gyre.parseAsRoot(["flows", "list", "--brand", "Corner Shop"]) as? FlowsCommand.List)
        #expect(
            list.caller.command("flows add NAME FILE", list.suite) == "gyre flows add NAME FILE --brand 'Corner Shop'")
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
            #expect(!text.contains("suite.command("), "\(file.lastPathComponent)")
        }
        #expect(speakers > 20)
    }
}
