/// What has to hold for a result to mean what it says; told beside every result.
public enum Assumption: String, Sendable, Hashable, CaseIterable {
    case independentUnits
    case nearlyNormalMeans
    case oneLook
    case covariatesPrecedeExposure
    case linearRatio
    case independentClusters
    case strataPrecedeExposure
    case sharesFollowThePast
    case smoothAtQuantile
    case fixedPlan
    case priorPrecedesData
    case positiveDependence

    /// A sentence for people.
    public var sentence: String {
        switch self {
        case .independentUnits: "What one unit does tells nothing of another."
        case .nearlyNormalMeans: "There are enough units for their mean to be nearly normal."
        case .oneLook: "The moment of this look was not chosen by what earlier looks had shown."
        case .covariatesPrecedeExposure: "The covariates were fixed before the exposure, which cannot have moved them."
        case .linearRatio: "The denominators sum to so much that the ratio moves nearly in proportion to its parts."
        case .independentClusters: "Clusters, not their members, were randomised, and are independent of each other."
        case .strataPrecedeExposure: "Which stratum a unit is in was fixed before the exposure."
        case .sharesFollowThePast:
            "The shares of a phase were moved by what had been seen before it, never by what it shows."
        case .smoothAtQuantile: "Values are spread smoothly around the quantile."
        case .fixedPlan: "What the test was tuned to, or how many units it is to have, was fixed before the first look."
        case .priorPrecedesData: "The prior was chosen before the data were seen."
        case .positiveDependence: "The questions are independent, or their answers tend to move together."
        }
    }
}
