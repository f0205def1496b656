import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import SignalsAPI
import TenancyAPI

/// Makes the record of processing activities (GDPR Art. 30) of a brand, from what the services declare and are: what is
/// not kept is not in it, and what is kept cannot be missing, for a test holds the data maps against the databases.
struct ProcessingRecordsService: ProcessingRecords.Service {
    private let services: BrandServices

    init(services: [String], dial: @escaping @Sendable (String) -> any JSONRPCClient) {
        self.services = BrandServices(names: services, dial: dial)
    }

    func get(
        _ params: ProcessingRecords.Get.Params, for call: CallContext
    ) async throws(RPCError) -> ProcessingRecords.Get.Reply {
        let context = try services.context(of: call)
        guard let brandID = context.brand else { throw .forbidden("This belongs to a brand: name it in meta.") }
        let tenancy = services.dial("tenancy")
        let brand = try await Brands.Client(tenancy).get(Brands.Get.Params(id: brandID), for: context)
        let organization = try await Organizations.Client(tenancy).get(
            Organizations.Get.Params(id: brand.organizationId), for: context)
        let purposes = try await Purposes.Client(services.dial("signals")).list(Purposes.List.Params(), for: context)
        let maps = try await services.each(for: call) { client, context throws(RPCError) in
            try await DataMaps.Client(client).get(DataMaps.Get.Params(), for: context)
        }.map(\.answer)
        let rules = try await services.each(for: call) { client, context throws(RPCError) in
            try await RetentionRecords.Client(client).list(RetentionRecords.List.Params(), for: context).items
        }
        return ProcessingRecord(
            generatedAt: call.now, organization: organization.name, brand: brand.name,
            purposes: purposes.items.map {
                ProcessingPurpose(
                    name: $0.name, legalBasis: ($0.legalBasis ?? .consent).rawValue, people: $0.people)
            },
            activities: maps.flatMap(Self.activities),
            recipients: try await recipients(tenancy, for: context),
            retention: rules.flatMap { service, records in
                records.filter { $0.days != nil }.map { RetentionRule($0, of: service) }
            },
            measures: maps.flatMap { map in
                map.measures.map { ProcessingMeasure(service: map.service, measure: $0) }
            })
    }

    /// Tables that are kept for one purpose are one activity.
    private static func activities(_ map: DataMaps.Get.Reply) -> [ProcessingActivity] {
        var activities: [ProcessingActivity] = []
        for table in map.tables {
            guard let people = table.people, let purpose = table.purpose else { continue }
            let known = activities.firstIndex { $0.purpose == purpose && $0.people.rawValue == people.rawValue }
            let before = known.map { activities.remove(at: $0) }
            let data = (before?.data ?? []) + table.data.filter { !(before?.data ?? []).contains($0) }
            let activity = ProcessingActivity(
                service: map.service, purpose: purpose, people: people == .staff ? .staff : .customers, data: data,
                tables: (before?.tables ?? []) + [table])
            activities.insert(activity, at: known ?? activities.count)
        }
        return activities
    }

    /// Outside parties that the brand is connected to.
    private func recipients(
        _ tenancy: any JSONRPCClient, for context: CallContext
    ) async throws(RPCError) -> [ProcessingRecipient] {
        var recipients: [ProcessingRecipient] = []
        var cursor: String?
        repeat {
            let page = try await Integrations.Client(tenancy).list(
                Integrations.List.Params(cursor: cursor), for: context)
            recipients += page.items.map { ProcessingRecipient(kind: "\($0.kind)", name: $0.name) }
            cursor = page.nextCursor
        } while cursor != nil
        return recipients
    }
}
