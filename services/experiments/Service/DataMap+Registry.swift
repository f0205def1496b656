import ServiceKit

extension DataMap {
    /// What experiments compare: policies, prompts and flows, in versions.
    static let registry: [Table] = [
        Table(
            "policies", "decision-makers of which there are versions", .nobody,
            columns: [
                "number", "id", "name", "description", "requires_replay", "current_version", "created_at",
                "updated_at", "version",
            ]),
        Table(
            "policy_versions", "versions of policies, with their models and parameters", .nobody,
            columns: [
                "number", "id", "policy", "version", "mlflow_model_name", "mlflow_model_version", "config_defaults",
                "description", "hash", "status", "created_at", "status_changed_at", "promoted_at",
            ]),
        Table(
            "policy_version_transitions", "what may follow what in the life of a version of a policy", .nobody,
            columns: ["before", "after"]),
        Table(
            "prompt_versions", "versions of prompts", .nobody,
            columns: [
                "number", "id", "name", "version", "template", "model_provider", "model_name", "params", "hash",
                "created_at",
            ]),
        Table(
            "flows", "versions of flows, state machines for conversations", .nobody,
            columns: [
                "number", "id", "name", "version", "initial_state", "states", "transitions", "hash", "created_at",
            ]),
        Table(
            "variant_references", "what the configs of variants refer to", .nobody,
            columns: ["variant", "policy_version", "prompt_version", "flow"]),
    ]
}
