#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the system says of this process, under the names that Prometheus' own client libraries use.
struct PrometheusProcess: Sendable, Equatable {
    var residentMemoryBytes: Int64
    var openFileDescriptors: Int64
    /// Since 1970 UTC.
    var startTimeSeconds: Double
    /// User and system time together.
    var cpuSeconds: Double

    /// The names of ``write(to:)``.
    static let names: Set<String> = [
        "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds", "process_cpu_seconds_total",
    ]

    /// Reads `/proc`; nil where there is none.
    static func current() -> PrometheusProcess? {
        // The directory is open while it is read, and counts itself.
        let descriptors = max(0, FileBytes.names(in: "/proc/self/fd").count - 1)
        guard let stat = FileBytes.read("/proc/self/stat"), let memory = FileBytes.read("/proc/self/statm"),
            let system = FileBytes.read("/proc/stat")
        else { return nil }
        return PrometheusProcess(
            stat: String(decoding: stat, as: UTF8.self), statm: String(decoding: memory, as: UTF8.self),
            systemStat: String(decoding: system, as: UTF8.self), openFileDescriptors: Int64(descriptors),
            ticksPerSecond: Int64(sysconf(Int32(_SC_CLK_TCK))), pageBytes: Int64(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// - Parameters:
    ///   - stat: `/proc/self/stat`, see proc_pid_stat(5).
    ///   - statm: `/proc/self/statm`, see proc_pid_statm(5).
    ///   - systemStat: `/proc/stat`, see proc_stat(5), whose line `btime` says when the system started.
    init?(
        stat: String, statm: String, systemStat: String, openFileDescriptors: Int64, ticksPerSecond: Int64,
        pageBytes: Int64
    ) {
        // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
        guard ticksPerSecond > 0, let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        let pages = statm.split(separator: " ")
        let boot = systemStat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        // Fields 14, 15 and 22, counted from 1; `fields` begins with field 3.
        guard fields.count > 19, let user = Int64(fields[11]), let system = Int64(fields[12]),
            let start = Int64(fields[19]), pages.count > 1, let resident = Int64(pages[1]),
            let bootSeconds = boot.flatMap({ Int64($0.dropFirst(6)) })
        else { return nil }
        residentMemoryBytes = resident * pageBytes
        self.openFileDescriptors = openFileDescriptors
        startTimeSeconds = Double(bootSeconds) + Double(start) / Double(ticksPerSecond)
        cpuSeconds = Double(user + system) / Double(ticksPerSecond)
    }

    func write(to text: inout PrometheusText) {
        text.type("process_cpu_seconds_total", .counter, help: "User and system time of the process.")
        text.sample("process_cpu_seconds_total", labels: "", cpuSeconds)
        text.type("process_open_fds", .gauge, help: "Open file descriptors.")
        text.sample("process_open_fds", labels: "", openFileDescriptors)
        text.type("process_resident_memory_bytes", .gauge, help: "Resident memory.")
        text.sample("process_resident_memory_bytes", labels: "", residentMemoryBytes)
        text.type("process_start_time_seconds", .gauge, help: "When the process began, since 1970 UTC.")
        text.sample("process_start_time_seconds", labels: "", startTimeSeconds)
    }
}
