import ArgumentParser
import ProtoGen

/// `proto-gen check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks that the contracts are sound and the generated files current, or that callers are not broken."
    )

    @OptionGroup var folders: Folders

    @Option(help: "A folder of contracts or a git revision: refuses what would break a caller of those.")
    var against: String?

    func run() throws {
        try failing {
            let set = try DocumentSet(Repository.documents(in: folders.documents))
            if let against {
                let old = try DocumentSet(
                    FileAccess.isFolder(against)
                        ? Repository.documents(in: against)
                        : Repository.documents(in: folders.documents, at: against))
                try set.checkEvolution(from: old)
                print("Nothing breaks a caller of \(against).")
            } else {
                try set.checkRules()
                try set.checkCurrent(try Repository.generatedFiles(in: folders.output), in: folders.output)
                print("The contracts are sound, the generated files current.")
            }
        }
    }
}
