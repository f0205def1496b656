import GatewayAPI
import JSONRPC
import JSONRPCUnixSocket
import Limits
import Logging
import NIOCore
import OpenSSL
import OutboundHTTP
import PlatformAPI
import ServiceContract
public import ServiceKit
import ServiceLifecycle
import TLS

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The gateway: doors for clients and for the administrator, privacy requests, HTTP.
public enum GatewayService {
    public static let definition = ServiceDefinition(
        name: "gateway", serviceMigrations: GatewayMigrations.all, serviceDataMap: .gateway)

    /// Puts the gateway together: its own methods, its doors, the saga, the HTTP server.
    public static func compose(_ environment: ServiceEnvironment, _ parts: inout ServiceParts) async throws {
        let configuration = try GatewayConfiguration(reader: environment.reader)
        let siblings = environment.siblings
        let run = environment.configuration.runDirectory
        let doors = OpenDoors(
            in: run, awaitsTLSHTTP: configuration.tls?.httpPort != nil, logger: environment.logger)
        let status = SystemStatus(services: Siblings.names, of: definition.name, doors: doors) { siblings[$0] }
        let secrets = environment.configuration.secretsDirectory
        let certificateSeed = try SecretFile.key(named: "privacy-certificates", in: secrets)
        let archives = PrivacyArchives(
            runtime: environment.runtime,
            directory: environment.configuration.databaseDirectory(of: definition.name) + "/archives",
            key: try Ed25519.PrivateKey(rawRepresentation: certificateSeed))
        let seal = try NoticeSeal(key: SecretFile.key(named: "privacy-notices", in: secrets))
        let saga = PrivacySaga(
            runtime: environment.runtime, services: sagaOrder(Siblings.names), works: works(environment, archives),
            certificate: try PrivacyCertificate(seed: certificateSeed), seal: seal
        ) { siblings[$0] }
        let codes = try VerificationCode(key: SecretFile.key(named: "verification-codes", in: secrets))
        var methods = MethodTable()
        let callbacks = configuration.callbacks
        PrivacyRequestsService(
            codes: codes, saga: saga, archives: archives,
            subscriptions: CallbackSubscriptions(callbacks.permissions)
        ).registerMethods(with: &methods)
        PrivacyCallbacksService().registerMethods(with: &methods)
        PrivacyNoticesService(seal: seal).registerMethods(with: &methods)
        let processor = try ProcessorIdentity.load(callbacks, secrets: secrets)
        let client = OutboundHTTPClient(
            on: environment.eventLoop, tls: try TLSClientContext(roots: callbacks.roots),
            permissions: callbacks.permissions)
        let callbackCourier = Courier(
            of: CallbackMail(from: processor), runtime: environment.runtime, identity: processor, client: client)
        let noticeCourier = Courier(
            of: NoticeMail(under: seal), runtime: environment.runtime, identity: processor, client: client)
        status.registerMethods(with: &methods)
        JobsService(services: Siblings.names.filter { $0 != definition.name }) { siblings[$0] }
            .registerMethods(with: &methods)
        let others = Siblings.names.filter { $0 != definition.name }
        let holds = HoldSaga(runtime: environment.runtime, services: others) {
            siblings[$0]
        } released: {
            saga.wake()
        }
        LegalHoldsService(services: others, identifiers: environment.runtime.identifiers, saga: holds) { siblings[$0] }
            .registerMethods(with: &methods)
        RetentionRulesService(services: others) { siblings[$0] }.registerMethods(with: &methods)
        ProcessingRecordsService(services: Siblings.names) { siblings[$0] }.registerMethods(with: &methods)
        AuditWitnessesService(services: Siblings.names.filter { $0 != "tenancy" }) { siblings[$0] }
            .registerMethods(with: &methods)

        BackupsService(
            ledger: environment.ledger, services: BackupsService.order(Siblings.names),
            identifiers: environment.runtime.identifiers
        ) { siblings[$0] }
        .registerMethods(with: &methods)

        let limits = LimitsService(tenancy: siblings["tenancy"], on: environment.eventLoop)
        limits.registerMethods(with: &methods)

        let forgetRequests: BrandLeaving = { (brand, transaction: borrowing WriteTransaction) throws(RPCError) in
            try PrivacyRequestStore().deleteAll(of: brand, in: transaction)
            try HoldOrderStore().deleteAll(of: brand, in: transaction)
        }
        parts.leavings.append(forgetRequests)
        environment.metrics.describe(GateMetrics.helps)
        let validEpoch = ValidEpoch()
        parts.topics.on("keys.changed", as: KeysChanged.self) { message, _, _ in validEpoch.raise(to: message.epoch) }

        let accessLog = accessLog(configuration, environment)
        let usage = KeyUsage(runtime: environment.runtime)
        let routes = try Routes()
        let local = MethodDispatcher(methods, runtime: environment.runtime)
        let bootClock = BootClock.system()
        let limiter = try await LimitKeeper.restore(environment.runtime, bootClock)
        let (wakes, wakeKeeper) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let gate = try await environment.eventLoop.submit {
            NIOLoopBound(
                Gate(
                    routes: routes, local: local, siblings: siblings,
                    keys: KeyRing(
                        tenancy: siblings["tenancy"], clock: environment.runtime.clock, validEpoch: validEpoch,
                        limits: configuration.limits),
                    clock: environment.runtime.clock, bootClock: bootClock,
                    metrics: GateMetrics(routes.methods, errorCodes: Array(GatewayContract.httpStatuses.keys)),
                    usage: usage, limits: configuration.limits, limiter: limiter, accessLog: accessLog,
                    eventLoop: environment.eventLoop
                ) { wakeKeeper.yield() },
                eventLoop: environment.eventLoop)
        }.get()
        limits.attach(to: gate)
        let keeper = LimitKeeper(
            gate, on: environment.eventLoop, runtime: environment.runtime, clock: bootClock, wakes: wakes)
        let addressLimit = configuration.limits.address
        let connections = try await environment.eventLoop.submit {
            NIOLoopBound(
                ConnectionCounts(maximum: configuration.limits.connectionsPerAddress),
                eventLoop: environment.eventLoop)
        }.get()
        let clients = try await UnixSocketServer.bind(
            to: run + "/gateway.sock", on: environment.eventLoop, limits: .publicEdge
        ) { peer in
            let address = BucketName.user(peer.userID)
            return connections.value.open(address).map {
                ClientDoor(gate.value, for: Caller(address, addressLimit), over: $0)
            }
        }
        let administrators = try await UnixSocketServer.bind(
            to: run + "/admin.sock", on: environment.eventLoop, limits: .publicEdge
        ) { peer in mayAdminister(peer) ? AdministratorDoor(gate.value) : nil }

        let statusPage = try StatusPage(
            status: status, tenancy: siblings["tenancy"], signals: siblings["signals"],
            clock: environment.runtime.clock)
        let staffBar = try StaffBar(tenancy: siblings["tenancy"])
        let staffPage = try StaffPage(clock: environment.runtime.clock)
        let experimentsPage = try ExperimentsPage()
        let signInPage = try SignInPage()
        // A form that was shown before a restart is shown again.
        let formKey = try HMACKey(SecureRandom.bytes(HMACKey.generatedByteCount))
        // What an earlier process that was killed left there.
        if let socket = configuration.httpSocket { unlink(socket) }
        let patience = HTTPPatience.Limits()
        let door = HTTPDoor(gate, on: environment.eventLoop, addressLimit, bodyTime: patience.body)
        let httpParts = HTTPServer.Parts(
            door: door,
            openDSR: OpenDSRDoor(
                door, identity: processor, kinds: Set(saga.works.keys), clock: environment.runtime.clock),
            streamTokens: try StreamTokens(environment.tombstones), patience: patience, eventLoop: environment.eventLoop
        )
        let streams = FeatureStreams(door, maximum: HTTPServer.maximumStreams)
        let pages = { (status: StatusPage?, isSecure: Bool) in
            Pages(
                status: status, bar: staffBar, staff: staffPage, experiments: experimentsPage, signIn: signInPage,
                cookies: PageCookies(isSecure: isSecure, key: formKey), door: httpParts.door)
        }
        let http = HTTPServer.loopback(
            httpParts, port: configuration.httpPort, socket: configuration.httpSocket,
            connections: try await loopbackConnections(on: environment.eventLoop), streams: streams,
            pages: pages(statusPage, false), status: status, metrics: environment.metrics
        ) {
            doors.opened(httpPort: $0)
        }
        // Services end in the opposite order: what the doors let in last is still counted.
        if let accessLog { parts.services.append(accessLog) }
        parts.services += [
            keeper, saga, holds, callbackCourier, noticeCourier, usage, SocketService(clients),
            SocketService(administrators), streams, http,
        ]
        if let tls = configuration.tls {
            let streams = FeatureStreams(door, maximum: TLSDoors.maximumConnections / 2)
            parts.services.append(streams)
            try await openTLS(tls, environment, &parts, gate: gate, limits: configuration.limits, doors: doors) {
                HTTPServer.secure(
                    httpParts, tls, port: tls.httpPort ?? 0, streams: streams, pages: pages(nil, true),
                    secure: $0, onBound: $1)
            }
        }
    }

