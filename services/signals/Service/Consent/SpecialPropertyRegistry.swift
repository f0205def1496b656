import SignalsAPI

/// Which properties of events hold specially protected data: those of which a brand says so, wherever in the properties
/// they stand. None is known by its name alone: a parcel has a weight, and goods a condition.
struct SpecialPropertyRegistry: SpecialFieldRegistry {
    /// Properties that a brand may declare.
    static let maximumDeclarations = 1_000

    /// By comparable names.
    private let declared: [String: SpecialCategory]

    init(_ declarations: [(name: String, category: SpecialCategory)]) {
        declared = Dictionary(declarations.map { ($0.name, $0.category) }) { _, last in last }
    }

    /// Whether nothing is declared: then there is nothing to look for.
    var isEmpty: Bool { declared.isEmpty }

    /// All that is declared, by name.
    var all: [SpecialProperty] {
        declared.map { SpecialProperty(name: $0.key, category: $0.value) }.sorted { $0.name < $1.name }
    }

    func category(of name: String) -> SpecialCategory? {
        declared[SpecialTraitRegistry.comparable(name)]
    }
}
