import ArgumentParser

/// `proto-gen`: from contracts to Swift.
@main
struct ProtoGenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proto-gen",
        abstract: "Renders Swift from the contracts in proto-json, and checks them.",
        discussion: #"""
            proto-gen generate              write Sources/APIs from proto-json
            proto-gen check                 contracts sound, generated files current?
            proto-gen check --against REV   would a caller of that revision break?
            proto-gen bundle --output DIR   complete OpenRPC documents
            proto-gen embed --migrations services/tenancy/Migrations \
                --output services/tenancy/Store/TenancyMigrations.swift
            """#,
        subcommands: [Generate.self, Check.self, Bundle.self, Embed.self])
}

/// Where the contracts and the generated code are.
struct Folders: ParsableArguments {
    @Option(help: "The folder of the contracts.")
    var documents = "proto-json"

    @Option(help: "The folder of the generated modules.")
    var output = "Sources/APIs"
}

/// Ends the program with everything that is wrong, a problem a line, on standard error.
func failing<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as any CustomStringConvertible & Error {
        FileAccess.complain("\(error)")
        throw ExitCode.failure
    }
}
