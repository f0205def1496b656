import CProcess
import Glibc

/// A process to start: its program, what it is told, and where its output goes.
struct ChildProcess {
    var program: String
    /// What the program is told it is called; nil: its path.
    var name: String?
    var arguments: [String] = []
    /// Added to this process's environment, or in place of variables there.
    var environment: [String: String] = [:]
    /// Becomes standard output and standard error; nil: this process's.
    var output: Int32?
    /// Becomes descriptor 3 of the child.
    var inherited: Int32?
    /// SIGTERM when the *thread* that starts it ends, however it does.
    var diesWithParent = false
    /// Leaves the terminal, for a process that goes on by itself.
    var beginsSession = false

    /// The descriptor that `inherited` becomes.
    static let inheritedDescriptor: Int32 = 3

    func start() throws(CommandFailure) -> pid_t {
        var environment = Self.currentEnvironment
        for (name, value) in self.environment { environment[name] = value }
        let arguments = CStrings([name ?? program] + self.arguments)
        let variables = CStrings(environment.map { "\($0.key)=\($0.value)" })
        let pid = program.withCString { path in
            var start = cprocess_start(
                path: path, arguments: arguments.pointers, environment: variables.pointers, output: output ?? -1,
                inherited: inherited ?? -1, dies_with_parent: diesWithParent ? 1 : 0,
                new_session: beginsSession ? 1 : 0)
            return cprocess_spawn(&start)
        }
        guard pid > 0 else {
            throw CommandFailure("\(program) cannot be started: \(String(cString: strerror(-pid))).")
        }
        return pid
    }

    private static var currentEnvironment: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }
}

/// Texts as C wants them: pointers to bytes, a null pointer at the end.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
