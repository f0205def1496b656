import ArgumentParser
import CommonAPI
import GatewayAPI
import Glibc
import JSON
import JSONRPC
import OpenSSL

// Access and portability: a copy for the person, approved by a member of staff.
extension PrivacyCommand {
    struct Access: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks for a copy of all that is known of a person.",
            discussion: """
                A member of staff has to approve it: `gyre privacy approve`, or --approve for who may do both. Then it \
                is collected from every service into one file, which is signed, and encrypted under a passphrase that \
                is shown once. `gyre privacy open` opens it anywhere.

                EXAMPLES
                  gyre privacy access --brand 'Corner Shop' --regulation gdpr email=a@example.org
                  gyre privacy access --brand 'Corner Shop' email=a@example.org --approve --output copy.gyre
                """)

        @OptionGroup var submission: SubmissionOptions
        @OptionGroup var copy: CopyOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws { try await submission.copy(.access, copy) }
    }

    struct Portability: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks for what a person gave, in a form that can be taken in elsewhere.",
            discussion: """
                Works as `gyre privacy access` does. What is in the file, `gyre privacy import-archive` takes into \
                another brand, which then hands over the same bytes.

                EXAMPLE
                  gyre privacy portability --brand 'Corner Shop' email=a@example.org --approve --output data.gyre
                """)

        @OptionGroup var submission: SubmissionOptions
        @OptionGroup var copy: CopyOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws { try await submission.copy(.portability, copy) }
    }

    struct Accounting: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks to whom a person's health information was given in six years (45 CFR 164.528).",
            discussion: """
                Works as `gyre privacy access` does, under hipaa: the file lists the disclosures of the last six years \
                that `gyre disclosures record` named as due.

                EXAMPLE
                  gyre privacy accounting --brand Clinic email=a@example.org --approve --output accounting.gyre
                """)

        @OptionGroup var submission: SubmissionOptions
        @OptionGroup var copy: CopyOptions

        var suite: SuiteOptions { submission.suite }

        func perform() async throws {
            var submission = submission
            if submission.regulation == .none { submission.regulation = .hipaa }
            try await submission.copy(.accounting, copy)
        }
    }

    struct Approve: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approves that a person gets their copy, and shows its passphrase, this once.",
            discussion: """
                Bring the passphrase to the person by a way that only they read, apart from the file. Nothing keeps it: \
                when it is lost, the person has to ask again.

                EXAMPLE
                  gyre privacy approve 01930000-0000-7000-8000-000000000051 --output copy.gyre
                """)

        @OptionGroup var request: RequestOptions

        @Option(
            name: .customLong("output"), help: ArgumentHelp("Download the file to there.", valueName: "file"),
            completion: .file())
        var path: String?

        var suite: SuiteOptions { request.suite }

        func perform() async throws {
            let requests = PrivacyRequests.Client(try await request.caller.connect(suite))
            let copy = try await ApprovedCopy(approving: request.id, requests, output: path)
            request.output.show(copy) { copy.text(request.caller, suite) }
        }
    }

    struct Download: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Downloads the file of an access or portability request.",
            discussion: """
                All of it may be downloaded five times, for seven days.

                EXAMPLE
                  gyre privacy download 01930000-0000-7000-8000-000000000051 --output copy.gyre
                """)

        @OptionGroup var request: RequestOptions

        @Option(name: .customLong("output"), help: ArgumentHelp("Where to.", valueName: "file"), completion: .file())
        var path: String

        var suite: SuiteOptions { request.suite }

        func perform() async throws {
            let requests = PrivacyRequests.Client(try await request.caller.connect(suite))
            let archive = try await ArchiveDownload(requests).save(request.id, to: path)
            request.output.show(archive) {
                """
                \(path): \(archive.bytes.grouped) bytes. Downloads left: \(archive.downloadsLeft), until \(archive.expiresAt).
                Open it, with its passphrase:  \(SuiteServices.commandName) privacy open \(path.quotedForShell) --output DIR

                """
            }
        }
    }
}

/// Whether to go on at once with what a member of staff does.
struct CopyOptions: ParsableArguments {
    @Flag(help: "Approve it at once: the passphrase is shown, this once.")
    var approve = false

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("With --approve: download the file to there.", valueName: "file"),
        completion: .file())
    var path: String?

    func validate() throws {
        if path != nil && !approve { throw ValidationError("--output needs --approve: before that there is no file.") }
    }
}

extension SubmissionOptions {
    fileprivate func copy(_ kind: PrivacyKind, _ options: CopyOptions) async throws {
        if options.approve && code {
            throw CommandFailure(
                "A request with a code can be approved when the person has named it.", remedy: "Leave out --approve.")
        }
        let requests = PrivacyRequests.Client(try await caller.connect(suite))
        let request = try await submit(kind, requests)
        guard options.approve else { return show(request) }
        let copy = try await ApprovedCopy(approving: request.id, requests, output: options.path)
        output.show(copy) { copy.text(caller, suite) }
    }
}

/// A copy that was approved, with the passphrase that is shown once.
struct ApprovedCopy: JSONWritable {
    let request: PrivacyRequest
    let passphrase: String
    let path: String?

    /// Approves, waits until all is collected, and downloads it if there is a place for it.
    init(approving id: UUIDv7, _ requests: PrivacyRequests.Client, output path: String?) async throws {
        let approved = try await requests.approve(PrivacyRequests.Approve.Params(id: id))
        passphrase = approved.passphrase
        var request = try await SubmissionOptions.completion(of: approved.request, requests)
        var saved: String?
        if let path, request.status == .completed {
            let archive = try await ArchiveDownload(requests).save(id, to: path)
            saved = path
            request = try await requests.get(PrivacyRequests.Get.Params(id: id))
            assert(request.archive?.sha256 == archive.sha256)
        }
        self.request = request
        self.path = saved
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("request")
        request.write(to: &writer)
        writer.key("passphrase")
        writer.string(passphrase)
        if let path {
            writer.key("file")
            writer.string(path)
        }
        writer.endObject()
    }

    func text(_ caller: CallerOptions, _ suite: SuiteOptions) -> String {
        if request.status == .denied { return PrivacyCommand.text(of: request) }
        let file = path?.quotedForShell ?? "FILE"
        let download = caller.command("privacy download \(request.id) --output FILE", suite)
        return PrivacyCommand.text(of: request) + """

            The passphrase is \(passphrase). Nothing shows it again: bring it to the person by a way that only they
            read, and the file by another.
            \(path == nil ? "Get the file:  \(download)\n" : "")They open it with:  \(SuiteServices.commandName) privacy open \(file) --output DIR

            """
    }
}

/// Fetches an archive part by part.
struct ArchiveDownload {
    private let requests: PrivacyRequests.Client

    init(_ requests: PrivacyRequests.Client) {
        self.requests = requests
    }

    /// The file appears when it is whole and has the hash that the suite names.
    func save(_ id: UUIDv7, to path: String) async throws -> PrivacyArchive {
        var bytes: [UInt8] = []
        while true {
            let part = try await requests.download(PrivacyRequests.Download.Params(id: id, offset: bytes.count))
            guard let more = Base64.decode(part.data), !more.isEmpty else {
                throw CommandFailure("The suite sent a part that is none, at byte \(bytes.count).")
            }
            bytes += more
            guard bytes.count >= part.archive.bytes else { continue }
            guard SHA256.hash(bytes).description == part.archive.sha256 else {
                throw CommandFailure("What was downloaded is damaged.", remedy: "Try again.")
            }
            try SmallFile.replace(path, with: bytes, mode: 0o600)
            return part.archive
        }
    }
}
