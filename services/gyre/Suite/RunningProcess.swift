import Glibc

/// A process that is alive now.
struct RunningProcess {
    let pid: pid_t
    /// The name of the program it runs, at most 15 characters of it.
    let program: String

    /// Nil when there is no such process, or it has ended and only waits for its parent to notice.
    init?(pid: pid_t) {
        // "123 (gyre) S …": the name stands in brackets and may hold any character; the state follows it.
        guard pid > 0, let line = SmallFile.text("/proc/\(pid)/stat"), let open = line.firstIndex(of: "("),
            let close = line.lastIndex(of: ")"), open < close
        else { return nil }
        guard let state = line[line.index(after: close)...].first(where: { $0 != " " }), state != "Z", state != "X"
        else { return nil }
        self.pid = pid
        program = String(line[line.index(after: open)..<close])
    }
}
