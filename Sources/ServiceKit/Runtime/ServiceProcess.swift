public import Configuration
import CoreMetrics
public import JSON
public import JSONRPC
public import JSONRPCUnixSocket
public import Logging
public import NIOCore
import NIOPosix
import OpenSSL
public import PlatformAPI
public import SQLite
public import ServiceContract
public import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What distinguishes one service from another; ``ServiceProcess`` does the rest.
public struct ServiceDefinition: Sendable {
    /// `signals`: names its socket, its directory and its log entries.
    public let name: String
    public let brandMigrations: [Migration]
    public let serviceMigrations: [Migration]
    /// What the brands' files hold.
    public let brandDataMap: DataMap
    /// What the service's own file holds.
    public let serviceDataMap: DataMap
    /// Finds the actors in a brand's file; nil where there are none.
    public let directory: (any SubjectDirectory)?
    /// What else is done to the service's own file after a restore; nil: nothing.
    public let afterRestore: AfterRestore?

    public init(
        name: String, brandMigrations: [Migration] = [], serviceMigrations: [Migration] = [],
        brandDataMap: DataMap = DataMap([]), serviceDataMap: DataMap = DataMap([]),
        directory: (any SubjectDirectory)? = nil, afterRestore: AfterRestore? = nil
    ) {
        self.name = name
        self.brandMigrations = brandMigrations
        self.serviceMigrations = serviceMigrations
        self.brandDataMap = brandDataMap
        self.serviceDataMap = serviceDataMap
        self.directory = directory
        self.afterRestore = afterRestore
    }
}

/// Takes from a service's own file, which comes from a backup, what was taken away since; the ledger's entries say what.
///
/// Run before the service listens, in the transaction that makes the file its own again. It may be run again.
public typealias AfterRestore = @Sendable ([ErasureRecord], borrowing WriteTransaction) throws(RPCError) -> Void

/// What a service is made from: its methods, its topics, and what else runs beside them.
public struct ServiceParts {
    public var methods = MethodTable()
    public var topics = MessageTopics()
    public var jobs = JobKinds()
    /// Deletes what the service's own file holds of a brand that is erased.
    public var leavings: [BrandLeaving] = []
    /// Run until the process ends, and end gracefully with it.
    public var services: [any Service] = []
    /// Called at each SIGHUP, one after the other; what goes wrong they say in the log themselves.
    public var reloads: [@Sendable () -> Void] = []

    public init() {}
}

/// Deletes what a service's own file holds of one brand.
public typealias BrandLeaving = @Sendable (UUIDv7, borrowing WriteTransaction) throws(RPCError) -> Void

/// What composing a service may use.
public struct ServiceEnvironment: Sendable {
    public let configuration: ServiceConfiguration
    public let reader: ConfigReader
    public let runtime: ServiceRuntime
    public let tombstones: Tombstones
    public let ledger: ErasureLedger
    public let metrics: PrometheusMetrics
    /// The one event loop of the process.
    public let eventLoop: any EventLoop
    /// Clients of the siblings, by name.
    public let siblings: Siblings
    public let logger: Logger

    public init(
        configuration: ServiceConfiguration, reader: ConfigReader, runtime: ServiceRuntime, tombstones: Tombstones,
        ledger: ErasureLedger, metrics: PrometheusMetrics, eventLoop: any EventLoop, siblings: Siblings, logger: Logger
    ) {
        self.configuration = configuration
        self.reader = reader
        self.runtime = runtime
        self.tombstones = tombstones
        self.ledger = ledger
        self.metrics = metrics
        self.eventLoop = eventLoop
        self.siblings = siblings
        self.logger = logger
    }
}

/// Runs one service from start to end: the body of every `Main`.
///
/// ```swift
/// @main enum SignalsMain {
///     static func main() async {
///         await ServiceProcess.run(.signals) { environment, parts in
///             SignalsService(environment).registerMethods(with: &parts.methods)
///         }
///     }
/// }
/// ```
public enum ServiceProcess {
    /// Starts the service, serves its siblings on its socket until SIGTERM or SIGINT, and drains.
    ///
    /// Ends the process with status 1 and one line in the log when it cannot start.
    public static func run(
        _ definition: ServiceDefinition,
        compose: @Sendable (ServiceEnvironment, inout ServiceParts) async throws -> Void
    ) async {
        if CommandLine.arguments.dropFirst().first == schemaOption { return printSchema(of: definition) }
        do {
            try await start(definition, compose)
        } catch {
            Logger(label: definition.name).critical("cannot start", metadata: ["cause": "\(error)"])
            exit(1)
        }
    }

