import ArgumentParser
import GatewayAPI

extension PrivacyCommand {
    struct Restrict: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps a person's data and stops every use of it (GDPR Art. 18).",
            discussion: """
                Lifted with gyre restrictions lift, after the person was told.

                EXAMPLE
                  gyre privacy restrict --brand 'Corner Shop' --regulation gdpr email=a@example.org
                """)

        @OptionGroup var submission: SubmissionOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws { try await submission.carryOut(.restriction) }
    }

    struct Object: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops marketing to a person and profiling of them (GDPR Art. 21).",
            discussion: """
                Somebody who is not known yet becomes known by it, so that it holds when they come.

                EXAMPLE
                  gyre privacy object --brand 'Corner Shop' --regulation gdpr email=a@example.org
                """)

        @OptionGroup var submission: SubmissionOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws { try await submission.carryOut(.objection) }
    }

    struct OptOut: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "opt-out", abstract: "Stops sale and sharing of a person's data (CCPA).",
            discussion: """
                Somebody who is not known yet becomes known by it, so that it holds when they come.

                EXAMPLE
                  gyre privacy opt-out --brand 'Corner Shop' --regulation ccpa email=a@example.org
                """)

        @OptionGroup var submission: SubmissionOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws { try await submission.carryOut(.optOut) }
    }
}
