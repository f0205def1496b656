import Assignment
import ExperimentsAPI
import JSON

/// What the OpenFeature Remote Evaluation Protocol says of one flag.
enum OFREPAnswer {
    case decided(UnitAssignment, configVersion: Int)
    case failed(key: String, ErrorCode, details: String)

    /// The errors that it knows.
    enum ErrorCode: String {
        case parse = "PARSE_ERROR"
        case targetingKeyMissing = "TARGETING_KEY_MISSING"
        case invalidContext = "INVALID_CONTEXT"
        case flagNotFound = "FLAG_NOT_FOUND"
        case general = "GENERAL"
    }

    /// What an assignment comes to: of a unit that nobody can name, an error.
    init(_ assignment: UnitAssignment, configVersion: Int) {
        if assignment.reason == .missingUnit {
            self = .failed(
                key: assignment.experiment, .targetingKeyMissing,
                details: "The context names no unit: give it a targetingKey, or what the experiment asks for.")
        } else {
            self = .decided(assignment, configVersion: configVersion)
        }
    }

    /// Why a flag has its value, in the words of OpenFeature (section 1.4 of its specification, `types#resolution-reason`).
    ///
    /// - Parameter propensity: 1 where chance had no part in it.
    static func reason(_ reason: AssignmentReason, propensity: Double?) -> String {
        switch reason {
        case .forced: "TARGETING_MATCH"
        case .split where propensity == 1: "STATIC"
        case .split, .sticky: "SPLIT"
        case .inactive: "DISABLED"
        case .excluded, .missingUnit, .outdated, .holdout, .layer, .targeting, .prerequisite, .coverage, .restricted:
            "DEFAULT"
        }
    }
}

extension OFREPAnswer: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .failed(let key, let code, let details):
            writer.key("key")
            writer.string(key)
            writer.key("errorCode")
            writer.string(code.rawValue)
            writer.key("errorDetails")
            writer.string(details)
        case .decided(let assignment, let configVersion):
            writer.key("key")
            writer.string(assignment.experiment)
            writer.key("reason")
            writer.string(Self.reason(assignment.reason, propensity: assignment.propensity))
            // Clients want one even where there is none.
            writer.key("variant")
            writer.string(assignment.variant ?? "")
            // Without a value the client takes the one that its code has for such a case.
            if let variant = assignment.variant {
                writer.key("value")
                VariantValue.of(variant, config: assignment.config.flatMap { try? JSONValue(parsing: $0.bytes) })
                    .write(to: &writer)
            }
            writer.key("metadata")
            Self.write(assignment, configVersion: configVersion, to: &writer)
        }
        writer.endObject()
    }

    /// Metadata has no objects and no arrays.
    private static func write(_ assignment: UnitAssignment, configVersion: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("experiment")
        writer.string(assignment.experiment)
        writer.key("assignmentReason")
        writer.string(assignment.reason.rawValue)
        if let phase = assignment.phase {
            writer.key("phase")
            writer.int(phase)
        }
        if let bucket = assignment.bucket {
            writer.key("bucket")
            writer.int(bucket)
        }
        writer.key("version")
        writer.int(assignment.version)
        writer.key("configVersion")
        writer.int(configVersion)
        writer.key("isSaved")
        writer.bool(assignment.isSaved)
        writer.endObject()
    }
}
