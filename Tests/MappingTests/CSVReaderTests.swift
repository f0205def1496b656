import Mapping
import Testing

@Suite("Reading CSV")
struct CSVReaderTests {
    @Test(
        "Rows come out as RFC 4180 writes them",
        arguments: [
            ("a,b\n1,2\n", [["1", "2"]]),
            ("a,b\r\n1,2\r\n3,4\r\n", [["1", "2"], ["3", "4"]]),
            ("a,b\n1,2", [["1", "2"]]),
            ("a,b\r\n1,2\r", [["1", "2"]]),
            ("a,b\n,\n", [["", ""]]),
            ("a,b\n1,\n,2", [["1", ""], ["", "2"]]),
            ("a,b\n\"1\",\"2\"\n", [["1", "2"]]),
            ("a,b\n\"1,5\",\"say \"\"hi\"\"\"\n", [["1,5", "say \"hi\""]]),
            ("a,b\n\"two\nlines\",\"two\r\nmore\"\r\n3,4\n", [["two\nlines", "two\r\nmore"], ["3", "4"]]),
            ("a,b\n\"\",\"\"\"\"\n", [["", "\""]]),
            ("a,b\n\"\"\"\"\"\",x\n", [["\"\"", "x"]]),
            ("a,b\n1,\"2\"", [["1", "2"]]),
            ("a,b\n 1 ,\t2\n", [[" 1 ", "\t2"]]),
            ("a,b\nGr\u{f6}\u{df}e,\u{1F600}\n", [["Gr\u{f6}\u{df}e", "\u{1F600}"]]),
            ("\"a\",\"b\"\n1,2\n", [["1", "2"]]),
            ("a,b\n\n1,2\n\r\n\n3,4\n\n", [["1", "2"], ["3", "4"]]),
            ("\n\r\na,b\n1,2\n", [["1", "2"]]),
            ("\u{feff}a,b\n1,2\n", [["1", "2"]]),
            ("\u{feff}\"a\",b\n\u{feff}1,2\n", [["\u{feff}1", "2"]]),
            ("a,b\n", []),
            ("a,b", []),
        ])
    func rows(_ file: String, _ rows: [[String]]) {
        let transcript = CSVTranscript(file)
        #expect(transcript.header == ["a", "b"])
        #expect(transcript.fields == rows)
        #expect(transcript.problems.isEmpty)
        #expect(transcript.error == nil)
    }

    @Test("One column is enough; an empty line is no row, and \"\" is one with an empty field")
    func oneColumn() {
        let transcript = CSVTranscript("a\n1\n\n\"\"\n2")
        #expect(transcript.fields == [["1"], [""], ["2"]])
        #expect(transcript.rows.map(\.line) == [2, 4, 5])
    }

