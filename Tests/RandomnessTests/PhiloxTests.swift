import PythonOracle
import Randomness
import Testing

@Suite("Philox4x32-10")
struct PhiloxTests {
    private static let oracle = PythonOracle("philox_oracle.py")

    @Test(
        "The known answers published with Random123 come out",
        arguments: [
            ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            (
                [.max, .max, .max, .max], [.max, .max], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
            ),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
            ),
        ] as [([UInt32], [UInt32], [UInt32])])
    func knownAnswers(counter: [UInt32], key: [UInt32], block: [UInt32]) {
        #expect(Philox.block(at: Philox.Block(counter), key: Philox.Key(key)) == Philox.Block(block))
    }

    @Test(
        "A second implementation, itself held against numpy, agrees on blocks and rows",
        .enabled(if: oracle.isAvailable, "\(oracle.requirement)"))
    func secondOpinion() throws {
        let cases = try Self.oracle.cases()
        for fields in cases where fields[0] == "b" {
            let words = try fields.dropFirst().map { try #require(UInt32($0, radix: 16)) }
            let block = Philox.block(at: Philox.Block(words[0..<4]), key: Philox.Key(words[4..<6]))
            #expect(block == Philox.Block(words[6...]))
        }
        for fields in cases where fields[0] == "r" {
            let numbers = try fields.dropFirst().map { try #require(UInt64($0)) }
            var random = RandomRow(seed: numbers[0], stream: UInt32(numbers[1]), row: numbers[2])
            #expect((0..<8).map { _ in random.next() } == Array(numbers[3...]))
        }
        #expect(cases.count >= 400)
    }

    @Test("Rows drawn by eight tasks in any order are those drawn one after the other")
    func threads() async {
        @Sendable func draw(_ row: Int) -> [UInt64] {
            var random = RandomRow(seed: 7, stream: 3, row: UInt64(row))
            return [random.next(), random.normal().bitPattern, random.gamma(shape: 0.3).bitPattern, random.next()]
        }
        let alone = (0..<800).map(draw)
        let together = await withTaskGroup(of: [(Int, [UInt64])].self) { group in
            for part in 0..<8 {
                group.addTask { stride(from: 799 - part, through: 0, by: -8).map { ($0, draw($0)) } }
            }
            var rows = [[UInt64]](repeating: [], count: 800)
            for await part in group { for (row, numbers) in part { rows[row] = numbers } }
            return rows
        }
        #expect(alone == together)
    }

    @Test("Seed, stream and row each give other numbers, also where they differ in one bit only")
    func keys() {
        func first(_ seed: UInt64, _ stream: UInt32, _ row: UInt64) -> UInt64 {
            var random = RandomRow(seed: seed, stream: stream, row: row)
            return random.next()
        }
        var seen: Set<UInt64> = [first(0, 0, 0)]
        for bit in 0..<64 {
            seen.insert(first(1 << bit, 0, 0))
            seen.insert(first(0, 0, 1 << bit))
        }
        for bit in 0..<32 { seen.insert(first(0, 1 << bit, 0)) }
        #expect(seen.count == 161)
    }
}
