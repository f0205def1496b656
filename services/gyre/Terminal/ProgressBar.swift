/// How far long work is, as one line that is drawn over itself.
struct ProgressBar {
    /// Cells of the bar.
    private static let cells = 24
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    let label: String
    let total: Int

    /// The line, such as `orders.csv ██████▌  27 %  18,920 rows  2 s left`.
    ///
    /// - Parameters:
    ///   - done: of `total`, in the same unit.
    ///   - note: what to say beside the bar.
    ///   - elapsedMilliseconds: how long it took to get from `startedAt` to `done`.
    ///   - startedAt: what was done before the clock began.
    func line(done: Int, note: String, elapsedMilliseconds: Int, startedAt: Int = 0) -> String {
        let share = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
        let filled = Int(share * Double(Self.cells * 8))
        var bar = String(repeating: "█", count: filled / 8) + Self.eighths[filled % 8]
        bar = bar.padded(to: Self.cells)
        let percent = String(Int(share * 100)).padded(to: 3, alignment: .right)
        var parts = ["\(label) \(bar) \(percent) %", note]
        if let left = secondsLeft(done: done, startedAt: startedAt, elapsedMilliseconds: elapsedMilliseconds) {
            parts.append(readableDuration(left) + " left")
        }
        return parts.joined(separator: "  ")
    }

    /// Nil until there is a rate to tell it from.
    private func secondsLeft(done: Int, startedAt: Int, elapsedMilliseconds: Int) -> Int? {
        guard done > startedAt, done < total, elapsedMilliseconds >= 500 else { return nil }
        return Int(Double(total - done) / Double(done - startedAt) * Double(elapsedMilliseconds) / 1_000 + 0.5)
    }
}
