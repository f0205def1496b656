import ArgumentParser
import ProtoGen

/// `proto-gen generate`.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the Swift modules of all contracts, and removes generated files that have no origin any more."
    )

    @OptionGroup var folders: Folders

    func run() throws {
        try failing {
            let files = try DocumentSet(Repository.documents(in: folders.documents)).render()
            let difference = GeneratedFile.difference(
                from: try Repository.generatedFiles(in: folders.output), to: files)
            for path in difference.stale { try FileAccess.remove("\(folders.output)/\(path)") }
            for file in difference.changed { try FileAccess.write(file.text, to: "\(folders.output)/\(file.path)") }
            print(
                "\(files.count) files in \(folders.output): \(difference.changed.count) written, "
                    + "\(difference.stale.count) removed")
        }
    }
}
