import ArgumentParser
import JSON
import JSONRPC
import SignalsAPI

/// `gyre tail`
struct TailCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follows a brand's signals as they arrive, until Ctrl-C.",
        discussion: """
            EXAMPLES
              gyre tail
              gyre tail --last 20
              gyre tail --json | jq .event      # one JSON object a line
            """)

    @Option(help: ArgumentHelp("Begin with so many that are there already.", valueName: "n"))
    var last = 0

    @OptionGroup var caller: CallerOptions
    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    private static let waitMilliseconds = 20_000
    private static let pageItems = 500
    /// How long to wait for a suite that restarts.
    private static let pauseMilliseconds = 500

    func validate() throws {
        if last < 0 { throw ValidationError("--last is a number of signals.") }
    }

    func perform() async throws {
        let signals = Signals.Client(try await caller.connect(suite))
        if !output.json {
            Terminal.out(Self.line(["ARRIVED", "EVENT", "REVENUE", "PERSON", "PROPERTIES"], width: Terminal.width))
        }
        var after = try await signals.tail(Signals.Tail.Params(waitMilliseconds: 0)).last
        after = max(0, after - last)
        while true {
            guard let page = try await page(after: after, of: signals) else {
                try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
                continue
            }
            for signal in page.items { show(signal) }
            after = page.last
        }
    }

    /// What came after a signal; nil while the suite restarts.
    private func page(after: Int, of signals: Signals.Client) async throws(RPCError) -> Signals.Tail.Reply? {
        do {
            return try await signals.tail(
                Signals.Tail.Params(after: after, limit: Self.pageItems, waitMilliseconds: Self.waitMilliseconds))
        } catch {
            if Self.isPassing(error), SuiteLock.isHeld(in: suite.directory) { return nil }
            throw error
        }
    }

    /// Whether the same call may go well a moment later.
    private static func isPassing(_ error: RPCError) -> Bool {
        [RPCError.Code.dependencyUnavailable, RPCError.Code.busy, RPCError.Code.deadlineExceeded]
            .contains(error.code)
    }

    private func show(_ signal: Signal) {
        guard !output.json else { return Terminal.out(String(decoding: signal.json(), as: UTF8.self) + "\n") }
        let revenue = [signal.revenue?.description, signal.currency?.code].compactMap { $0 }.joined(separator: " ")
        let cells = [
            signal.receivedAt.description, signal.event, revenue, signal.actorId?.description ?? "",
            signal.properties?.description ?? "",
        ]
        Terminal.out(Self.line(cells, width: Terminal.width))
    }

    /// What the columns before the last one take: their width is not known from the rows, which come one by one.
    private static let widths: [(Int, TextTable.Alignment)] = [(27, .left), (20, .left), (14, .right), (36, .left)]

    static func line(_ cells: [String], width: Int?) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let cell = cell.withoutControlCharacters
            if index < widths.count {
                let (width, alignment) = widths[index]
                text += cell.shortened(to: width).padded(to: width, alignment: alignment) + "  "
            } else {
                text += cell
            }
        }
        if let width { text = text.shortened(to: width) }
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }
}
