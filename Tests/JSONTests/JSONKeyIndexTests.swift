import JSON
import Testing

@Suite struct JSONKeyIndexTests {
    @Test("Every name is found by its own number, and no other name is", arguments: [0, 1, 2, 3, 100, 1_000])
    func numbers(count: Int) throws {
        var index = JSONKeyIndex()
        let names = (0..<count).map { "signals.method\($0).list" }
        for name in names {
            let isNew = index.insert(name)
            #expect(isNew)
        }
        #expect(index.names == names)
        for (number, name) in names.enumerated() { #expect(try find(name, in: index) == number) }
        for name in ["", "x", "signals.method", "signals.methodX.list", "signals.method0.lisT"] {
            #expect(try find(name, in: index) == nil)
        }
    }

    @Test("A name has one number")
    func repetition() {
        var index = JSONKeyIndex()
        let areNew = ["", "echo", "", "echo"].map { index.insert($0) }
        #expect(areNew == [true, true, false, false])
        #expect(index.names == ["", "echo"])
    }

    @Test("A name that is written with escapes is the same name")
    func escapes() throws {
        var index = JSONKeyIndex()
        for name in ["other", "echo"] { _ = index.insert(name) }
        #expect(try find(#"\u0065cho"#, in: index) == 1)
        #expect(try find(#"\u0065ch"#, in: index) == nil)
    }

    private func find(_ name: String, in index: JSONKeyIndex) throws -> Int? {
        try Array("\"\(name)\"".utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return index[try reader.readStringKey()]
        }
    }
}
