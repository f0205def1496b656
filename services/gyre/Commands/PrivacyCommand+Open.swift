import ArgumentParser
import Glibc
import JSON
import PersonArchive

extension PrivacyCommand {
    struct Open: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Opens and checks a person's archive, without a suite.",
            discussion: """
                The passphrase is the first line of standard input. Every file is held against the manifest, and the \
                manifest against its signature; that the key is the suite's, only --key can show: `gyre privacy key` \
                prints it there. index.html is for people.

                EXAMPLES
                  gyre privacy open copy.gyre --output my-data
                  gyre privacy open copy.gyre --output my-data --key 1f0c… < passphrase.txt
                """)

        /// The longest archive that is opened.
        private static let maximumBytes = 1 << 30

        @Argument(help: "The archive.", completion: .file(extensions: ["gyre"]))
        var file: String

        @Option(
            name: .customLong("output"),
            help: ArgumentHelp("A directory that does not exist or is empty.", valueName: "dir"),
            completion: .directory)
        var directory: String

        @Option(help: ArgumentHelp("The suite's public key, 64 hexadecimal digits.", valueName: "key"))
        var key: String?

        @OptionGroup var output: OutputOptions

        func run() throws {
            guard let bytes = SmallFile.read(file, maximumBytes: Self.maximumBytes) else {
                throw CommandFailure("\(file) cannot be read.")
            }
            let opened: (files: [TapeArchive.File], key: String)
            do {
                opened = try Self.open(bytes, key: key) { () throws(CommandFailure) in try Self.passphrase() }
            } catch let failure as ArchiveFailure {
                throw CommandFailure("\(file): \(failure.description)")
            }
            try Self.write(opened.files, to: directory)
            let result = Result(directory: directory, files: opened.files.map(\.name), key: opened.key)
            output.show(result) {
                """
                \(opened.files.count) files are in \(directory); look at \(directory)/index.html.
                Nothing in them was changed since key \(opened.key.prefix(16)) signed them.
                \(key == nil ? "Whose key that is was not checked: compare it with `gyre privacy key` of the suite.\n" : "")
                """
            }
        }

        /// The files of an archive, checked, and the key that signed them.
        static func open(
            _ bytes: [UInt8], key: String?, _ passphrase: () throws -> String
        ) throws -> (files: [TapeArchive.File], key: String) {
            guard let end = bytes.prefix(ArchiveHeader.maximumBytes).firstIndex(of: UInt8(ascii: "\n")) else {
                throw ArchiveFailure("This is no archive of Gyre.")
            }
            let header = try ArchiveHeader(line: bytes[..<end])
            let plain = try ArchiveSeal.open(bytes[(end + 1)...], key: try header.key(passphrase: try passphrase()))
            let files = try TapeArchive.files(plain)
            return (files, try ArchiveManifest.check(files, key: key))
        }

        private static func passphrase() throws(CommandFailure) -> String {
            if Terminal.isForPeople(STDIN_FILENO) { Terminal.err("Passphrase: ") }
            guard let line = readLine() else {
                throw CommandFailure(
                    "No passphrase was given.", remedy: "Write it into the first line of standard input.")
            }
            return line
        }

        private static func write(_ files: [TapeArchive.File], to directory: String) throws(CommandFailure) {
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST, isEmpty(directory) else {
                throw CommandFailure(
                    "\(directory) cannot be made, or is not empty.", remedy: "Name a directory that does not exist.")
            }
            for file in files {
                var folder = directory
                for part in file.name.split(separator: "/").dropLast() {
                    folder += "/" + part
                    mkdir(folder, 0o700)
                }
                try SmallFile.replace("\(directory)/\(file.name)", with: file.bytes, mode: 0o600)
            }
        }

        private static func isEmpty(_ directory: String) -> Bool {
            guard let stream = opendir(directory) else { return false }
            defer { closedir(stream) }
            var count = 0
            while readdir(stream) != nil { count += 1 }
            return count <= 2
        }

        private struct Result: JSONWritable {
            let directory: String
            let files: [String]
            let key: String

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.key("directory")
                writer.string(directory)
                writer.key("files")
                files.write(to: &writer)
                writer.key("key")
                writer.string(key)
                writer.endObject()
            }
        }
    }
}
