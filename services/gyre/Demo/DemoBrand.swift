import JSON
import JSONRPC
import SignalsAPI
import TenancyAPI

/// The brand of `gyre up --demo` and a key that may do everything in it.
struct DemoBrand: Equatable {
    let brand: UUIDv7
    /// When the brand was made: where the year of its orders ends.
    let createdAt: Timestamp
    let key: String

    static let name = "Demo"
    /// Cost units a second, and at once: limits are on, and out of the way.
    private static let rate = 1_000_000

    /// Finds the brand and a key that still opens it, or makes what is missing.
    static func prepare(in directory: DataDirectory, _ admin: SuiteClient) async throws(CommandFailure) -> DemoBrand {
        let kept = Kept.read(in: directory)
        let demo: DemoBrand
        do {
            let brand = try await provision(admin, known: kept?.brand)
            if let kept, kept.brand == brand.id, await opens(directory, with: kept.key) {
                return DemoBrand(brand: brand.id, createdAt: brand.createdAt, key: kept.key)
            }
            let made = try await Keys.Client(admin).create(
                Keys.Create.Params(
                    brandId: brand.id, name: "demo", scopes: ["*:*"], ratePerSecond: rate, burst: rate))
            demo = DemoBrand(brand: brand.id, createdAt: brand.createdAt, key: made.key)
        } catch {
            throw CommandFailure(error, in: directory, subject: "The demo brand cannot be made")
        }
        try Kept(brand: demo.brand, key: demo.key).write(in: directory)
        return demo
    }

    private static func provision(_ admin: SuiteClient, known: UUIDv7?) async throws(RPCError) -> Brand {
        let brands = try await admin.brands()
        let found = brands.first { $0.id == known } ?? brands.first { $0.name == name }
        if let found, found.status == .active { return found }
        let params = Brands.Provision.Params(name: name, organizationId: found?.organizationId, industry: .retail)
        return try await Brands.Client(admin).provision(params)
    }

    private static func opens(_ directory: DataDirectory, with key: String) async -> Bool {
        let client = SuiteClient(.gateway(key: key), in: directory)
        let answer = try? await Actors.Client(client).count(Actors.Count.Params())
        await client.close()
        return answer != nil
    }
}

/// What one start keeps for the next one: nothing else can show the key again.
private struct Kept {
    let brand: UUIDv7
    let key: String

    /// Nil when there is nothing of use.
    static func read(in directory: DataDirectory) -> Kept? {
        guard let bytes = SmallFile.read(directory.demoFile), let json = try? JSONValue(parsing: bytes),
            let brand = json["brand"]?.string.flatMap({ UUIDv7($0) }), let key = json["key"]?.string
        else { return nil }
        return Kept(brand: brand, key: key)
    }

    func write(in directory: DataDirectory) throws(CommandFailure) {
        let json: JSONValue = ["brand": .string(brand.description), "key": .string(key)]
        try SmallFile.replace(directory.demoFile, with: Array((json.description + "\n").utf8), mode: 0o600)
    }
}
