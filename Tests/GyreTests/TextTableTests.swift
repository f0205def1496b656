import Testing

@testable import Gyre

@Suite struct TextTableTests {
    @Test("Each column is as wide as its widest cell, and numbers stand to the right")
    func alignment() {
        var table = TextTable([.init("NAME"), .init("ROWS", .right), .init("NOTE")])
        table.add(["signals", "1,234", nil])
        table.add(["actors", "1", "new"])
        #expect(table.text() == "NAME      ROWS  NOTE\nsignals  1,234\nactors       1  new\n")
    }

    @Test("On a narrow terminal the widest cells are shortened until every line fits")
    func narrow() {
        var table = TextTable([.init("ID"), .init("REASON")])
        table.add(["01930000", "timestamp is not a date of the form yyyy-MM-dd"])
        let lines = table.text(width: 30).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 30 })
        #expect(lines[1] == "01930000  timestamp is not a …")
    }

    @Test("A terminal too narrow for any table still gets every column")
    func tooNarrow() {
        var table = TextTable([.init("AAAAAAAAAAAA"), .init("BBBBBBBBBBBB")])
        table.add(["1", "2"])
        #expect(table.text(width: 3) == "AAAAAAA…  BBBBBBB…\n1         2\n")
    }

    @Test("Control characters from outside do not reach the terminal")
    func controlCharacters() {
        var table = TextTable([.init("A")])
        table.add(["\u{1B}[31mred\r\nnext\u{202E}"])
        #expect(table.text() == "A\n\u{FFFD}[31mred\u{FFFD}\u{FFFD}next\u{FFFD}\n")
    }
}

@Suite struct PlainTextTests {
    @Test(
        "Numbers have a comma every three digits",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-69_659, "-69,659"), (1_234_567, "1,234,567")])
    func grouping(number: Int, text: String) {
        #expect(number.grouped == text)
    }

    @Test("One row, two rows, one person, no people")
    func counting() {
        #expect(1.counted("row") == "1 row")
        #expect(2_000.counted("row") == "2,000 rows")
        #expect(1.counted("person", "people") == "1 person")
        #expect(0.counted("person", "people") == "0 people")
    }

    @Test(
        "Sizes change their unit where it helps",
        arguments: [
            (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_999, "999.9 kB"), (1_000_000, "1.0 MB"),
            (2_500_000_000, "2.5 GB"), (7_000_000_000_000_000, "7000.0 TB"),
        ])
    func sizes(count: Int, text: String) {
        #expect(readableBytes(count) == text)
    }

    @Test(
        "Stretches of time have at most two units",
        arguments: [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3_725, "1 h 2 min"), (356_400, "4 d 3 h")])
    func durations(seconds: Int, text: String) {
        #expect(readableDuration(seconds) == text)
    }

    @Test("A path with a space or a quote is one word of a shell command")
    func quoting() {
        #expect("/srv/gyre-1.0_x".quotedForShell == "/srv/gyre-1.0_x")
        #expect("/srv/my data".quotedForShell == "'/srv/my data'")
        #expect("it's".quotedForShell == "'it'\\''s'")
        #expect("".quotedForShell == "''")
        #expect("$(x)".quotedForShell == "'$(x)'")
    }
}

@Suite struct ProgressBarTests {
    let bar = ProgressBar(label: "orders.csv", total: 200)

    @Test("The bar grows by eighths of a cell, and says what is left once there is a rate")
    func growth() {
        #expect(
            bar.line(done: 0, note: "0 rows", elapsedMilliseconds: 0)
                == "orders.csv                            0 %  0 rows")
        #expect(
            bar.line(done: 100, note: "50 rows", elapsedMilliseconds: 2_000)
                == "orders.csv ████████████              50 %  50 rows  2 s left")
        #expect(
            bar.line(done: 101, note: "50 rows", elapsedMilliseconds: 400)
                == "orders.csv ████████████              50 %  50 rows")
        #expect(
            bar.line(done: 200, note: "done", elapsedMilliseconds: 4_000)
                == "orders.csv ████████████████████████ 100 %  done")
    }

    @Test("What an earlier attempt did is no part of the rate")
    func resumed() {
        #expect(
            bar.line(done: 150, note: "", elapsedMilliseconds: 1_000, startedAt: 100).hasSuffix("  1 s left"))
    }

    @Test("An empty file is done from the start")
    func empty() {
        #expect(ProgressBar(label: "e", total: 0).line(done: 0, note: "", elapsedMilliseconds: 0).contains("100 %"))
    }
}
