import Testing

@testable import ServiceKit

/// What `/proc` says of a process.
@Suite struct PrometheusProcessTests {
    private let systemStat = "cpu  1 2 3\nbtime 1767225600\nprocesses 9\n"
    private let statm = "5000 1500 800 10 0 900 0\n"

    private func process(stat: String, statm: String? = nil, systemStat: String? = nil) -> PrometheusProcess? {
        PrometheusProcess(
            stat: stat, statm: statm ?? self.statm, systemStat: systemStat ?? self.systemStat, openFileDescriptors: 12,
            ticksPerSecond: 100, pageBytes: 4_096)
    }

    @Test("Fields are found behind a program name that holds spaces and parentheses")
    func fields() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 250 75 0 0 20 0 4 0 12345 999 1500 1 2 3\n"
        let expected = """
            # HELP process_cpu_seconds_total User and system time of the process.
            # TYPE process_cpu_seconds_total counter
            process_cpu_seconds_total 3.25
            # HELP process_open_fds Open file descriptors.
            # TYPE process_open_fds gauge
            process_open_fds 12
            # HELP process_resident_memory_bytes Resident memory.
            # TYPE process_resident_memory_bytes gauge
            process_resident_memory_bytes 6144000
            # HELP process_start_time_seconds When the process began, since 1970 UTC.
            # TYPE process_start_time_seconds gauge
            process_start_time_seconds 1767225723.45

            """
        var text = PrometheusText()
        process(stat: stat)?.write(to: &text)
        #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
    }

    @Test("What does not read as expected yields nothing, and never traps")
    func malformed() {
        let stat = "42 (a) S 1 42 42 0 -1 4194304 100 0 0 0 250 75 0 0 20 0 4 0 12345 999 1500\n"
        #expect(process(stat: stat) != nil)
        #expect(process(stat: "") == nil)
        #expect(process(stat: "42 (a) S 1 2") == nil)
        #expect(process(stat: "42 a S 1 42") == nil)
        #expect(process(stat: stat, statm: "5000") == nil)
        #expect(process(stat: stat, systemStat: "cpu 1 2 3") == nil)
    }

    @Test("The running process has memory, descriptors, a start in the past and some CPU time")
    func current() throws {
        let process = try #require(PrometheusProcess.current())
        #expect(process.residentMemoryBytes > 1 << 20)
        #expect(process.openFileDescriptors >= 3)
        #expect(process.startTimeSeconds > 1_700_000_000)
        #expect(process.cpuSeconds >= 0)
        let text = String(decoding: PrometheusMetrics().text(), as: UTF8.self)
        for name in PrometheusProcess.names { #expect(text.contains("\n\(name) ")) }
    }
}
