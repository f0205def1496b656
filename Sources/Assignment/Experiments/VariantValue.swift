public import JSON

/// What a flag that stands for an experiment has as its value.
public enum VariantValue {
    /// The config's member `value`, whatever it is; of a config that says how to execute something (it has an
    /// `execution_strategy`, or, in the older form, a `policy_version_id`) the whole of it; else the variant's key.
    ///
    /// Numbers keep their digits: 1.0 stays 1.0, for some clients tell it from 1.
    ///
    /// - Parameters:
    ///   - variant: Its key.
    ///   - config: Its config, an object; nil for none.
    public static func of(_ variant: String, config: JSONValue?) -> JSONValue {
        if let value = config?["value"] { return value }
        if let config, config["execution_strategy"] != nil || config["policy_version_id"] != nil { return config }
        return .string(variant)
    }
}
