/// How generated code writes a value.
enum WriteStatements {
    /// The statement that writes `value`, an expression of this type.
    static func statement(_ type: SwiftType, _ value: String) -> String {
        switch type.form {
        case .boolean: "writer.bool(\(value))"
        case .integer: "writer.int(\(value))"
        case .number: "writer.double(\(value))"
        case .string, .format(.email): "writer.string(\(value))"
        case .raw: "writer.raw(\(value))"
        case .decimal, .format, .array, .dictionary, .named: "\(value).write(to: &writer)"
        }
    }
}
