import ArgumentParser
import ProtoGen

/// `proto-gen embed`.
struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a folder of SQL migrations as Swift, so that a binary carries its schema with it.")

    @Option(help: "The folder of the migrations: 0001-create-keys.sql …")
    var migrations: String

    @Option(help: "The Swift file; its name is that of the type, such as TenancyMigrations.swift.")
    var output: String

    @Flag(help: "Only check that the file is current.")
    var check = false

    func run() throws {
        try failing {
            let names = try FileAccess.names(in: migrations).filter { $0.hasSuffix(".sql") && $0 != "schema.sql" }
            let files = try names.map { SourceFile(name: $0, bytes: try FileAccess.read("\(migrations)/\($0)")) }
            let embedded = try EmbeddedMigrations(files, folder: migrations, output: output)
            if check {
                try embedded.checkCurrent(String(decoding: try FileAccess.read(output), as: UTF8.self))
            } else {
                try FileAccess.write(embedded.text, to: output)
            }
        }
    }
}
