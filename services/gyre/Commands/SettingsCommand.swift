public import ArgumentParser
import JSON
import JSONRPC
import ServiceContract
public import TenancyAPI

/// `gyre settings`
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Shows and changes how a brand wants to be worked for.",
        subcommands: [Show.self, Update.self], defaultSubcommand: Show.self)

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a brand's settings.",
            discussion: """
                EXAMPLE
                  gyre settings show --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = BrandSettings.Client(try await caller.connect(suite))
            let settings = try await client.get(BrandSettings.Get.Params())
            output.show(settings) { SettingsCommand.sheet(settings) }
        }
    }

    struct Update: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a brand's settings; what is not given stays.",
            discussion: """
                EXAMPLES
                  gyre settings update --brand 'Corner Shop' --quiet 22:00-08:00 --weekly-cap 3
                  gyre settings update --brand 'Corner Shop' --quiet none
                  gyre settings update --holidays 01-01,easter-2,easter+1,05-01,12-25,12-26,2026-05-29
                  gyre settings update --holidays 07-04/nearest,monday/1/09,monday/-1/05
                  gyre settings update --answer-period 20+40
                """)

        @Option(help: ArgumentHelp("The language it writes in, such as en or de-AT.", valueName: "tag"))
        var language: String?

        @Option(help: ArgumentHelp("When nobody is written to, such as 22:00-08:00, or 'none'.", valueName: "hours"))
        var quiet: Clearable<QuietHours> = .init(.keep)

        @Option(help: ArgumentHelp("Messages one person gets at most a day, or 'none'.", valueName: "n"))
        var dailyCap: Clearable<Int> = .init(.keep)

        @Option(help: ArgumentHelp("Messages one person gets at most in seven days, or 'none'.", valueName: "n"))
        var weeklyCap: Clearable<Int> = .init(.keep)

        @Option(
            help: ArgumentHelp(
                "Days on which nobody works, separated by commas, or 'none': the law counts them.", valueName: "days"))
        var holidays: String?

        @Option(
            help: ArgumentHelp(
                "Days for a privacy request that rests on no law, such as 20, or 20+40 when it may take 40 in all; or 'none'.",
                valueName: "days"))
        var answerPeriod: Clearable<AnswerPeriod> = .init(.keep)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let days = holidays.map { $0 == "none" ? [] : $0.split(separator: ",").map(String.init) }
            let client = BrandSettings.Client(try await caller.connect(suite))
            let version = try await client.get(BrandSettings.Get.Params()).version
            let settings = try await client.update(
                BrandSettings.Update.Params(
                    version: version, language: language, quietHours: quiet.patch, dailyMessageCap: dailyCap.patch,
                    weeklyMessageCap: weeklyCap.patch, holidays: days, answerPeriod: answerPeriod.patch))
            output.show(settings) { SettingsCommand.sheet(settings) }
        }
    }

    static func sheet(_ settings: BrandConfiguration) -> String {
        var table = TextTable([.init("SETTING"), .init("VALUE")])
        table.add(["time zone", settings.timeZone])
        table.add(["currency", settings.currency.code])
        table.add(["language", settings.language])
        table.add(["quiet hours", settings.quietHours?.description ?? "none"])
        table.add(["daily cap", settings.dailyMessageCap.map { "\($0.grouped) messages a person" } ?? "none"])
        table.add(["weekly cap", settings.weeklyMessageCap.map { "\($0.grouped) messages a person" } ?? "none"])
        table.add(["holidays", settings.holidays.map { $0.joined(separator: ", ") } ?? "none are known"])
        table.add([
            "own answer period", settings.answerPeriod.map { "\($0.description) days" } ?? "none: as the GDPR's",
        ])
        return table.text(width: Terminal.width)
    }
}

extension AnswerPeriod: ExpressibleByArgument, CustomStringConvertible {
    /// Reads `20` and `20+40`.
    public init?(argument: String) {
        let parts = argument.split(separator: "+", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(parts.count), let days = parts[0], parts.count == 1 || parts[1] != nil else {
            return nil
        }
        self.init(days: days, extendedDays: parts.count == 2 ? parts[1] : nil)
    }

    /// As `20+40`.
    public var description: String { extendedDays.map { "\(days)+\($0)" } ?? "\(days)" }
}

extension QuietHours: ExpressibleByArgument, CustomStringConvertible {
    /// Reads `22:00-08:00`.
    public init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
        guard ends.count == 2, let start = ends[0], let end = ends[1] else { return nil }
        self.init(startMinute: start, endMinute: end)
    }

    /// As `22:00-08:00`.
    public var description: String { "\(Self.text(startMinute))-\(Self.text(endMinute))" }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func text(_ minute: Int) -> String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return (hours < 10 ? "0" : "") + "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes)"
    }
}
