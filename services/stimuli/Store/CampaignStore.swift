import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import StimuliAPI

/// An arm with what it refers to, by number.
struct StoredArm: Sendable {
    let arm: CampaignArm
    let offer: Int64?
    let templates: [Int64]
}

/// Campaigns with their arms.
struct CampaignStore: Sendable {
    func insert(
        _ campaign: Campaign, _ arms: [StoredArm], in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO campaigns
                (id, key, name, description, type, category, purpose, audience, channels, holdout, schedule, start_at,
                end_at, limits, quiet_hours, outcome, status, created_by, created_at, updated_at, version)
            VALUES
                (:id, :key, :name, :description, :type, :category, :purpose, :audience, :channels, :holdout, :schedule,
                :start_at, :end_at, :limits, :quiet_hours, :outcome, :status, :created_by, :created_at, :updated_at,
                :version)
            """,
            [
                ":id": campaign.id, ":key": campaign.key, ":name": campaign.name,
                ":description": campaign.description, ":type": campaign.type.rawValue,
                ":category": campaign.category.rawValue, ":purpose": campaign.purpose,
                ":audience": campaign.audience.jsonText, ":channels": campaign.channels.jsonText,
                ":holdout": campaign.holdout, ":schedule": campaign.schedule.jsonText,
                ":start_at": campaign.startAt, ":end_at": campaign.endAt, ":limits": campaign.limits.jsonText,
                ":quiet_hours": campaign.quietHours?.jsonText, ":outcome": campaign.outcome.jsonText,
                ":status": campaign.status.rawValue, ":created_by": campaign.createdBy,
                ":created_at": campaign.createdAt, ":updated_at": campaign.updatedAt, ":version": campaign.version,
            ])
        try insert(arms, of: transaction.connection.lastInsertRowID, in: transaction)
    }

    /// Writes all that may change of a draft.
    func update(
        _ campaign: Campaign, _ arms: [StoredArm], number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE campaigns SET
                name = :name, description = :description, type = :type, category = :category, purpose = :purpose,
                audience = :audience, channels = :channels, holdout = :holdout, schedule = :schedule,
                start_at = :start_at, end_at = :end_at, limits = :limits, quiet_hours = :quiet_hours,
                outcome = :outcome, updated_at = :updated_at, version = :version
            WHERE number = :number
            """,
            [
                ":number": number, ":name": campaign.name, ":description": campaign.description,
                ":type": campaign.type.rawValue, ":category": campaign.category.rawValue,
                ":purpose": campaign.purpose, ":audience": campaign.audience.jsonText,
                ":channels": campaign.channels.jsonText, ":holdout": campaign.holdout,
                ":schedule": campaign.schedule.jsonText, ":start_at": campaign.startAt, ":end_at": campaign.endAt,
                ":limits": campaign.limits.jsonText, ":quiet_hours": campaign.quietHours?.jsonText,
                ":outcome": campaign.outcome.jsonText, ":updated_at": campaign.updatedAt,
                ":version": campaign.version,
            ])
        try transaction.run("DELETE FROM campaign_arms WHERE campaign = :campaign", [":campaign": number])
        try insert(arms, of: number, in: transaction)
    }

    /// Writes where a campaign stands, and who answers for it.
    func step(
        _ campaign: Campaign, number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE campaigns SET status = :status, approved_by = :approved_by, approved_at = :approved_at,
                updated_at = :updated_at, version = :version
            WHERE number = :number
            """,
            [
                ":number": number, ":status": campaign.status.rawValue, ":approved_by": campaign.approvedBy,
                ":approved_at": campaign.approvedAt, ":updated_at": campaign.updatedAt, ":version": campaign.version,
            ])
    }

    private func insert(
        _ arms: [StoredArm], of campaign: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for (place, stored) in arms.enumerated() {
            try transaction.run(
                """
                INSERT INTO campaign_arms (campaign, place, key, name, share, offer)
                VALUES (:campaign, :place, :key, :name, :share, :offer)
                """,
                [
                    ":campaign": campaign, ":place": place, ":key": stored.arm.key, ":name": stored.arm.name,
                    ":share": stored.arm.share, ":offer": stored.offer,
                ])
            let arm = transaction.connection.lastInsertRowID
            for (place, template) in stored.templates.enumerated() {
                try transaction.run(
                    "INSERT INTO arm_templates (arm, place, template) VALUES (:arm, :place, :template)",
                    [":arm": arm, ":place": place, ":template": template])
            }
        }
    }

    func countInSight(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM campaigns WHERE status <> 'archived'") { $0.int(0) } ?? 0
    }

    /// The keys of drafts that promise an offer.
    func drafts(
        promising offer: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            """
            SELECT DISTINCT campaigns.key FROM campaign_arms
            JOIN campaigns ON campaigns.number = campaign_arms.campaign AND campaigns.status = 'draft'
            WHERE campaign_arms.offer = :offer ORDER BY campaigns.number
            """, [":offer": offer]
        ) { $0.text(0) }
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Campaign>? {
        let number = try transaction.one("SELECT number FROM campaigns WHERE id = :id", [":id": id]) { $0.int64(0) }
        return try number.flatMap { number throws(RPCError) in try find(number: number, in: transaction) }
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Campaign>? {
        let number = try transaction.one("SELECT number FROM campaigns WHERE key = :key", [":key": key]) { $0.int64(0) }
        return try number.flatMap { number throws(RPCError) in try find(number: number, in: transaction) }
    }

    /// Campaigns behind one, in the order in which they were created.
    ///
    /// - Parameter status: only those; nil: all but archived ones.
    func list(
        after number: Int64, status: CampaignStatus?, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<Campaign>] {
        let numbers = try transaction.all(
            """
            SELECT number FROM campaigns
            WHERE number > :number AND CASE WHEN :status IS NULL THEN status <> 'archived' ELSE status = :status END
            ORDER BY number LIMIT :limit
            """, [":number": number, ":status": status?.rawValue, ":limit": limit]
        ) { $0.int64(0) }
        var campaigns: [Numbered<Campaign>] = []
        for number in numbers {
            if let campaign = try find(number: number, in: transaction) { campaigns.append(campaign) }
        }
        return campaigns
    }

    private func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<Campaign>? {
        let arms = try arms(of: number, in: transaction)
        return try transaction.one(
            """
            SELECT id, key, name, description, type, category, purpose, audience, channels, holdout, schedule, start_at,
                end_at, limits, quiet_hours, outcome, status, created_by, approved_by, approved_at, created_at,
                updated_at, version
            FROM campaigns WHERE number = :number
            """, [":number": number]
        ) { row throws(RPCError) in
            guard let type = CampaignType(rawValue: row.text(4)),
                let category = CampaignCategory(rawValue: row.text(5)),
                let status = CampaignStatus(rawValue: row.text(16))
            else { throw .internalError("A campaign has a type, a category or a status that is none.") }
            let quietHours: QuietHours? = row.textOrNil(14) == nil ? nil : try row.json(14)
            return Numbered(
                number: number,
                value: Campaign(
                    id: row.uuid(0), key: row.text(1), name: row.text(2), description: row.textOrNil(3), type: type,
                    category: category, purpose: row.text(6), audience: try row.json(7), channels: try row.json(8),
                    arms: arms, holdout: row.int(9), schedule: try row.json(10), startAt: row.timestampOrNil(11),
                    endAt: row.timestampOrNil(12), limits: try row.json(13), quietHours: quietHours,
                    outcome: try row.json(15), status: status, createdBy: row.text(17),
                    approvedBy: row.textOrNil(18), approvedAt: row.timestampOrNil(19), createdAt: row.timestamp(20),
                    updatedAt: row.timestamp(21), version: row.int(22)))
        }
    }

    private func arms(
        of campaign: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [CampaignArm] {
        let rows = try transaction.all(
            """
            SELECT campaign_arms.number, campaign_arms.key, campaign_arms.name, share, offers.key
            FROM campaign_arms LEFT JOIN offers ON offers.number = campaign_arms.offer
            WHERE campaign = :campaign ORDER BY place
            """, [":campaign": campaign]
        ) { (number: $0.int64(0), key: $0.text(1), name: $0.textOrNil(2), share: $0.int(3), offer: $0.textOrNil(4)) }
        var arms: [CampaignArm] = []
        for row in rows {
            let templates = try transaction.all(
                """
                SELECT templates.id FROM arm_templates JOIN templates ON templates.number = template
                WHERE arm = :arm ORDER BY place
                """, [":arm": row.number]
            ) { $0.uuid(0) }
            arms.append(
                CampaignArm(key: row.key, name: row.name, share: row.share, offer: row.offer, templates: templates))
        }
        return arms
    }
}
