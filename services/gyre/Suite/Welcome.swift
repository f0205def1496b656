/// What `gyre up` says when everything is ready: where to go next.
struct Welcome {
    let directory: DataDirectory
    let file: ReadyFile
    let isDetached: Bool

    var text: String {
        let stop = isDetached ? directory.command("down") : "Ctrl-C"
        return """
            Gyre is ready on \(directory.path)

              Open    \(file.url)\(doors)
              Try     \(commands.joined(separator: "\n          "))
              Stop    \(stop)

            """
    }

    /// A line for each TLS port.
    private var doors: String {
        file.tls.all.map { door in "\n          \(door.address) (\(door.name))" }.joined()
    }

    /// Three commands that work as they stand.
    private var commands: [String] {
        guard file.brand != nil else {
            return [
                directory.command("brands provision 'Corner Shop'"),
                directory.command("keys create --brand 'Corner Shop' --name shop --scope '*:*'"),
                directory.command("status"),
            ]
        }
        let person = "{\"identifier\": {\"type\": \"customerId\", \"value\": \"\(DemoPeople.firstCustomerID)\"}}"
        return [
            directory.command("call signals.summarize '{\"by\": \"month\"}'"),
            directory.command("call actors.get '\(person)'"),
            directory.command("tail --last 10"),
        ]
    }
}
