import Assignment
import JSON
import JSONRPC
import OpenSSL
import ServiceContract

/// The running experiments as features, which GrowthBook's SDKs read.
///
/// ```
/// {"checkout": {"defaultValue": null, "rules": [{"key": "checkout", "variations": ["control", "new"], …}]}}
/// ```
struct ClientFeatures: Sendable {
    /// The hash of ``json``.
    let tag: String
    /// What a client may decide for itself, and nothing else.
    let json: JSONRaw
    /// When it was made.
    let changedAt: Timestamp
    /// The rules of all running experiments by their keys, also of those that only the server can decide.
    let rules: [String: JSONValue]

    init(_ compiled: CompiledAssignments, at now: Timestamp) throws(RPCError) {
        var values: [String: [JSONValue]] = [:]
        var valued: Set<String> = []
        for key in compiled.assigning {
            let variants = compiled.set.variants(of: key) ?? []
            values[key] = try variants.map { variant throws(RPCError) in try compiled.value(of: variant, in: key) }
            if values[key] != variants.map({ .string($0) }) { valued.insert(key) }
        }
        let variantFeature = { (key: String) in valued.contains(key) ? Self.variantFeature(key) : key }
        var rules: [String: JSONValue] = [:]
        for key in compiled.assigning {
            rules[key] = compiled.set.growthBookRule(key, values: values[key], variantFeature: variantFeature)
        }
        var writer = JSONWriter(capacity: 4_096)
        var written: Set<String> = []
        writer.beginObject()
        for key in Self.decidable(compiled, rules) {
            Self.write(rules[key], as: key, &written, to: &writer)
            for parent in compiled.set.prerequisites(of: key) ?? [] {
                // One that does not run has no value, and nobody is in it.
                let rule = compiled.set.growthBookRule(parent, variantFeature: variantFeature)
                Self.write(rule, as: variantFeature(parent), &written, to: &writer)
            }
        }
        writer.endObject()
        self.rules = rules
        do {
            json = try JSONRaw(validating: writer.bytes())
        } catch {
            throw .internalError("The features are no JSON: \(error)")
        }
        tag = Hexadecimal.encode(Array(SHA256.hash(json.bytes).bytes.prefix(16)))
        changedAt = now
    }

    private static func write(
        _ rule: JSONValue?, as name: String, _ written: inout Set<String>, to writer: inout JSONWriter
    ) {
        guard written.insert(name).inserted else { return }
        writer.key(name)
        let feature: JSONValue = ["defaultValue": nil, "rules": .array(rule.map { [$0] } ?? [])]
        feature.write(to: &writer)
    }

    /// The feature whose value is the key of the variant, of an experiment whose variants stand for something else.
    ///
    /// No experiment has such a key.
    static func variantFeature(_ experiment: String) -> String { experiment + "#variant" }

    /// The experiments of which a client with their rules decides what the server decides.
    private static func decidable(_ compiled: CompiledAssignments, _ rules: [String: JSONValue]) -> [String] {
        var known: [String: Bool] = [:]
        func isDecidable(_ key: String) -> Bool {
            if let known = known[key] { return known }
            var answer = false
            if let entry = compiled.entries[key], !entry.isSticky, !asksForGroups(rules[key]?["condition"]) {
                // Prerequisites have no cycles.
                answer = (compiled.set.prerequisites(of: key) ?? []).allSatisfy(isDecidable)
            }
            known[key] = answer
            return answer
        }
        return compiled.assigning.filter(isDecidable)
    }

    /// Whether a condition is about saved groups, whose members a public document must not have.
    static func asksForGroups(_ condition: JSONValue?) -> Bool {
        switch condition {
        case .object(let members):
            members.contains { member in
                ["$inGroup", "$notInGroup", "$savedGroups"].contains(member.name) || asksForGroups(member.value)
            }
        case .array(let elements): elements.contains(where: asksForGroups)
        default: false
        }
    }
}

extension CompiledAssignments {
    /// What a variant stands for.
    func value(of variant: String, in experiment: String) throws(RPCError) -> JSONValue {
        do throws(JSONError) {
            let config = try entries[experiment]?.configs[variant].map { config throws(JSONError) in
                try JSONValue(parsing: config.bytes)
            }
            return VariantValue.of(variant, config: config)
        } catch {
            throw .internalError("The config of \(variant) of \(experiment) is no JSON: \(error)")
        }
    }
}
