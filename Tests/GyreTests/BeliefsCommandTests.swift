import ArgumentParser
import CommonAPI
import JSON
import SignalsAPI
import Testing

@testable import Gyre

@Suite struct BeliefsCommandTests {
    private static let actor = UUIDv7(milliseconds: 1, sequence: 0, random: 1)

    @Test("Beliefs lie on one axis from zero, with what they rest on")
    func text() {
        let belief = ResponseBelief(
            actorId: Self.actor, offerKind: .percentOff, channel: .email, mean: 0.125,
            interval: CredibleInterval(lower: 0.05, upper: 0.25), alpha: 1, beta: 7, evidenceCount: 1_234,
            effectiveEvidence: 3.14, campaignIds: [], version: 3)
        let other = ResponseBelief(
            actorId: Self.actor, offerKind: .gift, channel: .mailbox, mean: 0,
            interval: CredibleInterval(lower: 0, upper: 0.1),
            alpha: 1, beta: 7, evidenceCount: 0, effectiveEvidence: 0, campaignIds: [], version: 0)
        let lines = BeliefsText.text([belief, other]).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("percentOff by email") && lines[1].contains("12.5 %"))
        #expect(lines[1].contains("5.0 % to 25.0 %") && lines[1].contains("1,234") && lines[1].contains("3.1"))
        #expect(lines[1].contains("│·······├───────────●───────────────────┤"))
        #expect(lines[2].contains("●───────────────┤························"))
        #expect(BeliefsText.text([]).hasPrefix("Nothing is known"))
    }

    @Test(
        "What makes no sense is refused before anything is done",
        arguments: [
            ["beliefs", "rules", "--offer", "gift", "--half-life", "3"],
            ["beliefs", "rules", "--offer", "gift", "--channel", "email"],
            ["beliefs", "rules", "--remove"],
            ["beliefs", "rules", "--offer", "gift", "--channel", "email", "--remove", "--offers", "3"],
            ["beliefs", "rules", "--responses", "3", "--offers", "2"], ["beliefs", "list", "--offer", "gift"],
            ["beliefs", "show", "customerId=1", "--offer", "teapot"],
        ])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Gyre.parseAsRoot(arguments) }
    }

    @Test("Rules name what holds of all, and then the exceptions")
    func rules() {
        let text = BeliefsText.text(
            LearningRules(
                priorAlpha: 0.5, priorBeta: 9.5, halfLifeDays: 90,
                exceptions: [
                    LearningRule(
                        offerKind: .content, channel: .email, priorAlpha: 2, priorBeta: 8, halfLifeDays: 30)
                ], version: 1))
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].contains("5.0 %") && lines[1].contains("10.0 offers"))
        #expect(lines[2].contains("content") && lines[2].contains("20.0 %") && lines[2].contains("30.0 days"))
    }
}
