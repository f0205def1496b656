import JSON
import JSONRPC
import SQLite
import ServiceContract

/// What one variant's config refers to, by the numbers of the rows.
struct VariantReference: Sendable, Equatable {
    let variant: String
    var policyVersion: Int64?
    var promptVersion: Int64?
    var flow: Int64?
}

/// What the configs of variants refer to.
struct VariantReferenceStore: Sendable {
    /// Makes these what the variants of an experiment refer to.
    func replace(
        _ references: [VariantReference], of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            DELETE FROM variant_references
            WHERE variant IN (SELECT number FROM variants WHERE experiment = :experiment)
            """, [":experiment": experiment])
        for reference in references {
            try transaction.run(
                """
                INSERT INTO variant_references (variant, policy_version, prompt_version, flow)
                SELECT number, :policy_version, :prompt_version, :flow FROM variants
                WHERE experiment = :experiment AND key = :variant
                """,
                [
                    ":experiment": experiment, ":variant": reference.variant,
                    ":policy_version": reference.policyVersion, ":prompt_version": reference.promptVersion,
                    ":flow": reference.flow,
                ])
        }
    }

    /// The keys of experiments that use a version of a policy and are active or paused, and not behind their end.
    func running(
        with policyVersion: Int64, at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String] {
        try transaction.all(
            """
            SELECT DISTINCT experiments.key FROM variant_references
                JOIN variants ON variants.number = variant_references.variant
                JOIN experiments ON experiments.number = variants.experiment
            WHERE variant_references.policy_version = :version AND experiments.status IN ('active', 'paused')
                AND coalesce(experiments.end_at > :now, 1)
            ORDER BY experiments.key
            """, [":version": policyVersion, ":now": now]
        ) { $0.text(0) }
    }
}
