/// Finds two members of one object that have the same name, for all the objects that are open at once.
///
/// Names of small objects are compared as they come. An object with more than `comparedAsTheyCome` members is sorted
/// when it closes, so that the worst case is O(n log n) whatever the names are.
struct MemberNames: ~Copyable {
    struct Entry {
        /// Equal for equal names. In the marker that opens an object: the former `start`.
        let tag: UInt64
        let name: JSONKey
    }

    static let comparedAsTheyCome = 16

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    private var ownsEntries = false
    private var count = 0
    /// Where the names of the innermost object start.
    private var start = 0

    /// Uses the memory at `entries` until it is full, then its own.
    init(using entries: UnsafeMutablePointer<Entry>, capacity: Int) {
        self.entries = entries
        self.capacity = capacity
    }

    deinit {
        if ownsEntries { entries.deallocate() }
    }

    @inline(__always)
    mutating func openObject(at place: UnsafePointer<UInt8>) {
        let marker = JSONKey(start: place, count: 0, hasEscapes: false, isASCII: true)
        append(Entry(tag: UInt64(start), name: marker))
        start = count
    }

    /// Adds a name to the innermost object. False: it is known to be there already.
    @inline(__always)
    mutating func insert(_ name: JSONKey) -> Bool {
        let entry = Entry(tag: MemberNames.tag(name), name: name)
        if count - start < MemberNames.comparedAsTheyCome {
            var index = start
            while index < count {
                if entries[index].tag == entry.tag, entries[index].name.equals(name) { return false }
                index += 1
            }
        }
        append(entry)
        return true
    }

    /// Forgets the innermost object. Gives the name of a member that came twice, the later one.
    @inline(__always)
    mutating func closeObject() -> JSONKey? {
        let duplicate = count - start > MemberNames.comparedAsTheyCome ? duplicateAmongMany() : nil
        count = start - 1
        start = Int(entries[count].tag)
        return duplicate
    }

    @inline(never)
    private func duplicateAmongMany() -> JSONKey? {
        var names = UnsafeMutableBufferPointer(start: entries + start, count: count - start)
        names.sort { left, right in
            left.tag == right.tag ? left.name.precedes(right.name) : left.tag < right.tag
        }
        for index in 1..<names.count where names[index].tag == names[index - 1].tag {
            let (left, right) = (names[index - 1].name, names[index].name)
            if left.equals(right) { return left.start < right.start ? right : left }
        }
        return nil
    }

    @inline(__always)
    private mutating func append(_ entry: Entry) {
        if count == capacity { grow() }
        (entries + count).initialize(to: entry)
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: entries, count: count)
        if ownsEntries { entries.deallocate() }
        entries = larger
        capacity *= 2
        ownsEntries = true
    }

    /// A number made of the length and the first and last eight bytes: cheap, and different for most names that are.
    @inline(__always)
    static func tag(_ name: JSONKey) -> UInt64 {
        if _slowPath(name.hasEscapes) { return tag(unescaping: name) }
        let count = name.count
        if count >= 8 {
            return mix(ByteScan.load(name.start), ByteScan.load(name.start + (count - 8)), count)
        }
        var word: UInt64 = 0
        var index = 0
        while index < count {
            word = word << 8 | UInt64(name.start[index])
            index += 1
        }
        return mix(word, 0, count)
    }

    @inline(never)
    private static func tag(unescaping name: JSONKey) -> UInt64 {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: name.count)
        defer { copy.deallocate() }
        var bytes = UnescapedBytes(name)
        let count = bytes.copy(to: copy)
        return tag(JSONKey(start: copy, count: count, hasEscapes: false, isASCII: name.isASCII))
    }

    @inline(__always)
    private static func mix(_ first: UInt64, _ last: UInt64, _ count: Int) -> UInt64 {
        (first &* 0x9E37_79B9_7F4A_7C15) ^ (last &* 0xC2B2_AE3D_27D4_EB4F) ^ UInt64(count)
    }
}

extension JSONKey {
    /// Whether both names are the same after unescaping.
    func equals(_ other: JSONKey) -> Bool {
        if !hasEscapes && !other.hasEscapes {
            return count == other.count && ByteScan.equal(start, other.start, count: count)
        }
        var left = UnescapedBytes(self)
        var right = UnescapedBytes(other)
        while true {
            let byte = left.next()
            guard byte == right.next() else { return false }
            if byte == nil { return true }
        }
    }

    /// A total order of the unescaped names, byte by byte.
    func precedes(_ other: JSONKey) -> Bool {
        var left = UnescapedBytes(self)
        var right = UnescapedBytes(other)
        while true {
            guard let rightByte = right.next() else { return false }
            guard let leftByte = left.next() else { return true }
            if leftByte != rightByte { return leftByte < rightByte }
        }
    }
}
