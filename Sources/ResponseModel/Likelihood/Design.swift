/// The columns of a logistic regression, one after the other, and what it explains.
///
/// Rows are summed in blocks of ``blockRows`` and blocks in their order, so sums are the same bytes however blocks are
/// spread over threads or shards.
struct Design: Sendable {
    static let blockRows = 1_024

    let schema: ResponseSchema
    let scalings: [Scaling]
    let rowCount: Int
    /// 1 where it happened, else 0.
    private let targets: [Double]
    /// Column-major.
    private var values: [Double]
    /// Days since each earlier exposure, and where each row's end.
    private let earlierDays: [Double]
    private let earlierEnds: [Int]
    /// Of the half-life below.
    private var stocks: [Double] = []
    private(set) var shape: FrequencyShape?

    var columnCount: Int { schema.columns.count }
    var blockCount: Int { (rowCount + Self.blockRows - 1) / Self.blockRows }

    /// Of the rows where this outcome happened or nothing did.
    init(_ rows: ExposureRows, outcome: ExposureRows.Outcome) {
        let schema = rows.schema
        let chosen = (0..<rows.count).filter { rows.outcomes[$0] == outcome || rows.outcomes[$0] == .nothing }
        let count = chosen.count
        let scalings = rows.scalings
        var values = [Double](repeating: 0, count: count * schema.columns.count)
        var earlierDays: [Double] = []
        var earlierEnds: [Int] = []
        for (place, row) in chosen.enumerated() {
            values[place] = 1
            schema.forEachColumn(of: rows.traits(of: row), scalings) { values[$0 * count + place] = $1 }
            if let column = schema.column(offer: Int(rows.offers[row])) { values[column * count + place] = 1 }
            if let column = schema.column(channel: Int(rows.channels[row])) { values[column * count + place] = 1 }
            let days = rows.earlierDays(of: row)
            if let column = schema.fatigueColumn {
                var recent = 0
                for days in days where days <= FrequencyShape.fatigueDays { recent += 1 }
                values[column * count + place] = -Double(recent)
            }
            if schema.hasSaturation { earlierDays.append(contentsOf: days) }
            earlierEnds.append(earlierDays.count)
        }
        self.schema = schema
        self.scalings = scalings
        self.rowCount = count
        self.values = values
        self.earlierDays = earlierDays
        self.earlierEnds = earlierEnds
        targets = chosen.map { rows.outcomes[$0] == outcome ? 1 : 0 }
    }

    /// Fills the column of saturation.
    mutating func take(_ shape: FrequencyShape) {
        guard let column = schema.saturationColumn, shape != self.shape else { return }
        if shape.halfLifeDays != self.shape?.halfLifeDays {
            stocks = []
            stocks.reserveCapacity(rowCount)
            var place = 0
            for end in earlierEnds {
                var stock = 0.0
                while place < end {
                    stock += shape.carryover(days: earlierDays[place])
                    place += 1
                }
                stocks.append(stock)
            }
        }
        for row in 0..<rowCount { values[column * rowCount + row] = shape.saturation(stock: stocks[row]) }
        self.shape = shape
    }

    /// The rows of a block.
    private func rows(of block: Int) -> Range<Int> {
        block * Self.blockRows..<min((block + 1) * Self.blockRows, rowCount)
    }

    /// Calls with the first value of each column and of the targets, from the block's first row on, and with Xβ there.
    private func withBlock<T>(
        _ block: Int, at coefficients: [Double],
        _ body: (
            _ column: (Int) -> UnsafePointer<Double>, _ targets: UnsafePointer<Double>,
            _ scores: UnsafeMutablePointer<Double>, _ count: Int
        ) -> T
    ) -> T {
        let rows = rows(of: block)
        return values.withUnsafeBufferPointer { values in
            targets.withUnsafeBufferPointer { targets in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: rows.count) { scores in
                    // Blocks are never empty, so there is a base address.
                    guard let base = values.baseAddress, let target = targets.baseAddress,
                        let score = scores.baseAddress
                    else { preconditionFailure("a block has rows") }
                    scores.initialize(repeating: 0)
                    for (column, coefficient) in coefficients.enumerated() where coefficient != 0 {
                        let x = base + (column * rowCount + rows.lowerBound)
                        for row in 0..<rows.count { score[row] += coefficient * x[row] }
                    }
                    return body(
                        { base + ($0 * rowCount + rows.lowerBound) }, target + rows.lowerBound, score, rows.count)
                }
            }
        }
    }

    /// What the likelihood of one block is at these coefficients, with its derivatives.
    func sums(block: Int, at coefficients: [Double]) -> LikelihoodSums {
        withBlock(block, at: coefficients) { column, targets, scores, count in
            var sums = LikelihoodSums(columnCount: columnCount)
            sums.rowCount = count
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count) { buffer in
                guard let weights = buffer.baseAddress else { preconditionFailure("a block has rows") }
                let weighted = weights + count
                var events = 0.0
                for row in 0..<count {
                    let (logLikelihood, residual, weight) = logistic(scores[row], targets[row])
                    sums.logLikelihood += logLikelihood
                    events += targets[row]
                    scores[row] = residual
                    weights[row] = weight
                }
                sums.eventCount = Int(events)
                var place = 0
                for first in 0..<columnCount {
                    let x = column(first)
                    sums.gradient[first] = dot(x, scores, count)
                    for row in 0..<count { weighted[row] = weights[row] * x[row] }
                    for second in 0...first {
                        sums.information[place] = dot(weighted, column(second), count)
                        place += 1
                    }
                }
            }
            return sums
        }
    }

    /// How far a direction parts those who did it from those who did not, in one block.
    func margins(block: Int, along direction: [Double]) -> Margins {
        withBlock(block, at: direction) { _, targets, scores, count in
            var margins = Margins()
            for row in 0..<count {
                margins.lowest = min(margins.lowest, targets[row] > 0 ? scores[row] : -scores[row])
                margins.largest = max(margins.largest, abs(scores[row]))
            }
            return margins
        }
    }
}

/// Σ a b, in four sums: fast, and always in the same order.
private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = (0.0, 0.0, 0.0, 0.0)
    var row = 0
    while row + 4 <= count {
        sums.0 += a[row] * b[row]
        sums.1 += a[row + 1] * b[row + 1]
        sums.2 += a[row + 2] * b[row + 2]
        sums.3 += a[row + 3] * b[row + 3]
        row += 4
    }
    while row < count {
        sums.0 += a[row] * b[row]
        row += 1
    }
    return (sums.0 + sums.1) + (sums.2 + sums.3)
}
