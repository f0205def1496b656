import Glibc
import JSON

/// Says something about the suite on standard error: a sentence on a terminal, else a line of JSON as the services
/// write them, which a detached suite keeps in `logs/gyre.log`.
@Sendable func say(_ sentence: String) {
    guard !Terminal.isForPeople(STDERR_FILENO) else { return Terminal.err("gyre: \(sentence)\n") }
    let entry: JSONValue = [
        "time": .string(Timestamp.now.description), "level": "notice", "service": "gyre", "label": "supervisor",
        "message": .string(sentence),
    ]
    Terminal.err(entry.description + "\n")
}

extension Timestamp {
    /// This machine's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
