// swift-tools-version: 6.2
import PackageDescription

// The programs by which `ops/bench` measures the suite's libraries. A package of its own, so that none of them is
// built by anyone who does not measure.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func suite(_ product: String) -> Target.Dependency { .product(name: product, package: "gyre") }

let package = Package(
    name: "gyre-benchmarks",
    dependencies: [
        .package(name: "gyre", path: "../../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "bench-json", dependencies: [suite("JSON"), suite("SignalsAPI")], swiftSettings: strict),
        .executableTarget(
            name: "echo-service",
            dependencies: [
                suite("JSON"), suite("JSONRPC"), suite("JSONRPCUnixSocket"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "effects", dependencies: [suite("ExperimentMetrics"), suite("Statistics")], swiftSettings: strict),
        .executableTarget(
            name: "evaluations", dependencies: [suite("Assignment"), suite("JSON")], swiftSettings: strict,
            linkerSettings: [.linkedLibrary("m")]),
        .executableTarget(name: "gcra", dependencies: [suite("Limits")], swiftSettings: strict),
        .executableTarget(
            name: "sqlite-rows", dependencies: [suite("JSON"), suite("SQLite")], swiftSettings: strict),
        .executableTarget(
            name: "tls-pages",
            dependencies: [
                suite("TLS"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
    ]
)
