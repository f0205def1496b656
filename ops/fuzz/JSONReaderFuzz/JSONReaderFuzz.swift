import CLibFuzzer
import Glibc
import JSON

@main
enum JSONReaderFuzz {
    /// SwiftPM gives the program its `main`, so libFuzzer runs as a library.
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments) { start, count in check(start, count) })
    }
}

/// Any bytes at all must be read or refused, never trap, and what is read must survive being written.
private func check(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let isDocument = reads(bytes) { (reader) throws(JSONError) in try reader.skip() }
    var value: JSONValue?
    let isTree = reads(bytes) { (reader) throws(JSONError) in value = try JSONValue(from: &reader) }
    precondition(isDocument == isTree, "skipping and reading disagree")
    if isTree, let value { checkRoundTrip(value, bytes) }
    readAsEveryType(bytes)
    return 0
}

/// Whether `body` reads all of `bytes` without an error. An error must name a place inside of them.
private func reads(
    _ bytes: UnsafeRawBufferPointer, unknownMembers: JSONReader.UnknownMembers = .refuse,
    _ body: (inout JSONReader) throws(JSONError) -> Void
) -> Bool {
    var reader = JSONReader(bytes, unknownMembers: unknownMembers)
    do throws(JSONError) {
        try body(&reader)
        try reader.finish()
        return true
    } catch {
        precondition(0...bytes.count ~= error.offset, "an error lies outside of the document")
        precondition(JSONPointer.tokens(error.pointer) != nil, "an error's place is no pointer")
        return false
    }
}

private func checkRoundTrip(_ value: JSONValue, _ bytes: UnsafeRawBufferPointer) {
    let written = value.json()
    precondition((try? JSONValue(parsing: written)) == value, "a written tree is read as another one")
    precondition((try? JSONValue.parse(value.pretty())) == value, "a tree written for people is read as another one")
    guard let raw = try? JSONRaw(validating: Array(bytes)) else { preconditionFailure("a document cannot be kept raw") }
    precondition(!raw.bytes.contains(0x0A), "a raw value has two lines")
    precondition((try? JSONValue(parsing: raw.bytes)) == value, "a raw value is read as another one")
}

private func readAsEveryType(_ bytes: UnsafeRawBufferPointer) {
    var double: Double?
    if reads(bytes, { (reader) throws(JSONError) in double = try reader.readDouble() }), let double {
        precondition((try? Double(json: double.json()))?.bitPattern == double.bitPattern, "a double changed")
    }
    var integer: Int64?
    if reads(bytes, { (reader) throws(JSONError) in integer = try reader.readInt64() }), let integer {
        precondition((try? Int64(json: integer.json())) == integer, "an integer changed")
    }
    var decimal: JSONDecimal?
    if reads(bytes, { (reader) throws(JSONError) in decimal = try reader.readDecimal() }), let decimal {
        precondition((try? JSONDecimal(json: decimal.json())) == decimal, "a decimal changed")
    }
    var time: Timestamp?
    if reads(bytes, { (reader) throws(JSONError) in time = try reader.readTimestamp() }), let time {
        precondition(Timestamp(time.description) == time, "a time changed")
    }
    var amount: Amount?
    if reads(bytes, { (reader) throws(JSONError) in amount = try reader.readAmount() }), let amount {
        precondition(Amount(amount.description) == amount, "an amount changed")
    }
    var id: UUIDv7?
    if reads(bytes, { (reader) throws(JSONError) in id = try reader.readUUID() }), let id {
        precondition(UUIDv7(id.description) == id, "an id changed")
    }
    _ = reads(bytes) { (reader) throws(JSONError) in _ = try reader.readEmail() }
    _ = reads(bytes) { (reader) throws(JSONError) in _ = try reader.readCurrency() }
    _ = reads(bytes) { (reader) throws(JSONError) in _ = try reader.readDate() }
    _ = reads(bytes) { (reader) throws(JSONError) in _ = try [String: JSONRaw](from: &reader) }
    _ = reads(bytes, unknownMembers: .ignore) { (reader) throws(JSONError) in
        try reader.beginObject()
        while try reader.nextMember() != nil { try reader.unknownMember() }
    }
}
