/// What a block of n treated and m control units counts for beside others.
public enum BlockWeights: Sendable, Equatable {
    /// n·m / (n + m): the most precise, where shares were not chosen by results.
    case precision
    /// n + m: unbiased also where shares follow what earlier blocks showed.
    case units

    /// As shares of their sum.
    public func shares(_ blocks: [(treatment: Int, control: Int)]) -> [Double] {
        let sizes = blocks.map { block in
            let (n, m) = (Double(block.treatment), Double(block.control))
            return self == .units ? n + m : n * m / max(n + m, 1)
        }
        let sum = sizes.reduce(0, +)
        return sizes.map { $0 / sum }
    }
}