    private static func loopbackConnections(
        on eventLoop: any EventLoop
    ) async throws -> NIOLoopBound<ConnectionCounts> {
        try await eventLoop.submit {
            let counts = ConnectionCounts(
                total: HTTPServer.maximumConnections, spare: HTTPServer.spareConnections, grace: HTTPServer.grace
            ) { delay, look in
                eventLoop.assumeIsolated().scheduleTask(in: delay) { look(.now()) }
            }
            return NIOLoopBound(counts, eventLoop: eventLoop)
        }.get()
    }

    private static func accessLog(
        _ configuration: GatewayConfiguration, _ environment: ServiceEnvironment
    ) -> AccessLog? {
        let path =
            configuration.accessLog
            ?? environment.configuration.databaseDirectory(of: definition.name) + "/access.log"
        guard path != "off" else { return nil }
        return AccessLog(
            path: path, maximumBytes: configuration.accessLogMebibytes << 20, clock: environment.runtime.clock)
    }

    /// What carries out each kind of privacy request. A kind that is not here is refused when it is submitted.
    private static func works(
        _ environment: ServiceEnvironment, _ archives: PrivacyArchives
    ) -> [PrivacyKind: any PrivacyWork] {
        let siblings = environment.siblings
        func copies(_ purpose: DisclosurePurpose) -> ArchiveWork {
            ArchiveWork(purpose: purpose, services: Siblings.names, archives: archives) { siblings[$0] }
        }
        return [
            .access: copies(.access), .portability: copies(.portability), .correction: CorrectionWork(),
            .erasure: ErasureWork(of: environment.runtime.name, archives: archives),
            .restriction: RestrictionWork(kind: .restriction), .objection: RestrictionWork(kind: .objection),
            .optOut: RestrictionWork(kind: .optOut), .accounting: AccountingWork(archive: copies(.access)),
        ]
    }

    /// Signals first, which knows the actors that legal holds name: where one keeps a person's data, the others have done
    /// nothing yet. Then those that hold people's data besides.
    static func sagaOrder(_ services: [String]) -> [String] {
        let (first, last) = (["signals"], ["tenancy", definition.name])
        return first.filter(services.contains) + services.filter { !(first + last).contains($0) }
            + last.filter(services.contains)
    }

    /// The platform's own door is for the user that Gyre runs as, and for root.
    private static func mayAdminister(_ peer: PeerCredentials) -> Bool {
        peer.userID == geteuid() || peer.userID == 0
    }
}
