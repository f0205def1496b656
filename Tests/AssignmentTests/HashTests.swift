import Assignment
import Testing

@Suite("Hashes")
struct HashTests {
    @Test(
        "Texts hash to the numbers of GrowthBook's reference, also beyond ASCII",
        arguments: [
            ("", "a", 2_200, 216), ("", "b", 770, 9_054), ("b", "a", 9_460, 6_650), ("ef", "d", 6_520, 8_601),
            ("asdf", "8952klfjas09ujk", 5_490, 8_546), ("", "123", 110, 4_547),
            // FNV over the bytes of UTF-8 would give 0.9593, and 0.6493 for the other one; over scalars 0.7092.
            ("seed", "é", 1_370, 8_663), ("seed", "😀", 4_290, 4_346),
        ])
    func vectors(seed: String, value: String, first: Int, second: Int) {
        #expect(HashVersion.v1.bucket(seed: seed, value: value) == first)
        #expect(HashVersion.v2.bucket(seed: seed, value: value) == second)
    }

    @Test("An empty text and a very long one have buckets, and equivalent spellings have different ones")
    func extremes() {
        let long = String(repeating: "ß😀", count: 100_000)
        for version in HashVersion.allCases {
            #expect(0..<10_000 ~= version.bucket(seed: "", value: ""))
            #expect(0..<10_000 ~= version.bucket(seed: "s", value: long))
            #expect(version.bucket(seed: "seed", value: "é") != version.bucket(seed: "seed", value: "e\u{301}"))
        }
        #expect((0..<500).allSatisfy { HashVersion.v1.bucket(seed: "s", value: "\($0)") % 10 == 0 })
    }

    @Test("A hundred thousand units fill the buckets evenly, and two seeds are independent")
    func uniform() {
        var tenths = [[Int]](repeating: [Int](repeating: 0, count: 10), count: 10)
        for unit in 0..<100_000 {
            let first = HashVersion.v2.bucket(seed: "layer:checkout", value: "u\(unit)") / 1_000
            let second = HashVersion.v2.bucket(seed: "checkout", value: "u\(unit)") / 1_000
            tenths[first][second] += 1
        }
        // 99 degrees of freedom: beyond 149 in one of a thousand.
        var chi = 0.0
        for count in tenths.joined() {
            let off = Double(count) - 1_000
            chi += off * off / 1_000
        }
        #expect(chi < 149)
    }
}
