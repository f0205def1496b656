import JSON
import SignalsAPI

/// Which traits hold specially protected data (GDPR Art. 9(1)): those that the program knows by their names, and what a
/// brand says of its own.
///
/// Names are compared by their letters and digits, without regard to case: `Medical Conditions` and `medical_conditions`
/// are one. What stands in another trait is a trait as well.
struct SpecialTraitRegistry: SpecialFieldRegistry {
    /// Traits that a brand may say something of.
    static let maximumDeclarations = 1_000 - defaults.count

    /// What brands say, by comparable names; nil inside: nothing special.
    private var declared: [String: SpecialCategory?] = [:]

    init(_ declarations: [(name: String, category: SpecialCategory?)] = []) {
        for (name, category) in declarations { declared[name] = .some(category) }
    }

    func category(of name: String) -> SpecialCategory? {
        let name = Self.comparable(name)
        if !declared.isEmpty, let category = declared[name] { return category }
        return Self.defaults[name]
    }

    /// All traits that something is said of, by name.
    var all: [SpecialTrait] {
        let others = Self.defaults.filter { declared[$0.key] == nil }
            .map { SpecialTrait(name: $0.key, category: $0.value, isDefault: true) }
        return (others + declared.map { SpecialTrait(name: $0.key, category: $0.value, isDefault: false) })
            .sorted { $0.name < $1.name }
    }

    /// The special traits that a trait states: itself, or what stands in it. A removal states nothing.
    func stated(by trait: StatedTrait) throws(JSONError) -> [StatedSpecialField] {
        guard let value = trait.value else { return [] }
        let pointer = "/" + JSONPointer.escape(trait.name)
        let whole = category(of: trait.name).map { [StatedSpecialField(pointer: pointer, category: $0)] } ?? []
        return whole + (try stated(in: value.bytes, at: pointer))
    }

    /// The letters and digits of a name, in lower case.
    static func comparable(_ name: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if scalar.isASCII {
                switch scalar {
                case "a"..."z", "0"..."9": text.append(scalar)
                case "A"..."Z": text.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
                default: break
                }
            } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                text.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return String(text)
    }

    /// What the program knows without being told.
    static let defaults: [String: SpecialCategory] = {
        let names: [SpecialCategory: [String]] = [
            .health: [
                "health", "healthcondition", "healthconditions", "healthstatus", "condition", "conditions",
                "medicalcondition", "medicalconditions", "medicalhistory", "medication", "medications", "medicine",
                "medicines", "prescription", "prescriptions", "diagnosis", "diagnoses", "disease", "diseases",
                "illness", "illnesses", "symptom", "symptoms", "allergy", "allergies", "disability", "disabilities",
                "treatment", "treatments", "therapy", "therapies", "pregnancy", "pregnant", "ispregnant", "duedate",
                "bloodtype", "bloodpressure", "mentalhealth", "vaccination", "vaccinations", "dietaryrestrictions",
                "weight", "bmi",
            ],
            .ethnicOrigin: ["race", "ethnicity", "ethnicorigin", "ethnicgroup", "racialorigin"],
            .politicalOpinions: [
                "politicalopinion", "politicalopinions", "politicalparty", "politicalviews", "partymembership",
            ],
            .beliefs: ["religion", "religiousbelief", "religiousbeliefs", "faith", "denomination", "beliefs"],
            .unionMembership: ["union", "unionmember", "unionmembership", "tradeunion", "tradeunionmembership"],
            .genetic: ["dna", "geneticdata", "geneticprofile", "genome"],
            .biometric: [
                "biometric", "biometrics", "biometricdata", "fingerprint", "faceid", "facetemplate", "voiceprint",
                "irisscan",
            ],
            .sexLife: ["sexualorientation", "sexuality", "sexlife"],
        ]
        var defaults: [String: SpecialCategory] = [:]
        for (category, names) in names { for name in names { defaults[name] = category } }
        return defaults
    }()
}
