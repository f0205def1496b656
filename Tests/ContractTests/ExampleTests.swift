import ExperimentsAPI
import ExperimentsService
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI
import SignalsService
import StimuliAPI
import StimuliService
import TenancyAPI
import TenancyService
import Testing

/// Every example of every contract is executed, with the clock at 2026-01-01T00:00:00Z and ids that count up from 1.
@Suite struct ExampleTests {
    @Test("Tenancy answers its examples exactly", arguments: TenancyContract.examples.filter(\.isSelfContained))
    func tenancy(example: MethodExample) async throws {
        let service = try await ServiceUnderTest(TenancyService.definition, fixture: example.fixture) {
            try await TenancyService.compose($0, &$1)
        }
        defer { service.stop() }
        try await run(example, of: TenancyContract.methods, on: service)
    }

    @Test("Signals answers its examples exactly", arguments: SignalsContract.examples.filter(\.isSelfContained))
    func signals(example: MethodExample) async throws {
        let service = try await ServiceUnderTest(SignalsService.definition, fixture: example.fixture) {
            try await SignalsService.compose($0, &$1)
        }
        defer { service.stop() }
        try await run(example, of: SignalsContract.methods, on: service)
    }

    @Test("Experiments answers its examples exactly", arguments: ExperimentsContract.examples.filter(\.isSelfContained))
    func experiments(example: MethodExample) async throws {
        let service = try await ServiceUnderTest(ExperimentsService.definition, fixture: example.fixture) {
            try await ExperimentsService.compose($0, &$1)
        }
        defer { service.stop() }
        try await run(example, of: ExperimentsContract.methods, on: service)
    }

    @Test("Stimuli answers its examples exactly", arguments: StimuliContract.examples.filter(\.isSelfContained))
    func stimuli(example: MethodExample) async throws {
        let service = try await ServiceUnderTest(StimuliService.definition, fixture: example.fixture) {
            try await StimuliService.compose($0, &$1)
        }
        defer { service.stop() }
        try await run(example, of: StimuliContract.methods, on: service)
    }

    private func run(
        _ example: MethodExample, of methods: [MethodDescription], on service: ServiceUnderTest
    ) async throws {
        let method = try #require(methods.first { $0.name == example.method })
        do throws(RPCError) {
            let result = try await service.call(method, params: example.params)
            let expected = try? JSONValue.parse(example.result ?? "null")
            #expect(result == expected)
        } catch {
            #expect(error.code == example.errorCode, "\(error.message) \(error.cause ?? "")")
        }
    }
}

extension MethodExample {
    var isSelfContained: Bool { fixture != Fixtures.liveOnly }
}
