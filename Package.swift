// swift-tools-version: 6.2
import PackageDescription

// Read from the top: each layer may import the layers above it, never one below.

let package = Package(
    name: "gyre",
    products: [
        .executable(name: "experiments", targets: ["ExperimentsMain"]),
        .executable(name: "gateway", targets: ["GatewayMain"]),
        .executable(name: "gyre", targets: ["Gyre"]),
        .executable(name: "proto-gen", targets: ["proto-gen"]),
        .executable(name: "signals", targets: ["SignalsMain"]),
        .executable(name: "stimuli", targets: ["StimuliMain"]),
        .executable(name: "tenancy", targets: ["TenancyMain"]),
        .library(name: "Assignment", targets: ["Assignment"]),
        .library(name: "CommonAPI", targets: ["CommonAPI"]),
        .library(name: "ExperimentMetrics", targets: ["ExperimentMetrics"]),
        .library(name: "JSON", targets: ["JSON"]),
        .library(name: "JSONRPC", targets: ["JSONRPC"]),
        .library(name: "JSONRPCUnixSocket", targets: ["JSONRPCUnixSocket"]),
        .library(name: "Limits", targets: ["Limits"]),
        .library(name: "SQLite", targets: ["SQLite"]),
        .library(name: "SignalsAPI", targets: ["SignalsAPI"]),
        .library(name: "Statistics", targets: ["Statistics"]),
        .library(name: "TLS", targets: ["TLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The wire: bytes, messages, sockets.
        .library("JSON"),
        .library("JSONRPC", ["JSON"]),
        .library("JSONRPCInProcess", ["JSON", "JSONRPC"]),
        .library("JSONRPCUnixSocket", ["CUnixSocket", "JSON", "JSONRPC", .nio("NIOCore"), .nio("NIOPosix")]),
        .target(name: "CUnixSocket"),

        // The ground: storage, cryptography and TLS, each over one system library.
        .library("OpenSSL", ["COpenSSL"]),
        .library("SQLite", ["CPacedWrites", "CSQLite"]),
        .target(name: "CPacedWrites", dependencies: ["CSQLite"]),
        .library("TLS", ["COpenSSL", .nio("NIOCore")]),
        .library("OutboundHTTP", ["TLS", .nio("NIOCore"), .nio("NIOHTTP1"), .nio("NIOPosix")]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

        // Contracts: the generator, what generated code speaks, and what it wrote.
        .library("ProtoGen", ["JSON"]),
        .program("proto-gen", ["ProtoGen", .argumentParser]),
        .library("ServiceContract", ["JSON", "JSONRPC", "SQLite"]),
        .api("Common", ["JSON"]),
        .api("Experiments"),
        .api("Gateway"),
        .api("Platform"),
        .api("Signals"),
        .api("Stimuli"),
        .api("Tenancy"),

        // Kernels: pure functions over values.
        .library("Assignment", ["JSON"]),
        .library("Attribution", ["JSON"]),
        .library("Beliefs", ["JSON", "Statistics"]),
        .library("CivilTime", ["JSON"]),
        .library("ExperimentMetrics", ["Policies", "Statistics"]),
        .library("Limits"),
        .library("Mapping", ["JSON"]),
        .library("MerkleLog", ["OpenSSL"]),
        .library("Personas", ["Randomness", "ResponseModel"]),
        .library("Policies", ["Randomness", "Statistics"]),
        .library("Population", ["CivilTime", "JSON", "Randomness"]),
        .library("Randomness"),
        .library("ResponseModel", ["Randomness"]),
        .library("Scores"),
        .library("SegmentRules", ["JSON"]),
        .library("Statistics"),

        // What the audit log proves: the bytes that are hashed and signed, and how they are checked.
        .library("AuditProof", ["CommonAPI", "JSON", "MerkleLog", "OpenSSL"]),

        // What people get of their data: the file that is sealed and signed, and how it is opened.
        .library("PersonArchive", ["JSON", "OpenSSL"]),

        // What experiments have shown, as people read it: on the command line and on the page.
        .library("ResultWords", ["ExperimentsAPI"]),

        // What every service runs on.
        .target(
            name: "ServiceKit",
            dependencies: [
                "AuditProof", "CommonAPI", "JSON", "JSONRPC", "JSONRPCUnixSocket", "MerkleLog", "OpenSSL",
                "PlatformAPI",
                "SQLite", "ServiceContract", .configuration, .lifecycle, .logging, .metrics, .nio("NIOCore"),
                .nio("NIOPosix"), .signals,
            ], swiftSettings: .strict + [.failpoints]),

        // Services: a library each, and a Main that only composes it.
        .service(
            "Experiments",
            [
                "Assignment", "ExperimentMetrics", "OpenSSL", "Policies", "Randomness", "SignalsAPI", "Statistics",
                .lifecycle, .logging,
            ]),
        .service(
            "Gateway",
            [
                "Assignment", "CivilTime", "ExperimentsAPI", "JSONRPCUnixSocket", "Limits", "OpenSSL", "OutboundHTTP",
                "PersonArchive", "PlatformAPI", "ResultWords",
                "SignalsAPI", "StimuliAPI", "TLS", "TenancyAPI", .configuration, .hummingbird, .hummingbirdCore,
                .lifecycle, .logging,
                .metrics, .mustache, .nio("NIOCore"), .nio("NIOHTTP1"),
            ]),
        .service(
            "Signals",
            [
                "Beliefs", "ExperimentsAPI", "Mapping", "OpenSSL", "OutboundHTTP", "Scores", "SegmentRules",
                "Statistics", .lifecycle, .logging,
            ]),
        .service("Stimuli", ["OpenSSL", "SignalsAPI", .mustache]),
        .service(
            "Tenancy",
            ["AuditProof", "CivilTime", "MerkleLog", "OpenSSL", "PlatformAPI", .lifecycle, .logging, .nio("NIOPosix")]),
        .main("Experiments"),
        .main("Gateway"),
        .main("Signals"),
        .main("Stimuli"),
        .main("Tenancy"),

        // The command line.
        .program(
            "Gyre",
            [
                "AuditProof", "CProcess", "CommonAPI", "ExperimentsAPI", "GatewayAPI", "JSON", "JSONRPC",
                "JSONRPCUnixSocket", "OpenSSL",
                "PersonArchive", "PlatformAPI", "Population", "ResultWords", "SQLite", "ServiceContract", "SignalsAPI",
                "StimuliAPI", "TenancyAPI", .argumentParser,
                .nio("NIOCore"), .nio("NIOPosix"), .yams,
            ], path: "services/gyre"),
        .target(name: "CProcess"),

        // Tests.
        .target(name: "CFaultVFS", dependencies: ["CSQLite"], path: "Tests/CFaultVFS"),
        .target(name: "PythonOracle", path: "Tests/PythonOracle", swiftSettings: .strict),
        .tests("Assignment", ["JSON", "PythonOracle"]),
        .testTarget(
            name: "AttributionTests", dependencies: ["Attribution", "JSON", "PythonOracle", "Randomness"],
            exclude: ["Golden"], swiftSettings: .strict),
        .tests("AuditProof", ["CommonAPI", "JSON", "MerkleLog", "OpenSSL", "PythonOracle"]),
        .testTarget(
            name: "BeliefsTests", dependencies: ["Beliefs", "JSON", "PythonOracle", "Randomness", "Statistics"],
            exclude: ["Golden"], swiftSettings: .strict),
        .tests("CivilTime", ["JSON", "PythonOracle"]),
        .testTarget(
            name: "ContractTests",
            dependencies: [
                "ExperimentsAPI", "ExperimentsService", "GatewayAPI", "GatewayService", "JSON", "JSONRPC",
                "JSONRPCInProcess", "SQLite", "ServiceContract",
                "ServiceKit", "SignalsAPI",
                "SignalsService", "StimuliAPI", "StimuliService", "TenancyAPI", "TenancyService", .configuration,
                .logging, .nio("NIOPosix"),
            ], swiftSettings: .strict),
        .testTarget(
            name: "ExperimentMetricsTests",
            dependencies: ["ExperimentMetrics", "PythonOracle", "Randomness", "Statistics"],
            exclude: ["Golden"], swiftSettings: .strict),
        .tests(
            "ExperimentsService",
            [
                "Assignment", "CommonAPI", "ExperimentMetrics", "ExperimentsAPI", "JSON", "JSONRPC", "JSONRPCInProcess",
                "OpenSSL",
                "PlatformAPI", "Policies", "PythonOracle", "Randomness", "SQLite",
                "ServiceContract", "ServiceKit", "SignalsAPI", "Statistics",
            ]),
        .tests(
            "GatewayService",
            [
                "AuditProof", "CivilTime", "CommonAPI", "ExperimentsAPI", "GatewayAPI", "JSON", "JSONRPC",
                "JSONRPCUnixSocket", "Limits",
                "MerkleLog", "OpenSSL", "OutboundHTTP", "PersonArchive", "PlatformAPI", "PythonOracle", "SQLite",
                "ServiceContract", "ServiceKit", "SignalsAPI", "TLS", "TenancyAPI", .configuration, .hummingbird,
                .lifecycle, .logging, .nio("NIOCore"), .nio("NIOHTTP1"), .nio("NIOPosix"),
            ]
        ),
        .tests(
            "Gyre",
            [
                "AuditProof", "CProcess", "CommonAPI", "ExperimentsAPI", "GatewayAPI", "JSON", "JSONRPC",
                "Population", "ServiceContract", "SignalsAPI",
                "TenancyAPI",
                .argumentParser,
            ]),
        .tests("JSON", ["PythonOracle"]),
        .tests("JSONRPC", ["JSON", "JSONRPCInProcess"]),
        .tests("JSONRPCUnixSocket", ["JSON", "JSONRPC", .nio("NIOCore"), .nio("NIOPosix")]),
        .tests("Limits", []),
        .tests("Mapping", ["JSON"]),
        .tests("MerkleLog", ["OpenSSL", "PythonOracle"]),
        .tests("OpenSSL", []),
        .tests("OutboundHTTP", ["TLS", .nio("NIOCore"), .nio("NIOPosix")]),
        .tests("Personas", ["PythonOracle", "ResponseModel"]),
        .testTarget(
            name: "PoliciesTests", dependencies: ["Policies", "PythonOracle", "Randomness", "Statistics"],
            exclude: ["Golden"],
            swiftSettings: .strict),
        .testTarget(
            name: "ProtoGenTests",
            dependencies: [
                "JSON", "JSONRPC", "ProtoGen", "ProtoGenTestsCommonAPI", "PythonOracle", "ServiceContract",
            ],
            exclude: ["Golden/CommonAPI"], swiftSettings: .strict + [.goldenCommonAPI]),
        .target(
            name: "ProtoGenTestsCommonAPI", dependencies: ["JSON"],
            path: "Tests/ProtoGenTests/Golden/CommonAPI", swiftSettings: .strict),
        .tests("PersonArchive", ["JSON", "OpenSSL", "PythonOracle"]),
        .tests("Population", ["CivilTime", "JSON", "PythonOracle"]),
        .tests("Randomness", ["PythonOracle"]),
        .testTarget(
            name: "ResponseModelTests", dependencies: ["PythonOracle", "Randomness", "ResponseModel"],
            exclude: ["Golden"], swiftSettings: .strict),
        .tests("ResultWords", ["ExperimentsAPI"]),
        .tests("Scores", ["JSON", "PythonOracle"]),
        .tests("SegmentRules", ["JSON"]),
        .tests("SQLite", ["CFaultVFS", "CPacedWrites", "CSQLite"]),
        .tests(
            "ServiceKit",
            [
                "AuditProof", "CommonAPI", "JSON", "JSONRPC", "JSONRPCInProcess", "MerkleLog", "OpenSSL", "PlatformAPI",
                "SQLite", "ServiceContract", .configuration, .logging, .metrics,
            ]),
        .tests(
            "SignalsService",
            [
                "Beliefs", "CommonAPI", "JSON", "JSONRPC", "JSONRPCInProcess", "OpenSSL", "PlatformAPI", "PythonOracle",
                "SQLite",
                "ServiceContract", "ServiceKit", "SignalsAPI",
            ]),
        .testTarget(
            name: "StatisticsTests", dependencies: ["PythonOracle", "Randomness", "Statistics"], exclude: ["Golden"],
            swiftSettings: .strict),
        .tests(
            "StimuliService",
            [
                "CommonAPI", "JSON", "JSONRPC", "JSONRPCInProcess", "SQLite", "ServiceContract", "ServiceKit",
                "SignalsAPI", "StimuliAPI",
            ]),
        .tests("TLS", ["COpenSSL", .nio("NIOCore"), .nio("NIOEmbedded"), .nio("NIOPosix")]),
        .tests(
            "TenancyService",
            [
                "AuditProof", "CommonAPI", "JSON", "JSONRPC", "JSONRPCInProcess", "MerkleLog", "OpenSSL",
                "PlatformAPI", "PythonOracle", "SQLite", "ServiceContract", "ServiceKit", "TenancyAPI",
            ]),
    ]
)

extension [SwiftSetting] {
    /// The rules of every Swift target: warnings are errors, imports say what they need and leak nothing.
    static var strict: [SwiftSetting] {
        [
            .swiftLanguageMode(.v6),
            .treatAllWarnings(as: .error),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ]
    }
}

extension SwiftSetting {
    /// Lets tests kill a process at the steps of a privacy request; nothing of it is in a release build.
    static var failpoints: Self { .define("FAILPOINTS", .when(configuration: .debug)) }

    /// The workshop's generated files import its own CommonAPI, not the project's.
    static var goldenCommonAPI: Self { .unsafeFlags(["-module-alias", "CommonAPI=ProtoGenTestsCommonAPI"]) }
}

extension Target {
    static func library(_ name: String, _ dependencies: [Dependency] = []) -> Target {
        .target(name: name, dependencies: dependencies, swiftSettings: .strict)
    }

    static func program(_ name: String, _ dependencies: [Dependency], path: String? = nil) -> Target {
        .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: .strict)
    }

    /// Generated from `proto-json/<name>.json` by `proto-gen`.
    static func api(
        _ name: String, _ dependencies: [Dependency] = ["CommonAPI", "JSON", "JSONRPC", "ServiceContract"]
    ) -> Target {
        .target(
            name: name + "API", dependencies: dependencies, path: "Sources/APIs/\(name)API", swiftSettings: .strict)
    }

    /// A service without its `Main`: domain flow in `Service`, SQL in `Store`.
    static func service(_ name: String, _ dependencies: [Dependency]) -> Target {
        .target(
            name: name + "Service",
            dependencies: [
                "CommonAPI", "JSON", "JSONRPC", "SQLite", "ServiceContract", "ServiceKit",
                .byName(name: name + "API"),
            ] + dependencies,
            path: "services/\(name.lowercased())", exclude: ["Main", "Migrations"], sources: ["Service", "Store"],
            swiftSettings: .strict)
    }

    static func main(_ name: String) -> Target {
        .executableTarget(
            name: name + "Main", dependencies: [.byName(name: name + "Service"), "ServiceKit"],
            path: "services/\(name.lowercased())/Main", swiftSettings: .strict)
    }

    static func tests(_ name: String, _ dependencies: [Dependency]) -> Target {
        .testTarget(
            name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: .strict)
    }
}

extension Target.Dependency {
    static var argumentParser: Self { .product(name: "ArgumentParser", package: "swift-argument-parser") }
    static var configuration: Self { .product(name: "Configuration", package: "swift-configuration") }
    static var hummingbird: Self { .product(name: "Hummingbird", package: "hummingbird") }
    static var hummingbirdCore: Self { .product(name: "HummingbirdCore", package: "hummingbird") }
    static var lifecycle: Self { .product(name: "ServiceLifecycle", package: "swift-service-lifecycle") }
    static var logging: Self { .product(name: "Logging", package: "swift-log") }
    static var metrics: Self { .product(name: "CoreMetrics", package: "swift-metrics") }
    static var mustache: Self { .product(name: "Mustache", package: "swift-mustache") }
    static var signals: Self { .product(name: "UnixSignals", package: "swift-service-lifecycle") }
    static var yams: Self { .product(name: "Yams", package: "Yams") }

    static func nio(_ product: String) -> Self { .product(name: product, package: "swift-nio") }
}
