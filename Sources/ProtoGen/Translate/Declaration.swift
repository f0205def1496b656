/// A type to be rendered.
indirect enum Declaration {
    case structure(StructDeclaration)
    case enumeration(EnumDeclaration)
    case union(UnionDeclaration)

    var name: String {
        switch self {
        case .structure(let declaration): declaration.name
        case .enumeration(let declaration): declaration.name
        case .union(let declaration): declaration.name
        }
    }
}

/// A JSON object with known members.
struct StructDeclaration {
    let name: String
    /// Paragraphs of its doc comment.
    let documentation: [String]
    let members: [Member]
    let nested: [Declaration]

    /// A member of the JSON object, in the order of the contract. Its name in Swift is the same.
    struct Member {
        let name: String
        let documentation: [String]
        var content: Content
        /// The text of a default that Swift has no literal for, such as a currency: it becomes a static constant.
        var defaultText: String?

        /// `defaultCurrency`.
        var defaultName: String { "default" + SwiftName.type(name) }
    }

    enum Content {
        /// Always this string; not stored.
        case constant(String)
        case value(SwiftType, Presence)
    }

    enum Presence: Equatable {
        case required
        /// Present, but may be null.
        case requiredOrNull
        case optional
        /// Absent and null mean the same.
        case optionalOrNull
        /// A `Patch`: absent and null mean different things.
        case patch
        /// Absent means this Swift literal.
        case defaulted(String)
    }
}

/// One of a few strings.
struct EnumDeclaration {
    let name: String
    let documentation: [String]
    let values: [Schema.EnumerationValue]
}

/// One of a few objects, told apart by a constant member.
struct UnionDeclaration {
    let name: String
    let documentation: [String]
    let discriminator: String
    let cases: [Case]
    let nested: [Declaration]

    struct Case {
        let tag: String
        let type: String
        let documentation: [String]
    }
}