    @Test("Another delimiter makes the comma an ordinary letter", arguments: [";", "\t", "|"])
    func delimiter(_ delimiter: Character) throws {
        let file = "a;b\n1,5;\"2;5\"\n".replacing(";", with: String(delimiter))
        let transcript = CSVTranscript(Array(file.utf8), delimiter: try #require(delimiter.asciiValue))
        #expect(transcript.header == ["a", "b"])
        #expect(transcript.fields == [["1,5", "2\(delimiter)5"]])
    }

    struct BadRow: Sendable, CustomTestStringConvertible {
        let row: String
        let reason: CSVProblem.Reason
        /// The rows, problems aside, that reading goes on with before the row `7,8`.
        var rest: [[String]] = []

        var testDescription: String { row.debugDescription }
    }

    @Test(
        "A bad row is reported with its line, place and bytes, and the rows behind it are read",
        arguments: [
            BadRow(row: "1", reason: .fieldCount(found: 1, expected: 2)),
            BadRow(row: "1,2,3", reason: .fieldCount(found: 3, expected: 2)),
            BadRow(row: "1,\"2\",\"3\n4\"", reason: .fieldCount(found: 3, expected: 2)),
            BadRow(row: "1,2\"", reason: .strayQuote),
            BadRow(row: "5\" pipe,2", reason: .strayQuote),
            BadRow(row: " \"1\",2", reason: .strayQuote),
            BadRow(row: "\"1\" ,2", reason: .textAfterQuote),
            BadRow(row: "\"1\"x,2", reason: .textAfterQuote),
            BadRow(row: "1,\"2\"\r3", reason: .bareCarriageReturn),
            BadRow(row: "1\r2,3", reason: .bareCarriageReturn),
            BadRow(row: "1,2\r\r", reason: .bareCarriageReturn),
            BadRow(row: "1,2\u{0}", reason: .controlCharacter(0)),
            BadRow(row: "1,\"\u{1f}2\"", reason: .controlCharacter(0x1f)),
            BadRow(row: "1,\"2\n3,\"4\"", reason: .textAfterQuote, rest: [["3", "4"]]),
        ])
    func badRow(_ bad: BadRow) throws {
        let transcript = CSVTranscript("a,b\n1,2\n\(bad.row)\n7,8\n")
        #expect(transcript.fields == [["1", "2"]] + bad.rest + [["7", "8"]])
        let problem = try #require(transcript.problems.first)
        #expect(transcript.problems.count == 1)
        #expect(problem.reason == bad.reason)
        #expect(problem.line == 3)
        #expect(problem.byteOffset == 8)
        let isLineOnly = !bad.rest.isEmpty
        let bytes = isLineOnly ? String(bad.row.prefix { $0 != "\n" }) : bad.row
        // A CR before the LF belongs to the line break.
        #expect(problem.bytes == Array(bytes.utf8) || problem.bytes + [0x0d] == Array(bytes.utf8))
        #expect(problem.description == "line 3: \(bad.reason)")
        #expect(transcript.rows.last?.line == 3 + bad.row.utf8.count { $0 == 0x0a } + 1)
    }

    @Test(
        "Text that is not UTF-8 costs its row",
        arguments: [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80]] as [[UInt8]])
    func encoding(_ bytes: [UInt8]) {
        let file = Array("a,b\n1,".utf8) + bytes + Array("\n7,8\n".utf8)
        let transcript = CSVTranscript(file)
        #expect(transcript.fields == [["7", "8"]])
        #expect(transcript.problems.map(\.reason) == [.encoding])
    }

    @Test("A quote that is never closed costs one line, not the rest of the file")
    func openQuote() {
        let rows = (1...20_000).map { "\($0),x" }
        let transcript = CSVTranscript("a,b\n" + (["0,\"lost"] + rows).joined(separator: "\n"))
        #expect(transcript.problems.map(\.reason) == [.tooLong])
        #expect(transcript.problems.map(\.line) == [2])
        #expect(transcript.problems.first?.bytes == Array("0,\"lost".utf8))
        #expect(transcript.rows.count == 20_000)
        #expect(transcript.rows.first == .init(line: 3, byteOffset: 12, fields: ["1", "x"]))

        let atEnd = CSVTranscript("a,b\n1,\"2\n3,4\n")
        #expect(atEnd.problems.map(\.reason) == [.openQuote])
        #expect(atEnd.fields == [["3", "4"]])
    }

    @Test("A line over the limit is skipped to its end, whatever is in it")
    func tooLong() {
        let line = String(repeating: "x,\"", count: 100_000)
        let transcript = CSVTranscript(
            "a,b\n\"\(line)\n7,8\n" + "\"" + String(repeating: "y", count: 70_000) + "\r\n9,0\n")
        #expect(transcript.fields == [["7", "8"], ["9", "0"]])
        #expect(transcript.problems.map(\.line) == [2, 4])
        #expect(transcript.problems.last?.reason == .tooLong)
        #expect(transcript.problems.map(\.bytes.count).allSatisfy { $0 <= CSVReader.maximumRowBytes + 2 })
    }

