/// Why a command could not do its work, and what to do next. Printed after "Error: ".
struct CommandFailure: Error, CustomStringConvertible, Equatable {
    /// One sentence or two.
    let message: String
    /// What to do about it; each stands on a line of its own.
    let remedies: [String]

    init(_ message: String, remedies: [String] = []) {
        self.message = message
        self.remedies = remedies
    }

    init(_ message: String, remedy: String) { self.init(message, remedies: [remedy]) }

    var description: String { ([message] + remedies.map { "  " + $0 }).joined(separator: "\n") }
}
