import ExperimentsAPI
import JSON
import JSONRPC

/// A file of YAML or JSON that says by what an experiment or a holdout is measured.
struct PlanFile {
    let path: String

    /// Sets the plan, at the version that there is.
    ///
    /// - Parameters:
    ///   - method: takes the file's members, `owner`'s and the version.
    ///   - owner: whose plan it is.
    ///   - get: reads the plan that there is.
    /// - Returns: the plan as it is kept.
    /// - Throws: what is wrong with the file, with its line; whatever else the service refuses.
    func set(
        _ method: String, of owner: (member: String, id: UUIDv7), through client: SuiteClient,
        get: () async throws(RPCError) -> ResultPlan
    ) async throws -> ResultPlan {
        let document = try MappingFile.read(path)
        guard case .object(var members) = document.json else {
            throw CommandFailure("\(path) is no mapping.", remedy: "Write it as the example of --help.")
        }
        members[owner.member] = .string("\(owner.id)")
        if let version = try await version(get) { members["version"] = .number(JSONNumber(version)) }
        let bytes: [UInt8]
        do throws(RPCError) {
            bytes = try await client.call(method, params: JSONValue.object(members).json(), context: nil)
        } catch {
            throw document.failure(of: error, under: "/params") ?? error as any Error
        }
        return try ResultPlan(json: bytes)
    }

    private func version(_ get: () async throws(RPCError) -> ResultPlan) async throws(RPCError) -> Int? {
        do throws(RPCError) {
            return try await get().version
        } catch {
            guard error.code == RPCError.Code.notFound else { throw error }
            return nil
        }
    }
}
