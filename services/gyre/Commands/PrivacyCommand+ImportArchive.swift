import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import PersonArchive
import SignalsAPI

extension PrivacyCommand {
    struct ImportArchive: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "import-archive", abstract: "Takes in what a person brought from elsewhere.",
            discussion: """
                Reads a directory that `gyre privacy open` wrote of a portability archive. Signals keep their names and \
                times, so that they are taken in once however often this is done; a brand that knew nothing of the \
                person then hands over the same bytes.

                EXAMPLE
                  gyre privacy import-archive my-data --brand 'Other Shop'
                """)

        @Argument(help: "The opened archive.", completion: .directory)
        var directory: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let archive = try OpenedArchive(directory)
            let signals = Signals.Client(try await caller.connect(suite))
            var totals = ArchiveTotals()
            for batch in archive.batches() {
                let reply = try await signals.batch(Signals.Batch.Params(items: batch))
                for verdict in reply.verdicts {
                    switch verdict.status {
                    case .accepted: totals.accepted += 1
                    case .duplicate: totals.duplicates += 1
                    case .rejected:
                        totals.rejected += 1
                        if totals.reasons.count < 10, let reason = verdict.message, !totals.reasons.contains(reason) {
                            totals.reasons.append(reason)
                        }
                    }
                }
            }
            totals.unattached = archive.unattached
            output.show(totals) { totals.text }
            if totals.rejected > 0 || totals.unattached > 0 { throw ExitCode.failure }
        }
    }
}

/// What became of the signals of an archive.
struct ArchiveTotals: JSONWritable {
    var accepted = 0
    var duplicates = 0
    var rejected = 0
    /// Identifiers that no signal could bring.
    var unattached = 0
    var reasons: [String] = []

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("accepted")
        writer.int(accepted)
        writer.key("duplicates")
        writer.int(duplicates)
        writer.key("rejected")
        writer.int(rejected)
        writer.key("unattachedIdentifiers")
        writer.int(unattached)
        writer.key("reasons")
        reasons.write(to: &writer)
        writer.endObject()
    }

    var text: String {
        var text = "\(accepted.counted("signal")) taken in, \(duplicates.grouped) were here already, "
        text += "\(rejected.grouped) could not be taken.\n"
        for reason in reasons { text += "  \(reason.withoutControlCharacters)\n" }
        if unattached > 0 {
            text += "\(unattached.counted("identifier")) could not be brought along: there are too few signals.\n"
        }
        return text
    }
}

/// A portability archive as a directory.
struct OpenedArchive {
    /// Items and bytes of one call.
    private static let batchItems = 500
    private static let batchBytes = 512 << 10
    /// Identifiers that one item may bring.
    private static let itemIdentifiers = 16
    private static let maximumFileBytes = 1 << 30

    private let items: [JSONRaw]
    /// Identifiers that no signal could bring.
    let unattached: Int

    /// - Throws: what keeps the directory from being an archive that can be taken in.
    init(_ directory: String) throws(CommandFailure) {
        guard let bytes = SmallFile.read("\(directory)/\(ArchiveManifest.name)", maximumBytes: Self.maximumFileBytes),
            let manifest = try? JSONValue(parsing: bytes), case .array(let listed)? = manifest["files"]
        else {
            throw CommandFailure(
                "\(directory) has no \(ArchiveManifest.name).",
                remedy: "Open an archive first: gyre privacy open FILE --output DIR")
        }
        guard manifest["kind"]?.string == "portability" else {
            throw CommandFailure(
                "\(directory) is an archive of the kind \(manifest["kind"]?.string ?? "?"), and not of portability.",
                remedy: "Ask for one with: gyre privacy portability")
        }
        var files: [TapeArchive.File] = []
        let paths =
            listed.compactMap { $0["path"]?.string } + [ArchiveManifest.name, ArchiveManifest.signatureName]
        for path in paths {
            guard let bytes = SmallFile.read("\(directory)/\(path)", maximumBytes: Self.maximumFileBytes) else {
                throw CommandFailure("\(directory)/\(path) cannot be read.")
            }
            files.append(TapeArchive.File(path, bytes))
        }
        do {
            try ArchiveManifest.check(files)
        } catch {
            throw CommandFailure("\(directory): \(error.description)")
        }
        (items, unattached) = Self.items(
            try Self.rows(files, of: "signals") { line throws(JSONError) in try PortableSignal(json: line) },
            try Self.rows(files, of: "identifiers") { line throws(JSONError) in try PortableIdentifier(json: line) })
    }