    @Test(
        "A row may have 65,536 bytes, whatever ends it and whether or not it is quoted", arguments: ["\n", "\r\n", ""])
    func rowLimit(_ end: String) {
        for (open, close) in [("", ""), ("\"", "\"")] {
            for extra in [-1, 0, 1, 2, 3] {
                let field = String(repeating: "x", count: CSVReader.maximumRowBytes - 2 * open.utf8.count + extra - 2)
                let transcript = CSVTranscript("a,b\n1,\(open)\(field)\(close)\(end)")
                if extra <= 0 {
                    #expect(transcript.fields == [["1", field]])
                } else {
                    #expect(transcript.rows.isEmpty)
                    #expect(transcript.problems.map(\.reason) == [.tooLong])
                }
            }
        }
    }

    @Test("A header may have 1,024 columns")
    func columnLimit() {
        let names = (1...CSVReader.maximumColumns).map { "c\($0)" }
        let row = names.map { _ in "1" }.joined(separator: ",")
        let most = CSVTranscript(names.joined(separator: ",") + "\n" + row + "\n" + row + ",1\n")
        #expect(most.header == names)
        #expect(most.rows.count == 1)
        #expect(most.problems.map(\.reason) == [.fieldCount(found: 1_025, expected: 1_024)])
        let tooMany = CSVTranscript(names.joined(separator: ",") + ",more\n" + row + "\n")
        #expect(tooMany.error?.reason == .tooManyColumns(1_025))
    }

    @Test(
        "A header that cannot be used stops the file, with the reason",
        arguments: [
            ("", "line 1: the header is missing; the file is empty"),
            ("\n\n", "line 3: the header is missing; the file is empty"),
            ("\u{feff}", "line 1: the header is missing; the file is empty"),
            ("a,b,a\n1,2,3\n", "line 1: the header names the column 'a' twice"),
            (
                "\n\na,\"b\"c\n",
                "line 3: the header has text between a closing quote and the next field; double the quotes inside a field"
            ),
            ("a,b\r1,2\r", "line 1: the header has a carriage return (0x0D) without a line feed"),
            ("a,\u{0}b\n", "line 1: the header has a control character (0x00)"),
        ])
    func badHeader(_ file: String, _ description: String) {
        let transcript = CSVTranscript(file)
        #expect(transcript.error?.description == description)
        #expect(transcript.rows.isEmpty)
    }

    @Test(
        "A UTF-16 file is named as such",
        arguments: [[0xff, 0xfe, 0x61, 0x00], [0xfe, 0xff, 0x00, 0x61]] as [[UInt8]])
    func utf16(_ file: [UInt8]) {
        #expect(CSVTranscript(file).error?.description == "line 1: the header is UTF-16; save the file as UTF-8")
    }

    @Test("Columns without a name may repeat: exports number their rows in one")
    func namelessColumns() {
        #expect(CSVTranscript(",a,\n0,1,2\n").header == ["", "a", ""])
    }

    @Test("A canonical row is the same however it was quoted and ended, and differs where the fields do")
    func canonical() throws {
        func canonical(_ row: String) throws -> [UInt8] {
            var reader = CSVReader()
            reader.feed(Array("a,b,c\n\(row)".utf8), isLast: true)
            _ = try reader.next()
            #expect(try reader.next() == .row)
            return reader.row.canonical
        }
        let plain = try canonical("00001,1997-01-01,\n")
        #expect(plain == Array("00001\u{1f}1997-01-01\u{1f}".utf8))
        for same in ["00001,1997-01-01,", "\"00001\",1997-01-01,\"\"\r\n", "\"00001\",\"1997-01-01\",\r\n"] {
            #expect(try canonical(same) == plain)
        }
        #expect(try canonical("\"x\"\"y\",\"\n\",z") == Array("x\"y\u{1f}\n\u{1f}z".utf8))
        #expect(try canonical("0000,11997-01-01,\n") != plain)
    }
}
