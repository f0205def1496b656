import ArgumentParser
import JSON
import ServiceContract

/// `gyre methods`
struct MethodsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "methods",
        abstract: "Lists the methods that gyre call takes.",
        discussion: """
            NEEDS is the scope that a key must have; admin methods are for the platform's own door. Parameters and \
            replies: gyre call rpc.discover --admin.

            EXAMPLES
              gyre methods
              gyre methods signals
            """)

    @Argument(help: "Only those whose name begins so.")
    var prefix = ""

    @OptionGroup var output: OutputOptions

    func run() {
        let methods = ContractMethods.all.filter { $0.isPublic && $0.name.hasPrefix(prefix) }.sorted {
            $0.name < $1.name
        }
        let items = methods.map { method in
            ["name": .string(method.name), "needs": .string(method.needs), "summary": .string(method.summary)]
                as JSONValue
        }
        output.show(WholeList(items: items)) {
            var table = TextTable([.init("METHOD"), .init("NEEDS"), .init("WHAT IT DOES")])
            for method in methods { table.add([method.name, method.needs, method.summary]) }
            return table.text(width: Terminal.width)
        }
    }
}

extension MethodDescription {
    /// What a caller must be or have, in a word.
    fileprivate var needs: String {
        callers.contains("anyone") ? "nothing" : callers.contains("public") ? scope ?? "a key" : "admin"
    }
}
