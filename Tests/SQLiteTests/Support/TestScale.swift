#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How much is tested: a selection every time, everything with `GYRE_TEST_FULL=1`.
enum TestScale {
    static let isFull = getenv("GYRE_TEST_FULL").map { String(cString: $0) } == "1"
}
