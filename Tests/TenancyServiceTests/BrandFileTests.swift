import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import TenancyAPI
@testable import TenancyService

/// Services that came after a brand.
@Suite struct BrandFileTests {
    @Test("A service that came later makes its database of each brand in use, once, and of no erased one")
    func later() async throws {
        let (signals, experiments) = (PlayedService("signals"), PlayedService("experiments"))
        let directory = TemporaryDirectory()
        try await withTenancy(Tenancy(in: directory, siblings: [signals])) { tenancy in
            let first = try await tenancy.newBrand("First")
            let second = try await tenancy.newBrand("Second")
            let gone = try await tenancy.newBrand("Gone")
            _ = try await tenancy.brands.erase(.init(id: gone.id, name: "Gone"), for: tenancy.admin)
            try await tenancy.eventually {
                try await tenancy.number("SELECT count(*) FROM brands WHERE status = 'erased'") == 1
            }
            let brands = BrandsService(
                runtime: tenancy.runtime,
                siblings: [
                    BrandsService.Sibling(name: "signals", client: signals),
                    BrandsService.Sibling(name: "experiments", client: experiments),
                ])
            experiments.setDown(true)
            let down = await #expect(throws: RPCError.self) {
                try await brands.completeFiles(of: brands.siblings[1])
            }
            #expect(down?.isRetryable == true)
            experiments.setDown(false)
            for _ in 0..<2 { for sibling in brands.siblings { try await brands.completeFiles(of: sibling) } }
            #expect(experiments.asked.map(\.method) == ["brandFiles.create", "brandFiles.create"])
            #expect(Set(experiments.asked.compactMap { $0.context?.brand }) == [first.id, second.id])
            #expect(signals.asked.filter { $0.method == "brandFiles.create" }.count == 3, "nobody makes one again")
        }
    }
}