    private static func rows<Row>(
        _ files: [TapeArchive.File], of table: String, _ read: ([UInt8]) throws(JSONError) -> Row
    ) throws(CommandFailure) -> [Row] {
        var rows: [Row] = []
        for file in files where file.name.hasPrefix("data/signals/\(table).") {
            for (index, line) in file.bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
                do throws(JSONError) {
                    rows.append(try read(Array(line)))
                } catch {
                    throw CommandFailure(
                        "\(file.name), line \(index + 1), cannot be read: \(error.pointer) \(error.message).")
                }
            }
        }
        return rows
    }

    /// Each signal as an item of `signals.batch`. The first ones of a person bring their identifiers, as many as an item
    /// may, beside one that those before them brought.
    private static func items(
        _ signals: [PortableSignal], _ identifiers: [PortableIdentifier]
    ) -> ([JSONRaw], unattached: Int) {
        var waiting: [Int: [Identifier]] = [:]
        var known: [Int: Identifier] = [:]
        for entry in identifiers { waiting[entry.person, default: []].append(entry.identifier) }
        var items: [JSONRaw] = []
        for signal in signals {
            var brought = known[signal.person].map { [$0] } ?? []
            let more = (waiting[signal.person] ?? []).prefix(itemIdentifiers - brought.count)
            brought += more
            waiting[signal.person]?.removeFirst(more.count)
            if known[signal.person] == nil { known[signal.person] = brought.first }
            items.append(signal.item(brought))
        }
        return (items, waiting.values.reduce(0) { $0 + $1.count })
    }

    /// The items in the order in which they are taken in.
    func batches() -> [[JSONRaw]] {
        var batches: [[JSONRaw]] = [[]]
        var bytes = 0
        for item in items {
            let isFull =
                batches[batches.count - 1].count >= Self.batchItems || bytes + item.bytes.count > Self.batchBytes
            if isFull && !batches[batches.count - 1].isEmpty {
                batches.append([])
                bytes = 0
            }
            batches[batches.count - 1].append(item)
            bytes += item.bytes.count
        }
        return batches[0].isEmpty ? [] : batches
    }
}

/// A line of signals.ndjson. What the sender wrote is kept as it is, byte for byte.
private struct PortableSignal: JSONReadable {
    private static let statement = "$identify"

    var person = 0
    private var messageID = ""
    private var event = ""
    private var timestamp = Timestamp(microseconds: 0)
    private var revenue: Amount?
    private var currency: Currency?
    private var properties: JSONRaw?

    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "person": person = Int(try reader.readInt64(in: 1...1_000))
            case "messageId": messageID = try reader.readString()
            case "event": event = try reader.readString()
            case "timestamp": timestamp = try reader.readTimestamp()
            case "revenue": revenue = try reader.readAmount()
            case "currency": currency = try reader.readCurrency()
            case "properties": properties = try reader.readRaw()
            default: try reader.unknownMember()
            }
        }
    }

    /// As `signals.batch` takes it.
    func item(_ identifiers: [Identifier]) -> JSONRaw {
        event == Self.statement
            ? JSONRaw(
                IdentifyItem(identifiers: identifiers, messageId: messageID, timestamp: timestamp, traits: properties))
            : JSONRaw(
                TrackItem(
                    event: event, identifiers: identifiers, messageId: messageID, timestamp: timestamp,
                    revenue: revenue, currency: currency, properties: properties))
    }
}

/// A line of identifiers.ndjson.
private struct PortableIdentifier: JSONReadable {
    private(set) var person = 0
    private var type = ""
    private var value = ""

    var identifier: Identifier { Identifier(type: type, value: value) }

    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "person": person = Int(try reader.readInt64(in: 1...1_000))
            case "type": type = try reader.readString()
            case "value": value = try reader.readString()
            default: try reader.unknownMember()
            }
        }
    }
}
