import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

extension PrivacyCommand {
    struct Correct: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts right what is wrong about a person.",
            discussion: """
                A trait's value is JSON; what is none counts as text. What a trait said before is kept, for whoever \
                contests the correction; the wrong value of an identifier is not, as it may be another person's. Whoever \
                sends the wrong value has to put it right too, or it comes back with their next statement.

                EXAMPLES
                  gyre privacy correct --brand 'Corner Shop' email=a@example.org --trait city=Bern --trait age=42
                  gyre privacy correct email=a@example.org --remove-trait nickname
                  gyre privacy correct customerId=00001 --wrong phone=+4930123 --right phone=+4930124
                """)

        @OptionGroup var submission: SubmissionOptions

        @Option(help: ArgumentHelp("A trait, and what it is.", valueName: "name=value"))
        var trait: [String] = []

        @Option(help: ArgumentHelp("A trait that the person does not have.", valueName: "name"))
        var removeTrait: [String] = []

        @Option(help: ArgumentHelp("An identifier that is wrong; --right says what it is.", valueName: "type=value"))
        var wrong: [String] = []

        @Option(help: ArgumentHelp("What the identifier of the same type is.", valueName: "type=value"))
        var right: [String] = []

        var suite: SuiteOptions { submission.suite }

        func perform() async throws {
            try await submission.carryOut(.correction, try corrections())
        }

        func corrections() throws(CommandFailure) -> [Correction] {
            var corrections: [Correction] = []
            for text in trait {
                let stated: Identifier
                do {
                    stated = try Identifier(argument: text)
                } catch {
                    throw CommandFailure("A trait is NAME=VALUE, such as city=Bern, and not '\(text)'.")
                }
                corrections.append(Correction(of: .trait, name: stated.type, value: Self.json(stated.value)))
            }
            for name in removeTrait { corrections.append(Correction(of: .trait, name: name)) }
            var rights: [Identifier] = []
            for text in right { rights.append(try Identifier(argument: text)) }
            for text in wrong {
                let was = try Identifier(argument: text)
                guard let index = rights.firstIndex(where: { $0.type == was.type }) else {
                    throw CommandFailure(
                        "What is the right \(was.type)?", remedy: "Say it with --right \(was.type)=VALUE.")
                }
                let value = rights.remove(at: index).value
                corrections.append(Correction(of: .identifier, name: was.type, was: was.value, value: value))
            }
            if let left = rights.first {
                throw CommandFailure(
                    "Which \(left.type) is wrong?", remedy: "Say it with --wrong \(left.type)=VALUE.")
            }
            guard !corrections.isEmpty else {
                throw CommandFailure("Nothing is to be corrected.", remedy: "Such as --trait city=Bern")
            }
            return corrections
        }

        private static func json(_ text: String) -> String {
            if (try? JSONValue(parsing: Array(text.utf8))) != nil { return text }
            return String(decoding: text.json(), as: UTF8.self)
        }
    }
}
