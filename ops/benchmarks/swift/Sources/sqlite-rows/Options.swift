/// The command line: a database, then pairs of a name and a value.
struct Options {
    private(set) var database = ""
    private(set) var insert = ""
    private(set) var properties = ""
    private(set) var rows = 100_000
    private(set) var rowsPerTransaction = 1_000

    init(_ arguments: [String]) throws(UsageError) {
        guard arguments.count >= 2, arguments.count.isMultiple(of: 2) else { throw UsageError() }
        database = arguments[1]
        for index in stride(from: 2, to: arguments.count, by: 2) {
            let value = arguments[index + 1]
            switch arguments[index] {
            case "--insert": insert = value
            case "--properties": properties = value
            case "--rows": rows = try Self.count(value)
            case "--rows-per-transaction": rowsPerTransaction = try Self.count(value)
            default: throw UsageError()
            }
        }
    }

    private static func count(_ text: String) throws(UsageError) -> Int {
        guard let count = Int(text), count > 0 else { throw UsageError() }
        return count
    }
}

struct UsageError: Error, CustomStringConvertible {
    let description = """
        usage: sqlite-rows DATABASE --insert FILE --properties FILE [--rows N] [--rows-per-transaction N]
        """
}
