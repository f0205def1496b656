import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `features.*`.
struct FeaturesMethods: Features.Service {
    let cache: AssignmentCache
    private let knowledge: UnitKnowledge

    init(cache: AssignmentCache, tombstones: Tombstones) {
        self.cache = cache
        knowledge = UnitKnowledge(tombstones: tombstones)
    }

    func get(
        _ params: Features.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Features.Get.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let features = try compiled.features(at: call.now)
        return Features.Get.Reply(
            tag: features.tag, configVersion: Int(compiled.version), changedAt: features.changedAt,
            features: params.knownTag == features.tag ? nil : features.json)
    }

    func evaluate(
        _ params: Features.Evaluate.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Features.Evaluate.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let features = try compiled.features(at: call.now)
        let unit = try UnitAttributes(params.attributes, targetingKey: nil)
        let places = FeaturePlaces(params.forcedVariations ?? [:], url: params.url, in: features.rules)
        let evaluations = try evaluate(unit, compiled, places, at: call.now, in: transaction)
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        for evaluation in evaluations {
            writer.key(evaluation.experiment)
            feature(evaluation, features.rules[evaluation.experiment], places).write(to: &writer)
        }
        writer.endObject()
        return Features.Evaluate.Reply(
            features: try Self.raw(try Self.forced(writer.bytes(), by: params.forcedFeatures)),
            configVersion: Int(compiled.version), changedAt: features.changedAt)
    }

    /// What the experiments decide, save where the client took a place: as in its SDK, the condition, the layer, the
    /// holdouts and the prerequisites of a rule go before that.
    private func evaluate(
        _ unit: UnitAttributes, _ compiled: CompiledAssignments, _ places: FeaturePlaces, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Evaluation] {
        let context = try knowledge.context(of: unit, compiled, at: now, in: transaction)
        let decided = try compiled.evaluate(nil, context)
        guard !places.isEmpty else { return decided }
        var given: [String: String] = [:]
        for evaluation in decided {
            switch evaluation.reason {
            case .holdout, .layer, .targeting, .prerequisite, .restricted: break
            default: given[evaluation.experiment] = places.variant(of: evaluation.experiment)
            }
        }
        if given.isEmpty { return decided }
        let taken = try knowledge.context(of: unit, given: given, compiled, at: now, in: transaction)
        return try compiled.evaluate(nil, taken)
    }

    private func feature(_ evaluation: Evaluation, _ rule: JSONValue?, _ places: FeaturePlaces) -> JSONValue {
        guard let rule, let variant = evaluation.variant, let entries = rule["variations"]?.array,
            let place = evaluation.reason == .forced
                ? places.place(of: evaluation.experiment) ?? FeaturePlaces.place(of: variant, bucket: nil, in: rule)
                : FeaturePlaces.place(of: variant, bucket: evaluation.bucket, in: rule),
            entries.indices.contains(place)
        else { return ["defaultValue": nil] }
        var answer = JSONObject()
        answer["force"] = entries[place]
        if evaluation.isRandomised {
            answer["tracks"] = [track(evaluation, rule, variant: variant, place: place, value: entries[place])]
        }
        return ["defaultValue": nil, "rules": [.object(answer)]]
    }

    /// What the client reports as an exposure. Of the values it has only the unit's own.
    private func track(
        _ evaluation: Evaluation, _ rule: JSONValue, variant: String, place: Int, value: JSONValue
    ) -> JSONValue {
        let count = rule["variations"]?.array?.count ?? 0
        let attribute = evaluation.hashAttribute ?? "id"
        return [
            "experiment": [
                "key": .string(evaluation.experiment), "phase": .string(String(evaluation.phase)),
                "variations": .array((0..<count).map { $0 == place ? value : .null }),
                "meta": rule["meta"] ?? [], "hashAttribute": .string(attribute),
            ],
            "result": [
                "inExperiment": true, "hashUsed": true, "stickyBucketUsed": .bool(evaluation.reason == .sticky),
                "variationId": .number(JSONNumber(place)), "key": .string(variant), "value": value,
                "featureId": .string(evaluation.experiment), "hashAttribute": .string(attribute),
                "hashValue": .string(evaluation.unit ?? ""),
            ],
        ]
    }

    /// Puts the values that the client took in the place of what was decided, of features that there are.
    private static func forced(_ features: [UInt8], by forced: JSONRaw?) throws(RPCError) -> [UInt8] {
        guard let forced else { return features }
        do throws(JSONError) {
            guard case .object(let values) = try JSONValue(parsing: forced.bytes), !values.isEmpty,
                case .object(var answer) = try JSONValue(parsing: features)
            else { return features }
            for member in values where answer[member.name] != nil {
                answer[member.name] = ["defaultValue": member.value]
            }
            return JSONValue.object(answer).json()
        } catch {
            throw .internalError("Features that were written are no JSON: \(error)")
        }
    }

    private static func raw(_ bytes: [UInt8]) throws(RPCError) -> JSONRaw {
        do throws(JSONError) {
            return try JSONRaw(validating: bytes)
        } catch {
            throw .internalError("Features that were written are no JSON: \(error)")
        }
    }
}
