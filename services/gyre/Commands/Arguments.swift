public import ArgumentParser
public import ExperimentsAPI
public import GatewayAPI
public import JSON
public import StimuliAPI
public import TenancyAPI

// What options and arguments are read as, beside texts and numbers.

extension UUIDv7: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Timestamp {
    /// A moment as an option says it: the `transform` of every option that takes one, for nothing else says how it is
    /// written.
    init(time: String) throws {
        guard let moment = Timestamp(time) else {
            throw ValidationError(
                "write it as 2026-01-31T09:30:00Z, which is UTC, or with an offset as 2026-01-31T10:30:00+01:00.")
        }
        self = moment
    }
}

extension CalendarDate: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Currency: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Industry: ExpressibleByArgument {}

extension Role: ExpressibleByArgument {}

extension Regulation: ExpressibleByArgument {}

extension DenialReason: ExpressibleByArgument {}

extension PrivacyStatus: ExpressibleByArgument {}
extension CallbackState: ExpressibleByArgument {}
extension NoticeState: ExpressibleByArgument {}

extension MetricDirection: ExpressibleByArgument {}
extension InferenceEngine: ExpressibleByArgument {}
extension SpendingName: ExpressibleByArgument {}

extension ReplayEstimator: ExpressibleByArgument {}

extension ScoreName: ExpressibleByArgument {}

extension Channel: ExpressibleByArgument {}
extension CampaignStatus: ExpressibleByArgument {}
