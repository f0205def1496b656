import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import TenancyAPI

extension BrandsCommand {
    struct Update: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a brand; what is not given stays.",
            discussion: """
                EXAMPLE
                  gyre brands update 'Corner Shop' --time-zone Europe/Paris
                """)

        @Argument(help: "The brand, by id or name.")
        var brand: String

        @Option(help: "What people call it.")
        var name: String?

        @Option(help: "What it sells.")
        var industry: Industry?

        @Option(help: ArgumentHelp("The zone its days are counted in, such as Europe/Berlin.", valueName: "zone"))
        var timeZone: String?

        @Option(help: ArgumentHelp("The currency of amounts that name none, such as EUR.", valueName: "code"))
        var currency: Currency?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let brands = Brands.Client(try suite.admin())
            let id = try await suite.brandID(brand)
            let version = try await brands.get(Brands.Get.Params(id: id)).version
            let changed = try await brands.update(
                Brands.Update.Params(
                    id: id, version: version, name: name, industry: industry, timeZone: timeZone, currency: currency))
            output.show(changed) { BrandsCommand.table([changed]).text(width: Terminal.width) }
        }
    }

    struct Suspend: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes all keys of a brand useless until it is resumed. Its data stay.",
            discussion: """
                EXAMPLE
                  gyre brands suspend 'Corner Shop' --reason unpaid
                """)

        @Argument(help: "The brand, by id or name.")
        var brand: String

        @Option(help: "Why.")
        var reason: String?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let brands = Brands.Client(try suite.admin())
            let id = try await suite.brandID(brand)
            let suspended = try await brands.suspend(Brands.Suspend.Params(id: id, reason: reason))
            output.show(suspended) {
                "Suspended: its keys open nothing. Go on: \(suite.command("brands resume \(suspended.id)"))\n"
            }
        }
    }

    struct Resume: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends the suspension of a brand.",
            discussion: """
                EXAMPLE
                  gyre brands resume 'Corner Shop'
                """)

        @Argument(help: "The brand, by id or name.")
        var brand: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let brands = Brands.Client(try suite.admin())
            let id = try await suite.brandID(brand)
            let resumed = try await brands.resume(Brands.Resume.Params(id: id))
            output.show(resumed) { "Resumed: its keys open it again.\n" }
        }
    }

    struct Erase: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a brand with all of its data, in every service, for ever.",
            discussion: """
                Its keys open nothing from the moment this returns; its data are deleted by a job that goes on after
                crashes until nothing is left.

                EXAMPLE
                  gyre brands erase 01930000-0000-7000-8000-000000000011 --name 'Corner Shop'
                """)

        @Argument(help: "The brand's id, as `gyre brands list` shows it.")
        var id: UUIDv7

        @Option(help: "Its name, so that no other brand is erased by mistake.")
        var name: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let brand = try await Brands.Client(try suite.admin()).erase(Brands.Erase.Params(id: id, name: name))
            output.show(brand) {
                """
                Its keys are revoked, and its data are being deleted.
                It is done when the status says erased: \(suite.command("brands list --all"))

                """
            }
        }
    }
}
