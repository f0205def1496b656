import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

extension StoredExperiment {
    var hash: HashVersion { HashVersion(rawValue: hashVersion) ?? .v2 }
    var shares: [Allocation.Share] { variants.map { Allocation.Share($0.key, $0.allocation) } }

    /// What units get in each variant.
    private var configs: [String: JSONRaw?] {
        Dictionary(uniqueKeysWithValues: variants.map { ($0.key, $0.config) })
    }

    /// What of it may be large.
    var bytes: Int {
        variants.reduce(condition?.bytes.count ?? 0) { $0 + ($1.config?.bytes.count ?? 0) }
    }

    /// The experiment with what an update says.
    ///
    /// - Throws: illegalTransition for what may not change in its status.
    func edited(by params: Experiments.Update.Params, at now: Timestamp) throws(RPCError) -> StoredExperiment {
        let status = status(at: now)
        if status == .completed || status == .archived {
            if let field = params.fieldsThatDecide.first {
                throw .illegalTransition("An experiment that is \(status.rawValue) keeps its \(field).")
            }
        }
        if phase > 0, let isSticky = params.isSticky, isSticky != self.isSticky {
            throw .illegalTransition("Whether an experiment is sticky is decided while it is a draft.")
        }
        if phase > 0, case .set(let start) = params.startAt, start != startAt {
            throw .illegalTransition("An experiment that was started keeps its startAt.")
        }
        if phase > 0, case .clear = params.startAt, startAt != nil {
            throw .illegalTransition("An experiment that was started keeps its startAt.")
        }
        if let version = params.bucketVersion, version < bucketVersion {
            throw .conflict("The bucket version is \(bucketVersion), and never goes back.")
        }
        var edited = self
        edited.name = params.name ?? name
        edited.description = params.description.applied(to: description)
        edited.hypothesis = params.hypothesis.applied(to: hypothesis)
        edited.owner = params.owner.applied(to: owner)
        if let condition = params.condition { edited.condition = condition.unlessEmpty }
        edited.prerequisites = params.prerequisites ?? prerequisites
        edited.startAt = params.startAt.applied(to: startAt)
        edited.endAt = params.endAt.applied(to: endAt)
        edited.isSticky = params.isSticky ?? isSticky
        edited.bucketVersion = params.bucketVersion ?? bucketVersion
        edited.minimumBucketVersion = params.minimumBucketVersion ?? minimumBucketVersion
        edited.variants = params.variants ?? variants
        return edited
    }

    /// Why a change needs a phase of its own; nil: it needs none.
    func reasonForPhase(_ edited: StoredExperiment) -> PhaseReason? {
        if configs != edited.configs { return .variants }
        if shares != edited.shares { return .allocation }
        if condition != edited.condition || prerequisites != edited.prerequisites || slot != edited.slot {
            return .targeting
        }
        return nil
    }

    /// The weights of a ramp in the order of the variants.
    func weights(_ given: [RampWeight], at pointer: String) throws(RPCError) -> [Int] {
        var weights: [String: Int] = [:]
        for (index, weight) in given.enumerated() {
            guard variants.contains(where: { $0.key == weight.variant }) else {
                throw .invalidParams(at: "\(pointer)/\(index)/variant", "is no variant of the experiment")
            }
            guard weights.updateValue(weight.weight, forKey: weight.variant) == nil else {
                throw .invalidParams(at: "\(pointer)/\(index)/variant", "is there twice")
            }
        }
        return variants.map { weights[$0.key] ?? 0 }
    }
}

extension Experiments.Update.Params {
    /// The fields given that decide who gets what, or when.
    fileprivate var fieldsThatDecide: [String] {
        var fields: [String] = []
        if condition != nil { fields.append("condition") }
        if prerequisites != nil { fields.append("prerequisites") }
        if variants != nil { fields.append("variants") }
        if isSticky != nil { fields.append("isSticky") }
        if bucketVersion != nil { fields.append("bucketVersion") }
        if minimumBucketVersion != nil { fields.append("minimumBucketVersion") }
        if case .keep = slot {} else { fields.append("slot") }
        if case .keep = startAt {} else { fields.append("startAt") }
        if case .keep = endAt {} else { fields.append("endAt") }
        return fields
    }
}

extension Variant {
    func with(allocation: Int) -> Variant {
        Variant(
            key: key, name: name, description: description, allocation: allocation, isControl: isControl, config: config
        )
    }
}

extension JSONRaw {
    /// Nil for `{}`, which says nothing.
    var unlessEmpty: JSONRaw? { bytes.contains { $0 != 0x7B && $0 != 0x7D && $0 > 0x20 } ? self : nil }
}
