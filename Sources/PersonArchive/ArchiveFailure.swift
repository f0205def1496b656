/// Why an archive cannot be opened; for people.
public struct ArchiveFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
