extension OffPolicySupport {
    /// How many figures there are.
    static let figureCount = 7

    var figures: [Double] {
        [Double(rows), Double(matches), largestWeight, Double(unsupportedRows), weight, squaredWeight, unsupported]
    }

    /// - Parameter figures: as ``figures`` says them, all there.
    init(figures: [Double]) {
        rows = Int(figures[0])
        matches = Int(figures[1])
        largestWeight = figures[2]
        unsupportedRows = Int(figures[3])
        weight = figures[4]
        squaredWeight = figures[5]
        unsupported = figures[6]
    }
}
