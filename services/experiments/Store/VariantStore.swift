import ExperimentsAPI
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// The arms of experiments.
struct VariantStore: Sendable {
    /// SQL for the key of the variant that a row names.
    static let key = "(SELECT variants.key FROM variants WHERE variants.number = variant)"

    /// Those that are in an experiment, in their order.
    func all(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Variant] {
        try transaction.all(
            """
            SELECT key, name, description, allocation, is_control, config FROM variants
            WHERE experiment = :experiment AND place IS NOT NULL ORDER BY place
            """, [":experiment": experiment]
        ) { row throws(RPCError) in
            Variant(
                key: row.text(0), name: row.textOrNil(1), description: row.textOrNil(2), allocation: row.int(3),
                isControl: row.bool(4), config: try row.rawJSON(5))
        }
    }

    /// The numbers of all variants that ever were in an experiment, by their keys.
    func numbers(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String: Int64] {
        let all = try transaction.all(
            "SELECT key, number FROM variants WHERE experiment = :experiment", [":experiment": experiment]
        ) { ($0.text(0), $0.int64(1)) }
        return Dictionary(uniqueKeysWithValues: all)
    }

    /// Makes these the variants of an experiment. Others that were stay without a place, for what they brought.
    func replace(
        _ variants: [Variant], of experiment: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE variants SET place = NULL, allocation = 0, is_control = 0, config = NULL
            WHERE experiment = :experiment
            """, [":experiment": experiment])
        for (place, variant) in variants.enumerated() {
            try transaction.run(
                """
                INSERT INTO variants (experiment, key, place, name, description, allocation, is_control, config)
                VALUES (:experiment, :key, :place, :name, :description, :allocation, :is_control, :config)
                ON CONFLICT (experiment, key) DO UPDATE SET
                    place = :place, name = :name, description = :description, allocation = :allocation,
                    is_control = :is_control, config = :config
                """,
                [
                    ":experiment": experiment, ":key": variant.key, ":place": place, ":name": variant.name,
                    ":description": variant.description, ":allocation": variant.allocation,
                    ":is_control": variant.isControl, ":config": variant.config?.text,
                ])
        }
    }
}
