import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// What the contract cannot say of an experiment by itself; ``AssignmentCheck`` says the rest, with all others beside it.
enum ExperimentRules {
    /// - Throws: invalidParams at the place of what is wrong.
    static func check(_ experiment: StoredExperiment) throws(RPCError) {
        try checkVariants(experiment)
        for (index, prerequisite) in experiment.prerequisites.enumerated()
        where prerequisite.experiment == experiment.key {
            throw .invalidParams(at: "/params/prerequisites/\(index)/experiment", "must be another experiment")
        }
        if let start = experiment.startAt, let end = experiment.endAt, end <= start {
            throw .invalidParams(at: "/params/endAt", "must be behind startAt")
        }
        if experiment.minimumBucketVersion > experiment.bucketVersion {
            throw .invalidParams(at: "/params/minimumBucketVersion", "is at most the bucketVersion")
        }
    }

    private static func checkVariants(_ experiment: StoredExperiment) throws(RPCError) {
        var keys: Set<String> = []
        for (index, variant) in experiment.variants.enumerated()
        where !keys.insert(variant.key).inserted {
            throw .invalidParams(at: "/params/variants/\(index)/key", "is there twice")
        }
        for (index, variant) in experiment.variants.enumerated() {
            _ = try VariantConfig(variant.config, at: "/params/variants/\(index)/config")
        }
        let controls = experiment.variants.indices.filter { experiment.variants[$0].isControl }
        guard controls.count == 1 else {
            throw .invalidParams(
                at: "/params/variants",
                controls.isEmpty
                    ? "needs a control: set isControl of the variant that the others are compared with"
                    : "has \(controls.count) controls; set isControl of one only")
        }
        let total = experiment.variants.reduce(0) { $0 + $1.allocation }
        guard total <= BucketSet.width else {
            throw .invalidParams(
                at: "/params/variants", "gives away \(total) ten-thousandths of all units; there are 10000")
        }
        do {
            _ = try Allocation(experiment.shares, version: experiment.hash)
        } catch {
            throw .invalidParams(at: "/params/variants" + error.pointer, error.message)
        }
    }
}
