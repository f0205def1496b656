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
        var answered = 0
        do throws(SQLiteError) {
            let connection = try connections.connection(for: file)
            while answered < works.count {
                let end = try perform(from: answered, on: connection)
                for work in works[answered..<end] { work.finished() }
                answered = end
            }
        } catch {
            connections.review(error, of: file)
            for work in works[answered...] { work.failed(error) }
        }
    }

    /// One read transaction, from a work on. It has ended when the works are answered, so that what somebody does next,
    /// a checkpoint for one, does not meet it. Returns the position after the last work in it.
    private func perform(from start: Int, on connection: Connection) throws(SQLiteError) -> Int {
        try connection.begin(.deferred)
        // A read transaction has nothing to commit; ending it either way is the same.
        defer { connection.rollBack() }
        let begun = monotonicNanoseconds()
        var position = start
        repeat {
            connection.limitTime(nanoseconds: UInt64(limits.timeMilliseconds) * Self.nanosecondsPerMillisecond)
            works[position].perform(on: connection)
            connection.limitTime(nanoseconds: nil)
            connection.resetStatements()
            position += 1
        } while position < works.count && connection.state.lostTransaction == nil && connection.isInTransaction
            && monotonicNanoseconds() - begun < Self.sharingNanoseconds
        return position
    }
}
