/// The limits of what is taken in, beside those that the contract states.
enum IntakeLimits {
    /// How far ahead of now a signal may say that it happened: clocks differ, time zones are mistaken.
    static let aheadMicroseconds: Int64 = 24 * 3_600 * 1_000_000
    /// Identifiers of one actor.
    static let identifiersOfActor = 64
    /// Traits of one statement.
    static let traitsOfStatement = 64
    /// Characters of a trait's name.
    static let traitNameLength = 100
    /// Traits of one actor, removed ones included, and the bytes of their names and values.
    static let traitsOfActor = 256
    static let traitBytesOfActor = 128 << 10
    /// Stretches of time in one series.
    static let stretches = 1_000
    /// Currencies in one summary.
    static let currencies = 200
    /// Bytes of one chunk of an import.
    static let chunkBytes = 512 << 10
    /// Rejected rows that an import keeps; further ones are counted only.
    static let keptRejectedRows = 10_000
}
