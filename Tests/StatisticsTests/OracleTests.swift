import PythonOracle
import Testing

private let oracle = PythonOracle(
    "statistics_oracle.py", modules: ["chartify", "gbstats", "mpmath", "scipy", "statsmodels", "tea_tasting"])

/// The files in `Golden` are what the other tests are held against; here they are held against who wrote them.
@Suite("The oracle of the golden figures")
struct OracleTests {
    @Test(
        "scipy, statsmodels, gbstats, spotify-confidence, tea-tasting and mpmath still say what the files say",
        .enabled(if: TestScale.isFull && oracle.isAvailable, "ops/test --full"),
        arguments: ["distributions", "effects"])
    func goldenFiles(part: String) throws {
        let (told, kept) = (try GoldenFigures(cases: oracle.cases(part)), try GoldenFigures(part))
        #expect(told.samples == kept.samples)
        try #require(told.lines.count == kept.lines.count)
        for (a, b) in zip(told.lines, kept.lines) {
            #expect(a.name == b.name && a.arguments == b.arguments)
            #expect(isClose(a.figure, b.figure, tolerance: 1e-11), "\(a.text) and \(b.text)")
        }
    }
}
