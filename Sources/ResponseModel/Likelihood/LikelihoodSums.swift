#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What Newton's method takes of a number of rows; sums of blocks are merged in the order of blocks.
struct LikelihoodSums: Sendable, Equatable {
    var rowCount = 0
    var eventCount = 0
    var logLikelihood = 0.0
    var gradient: [Double]
    /// The lower triangle of XᵀWX, row by row.
    var information: [Double]

    init(columnCount: Int) {
        gradient = Array(repeating: 0, count: columnCount)
        information = Array(repeating: 0, count: columnCount * (columnCount + 1) / 2)
    }

    mutating func merge(_ next: Self) {
        rowCount += next.rowCount
        eventCount += next.eventCount
        logLikelihood += next.logLikelihood
        for place in gradient.indices { gradient[place] += next.gradient[place] }
        for place in information.indices { information[place] += next.information[place] }
    }
}

/// The least of ±xv, with plus where it happened, and the largest of |xv|.
///
/// If the least is not negative, v separates the two kinds of rows, and the likelihood rises along v for ever.
struct Margins: Sendable, Equatable {
    var lowest = Double.infinity
    var largest = 0.0

    mutating func merge(_ next: Self) {
        lowest = min(lowest, next.lowest)
        largest = max(largest, next.largest)
    }

    /// Whether the direction separates, but for what a step of Newton's method leaves of other directions.
    var separate: Bool { largest > 0 && lowest >= -1e-6 * largest }
}

/// log P, its first derivative by the score, and the negative of its second.
@inline(__always)
func logistic(_ score: Double, _ target: Double) -> (logLikelihood: Double, residual: Double, weight: Double) {
    let tail = exp(-abs(score))
    let probability = (score >= 0 ? 1 : tail) / (1 + tail)
    let logLikelihood = target * score - max(score, 0) - log1p(tail)
    return (logLikelihood, target - probability, tail / ((1 + tail) * (1 + tail)))
}

/// 1 / (1 + e^-score)
func probability(ofScore score: Double) -> Double {
    let tail = exp(-abs(score))
    return (score >= 0 ? 1 : tail) / (1 + tail)
}

/// log (p / (1 - p))
func logit(_ probability: Double) -> Double { log(probability / (1 - probability)) }
