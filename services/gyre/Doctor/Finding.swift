import JSON

/// One thing that was looked at.
struct Finding: Equatable, JSONWritable {
    enum Verdict: String {
        case good
        /// It works, and may not for long.
        case warning
        /// Something does not work because of it.
        case problem
    }

    let subject: String
    let verdict: Verdict
    /// What was seen.
    let detail: String
    /// What to do about it.
    let remedy: String?

    static func good(_ subject: String, _ detail: String) -> Finding {
        Finding(subject: subject, verdict: .good, detail: detail, remedy: nil)
    }

    static func warning(_ subject: String, _ detail: String, remedy: String) -> Finding {
        Finding(subject: subject, verdict: .warning, detail: detail, remedy: remedy)
    }

    static func problem(_ subject: String, _ detail: String, remedy: String) -> Finding {
        Finding(subject: subject, verdict: .problem, detail: detail, remedy: remedy)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in [("subject", subject), ("verdict", verdict.rawValue), ("detail", detail)] {
            writer.key(name)
            writer.string(value)
        }
        if let remedy {
            writer.key("remedy")
            writer.string(remedy)
        }
        writer.endObject()
    }

    var line: String {
        let mark =
            switch verdict {
            case .good: "ok     "
            case .warning: "warning"
            case .problem: "PROBLEM"
            }
        let text = "\(mark)  \(subject): \(detail)\n".withoutTerminalControl
        return remedy.map { text + "         -> \($0)\n".withoutTerminalControl } ?? text
    }
}
