#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A logistic regression of an outcome on who was reached with what, by maximum likelihood.
///
/// Of the rows those are taken where the outcome happened or nothing did, so that fits of two outcomes together give
/// the probabilities of ``OutcomeProbabilities`` (Begg and Gray, "Calculation of polychotomous logistic regression
/// parameters using individualized regressions", Biometrika 71 (1984)).
///
/// The same rows in the same order give the same bytes, for any number of workers.
public struct ResponseEstimation: Sendable {
    /// Rows for each column at least.
    public static let rowsPerColumn = 10

    private let design: Design
    private let shapes: ShapeGrid
    private let ridge: Double
    private let eventCount: Int

    /// - Parameters:
    ///   - outcome: what is explained; not nothing.
    ///   - shapes: those compared, where the schema has saturation.
    ///   - ridge: precision (1 / variance) of a normal prior about 0 on each coefficient but the intercept, for numbers in
    ///     deviations; 0, none, leaves maximum likelihood. With 1 odds ratios beyond 7 or below 1/7 have 5 %; estimates
    ///     are then posterior modes, their errors those of the posterior's normal approximation, and separation and
    ///     collinearity are no obstacle.
    /// - Throws: ``ResponseFailure/parameter(_:)``, ``ResponseFailure/tooFewRows(have:need:)``,
    ///   ``ResponseFailure/noVariation(rows:events:)``.
    public init(
        _ rows: ExposureRows, of outcome: ExposureRows.Outcome = .response, shapes: ShapeGrid = .usual,
        ridge: Double = 0
    ) throws(ResponseFailure) {
        guard outcome != .nothing else { throw .parameter("outcome") }
        guard ridge >= 0, ridge.isFinite else { throw .parameter("ridge") }
        design = Design(rows, outcome: outcome)
        let need = Self.rowsPerColumn * design.columnCount
        guard design.rowCount >= need else { throw .tooFewRows(have: design.rowCount, need: need) }
        eventCount = rows.outcomes.count { $0 == outcome }
        guard 0 < eventCount, eventCount < design.rowCount else {
            throw .noVariation(rows: design.rowCount, events: eventCount)
        }
        self.shapes = shapes
        self.ridge = ridge
    }

    /// The fit, on the calling thread.
    ///
    /// - Throws: ``ResponseFailure/constant(_:)``, ``ResponseFailure/collinear(_:with:)``,
    ///   ``ResponseFailure/separation(_:)``, ``ResponseFailure/notConverged(iterations:)``.
    public func fit() throws(ResponseFailure) -> ResponseFit {
        var design = design
        var search = search
        var action = search.begin()
        while true {
            switch action {
            case .evaluate(let shape, let coefficients):
                design.take(shape)
                action = search.take(design.sums(blocks: 0..<design.blockCount, at: coefficients))
            case .separate(let direction):
                action = search.take(design.margins(blocks: 0..<design.blockCount, along: direction))
            case .finish(let shape, let maximum): return try fit(shape, maximum)
            case .fail(let failure): throw failure
            }
        }
    }

    /// The same fit, to the bit, by so many tasks at once.
    ///
    /// - Parameters:
    ///   - workers: at least 1.
    public func fit(workers: Int) async throws(ResponseFailure) -> ResponseFit {
        guard workers >= 1 else { throw .parameter("workers") }
        var design = design
        var search = search
        var action = search.begin()
        while true {
            switch action {
            case .evaluate(let shape, let coefficients):
                design.take(shape)
                action = search.take(await design.sums(workers: workers, at: coefficients))
            case .separate(let direction):
                action = search.take(design.margins(blocks: 0..<design.blockCount, along: direction))
            case .finish(let shape, let maximum): return try fit(shape, maximum)
            case .fail(let failure): throw failure
            }
        }
    }

    private var search: LikelihoodSearch {
        LikelihoodSearch(
            columns: design.schema.columns, grid: design.schema.hasSaturation ? shapes : nil, ridge: ridge,
            intercept: logit(Double(eventCount) / Double(design.rowCount)))
    }

    private func fit(
        _ shape: FrequencyShape, _ maximum: NewtonSearch.Maximum
    ) throws(ResponseFailure) -> ResponseFit {
        let share = Double(eventCount) / Double(design.rowCount)
        return try ResponseFit(
            equation: ResponseEquation(
                known: design.schema, design.scalings, design.schema.hasSaturation ? shape : nil,
                maximum.coefficients),
            information: maximum.information,
            figures: ResponseFit.Figures(
                logLikelihood: maximum.sums.logLikelihood,
                nullLogLikelihood: Double(design.rowCount) * (share * log(share) + (1 - share) * log(1 - share)),
                rowCount: design.rowCount, eventCount: eventCount, ridge: ridge, iterations: maximum.iterations))
    }
}

extension Design {
    func sums(blocks: Range<Int>, at coefficients: [Double]) -> LikelihoodSums {
        merged(blocks.map { sums(block: $0, at: coefficients) })
    }

    func margins(blocks: Range<Int>, along direction: [Double]) -> Margins {
        blocks.reduce(into: Margins()) { $0.merge(margins(block: $1, along: direction)) }
    }

    /// Blocks in runs, a run for each worker.
    func sums(workers: Int, at coefficients: [Double]) async -> LikelihoodSums {
        let design = self
        let count = min(workers, blockCount)
        let runs = await withTaskGroup(of: (Int, [LikelihoodSums]).self) { group in
            for worker in 0..<count {
                let run = blockCount * worker / count..<blockCount * (worker + 1) / count
                group.addTask { (worker, run.map { design.sums(block: $0, at: coefficients) }) }
            }
            var runs = [[LikelihoodSums]](repeating: [], count: count)
            for await (worker, run) in group { runs[worker] = run }
            return runs
        }
        return merged(runs.flatMap { $0 })
    }

    private func merged(_ blocks: [LikelihoodSums]) -> LikelihoodSums {
        blocks.reduce(into: LikelihoodSums(columnCount: columnCount)) { $0.merge($1) }
    }
}
