import JSON
import JSONRPC
import SQLite
import ServiceContract

extension ServiceRuntime {
    /// Deletes a brand's database for ever; it can be called again until it succeeds.
    ///
    /// No call reaches the brand any more, from the first attempt on. What its database has still to tell others, such
    /// as audit entries, arrives before it is deleted: until then this is busy.
    ///
    /// - Returns: whether there was a database.
    func eraseBrand(_ brand: UUIDv7) async throws(RPCError) -> Bool {
        guard let file = databases.beginErasure(of: brand) else { return try databases.finishErasure(of: brand) }
        guard try await hasToldAll(file) else {
            courier.look(at: file)
            throw .busy("What \(name) still has to tell others of the brand")
        }
        await close(file)
        let wasThere = try databases.finishErasure(of: brand)
        // A work that had found the file before may have opened it once more.
        await close(file)
        return wasThere
    }

    /// Whether nothing is left in a file's outbox. Stands in line behind all writes that were admitted before.
    private func hasToldAll(_ file: DatabaseFile) async throws(RPCError) -> Bool {
        do throws(RPCError) {
            return try await write(file) { transaction throws(RPCError) in
                try transaction.one("SELECT 1 FROM outbox LIMIT 1") { _ in true } == nil
            }
        } catch {
            // What a damaged file still had to tell nobody will ever know; that must not keep it from being deleted.
            if error.isRetryable { throw error }
            return true
        }
    }

    private func close(_ file: DatabaseFile) async {
        await writer.close(file)
        await reader.close(file)
    }
}
