import Policies
import Testing

@Suite("Replay scores")
struct ReplayScoresTests {
    @Test("Plan alignment counts what plan and deed have in common, with repetitions, in any order")
    func planAlignment() {
        #expect(ReplayScores.planAlignment(plan: ["a", "b"], done: ["b", "a"]) == 1)
        #expect(ReplayScores.planAlignment(plan: ["a", "a", "b"], done: ["a", "c"]) == 0.4)
        #expect(ReplayScores.planAlignment(plan: ["a"], done: []) == 0)
        #expect(ReplayScores.planAlignment(plan: [Int](), done: []) == nil)
    }

    @Test("Constraint respect is the share of weight that was kept")
    func constraintRespect() {
        #expect(ReplayScores.constraintRespect([(3, true), (1, false)]) == 0.75)
        #expect(ReplayScores.constraintRespect([(0, true)]) == nil)
        #expect(ReplayScores.constraintRespect([]) == nil)
        #expect(ReplayScores.constraintRespect([(.nan, true), (1, true)]) == nil)
    }

    @Test("Edit distance is Levenshtein's by the longer length")
    func editDistance() {
        #expect(ReplayScores.editDistance(plan: Array("kitten"), done: Array("sitting")) == 3 / 7.0)
        #expect(ReplayScores.editDistance(plan: [1, 2], done: [1, 2]) == 0)
        #expect(ReplayScores.editDistance(plan: [1, 2], done: []) == 1)
        #expect(ReplayScores.editDistance(plan: [Int](), done: []) == nil)
        let limit = Array(repeating: 0, count: ReplayScores.largestSequence)
        #expect(ReplayScores.editDistance(plan: limit, done: [0]) == 1_999 / 2_000.0)
        #expect(ReplayScores.editDistance(plan: limit + [0], done: [0]) == nil)
    }

    @Test("Diversity is the chance that two items differ")
    func diversity() {
        #expect(ReplayScores.diversity(plan: [1, 2, 3]) == 1)
        #expect(ReplayScores.diversity(plan: [1, 1]) == 0)
        #expect(ReplayScores.diversity(plan: [1, 1, 2, 2]) == 1 - 4 / 12.0)
        #expect(ReplayScores.diversity(plan: [1]) == nil)
    }

    @Test("Leftovers are the share of what was provided and not used; more used than provided is none")
    func leftovers() {
        #expect(ReplayScores.leftovers([(2, 1), (2, 3)]) == 0.25)
        #expect(ReplayScores.leftovers([(0, 0)]) == nil)
        #expect(ReplayScores.leftovers([(1, -1)]) == nil)
        #expect(ReplayScores.leftovers([(.infinity, 1)]) == nil)
    }
}
