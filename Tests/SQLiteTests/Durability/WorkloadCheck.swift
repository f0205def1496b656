@testable import SQLite

/// Compares what is found in a file with what must be there.
struct WorkloadCheck {
    let disk: FaultDisk
    let file: Int

    /// What a file contains.
    struct Found {
        var works: [Int64] = []
        var problems: [String] = []
    }

    /// The numbers of the works that are found, and what is wrong with the file in itself or as the result of exactly
    /// these works.
    func find(among plan: [Workload.Work]) -> Found {
        var found = Found()
        do throws(SQLiteError) {
            let connection = try disk.open(Workload.name(file))
            found.problems += try connection.integrityProblems()
            let works = try connection.prepare("SELECT number FROM works ORDER BY number")
            while try works.step() { found.works.append(works.int64(0)) }
            let numbers = Set(found.works)
            let expected = Workload.items(after: plan.lazy.filter { numbers.contains($0.number) })
            found.problems += try difference(of: connection, from: expected)
        } catch {
            found.problems.append("\(error)")
        }
        return found
    }

    private func difference(of connection: Connection, from expected: Workload.Items) throws(SQLiteError) -> [String] {
        var problems: [String] = []
        var count = 0
        let items = try connection.prepare("SELECT key, work, body FROM items")
        while try items.step() {
            count += 1
            let key = items.int64(0)
            guard let body = expected[key], body.work == items.int64(1) else {
                problems.append(
                    "key \(key) is of work \(items.int64(1)) instead of \(String(describing: expected[key]))")
                continue
            }
            if !items.withBytes(2, { body.isContent($0) }) {
                problems.append("key \(key) of work \(body.work) has other bytes")
            }
        }
        if count != expected.count { problems.append("\(count) items instead of \(expected.count)") }
        return problems
    }

    /// After a power loss: every answered work is there, of the others some whole ones in the order of submission.
    func problems(among plan: [Workload.Work], answered: Set<Int64>) -> [String] {
        let found = find(among: plan)
        let kept = plan.filter { $0.ending == .keep }.map(\.number)
        var problems = found.problems
        if !kept.starts(with: found.works) { problems.append("\(found.works) are not the first of \(kept)") }
        let missing = kept.filter { answered.contains($0) && !found.works.contains($0) }
        if !missing.isEmpty { problems.append("answered but not found: \(missing)") }
        return problems
    }

    /// Without a power loss, and after one that follows a commit: exactly these works are there.
    func problems(among plan: [Workload.Work], exactly committed: Set<Int64>) -> [String] {
        let found = find(among: plan)
        let expected = plan.filter { $0.ending == .keep && committed.contains($0.number) }.map(\.number)
        return found.problems + (found.works == expected ? [] : ["found \(found.works) instead of \(expected)"])
    }
}
