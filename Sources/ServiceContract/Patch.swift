/// What a sparse update says of one member: nothing, that it goes, or what it becomes.
///
/// In JSON the member is absent, `null`, or there; a contract asks for the difference with `x-patch`. Where the two
/// mean the same, members are optionals.
public enum Patch<Value: Sendable>: Sendable {
    /// The member is absent: what is stored stays.
    case keep
    /// The member is null: what is stored goes.
    case clear
    case set(Value)

    /// What is stored after the update.
    ///
    /// - Parameter stored: what is stored before it.
    public func applied(to stored: Value?) -> Value? {
        switch self {
        case .keep: stored
        case .clear: nil
        case .set(let value): value
        }
    }
}

extension Patch: Equatable where Value: Equatable {}
