/// Numbers names from zero on, and finds the number of a name that still stands in a reader's bytes: no string is made
/// to look it up.
public struct JSONKeyIndex: Sendable {
    /// A place for a name; free while its number is negative.
    private struct Slot {
        var tag: UInt64 = 0
        var number = -1
    }

    private var texts: [[UInt8]] = []
    /// A name stands where the top bits of its tag say, or in the next free place. At least half of them are free.
    private var slots = [Slot](repeating: Slot(), count: 2)

    public init() {}

    /// The names, by number.
    public var names: [String] { texts.map { String(decoding: $0, as: UTF8.self) } }

    /// Gives `name` the next number.
    ///
    /// - Returns: whether it had none before.
    public mutating func insert(_ name: String) -> Bool {
        let text = Array(name.utf8)
        guard text.withJSONKey({ self[$0] }) == nil else { return false }
        texts.append(text)
        if texts.count * 2 > slots.count {
            slots = [Slot](repeating: Slot(), count: slots.count * 2)
            for number in texts.indices { place(number) }
        } else {
            place(texts.count - 1)
        }
        return true
    }

    /// The number of a name, escaped or not; nil when it has none.
    public subscript(name: JSONKey) -> Int? {
        if _slowPath(name.hasEscapes) { return Array(name.string.utf8).withJSONKey { self[$0] } }
        let tag = MemberNames.tag(name)
        var index = firstSlot(tag)
        while slots[index].number >= 0 {
            let slot = slots[index]
            if slot.tag == tag, texts[slot.number].withJSONKey({ $0.equals(name) }) { return slot.number }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func place(_ number: Int) {
        let tag = texts[number].withJSONKey { MemberNames.tag($0) }
        var index = firstSlot(tag)
        while slots[index].number >= 0 { index = (index + 1) & (slots.count - 1) }
        slots[index] = Slot(tag: tag, number: number)
    }

    private func firstSlot(_ tag: UInt64) -> Int {
        Int(truncatingIfNeeded: tag >> UInt64(slots.count.leadingZeroBitCount + 1))
    }
}

extension [UInt8] {
    /// Lends these bytes, which hold no escapes, as a name.
    fileprivate func withJSONKey<Result>(_ body: (JSONKey) -> Result) -> Result {
        withUnsafeBufferPointer { bytes in
            let empty: StaticString = ""
            return body(
                JSONKey(
                    start: bytes.baseAddress ?? empty.utf8Start, count: bytes.count, hasEscapes: false, isASCII: false))
        }
    }
}
