#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A standard normal number by Box and Muller's method.
func normal(_ generator: inout SeededGenerator) -> Double {
    let uniform = Double.random(in: Double.leastNormalMagnitude..<1, using: &generator)
    return (-2 * log(uniform)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
}
