public import ArgumentParser
public import ExperimentsAPI
public import GatewayAPI
public import JSON
public import TenancyAPI

// What options and arguments are read as, beside texts and numbers.

extension UUIDv7: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Timestamp: ExpressibleByArgument {
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
