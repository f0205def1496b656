import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre jobs`
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Shows long work, such as imports, and ends it.",
        subcommands: [List.self, Watch.self, Cancel.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's jobs, newest first.",
            discussion: """
                EXAMPLE
                  gyre jobs list --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Jobs.Client(try await caller.connect(suite))
            let jobs = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Jobs.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: jobs)) {
                jobs.isEmpty ? "No jobs yet.\n" : JobsCommand.table(jobs).text(width: Terminal.width)
            }
        }
    }

    struct Watch: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Waits until a job ends, and shows how far it is.",
            discussion: """
                Ctrl-C ends the watching, not the job.

                EXAMPLE
                  gyre jobs watch 01930000-0000-7000-8000-000000000031
                """)

        @Argument(help: "The job's id, as `gyre jobs` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let job = try await JobProgress(Jobs.Client(try await caller.connect(suite)), output).end(of: id)
            output.show(job) { JobsCommand.outcome(of: job) }
            if job.status == .failed { throw ExitCode.failure }
        }
    }

    struct Cancel: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a job; what it did stays done.",
            discussion: """
                EXAMPLE
                  gyre jobs cancel 01930000-0000-7000-8000-000000000031
                """)

        @Argument(help: "The job's id, as `gyre jobs` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let job = try await Jobs.Client(try await caller.connect(suite)).cancel(Jobs.Cancel.Params(id: id))
            output.show(job) { JobsCommand.outcome(of: job) }
        }
    }

    static func table(_ jobs: [Job]) -> TextTable {
        var table = TextTable([
            .init("JOB"), .init("KIND"), .init("STATUS"), .init("DONE", .right), .init("OF", .right), .init("UNIT"),
            .init("BEGAN"), .init("PROBLEM"),
        ])
        for job in jobs {
            table.add([
                job.id.description, job.kind, job.status.rawValue, job.done.grouped, job.total?.grouped ?? "?",
                job.unit, job.createdAt.description, job.problem,
            ])
        }
        return table
    }

    /// One sentence.
    static func outcome(of job: Job) -> String {
        let done = "\(job.done.grouped)\(job.total.map { " of \($0.grouped)" } ?? "") \(job.unit)"
        let problem = job.problem.map { ": \($0)" } ?? "."
        return "The \(job.kind) is \(job.status.rawValue), \(done) done\(problem)\n"
    }
}

/// Follows one job to its end, with a bar where people look on.
struct JobProgress {
    private static let pollMilliseconds = 200

    private let jobs: Jobs.Client
    private let showsBar: Bool

    init(_ jobs: Jobs.Client, _ output: OutputOptions) {
        self.jobs = jobs
        showsBar = Terminal.showsProgress && !output.json
    }

    /// The job as it ended.
    func end(of id: UUIDv7) async throws -> Job {
        let startedAt = MonotonicClock.milliseconds
        var first: Int?
        while true {
            let job = try await jobs.get(Jobs.Get.Params(id: id))
            if showsBar { Terminal.err("\r\u{1B}[K") }
            guard job.status == .running else { return job }
            if showsBar {
                let bar = ProgressBar(label: job.kind, total: job.total ?? 0)
                let line = bar.line(
                    done: job.done, note: job.problem ?? "\(job.done.grouped) \(job.unit)",
                    elapsedMilliseconds: Int(MonotonicClock.milliseconds - startedAt), startedAt: first ?? job.done)
                Terminal.err(line)
            }
            first = first ?? job.done
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
    }
}
