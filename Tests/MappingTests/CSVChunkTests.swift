import Mapping
import Testing

@Suite("CSV in chunks")
struct CSVChunkTests {
    static let files: [String] = [
        "a,b\n1,2\n3,4\n",
        "\u{feff}a,b\r\n\"x\"\"y\",\"two\r\nlines\"\r\n\r\n3,4\r\n",
        "a,b\n1\n\"1\"x,2\n1,\"2\n3,\"4\"\n5,6\n",
        "a,b\n1,\"open\n2,3\n4,5",
        "a,b\n1,2\r3\n\r\r\n4,5\r",
        "\n\r\na,b\n\u{e9}\u{1F600},\u{0}\nx,\u{1f}\n1,2",
        "a,b,a\n1,2,3\n",
        "a",
        "",
        "\u{feff}",
    ]

    @Test("Any two cuts give the rows, problems, lines and offsets of the whole", arguments: files)
    func twoCuts(_ text: String) {
        let file = Array(text.utf8)
        let whole = CSVTranscript(file)
        for first in 0...file.count {
            for second in first...file.count {
                #expect(CSVTranscript(file, cuts: [first, second]) == whole, "cut at \(first) and \(second)")
            }
            #expect(CSVTranscript(file, cuts: [first], keepsReader: true) == whole)
        }
        #expect(CSVTranscript(file, cuts: Array(0..<file.count)) == whole)
        #expect(CSVTranscript(file, cuts: Array(0..<file.count), keepsReader: true) == whole)
    }

    @Test("Whatever the bytes, cuts change nothing and nothing is lost from sight")
    func anyBytes() {
        var generator = SeededGenerator(seed: 11)
        let alphabet: [[UInt8]] = [
            [0x22], [0x22], [0x2c], [0x2c], [0x0a], [0x0d], [0x0d, 0x0a], [0x61], [0x62], [0x00], [0x1f], [0xff],
            [0xc3, 0xa9],
        ]
        for _ in 0..<3_000 {
            var file = Array("a,b\n".utf8)
            for _ in 0..<generator.below(40) { file += alphabet[generator.below(alphabet.count)] }
            let whole = CSVTranscript(file)
            let cuts = (0..<generator.below(6)).map { _ in generator.below(file.count + 1) }.sorted()
            #expect(CSVTranscript(file, cuts: cuts) == whole)
            // Every byte that is no line break belongs to a row or to a problem.
            let seen = whole.rows.count + whole.problems.count
            #expect(seen > 0 || file.dropFirst(4).allSatisfy { $0 == 0x0a || $0 == 0x0d })
        }
    }

    @Test("Rows that were written come back, however they were quoted, ended and cut")
    func roundTrip() {
        var generator = SeededGenerator(seed: 12)
        let letters = ["a", "b", ",", "\"", "\n", "\r\n", "\r", " ", "\u{e9}", "\u{1F600}", ";", "0"]
        for _ in 0..<1_000 {
            let columnCount = 1 + generator.below(4)
            var file = (0..<columnCount).map { "c\($0)" }.joined(separator: ",") + "\n"
            var rows: [[String]] = []
            for _ in 0..<generator.below(8) {
                let fields = (0..<columnCount).map { _ in
                    (0..<generator.below(6)).map { _ in letters[generator.below(letters.count)] }.joined()
                }
                let written = fields.map { field in
                    let needsQuotes = field.utf8.contains { [0x2c, 0x22, 0x0a, 0x0d].contains($0) }
                    // A row of one empty field would be an empty line.
                    if !needsQuotes && (columnCount > 1 || !field.isEmpty) && generator.below(2) == 0 { return field }
                    return "\"" + field.replacing("\"", with: "\"\"") + "\""
                }
                file += written.joined(separator: ",") + (generator.below(2) == 0 ? "\n" : "\r\n")
                rows.append(fields)
            }
            let bytes = Array(file.utf8)
            let cuts = (0..<generator.below(5)).map { _ in generator.below(bytes.count + 1) }.sorted()
            let transcript = CSVTranscript(bytes, cuts: cuts)
            #expect(transcript.fields == rows)
            #expect(transcript.problems.isEmpty)
        }
    }

    @Test("Between chunks there is never more to carry than a row of the greatest length and its line break")
    func carry() {
        let field = String(repeating: "x", count: 50_000)
        let endless = String(repeating: "y", count: 200_000)
        let file = Array("a,b\n\(field),1\n\(endless),2\n\"\(endless)\n3,4\n".utf8)
        let whole = CSVTranscript(file)
        #expect(whole.problems.map(\.reason) == [.tooLong, .tooLong])
        #expect(whole.rows.count == 2)
        for size in [1_000, 4_096, 65_536, 65_537, 65_538, 65_539, 100_000] {
            let transcript = CSVTranscript(file, cuts: Array(stride(from: size, to: file.count, by: size)))
            #expect(transcript == whole, "chunks of \(size)")
            #expect(transcript.longestCarry <= CSVReader.maximumRowBytes + 1)
        }
    }
}
