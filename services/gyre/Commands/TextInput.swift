import ArgumentParser
import JSON

/// A text that a command is given in a file, or on standard input.
enum TextInput {
    /// - Parameter file: its path; `-`: standard input.
    static func read(_ file: String) throws(CommandFailure) -> String {
        let path = file == "-" ? "/dev/stdin" : file
        guard let bytes = SmallFile.read(path) else {
            throw CommandFailure("\(file) cannot be read: \(lastSystemError).")
        }
        guard bytes.count < SmallFile.maximumBytes else {
            throw CommandFailure("\(file) is too long: at most \(readableBytes(SmallFile.maximumBytes)) are sent.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure("\(file) is no UTF-8 text.")
        }
        return text
    }
}

/// A JSON object on the command line.
struct JSONArgument: ExpressibleByArgument {
    let json: JSONRaw

    init?(argument: String) {
        guard let json = try? JSONRaw(validating: argument), json.kind == .object else { return nil }
        self.json = json
    }
}