    /// `signals --schema` prints the newest step that its databases can have, `{"brand": …, "service": …}`, and ends.
    public static let schemaOption = "--schema"

    private static func printSchema(of definition: ServiceDefinition) {
        let brand = ([.ground] + definition.brandMigrations).last?.name ?? ""
        let service = ([.ground] + definition.serviceMigrations).last?.name ?? ""
        print("{\"brand\":\"\(brand)\",\"service\":\"\(service)\"}")
    }

    private static func start(
        _ definition: ServiceDefinition,
        _ compose: @Sendable (ServiceEnvironment, inout ServiceParts) async throws -> Void
    ) async throws {
        // Whatever this process creates is its owner's alone; a peer that goes away is an error, not a signal.
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        let reader = try ConfigReader.environmentAndFile()
        let configuration = ServiceConfiguration(reader: reader)
        let logLevel = LogLevel(configuration.logLevel)
        StructuredLogHandler.bootstrap(service: definition.name, level: logLevel)
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        let logger = Logger(label: definition.name)
        let peers = try configuration.peerUsers.map { text throws(PeerUsersError) in try PeerUsers(text) }
        if let peers {
            try peers.check(definition.name, runsAs: geteuid())
            // Siblings with users of their own reach sockets and the ledger through their group. Directories of
            // databases and of secrets are the owner's alone.
            umask(0o007)
        }
        FileBytes.createDirectory(configuration.runDirectory)
        SQLiteMemory.setSoftLimit(bytes: Int64(configuration.databaseMemoryMebibytes) << 20)

        let tombstoneKey = try SecretFile.key(named: "tombstones", in: configuration.secretsDirectory)
        let tombstones = try Tombstones(key: tombstoneKey)
        let ledger = try ErasureLedger(
            directory: configuration.ledgerDirectory, replica: configuration.ledgerReplica, key: tombstoneKey)
        let restored = try RestoredDatabases.find(definition.name, configuration)
        try restored?.removeErasedBrands(ledger)

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let siblings = Siblings(configuration, on: group.any())
        let databases = try BrandDatabases(
            directory: configuration.databaseDirectory(of: definition.name),
            brandMigrations: definition.brandMigrations, serviceMigrations: definition.serviceMigrations,
            cacheKiB: configuration.databaseMemoryMebibytes << 10 / 2)
        let (brandErasure, serviceErasure) = erasures(definition, tombstones, ledger)
        if let restored {
            try restored.finish(
                databases, ledger, brandErasure, serviceErasure, definition.afterRestore, at: Clock.system.now())
            logger.notice("a restore is finished", metadata: ["brands": "\(databases.count)"])
        }
        let courier = OutboxCourier(sender: definition.name) { siblings[$0] }
        let runtime = ServiceRuntime(
            name: definition.name, databases: databases, courier: courier, openFiles: configuration.openDatabases)
        courier.attach(to: runtime)
        let environment = ServiceEnvironment(
            configuration: configuration, reader: reader, runtime: runtime, tombstones: tombstones, ledger: ledger,
            metrics: metrics, eventLoop: group.any(), siblings: siblings, logger: logger)

        var parts = ServiceParts()
        try await compose(environment, &parts)
        HeadWitness.register(in: &parts.topics)
        metrics.describe(HeadWitness.helps)
        try await runtime.read(databases.serviceFile) { transaction throws(RPCError) in
            try HeadWitness.measure(in: transaction)
        }
        parts.jobs[RetentionWork.kind] = RetentionWork(dataMap: brandErasure.dataMap)
        PlatformService(
            runtime: runtime, topics: parts.topics, jobs: parts.jobs, brandErasure: brandErasure,
            serviceErasure: serviceErasure, health: HealthCheck(startedAt: runtime.clock.now(), ledger: ledger),
            metrics: metrics, leavings: parts.leavings, measures: measures(configuration, peers)
        ).registerAll(with: &parts.methods)
        let dispatcher = MethodDispatcher(parts.methods, runtime: runtime)
        let server = try await UnixSocketServer.bind(
            to: configuration.socketPath(of: definition.name), on: group
        ) { peer -> (any RequestHandler)? in
            guard let peers else { return dispatcher }
            let services = peers.services(of: peer.userID)
            return services.isEmpty ? nil : PeerDoor(dispatcher: dispatcher, services: services)
        }
        let reload = ConfigurationReload(
            logLevel: logLevel, logger: logger, others: parts.reloads
        ) { ServiceConfiguration(reader: try .environmentAndFile()) }
        logger.info("serving", metadata: ["socket": "\(server.path)", "brands": "\(databases.count)"])
        #if FAILPOINTS
            Failpoint.announce(definition.name)
        #endif
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    courier, reload, JobRunner(parts.jobs, runtime: runtime), RetentionSchedule(runtime: runtime),
                    SocketService(server),
                ]
                    + parts.services,
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
        runtime.stop()
        logger.info("stopped")
    }

    /// How the process itself protects what it keeps.
    private static func measures(_ configuration: ServiceConfiguration, _ peers: PeerUsers?) -> [String] {
        var measures = [
            peers == nil
                ? "The services of this installation run as one user, who alone reads their files."
                : "This service runs as a user of its own, and believes no other to be one of its siblings.",
            "What was erased is written down, as keyed hashes, outside databases and backups, and erased again after a restore.",
        ]
        if configuration.ledgerReplica != nil { measures.append("A copy of that list lies in a second place.") }
        return measures
    }

    private static func erasures(
        _ definition: ServiceDefinition, _ tombstones: Tombstones, _ ledger: ErasureLedger
    ) -> (brand: SubjectErasure, service: SubjectErasure) {
        let brand = SubjectErasure(
            dataMap: DataMap(DataMap.ground.tables + definition.brandDataMap.tables), directory: definition.directory,
            tombstones: tombstones, ledger: ledger, service: definition.name)
        let service = SubjectErasure(
            dataMap: DataMap(DataMap.ground.tables + definition.serviceDataMap.tables), directory: nil,
            tombstones: tombstones, ledger: ledger, service: definition.name)
        return (brand, service)
    }
}

