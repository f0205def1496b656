import ArgumentParser
import ProtoGen

/// `proto-gen bundle`.
struct Bundle: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes each contract as one complete OpenRPC document, for tools that know nothing of common.json.")

    @Option(help: "The folder of the contracts.")
    var documents = "proto-json"

    @Option(help: "The folder to write to.")
    var output: String

    func run() throws {
        try failing {
            for file in try DocumentSet(Repository.documents(in: documents)).bundles() {
                try FileAccess.write(String(decoding: file.bytes, as: UTF8.self), to: "\(output)/\(file.name)")
                print("\(output)/\(file.name)")
            }
        }
    }
}
