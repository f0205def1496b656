import ServiceKit

extension DataMap {
    /// What decides about assignments beside experiments themselves.
    static let assignmentTables: [Table] = [
        Table(
            "layers", "experiments that exclude each other", .nobody,
            columns: [
                "number", "id", "key", "name", "description", "hash_version", "seed", "hash_attribute", "is_archived",
                "created_at", "updated_at", "version",
            ]),
        Table(
            "layer_ranges", "whose the buckets of layers are", .nobody,
            columns: ["layer", "lower", "upper", "experiment"]),
        Table(
            "phase_slots", "which buckets of which layer an experiment had in a phase", .nobody,
            columns: ["experiment", "phase", "layer", "buckets"]),
        Table(
            "holdouts", "how many units are withheld from what; not who", .nobody,
            columns: [
                "number", "id", "key", "name", "description", "share", "scope", "unit_type", "hash_version", "seed",
                "hash_attribute", "start_at", "end_at", "created_at", "updated_at", "version",
            ]),
        Table(
            "holdout_members", "the layers or experiments that units are withheld from", .nobody,
            columns: ["holdout", "place", "layer", "experiment"]),
        Table(
            "saved_groups", "lists and conditions that conditions name; not who is on the lists", .nobody,
            columns: [
                "number", "key", "name", "description", "attribute", "condition", "created_at", "updated_at", "version",
            ]),
        Table(
            "saved_group_entries", "the values on lists, which are people's identifiers as a rule", .mentions("value"),
            kept: "as long as the list",
            rights: Rights(
                access: .rows([Field("group", .text, SavedGroupStore.key), Field("value", .text)]),
                portability: .withheld("it is made here, and nothing that the person gave"),
                correction: .asItIs("it says whom the brand put on a list"), orderedBy: ["saved_group", "value"]),
            columns: ["saved_group", "value"],
            processing: Processing("comparing variants for some people", data: ["identifiers", "lists"])),
        Table(
            "unit_types", "which kind of identifier units have", .nobody, columns: ["type", "identifier_type"]),
        Table(
            "forced_assignments", "variants that units were put into by hand, for tests", .actor("unit"),
            kept: "until they expire or are removed",
            rights: Rights(
                access: .rows([
                    Field("experiment", .text, ExperimentStore.key), Field("variant", .text, VariantStore.key),
                    Field("note", .text), Field("setAt", .time, "set_at"),
                ]),
                portability: .withheld("it is made here, and nothing that the person gave"),
                correction: .asItIs("it says what was decided"), orderedBy: ["number"]),
            columns: ["number", "experiment", "unit", "variant", "note", "expires_at", "set_at", "set_by"],
            processing: Processing("trying variants out", data: ["which variant was decided for them"])),
        Table(
            "unit_restrictions", "keyed hashes of identifiers of those whose data may be kept and not used", .nobody,
            kept: "until it is lifted",
            afterErasure: "it says no more than the keyed hash that refuses the person: GDPR Art. 5(1)(f) and 17(1)",
            columns: ["digest", "kind", "request", "since"]),
    ]
}