extension PlatformService {
    func registerAll(with table: inout MethodTable) {
        (self as any BrandFiles.Service).registerMethods(with: &table)
        (self as any BrandMessages.Service).registerMethods(with: &table)
        (self as any DatabaseCopies.Service).registerMethods(with: &table)
        (self as any DataMaps.Service).registerMethods(with: &table)
        (self as any Health.Service).registerMethods(with: &table)
        (self as any HoldRecords.Service).registerMethods(with: &table)
        (self as any JobRecords.Service).registerMethods(with: &table)
        (self as any Messages.Service).registerMethods(with: &table)
        (self as any PlatformAPI.Metrics.Service).registerMethods(with: &table)
        (self as any RetentionRecords.Service).registerMethods(with: &table)
        (self as any Subjects.Service).registerMethods(with: &table)
        (self as any WitnessedHeads.Service).registerMethods(with: &table)
    }
}

/// Clients of the other services, one each, made when first needed.
public struct Siblings: Sendable {
    private let clients: [String: UnixSocketClient]

    /// All services there are.
    public static let names = ["experiments", "gateway", "signals", "stimuli", "tenancy"]
    /// Those that keep a database for each brand.
    public static let keepingBrands = ["experiments", "signals", "stimuli"]

    public init(_ configuration: ServiceConfiguration, on loop: any EventLoop) {
        clients = Dictionary(
            uniqueKeysWithValues: Self.names.map { name in
                (name, UnixSocketClient(path: configuration.socketPath(of: name), name: name, on: loop))
            })
    }

    /// The client of `name`, which must be one of ``names``.
    public subscript(name: String) -> UnixSocketClient {
        guard let client = clients[name] else { preconditionFailure("There is no service \(name).") }
        return client
    }
}

/// A socket that is open while the process runs.
public struct SocketService: Service {
    private let close: @Sendable () async throws -> Void

    public init(_ server: UnixSocketServer) { close = server.close }

    public init(_ server: NetworkServer) { close = server.close }

    public func run() async throws {
        try? await gracefulShutdown()
        try await close()
    }
}
