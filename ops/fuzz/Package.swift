// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because its targets need the unsafe flag that SwiftPM allows in a root package only.
// `run` builds and runs it.

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "gyre", path: "../..")],
    targets: [
        .executableTarget(
            name: "JSONReaderFuzz", dependencies: ["CLibFuzzer", .product(name: "JSON", package: "gyre")],
            path: "JSONReaderFuzz",
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .unsafeFlags(["-parse-as-library", "-sanitize=fuzzer"]),
            ],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]),
        .systemLibrary(name: "CLibFuzzer", path: "CLibFuzzer"),
    ]
)
