/// One turn of a file: several reads, in one read transaction as long as they are short.
struct ReadGroup {
    let works: [any ReadWork]
    let file: DatabaseFile
    let limits: ReadQueue.Limits

    /// Reads share a transaction that is younger than this, so that sharing adds nothing to the longest read.
    private static let sharingNanoseconds: UInt64 = 10_000_000

    private static let nanosecondsPerMillisecond: UInt64 = 1_000_000

    /// Opens, reads and answers. Every work is answered when this returns.
    func run(_ connections: ThreadConnections) {
        var begun: UInt64?
        for work in works {
            let connection: Connection
            do throws(SQLiteError) {
                connection = try connections.connection(for: file)
                if let since = begun, monotonicNanoseconds() - since > Self.sharingNanoseconds {
                    connection.rollBack()
                    begun = nil
                }
                if begun == nil {
                    try connection.begin(.deferred)
                    begun = monotonicNanoseconds()
                }
            } catch {
                connections.review(error, of: file)
                begun = nil
                work.failed(error)
                continue
            }
            connection.limitTime(nanoseconds: UInt64(limits.timeMilliseconds) * Self.nanosecondsPerMillisecond)
            work.perform(on: connection)
            connection.limitTime(nanoseconds: nil)
            connection.resetStatements()
            if connection.state.lostTransaction != nil || !connection.isInTransaction {
                connection.rollBack()
                begun = nil
            }
            work.finished()
        }
        // A read transaction has nothing to commit; ending it either way is the same.
        if begun != nil { try? connections.connection(for: file).rollBack() }
    }
}
