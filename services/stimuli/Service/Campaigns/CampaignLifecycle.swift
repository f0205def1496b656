import JSONRPC
import StimuliAPI

/// What may become of a campaign: draft ⇄ approved, and out of sight from either. `campaign_transitions` says the same in
/// SQL.
enum CampaignLifecycle {
    /// A step that somebody asks for.
    enum Step: String {
        case change, approve, reopen, archive
    }

    /// Where a step leads from a status.
    ///
    /// - Throws: illegalTransition, with what may be done instead.
    static func status(after step: Step, from status: CampaignStatus) throws(RPCError) -> CampaignStatus {
        switch (status, step) {
        case (.draft, .change), (.approved, .reopen): return .draft
        case (.draft, .approve): return .approved
        case (.draft, .archive), (.approved, .archive): return .archived
        default:
            throw .illegalTransition(
                "A campaign that is \(article(status)) cannot be told to \(step.rawValue); \(remedy(status)).")
        }
    }

    private static func article(_ status: CampaignStatus) -> String { status == .draft ? "a draft" : status.rawValue }

    private static func remedy(_ status: CampaignStatus) -> String {
        switch status {
        case .draft: "it can be changed, approved or archived"
        case .approved: "it can be reopened, which makes a draft of it, or archived"
        case .archived: "to try again, create another one"
        }
    }
}
