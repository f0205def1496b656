/// The system's time zone database: a directory of TZif files, one for each zone.
///
/// Nothing is kept: whoever asks often keeps what was parsed. The database changes some times a year, with the system's
/// `tzdata` package.
public struct ZoneFiles: Sendable {
    /// The longest name, in bytes; the database keeps its own below 40.
    public static let maximumNameBytes = 64

    private let directory: String

    public init(directory: String = "/usr/share/zoneinfo") { self.directory = directory }

    /// The file of a zone such as `Europe/Berlin`, for `TimeZoneRules(parsing:)`; nil if there is none, and for a name
    /// that might lead out of the directory: each part has letters, digits, `_`, `+` and `-` and begins with a letter.
    public func bytes(of name: String) -> [UInt8]? {
        guard Self.isName(name) else { return nil }
        return FileBytes.read("\(directory)/\(name)")
    }

    /// Whether the machine knows this zone. `UTC` is one everywhere.
    public func contains(_ name: String) -> Bool {
        name == "UTC" || bytes(of: name)?.starts(with: Array("TZif".utf8)) ?? false
    }

    private static func isName(_ name: String) -> Bool {
        let letters = name.utf8
        guard 1...maximumNameBytes ~= letters.count else { return false }
        return letters.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            part.first.map(isLetter) ?? false
                && part.allSatisfy { isLetter($0) || $0 &- 0x30 < 10 || [0x2B, 0x2D, 0x5F].contains($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
}
