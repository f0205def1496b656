import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import StimuliAPI

/// What a campaign's contract cannot say of it.
struct CampaignRules {
    /// The shares of arms and holdout together.
    static let whole = 10_000

    private let offers = OfferStore()
    private let templates = TemplateStore()

    /// Checks a campaign, and finds what its arms refer to.
    ///
    /// - Throws: invalidParams, with the place and what is right.
    func check(
        _ campaign: Campaign, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredArm] {
        try Self.unique(campaign.channels.map(\.rawValue), "the channel", at: "/params/channels")
        try Self.unique(
            campaign.audience.include + campaign.audience.exclude, "the segment", at: "/params/audience")
        try Self.checkTimes(campaign)
        try Self.checkLimits(campaign.limits)
        if let quiet = campaign.quietHours { try Self.check(quiet) }
        try Self.unique(campaign.arms.map(\.key), "the arm", at: "/params/arms")
        let shares = campaign.arms.reduce(campaign.holdout) { $0 + $1.share }
        guard shares == Self.whole else {
            throw .invalidParams(
                at: "/params/arms", "and the holdout share \(shares) ten-thousandths; together they share 10000")
        }
        var arms: [StoredArm] = []
        for (place, arm) in campaign.arms.enumerated() {
            arms.append(try check(arm, of: campaign, at: "/params/arms/\(place)", in: transaction))
        }
        return arms
    }

    private func check(
        _ arm: CampaignArm, of campaign: Campaign, at place: String,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredArm {
        var offer: Int64?
        if let key = arm.offer {
            guard let found = try offers.find(key: key, in: transaction) else {
                throw .invalidParams(at: place + "/offer", "names \(key), which the brand has no offer called")
            }
            guard !found.value.isArchived else {
                throw .invalidParams(at: place + "/offer", "names \(key), which is archived")
            }
            offer = found.number
        }
        var byChannel: [Channel: Int64] = [:]
        for (index, id) in arm.templates.enumerated() {
            let place = "\(place)/templates/\(index)"
            guard let found = try templates.find(id, in: transaction) else {
                throw .invalidParams(at: place, "names \(id), which the brand has no version of a template called")
            }
            let template = found.value
            guard campaign.channels.contains(template.channel) else {
                throw .invalidParams(
                    at: place, "is for \(template.channel.rawValue), which is none of the campaign's channels")
            }
            guard byChannel.updateValue(found.number, forKey: template.channel) == nil else {
                throw .invalidParams(at: place, "is the second one for \(template.channel.rawValue)")
            }
        }
        // In the order of the channels, so that the same campaign is kept in the same way.
        var stored: [Int64] = []
        for channel in campaign.channels {
            guard let template = byChannel[channel] else {
                throw .invalidParams(at: place + "/templates", "has none for \(channel.rawValue)")
            }
            stored.append(template)
        }
        return StoredArm(arm: arm, offer: offer, templates: stored)
    }

    private static func unique(_ names: [String], _ what: String, at place: String) throws(RPCError) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw .invalidParams(at: place, "names \(what) \(name) twice")
        }
    }

    private static func checkTimes(_ campaign: Campaign) throws(RPCError) {
        if let start = campaign.startAt, let end = campaign.endAt, end <= start {
            throw .invalidParams(at: "/params/endAt", "must be later than startAt")
        }
        guard case .scheduled(let schedule) = campaign.schedule else { return }
        if let start = campaign.startAt, schedule.at < start {
            throw .invalidParams(at: "/params/schedule/at", "must not be before startAt")
        }
        if let end = campaign.endAt, schedule.at >= end {
            throw .invalidParams(at: "/params/schedule/at", "must be before endAt")
        }
    }

    private static func checkLimits(_ limits: CampaignLimits) throws(RPCError) {
        if let budget = limits.budget, budget.tenThousandths <= 0 {
            throw .invalidParams(at: "/params/limits/budget", "must be more than nothing; leave it out for no bound")
        }
        if let cost = limits.costPerMessage, cost.tenThousandths < 0 {
            throw .invalidParams(at: "/params/limits/costPerMessage", "must not be less than nothing")
        }
        guard (limits.budget == nil && limits.costPerMessage == nil) == (limits.currency == nil) else {
            throw .invalidParams(at: "/params/limits/currency", "goes with a budget or a cost, and either with it")
        }
        if limits.budget != nil && (limits.costPerMessage ?? .zero) == .zero {
            throw .invalidParams(
                at: "/params/limits/costPerMessage", "is needed with a budget: what costs nothing never uses it up")
        }
    }

    private static func check(_ quiet: QuietHours) throws(RPCError) {
        let from = try minute(quiet.from, at: "/params/quietHours/from")
        let until = try minute(quiet.until, at: "/params/quietHours/until")
        guard from != until else {
            throw .invalidParams(at: "/params/quietHours/until", "is the same as from: nobody would ever be written to")
        }
    }

    /// The minute of the day that `08:30` names.
    static func minute(_ text: String, at place: String) throws(RPCError) -> Int {
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else {
            throw .invalidParams(at: place, "must be a time of day from 00:00 to 23:59")
        }
        return parts[0] * 60 + parts[1]
    }
}
