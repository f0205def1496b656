import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import TenancyAPI

extension KeysCommand {
    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one key without its secret.",
            discussion: """
                EXAMPLE
                  gyre keys show 019a0000-0000-7000-8000-000000000001
                """)

        @Argument(help: "The key's id, as `gyre keys list` shows it.")
        var id: UUIDv7

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let key = try await Keys.Client(try suite.admin()).get(Keys.Get.Params(id: id))
            output.show(key) { KeysCommand.sheet(key) }
        }
    }

    struct Update: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes what a key may do; what is not given stays.",
            discussion: """
                EXAMPLES
                  gyre keys update 01930000-0000-7000-8000-000000000021 --rate 100 --burst 200
                  gyre keys update 01930000-0000-7000-8000-000000000021 --daily-quota 50000
                  gyre keys update 01930000-0000-7000-8000-000000000021 --daily-quota none --expires none
                """)

        @Argument(help: "The key's id, as `gyre keys list` shows it.")
        var id: UUIDv7

        @Option(help: "What it is for.")
        var name: String?

        @Option(name: .customLong("scope"), help: "What it may do, in place of what it might; more than once for more.")
        var scopes: [String] = []

        @Option(
            name: .customLong("industry"),
            help: ArgumentHelp("An industry it may ask about, or 'all'.", valueName: "industry"))
        var industries: [Restriction<Industry>] = []

        @Option(
            name: .customLong("segment"),
            help: ArgumentHelp("A segment it may reach, by id, or 'all'.", valueName: "id"))
        var segments: [Restriction<String>] = []

        @Option(help: ArgumentHelp("Cost units it may spend a second.", valueName: "n"))
        var rate: Int?

        @Option(help: ArgumentHelp("Cost units it may spend at once.", valueName: "n"))
        var burst: Int?

        @Option(help: ArgumentHelp("Cost units it may spend a day, or 'none'.", valueName: "n"))
        var dailyQuota: Clearable<Int> = .init(.keep)

        @Option(help: ArgumentHelp("Cost units it may spend a month, or 'none'.", valueName: "n"))
        var monthlyQuota: Clearable<Int> = .init(.keep)

        @Option(
            help: ArgumentHelp("When it stops by itself, or 'none'.", valueName: "time"),
            transform: Clearable.init(time:))
        var expires: Clearable<Timestamp> = .init(.keep)

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let keys = Keys.Client(try suite.admin())
            let version = try await keys.get(Keys.Get.Params(id: id)).version
            let key = try await keys.update(
                Keys.Update.Params(
                    id: id, version: version, name: name, scopes: scopes.isEmpty ? nil : scopes,
                    allowedIndustries: Restriction.list(industries), allowedSegments: Restriction.list(segments),
                    ratePerSecond: rate, burst: burst, dailyQuota: dailyQuota.patch,
                    monthlyQuota: monthlyQuota.patch, expiresAt: expires.patch))
            output.show(key) { KeysCommand.sheet(key) }
        }
    }

    struct Rotate: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replaces a key by a new one and shows it, this once.",
            discussion: """
                The new key may do what the old one may, and both are counted as one. The old one still works for the
                overlap, so that programs can change over one by one.

                EXAMPLES
                  gyre keys rotate 01930000-0000-7000-8000-000000000021 --overlap-hours 24
                  gyre keys rotate 01930000-0000-7000-8000-000000000021 --overlap-hours 0
                """)

        @Argument(help: "The key's id, as `gyre keys list` shows it.")
        var id: UUIDv7

        @Option(help: ArgumentHelp("How long the old key still works; 0: not at all any more.", valueName: "hours"))
        var overlapHours: Double

        @Option(
            help: ArgumentHelp(
                "When the new key stops by itself; without it when the old one would have.", valueName: "time"),
            transform: Timestamp.init(time:))
        var expires: Timestamp?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (0...720).contains(overlapHours) else {
                throw ValidationError("The overlap is between 0 and 720 hours (30 days).")
            }
        }

        func perform() async throws {
            let made = try await Keys.Client(try suite.admin()).rotate(
                Keys.Rotate.Params(
                    id: id, overlapMilliseconds: Int(overlapHours * 3_600_000), expiresAt: expires))
            output.show(made) {
                """
                \(made.key)

                Nothing in Gyre can show this key again: keep it now.
                The old key stops at \(made.replacedEndsAt).

                """
            }
        }
    }

    /// One key, a line for each of its properties.
    static func sheet(_ key: Key) -> String {
        var table = TextTable([.init("PROPERTY"), .init("VALUE")])
        table.add(["id", key.id.description])
        table.add(["name", key.name])
        table.add(["brand", key.brandId.description])
        table.add(["begins with", "gy_\(key.mode.rawValue)_\(key.kid)_…"])
        table.add(["status", key.status.rawValue])
        table.add(["scopes", key.scopes.joined(separator: " ")])
        table.add(["industries", all(key.allowedIndustries.map(\.rawValue))])
        table.add(["segments", all(key.allowedSegments)])
        table.add(["rate", "\(key.ratePerSecond.grouped) units/s, \(key.burst.grouped) at once"])
        table.add(["daily quota", key.dailyQuota.map { "\($0.grouped) units" } ?? "none"])
        table.add(["monthly quota", key.monthlyQuota.map { "\($0.grouped) units" } ?? "none"])
        table.add(["created", key.createdAt.description])
        table.add(["expires", key.expiresAt?.description ?? "never"])
        if let successor = key.replacedById { table.add(["replaced by", successor.description]) }
        table.add(["requests", key.requests.grouped])
        table.add(["tokens", key.tokens.grouped])
        table.add(["last used", key.lastUsedAt?.description ?? "never"])
        return table.text(width: Terminal.width)
    }

    private static func all(_ names: [String]) -> String {
        names.isEmpty ? "all" : names.joined(separator: " ")
    }
}

/// A value that an option sets, or takes away with `none`.
struct Clearable<Value: Sendable>: Sendable {
    let patch: Patch<Value>

    init(_ patch: Patch<Value>) {
        self.patch = patch
    }
}

extension Clearable<Timestamp> {
    init(time: String) throws {
        patch = time == "none" ? .clear : .set(try Timestamp(time: time))
    }
}

extension Clearable: ExpressibleByArgument where Value: ExpressibleByArgument {
    init?(argument: String) {
        if argument == "none" {
            patch = .clear
        } else if let value = Value(argument: argument) {
            patch = .set(value)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { "as it is" }
}

/// One thing that a key is restricted to, or no restriction.
enum Restriction<Value: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
    case all
    case only(Value)

    init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let value = Value(argument: argument) {
            self = .only(value)
        } else {
            return nil
        }
    }

    /// What an update is to say: nil when no option was given, an empty list for no restriction.
    static func list(_ given: [Restriction]) -> [Value]? {
        guard !given.isEmpty else { return nil }
        return given.compactMap { if case .only(let value) = $0 { value } else { nil } }
    }
}
