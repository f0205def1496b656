import ServiceKit

extension DataMap {
    /// Datasets, and the policies that are judged on them. A row of a dataset goes with the person it is about, also from a
    /// sealed one: its hash stays, so that the dataset's hash can still be checked.
    static let offlineEvaluation: [Table] = [
        Table(
            "datasets", "sets of logged decisions", .nobody,
            columns: [
                "number", "id", "name", "label", "description", "arms", "features", "reward", "scores", "metrics",
                "targets", "rows", "erased_rows", "hash", "created_at", "sealed_at",
            ]),
        Table(
            "dataset_hashes", "hashes of the rows of datasets, which lead to nobody", .nobody,
            columns: ["dataset", "row", "hash"]),
        Table(
            "dataset_rows", "logged decisions: what was known, what was done, what it brought", .actor("unit"),
            rights: Rights(
                access: .rows([
                    Field("dataset", .text, DatasetStore.title),
                    Field("row", .integer), Field("decision", .json, "body"),
                ]),
                portability: .withheld("it is made here, and nothing that the person gave"),
                correction: .asItIs("it says what was known and done"), orderedBy: ["dataset", "row"]),
            columns: ["dataset", "row", "unit", "body"],
            processing: Processing(
                "judging how decisions are taken", data: ["what was known of the person", "what was decided"])),
        Table(
            "replays", "policy versions judged on datasets; sums over many decisions", .nobody,
            columns: [
                "number", "id", "policy_version", "baseline_version", "dataset", "settings", "mlflow_run_id",
                "results", "is_better_than_baseline",
            ]),
        Table(
            "replay_states", "the sums of replays that run", .nobody, kept: "until the replay ends",
            columns: ["replay", "figures"]),
        Table(
            "bandits", "policies that learn from the rewards of their own decisions", .nobody,
            columns: [
                "number", "id", "key", "policy_version", "kind", "arms", "features", "floor", "optimism", "penalty",
                "decisions", "created_at",
            ]),
        Table(
            "bandit_arms", "what bandits learned: sums over all decisions, also of people who were erased", .nobody,
            columns: ["bandit", "place", "figures"]),
        Table(
            "decisions", "what bandits decided, and what came of it", .actor("unit"),
            rights: Rights(
                access: .rows([
                    Field("bandit", .text, BanditStore.key),
                    Field("number", .integer, "sequence"), Field("features", .json),
                    Field("arm", .text, BanditStore.arm),
                    Field("propensities", .json), Field("decidedAt", .time, "decided_at"),
                    Field("reward", .text, "CAST(reward AS TEXT)"), Field("rewardedAt", .time, "rewarded_at"),
                ]),
                portability: .withheld("it is made here, and nothing that the person gave"),
                correction: .asItIs("it says what was known and decided"), orderedBy: ["bandit", "sequence"]),
            columns: [
                "number", "id", "bandit", "sequence", "unit", "features", "place", "propensities", "decided_at",
                "reward", "rewarded_at",
            ], aged: Age(by: "decided_at", walk: "number"),
            processing: Processing(
                "deciding, and judging how decisions are taken",
                data: ["what was known of the person", "what was decided"])),
    ]
}
