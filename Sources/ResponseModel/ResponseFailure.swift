/// Why there is no model, as a sentence with its remedy: said instead of a wrong number.
public enum ResponseFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// A value, or a number of them, out of its range; by the parameter's name.
    case parameter(String)
    /// A value of this column is not a number, or infinite.
    case notFinite(String)
    /// More rows than ``ExposureRows/maximumRows``.
    case tooManyRows
    /// Fewer rows than ``ResponseEstimation/rowsPerColumn`` for each column.
    case tooFewRows(have: Int, need: Int)
    /// Nobody did it, or everybody.
    case noVariation(rows: Int, events: Int)
    /// A column that is the same in every row.
    case constant(String)
    /// A column that is a sum of multiples of others in every row.
    case collinear(String, with: [String])
    /// Along these columns who did it and who did not lie apart, so that their coefficients have no finite estimate;
    /// those that tell most first.
    case separation([String])
    /// The likelihood has a maximum that was not reached.
    case notConverged(iterations: Int)

    public var description: String {
        switch self {
        case .parameter(let name): "\(name) is out of its range."
        case .notFinite(let column): "A value of \(column) is not a finite number."
        case .tooManyRows: "A model is fitted to at most \(ExposureRows.maximumRows) exposures; take a sample of them."
        case .tooFewRows(let have, let need):
            "There are \(have) exposures, and a model of this many columns takes \(need). Wait for more, or take fewer "
                + "columns."
        case .noVariation(let rows, let events):
            "Of \(rows) exposures \(events) had the outcome, so nothing tells who has it. Wait until some have and some "
                + "have not."
        case .constant(let column): "\(column) is the same in every row. Leave it out."
        case .collinear(let column, let others):
            "\(column) follows from \(others.joined(separator: ", ")), so their effects cannot be told apart. Leave one "
                + "of them out, or give a ridge."
        case .separation(let columns):
            "\(columns.joined(separator: ", ")) tell without error who had the outcome, so no finite coefficient is the "
                + "likeliest. Wait for more exposures, leave them out, or give a ridge."
        case .notConverged(let iterations):
            "The likelihood was still rising after \(iterations) steps. Look for extreme values, or give a ridge."
        }
    }
}
