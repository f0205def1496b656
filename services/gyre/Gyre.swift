import ArgumentParser
import ServiceContract

/// The command line of Gyre: runs a suite on this machine, and speaks to it.
@main
struct Gyre: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gyre",
        abstract: "Runs Gyre on this machine, and speaks to it.",
        discussion: """
            FIRST STEPS
              gyre up --demo --detach       a suite with a brand of made-up people
              gyre status                   what runs
              gyre call signals.summarize   any method, with any parameters
              gyre tail                     watch signals arrive
              gyre down                     end it

            A suite lives in its data directory: gyre-data here, unless --data or GYRE_DATA_DIRECTORY says \
            otherwise. Every command prints text for people, and with --json JSON for programs.

            Completion: gyre --generate-completion-script bash (or zsh, or fish).
            """,
        version: Release.version,
        groupedSubcommands: [
            CommandGroup(
                name: "RUNNING IT",
                subcommands: [UpCommand.self, DownCommand.self, StatusCommand.self, DoctorCommand.self]),
            CommandGroup(name: "KEEPING IT", subcommands: [BackupCommand.self, RestoreCommand.self]),
            CommandGroup(
                name: "USING IT",
                subcommands: [
                    OrganizationsCommand.self, BrandsCommand.self, SettingsCommand.self, KeysCommand.self,
                    LimitsCommand.self, UsersCommand.self,
                    IntegrationsCommand.self, ParametersCommand.self, ImportCommand.self, ImportsCommand.self,
                    PopulationCommand.self,
                    JobsCommand.self, TailCommand.self, ConsentCommand.self, RestrictionsCommand.self,
                    RecipientsCommand.self, DisclosuresCommand.self, ScoresCommand.self, SegmentsCommand.self,
                    BeliefsCommand.self,
                    PoliciesCommand.self, PromptsCommand.self, FlowsCommand.self,
                    DatasetsCommand.self, ReplaysCommand.self, BanditsCommand.self,
                    ExperimentsCommand.self, MetricsCommand.self, LayersCommand.self, HoldoutsCommand.self,
                    GroupsCommand.self, UnitTypesCommand.self,
                    CampaignsCommand.self, OffersCommand.self, TemplatesCommand.self,
                    PrivacyCommand.self, AuditCommand.self, CallCommand.self,
                    MethodsCommand.self,
                ]),
        ])
}
