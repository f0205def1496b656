import Foundation
import JSON
import SignalsAPI

/// `bench-json read|write [--seconds S]`: how long a message takes through the suite's JSON and through Foundation's.
/// Prints microseconds, `{"ours": 3.1, "yardstick": 28.4}`.
@main
struct BenchJSON {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 2 || arguments.count == 4 && arguments[2] == "--seconds",
            let seconds = arguments.count == 4 ? Double(arguments[3]) : 3
        else { return print("usage: bench-json read|write [--seconds S]") }
        let times: (ours: Double, yardstick: Double)
        switch arguments[1] {
        case "read": times = try Self.read(seconds: seconds)
        case "write": times = try Self.write(seconds: seconds)
        default: return print("usage: bench-json read|write [--seconds S]")
        }
        print("{\"ours\": \(times.ours), \"yardstick\": \(times.yardstick)}")
    }

    private static func read(seconds: Double) throws -> (ours: Double, yardstick: Double) {
        let bytes = Array(TrackLine.text.utf8)
        let data = Data(bytes)
        let decoder = JSONDecoder()
        let ours = try TrackLine(json: bytes, unknownMembers: .refuse)
        let theirs = try decoder.decode(FoundationTrackLine.self, from: data)
        precondition(ours.params.messageId == theirs.params.messageId, "both read the same")
        return try Stopwatch.compare(seconds: seconds) {
            try bytes.withUnsafeBytes { bytes in
                var reader = JSONReader(bytes)
                let line = try TrackLine(from: &reader)
                try reader.finish()
                return line.params.event.utf8.count
            }
        } yardstick: {
            try decoder.decode(FoundationTrackLine.self, from: data).params.event.utf8.count
        }
    }

    private static func write(seconds: Double) throws -> (ours: Double, yardstick: Double) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let ours = ReplyLine.example
        let theirs = FoundationReplyLine.example
        let (left, right) = (try JSONValue(parsing: ours.json()), try JSONValue(parsing: Array(encoder.encode(theirs))))
        precondition(left == right, "both write the same")
        // A connection keeps its buffer; so does this.
        var writer = JSONWriter(capacity: 1024)
        return try Stopwatch.compare(seconds: seconds) {
            writer.removeAll(keepingCapacity: true)
            ours.write(to: &writer)
            return writer.count
        } yardstick: {
            try encoder.encode(theirs).count
        }
    }
}
