import Glibc
import JSON
import Testing

@Suite("Memory bounds")
struct MemoryBoundsTests {
    /// Eight bytes are looked at in one load; it must never reach beyond the document.
    @Test("Nothing is read before or behind the document, whatever is wrong with it")
    func guardPages() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let map = try #require(mmap(nil, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(map, 3 * page) }
        #expect(mprotect(map + page, page, PROT_READ | PROT_WRITE) == 0)
        let document = Array(
            #"{"id":-12.5e+3,"name":"a\u00e9\ud83d\ude00é😀 and more","traits":{"age":30,"x":[true,false,null,{}]}}"#
                .utf8)
        var random = SplitMix(state: 5)
        for round in 0..<6_000 {
            var bytes = Array(
                document[..<(round < document.count ? round : Int.random(in: 0...document.count, using: &random))])
            if round >= document.count, !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            for start in [map + page, map + (2 * page - bytes.count)] {
                start.copyMemory(from: bytes, byteCount: bytes.count)
                readEveryWay(UnsafeRawBufferPointer(start: start, count: bytes.count))
            }
        }
    }

    /// Reads the bytes with every entry point; what it ends with does not matter here.
    private func readEveryWay(_ bytes: UnsafeRawBufferPointer) {
        func attempt(_ body: (inout JSONReader) throws(JSONError) -> Void) {
            var reader = JSONReader(bytes, unknownMembers: .ignore)
            do {
                try body(&reader)
                try reader.finish()
            } catch {
                _ = error.description
            }
        }
        attempt { (r) throws(JSONError) in try r.skip() }
        attempt { (r) throws(JSONError) in _ = try JSONValue(from: &r) }
        attempt { (r) throws(JSONError) in _ = try Person(from: &r) }
        attempt { (r) throws(JSONError) in _ = try r.readInt64() }
        attempt { (r) throws(JSONError) in _ = try r.readDouble() }
        attempt { (r) throws(JSONError) in _ = try r.readString() }
        attempt { (r) throws(JSONError) in _ = try r.readBool() }
        attempt { (r) throws(JSONError) in _ = try r.readNull() }
        attempt { (r) throws(JSONError) in _ = try [String: JSONRaw](from: &r) }
    }

    @Test("The first 24 characters of every string kind are lent from where they lie")
    func stringsAtTheEnd() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let map = try #require(mmap(nil, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(map, 2 * page) }
        #expect(mprotect(map, page, PROT_READ | PROT_WRITE) == 0)
        for count in 0..<24 {
            for text in [
                String(repeating: "x", count: count), String(repeating: "x", count: count) + "é",
                "\\n" + String(repeating: "y", count: count),
            ] {
                let document = Array("\"\(text)\"".utf8)
                let start = map + (page - document.count)
                start.copyMemory(from: document, byteCount: document.count)
                var reader = JSONReader(UnsafeRawBufferPointer(start: start, count: document.count))
                #expect(try reader.readString() == text.replacing("\\n", with: "\n"))
            }
        }
    }
}
