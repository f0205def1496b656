import JSON

/// Tenancy's message that some key is not what it was.
struct KeysChanged: JSONReadable {
    /// The state of all keys from which this holds.
    let epoch: Int64

    init(from reader: inout JSONReader) throws(JSONError) {
        var epoch: Int64?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "epoch": epoch = try reader.readInt64()
            default: try reader.skip()
            }
        }
        guard let epoch else { throw reader.missing("epoch") }
        self.epoch = epoch
    }
}
