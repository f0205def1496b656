/// The mean of a count per persona, and what is uncertain about it.
///
/// Each persona has a count in each iteration, and each iteration has its own parameters: a table of two random factors
/// without repetition. Its analysis of variance splits the variance of a count into that of personas, that of iterations
/// and the rest, as the law of total variance does: Searle, Casella and McCulloch, "Variance components" (1992), section
/// 4.3. A part that comes out negative is 0.
public struct SimulatedMean: Sendable, Hashable {
    /// For each persona, over all days.
    public let value: Double
    /// Variance of the value because personas and iterations are not more: more of them lessen it.
    public let monteCarlo: Double
    /// Variance because the coefficients of the response model are not known better.
    public let parameters: Double
    /// Variance because the personas are a sample of the population.
    public let sampling: Double

    /// √ of all three.
    public var standardError: Double { (monteCarlo + parameters + sampling).squareRoot() }

    /// - Returns: nil below two personas or two iterations.
    public init?(_ count: SimulationTotals.Count, personas: Int) {
        let iterations = count.iterationSums.count
        guard personas >= 2, iterations >= 2 else { return nil }
        let (n, m) = (Double(personas), Double(iterations))
        let total = Double(count.iterationSums.reduce(0, +))
        let mean = total / (n * m)
        // Squares about the mean, so that nothing is lost to a large one.
        let ofIterations = count.iterationSums.reduce(0.0) { sum, iteration in
            let deviation = Double(iteration) / n - mean
            return sum + deviation * deviation
        }
        let correction = total * mean
        let ofPersonas = max(0, Double(count.personaSquares) / m - correction)
        let all = max(0, Double(count.squares) - correction)
        let rest = max(0, all - n * ofIterations - ofPersonas) / ((n - 1) * (m - 1))
        let persona = max(0, ofPersonas / (n - 1) - rest) / m
        let iteration = max(0, n * ofIterations / (m - 1) - rest) / n
        value = mean
        monteCarlo = rest / (n * m) + iteration / m
        parameters = iteration
        sampling = persona / n
    }
}
