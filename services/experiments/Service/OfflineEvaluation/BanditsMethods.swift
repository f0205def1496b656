import ExperimentsAPI
import JSON
import JSONRPC
import Policies
import Randomness
import ServiceContract
import ServiceKit

/// Answers `bandits.*`.
struct BanditsMethods: Bandits.Service {
    let admission: UnitAdmission
    private let bandits = BanditStore()
    private let versions = PolicyVersionStore()

    init(admission: UnitAdmission) {
        self.admission = admission
    }

    func create(
        _ params: Bandits.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Bandits.Create.Reply {
        try DatasetRules.checkShape(arms: params.arms, features: params.features)
        if params.kind == .thompson {
            guard params.features.isEmpty else {
                throw .invalidParams(at: "/params/features", "are for linUcb; thompson knows none")
            }
            guard params.arms.count <= BanditBrain.thompsonArms else {
                throw .invalidParams(at: "/params/arms", "are at most \(BanditBrain.thompsonArms) for thompson")
            }
        }
        guard params.floor * Double(params.arms.count) <= 1 else {
            throw .invalidParams(at: "/params/floor", "is at most 1 / \(params.arms.count), by the arms")
        }
        guard let version = try versions.find(params.policyVersionId, in: transaction) else {
            throw .notFound("version of a policy", params.policyVersionId)
        }
        guard version.value.status == .active else {
            throw .conflict("This version is \(version.value.status.rawValue); only an active one can decide.")
        }
        guard try bandits.find(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has a bandit \(params.key) already; choose another key.")
        }
        let bandit = StoredBandit(
            number: 0, id: transaction.newID(at: call.now), key: params.key, policyVersion: params.policyVersionId,
            kind: params.kind, arms: params.arms, features: params.features, floor: params.floor,
            optimism: params.optimism, penalty: params.penalty, decisions: 0, createdAt: call.now)
        let brain = BanditBrain(bandit)
        try bandits.insert(bandit, learned: brain.learned, in: transaction)
        return bandit.reply(nil)
    }

    func get(
        _ params: Bandits.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Bandits.Get.Reply {
        let bandit = try find(params.key, in: transaction)
        return bandit.reply(try brain(of: bandit, in: transaction).reply)
    }

    func list(
        _ params: Bandits.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Bandits.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<StoredBandit>(limit: params.limit)
        for bandit in try bandits.list(after: cursor.position, limit: params.limit + 1, in: transaction) {
            guard page.add(bandit, bytes: 0) else { break }
        }
        return Bandits.List.Reply(
            items: page.items.map { $0.reply(nil) },
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func decide(
        _ params: Bandits.Decide.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Bandits.Decide.Reply {
        let bandit = try find(params.key, in: transaction)
        guard params.features.count == bandit.features.count else {
            throw .invalidParams(
                at: "/params/features",
                "has \(params.features.count) numbers; the bandit has \(bandit.features.count) features")
        }
        let places = try bandit.places(of: params.arms)
        let sequence = bandit.decisions + 1
        let propensities: [Double]
        do {
            propensities = try brain(of: bandit, in: transaction).propensities(params.features, among: places)
        } catch let error as RPCError {
            throw error
        } catch let error as PolicyError {
            throw .conflict("The bandit cannot decide: \(error.words).")
        } catch {
            throw .internalError("\(error)")
        }
        var random = bandit.random(unit: params.unit, sequence: sequence)
        let decision = StoredDecision(
            number: 0, id: transaction.newID(at: call.now), bandit: bandit.number, sequence: sequence,
            unit: try params.unit.map { unit throws(RPCError) in
                try admission.number(
                    of: unit, "this unit", try UnitTypeTable(in: transaction), at: call.now, in: transaction)
            }, features: params.features, place: random.choice(weights: propensities), propensities: propensities,
            decidedAt: call.now)
        try bandits.insert(decision, in: transaction)
        return decision.reply(of: bandit)
    }

    func reward(
        _ params: Bandits.Reward.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Bandits.Reward.Reply {
        guard var decision = try bandits.decision(params.decisionId, in: transaction),
            let bandit = try bandits.find(number: decision.bandit, in: transaction)
        else { throw .notFound("decision", params.decisionId) }
        if let known = decision.reward {
            guard known == params.reward else {
                throw .conflict("This decision brought \(known) already, and a reward never changes.")
            }
            return decision.reply(of: bandit)
        }
        var brain = try brain(of: bandit, in: transaction)
        do {
            try brain.learn(params.reward, of: decision.place, decision.features)
        } catch {
            throw .invalidParams(
                at: "/params/reward",
                bandit.kind == .thompson ? "lies from 0 to 1 for thompson" : "cannot be learned: \(error.words)")
        }
        try bandits.keep(brain.learned[decision.place], of: decision.place, bandit: bandit.number, in: transaction)
        try bandits.reward(params.reward, of: decision.number, at: call.now, in: transaction)
        decision.reward = params.reward
        decision.rewardedAt = call.now
        return decision.reply(of: bandit)
    }

    private func brain(
        of bandit: StoredBandit, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> BanditBrain {
        BanditBrain(bandit, learned: try bandits.learned(by: bandit.number, in: transaction))
    }

    private func find(
        _ key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredBandit {
        guard let found = try bandits.find(key: key, in: transaction) else { throw .notFound("bandit", key) }
        return found
    }
}

extension StoredBandit {
    /// The places of the arms that may be chosen, in the bandit's order.
    fileprivate func places(of asked: [String]) throws(RPCError) -> [Int] {
        guard !asked.isEmpty else { return Array(arms.indices) }
        for (index, arm) in asked.enumerated() where !arms.contains(arm) {
            throw .invalidParams(
                at: "/params/arms/\(index)", "is none of the bandit's arms: \(arms.joined(separator: ", "))")
        }
        return arms.indices.filter { asked.contains(arms[$0]) }
    }

    /// As callers see it.
    fileprivate func reply(_ learned: [BanditArm]?) -> Bandit {
        Bandit(
            id: id, key: key, policyVersionId: policyVersion, kind: kind, arms: arms, features: features, floor: floor,
            optimism: optimism, penalty: penalty, decisions: decisions, createdAt: createdAt, learned: learned)
    }
}

extension StoredDecision {
    /// As callers see it.
    fileprivate func reply(of bandit: StoredBandit) -> BanditDecision {
        BanditDecision(
            id: id, bandit: bandit.key, number: sequence, arm: bandit.arms[place], propensities: propensities,
            decidedAt: decidedAt, reward: reward, rewardedAt: rewardedAt)
    }
}
