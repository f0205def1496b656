import JSONRPC
import OpenSSL
import ServiceContract
public import ServiceKit
import TenancyAPI

/// Tenancy: organisations, brands, API keys and the audit trail.
public enum TenancyService {
    /// All of it lies in the service's own database: what tenancy knows belongs to no single brand.
    public static let definition = ServiceDefinition(
        name: "tenancy", serviceMigrations: TenancyMigrations.all, serviceDataMap: .tenancy,
        afterRestore: { (records, transaction: borrowing WriteTransaction) throws(RPCError) in
            try RestoredAccess().takeBack(records, in: transaction)
        })

    /// The services that keep a database for each brand.
    static let brandServices = Siblings.keepingBrands

    /// Puts tenancy together.
    public static func compose(_ environment: ServiceEnvironment, _ parts: inout ServiceParts) async throws {
        let siblings = environment.siblings
        let log = try VerifiableLog(
            directory: environment.configuration.secretsDirectory,
            witnesses: Siblings.names.filter { $0 != definition.name })
        try await log.settleKeys(environment.runtime)
        let peppers = try KeyPeppers(directory: environment.configuration.secretsDirectory)
        let seal = try CredentialSeal(directory: environment.configuration.secretsDirectory)
        let secrets = StaffSecrets(peppers: peppers, random: SecureRandom.bytes)
        let passwords = Passwords()
        let codes = AuthenticatorCodes(secrets: secrets, seal: seal)
        let keys = KeysService(peppers: peppers, ledger: environment.ledger)
        try await keys.revokeAgain(environment.runtime)
        let brands = BrandsService(
            runtime: environment.runtime,
            siblings: brandServices.map { BrandsService.Sibling(name: $0, client: siblings[$0]) },
            others: [BrandsService.Sibling(name: "gateway", client: siblings["gateway"])])
        try await brands.eraseAgain(environment.ledger)
        register(brands, keys, IntegrationsService(seal: seal), log, environment.runtime, in: &parts)
        register(
            UsersService(
                runtime: environment.runtime, secrets: secrets, passwords: passwords, ledger: environment.ledger),
            SessionsService(
                runtime: environment.runtime, secrets: secrets, passwords: passwords, codes: codes),
            AuthenticatorsService(runtime: environment.runtime, codes: codes), in: &parts)
        parts.services.append(BrandFileSchedule(brands: brands))
        parts.services.append(HeadSchedule(log: log, runtime: environment.runtime))
    }

    static func register(
        _ users: UsersService, _ sessions: SessionsService, _ authenticators: AuthenticatorsService,
        in parts: inout ServiceParts
    ) {
        users.registerMethods(with: &parts.methods)
        sessions.registerMethods(with: &parts.methods)
        authenticators.registerMethods(with: &parts.methods)
    }

    static func register(
        _ brands: BrandsService, _ keys: KeysService, _ integrations: IntegrationsService, _ log: VerifiableLog,
        _ runtime: ServiceRuntime, in parts: inout ServiceParts
    ) {
        OrganizationsService().registerMethods(with: &parts.methods)
        brands.registerMethods(with: &parts.methods)
        parts.jobs[BrandErasure.kind] = BrandErasure(siblings: brands.siblings + brands.others)
        keys.registerMethods(with: &parts.methods)
        integrations.registerMethods(with: &parts.methods)
        BrandSettingsService().registerMethods(with: &parts.methods)
        SystemParametersService().registerMethods(with: &parts.methods)
        parts.topics.on("keys.used", as: KeysUsed.self) { message, transaction, _ throws(RPCError) in
            try keys.use(message, in: transaction)
        }
        let audit = AuditEntriesService(log: log)
        audit.registerMethods(with: &parts.methods)
        AuditLogService(log: log, runtime: runtime).registerMethods(with: &parts.methods)
        parts.topics.on("audit.recorded", as: AuditEntryMessage.self) { message, transaction, call throws(RPCError) in
            try audit.record(message, at: call.now, in: transaction)
        }
    }
}
