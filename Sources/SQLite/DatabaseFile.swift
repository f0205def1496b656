/// A database by its path: what queues and caches are keyed by.
///
/// Two different spellings of a path are two different files here; use one.
public struct DatabaseFile: Hashable, Sendable {
    public let path: String

    /// FNV-1a over the path: the same in every process, and computed once, because a queue hashes it for every work.
    private let pathHash: UInt64

    public init(_ path: String) {
        self.path = path
        pathHash = path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    public static func == (left: DatabaseFile, right: DatabaseFile) -> Bool {
        left.pathHash == right.pathHash && left.path == right.path
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(pathHash)
    }

    /// Which of `count` threads (at least 1) this file is pinned to, from 0; always the same for the same path.
    public func thread(of count: Int) -> Int {
        // FNV's low bits depend on the last bytes only through a multiplication; the high half is better mixed.
        Int((pathHash >> 32) % UInt64(count))
    }
}

extension DatabaseFile: CustomStringConvertible {
    public var description: String { path }
}
