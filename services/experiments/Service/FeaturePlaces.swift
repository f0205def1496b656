import JSON

/// The variations that a client took by hand, as places in the experiments' rules: a rule has a variation for each range
/// of buckets, so a variant may have several.
struct FeaturePlaces {
    private let places: [String: Int]
    private let variants: [String: String]

    /// - Parameters:
    ///   - forced: by the experiments' keys.
    ///   - url: of the client's page, which goes before `forced`: `?checkout=1`.
    init(_ forced: [String: Int], url: String?, in rules: [String: JSONValue]) {
        var places: [String: Int] = [:]
        var variants: [String: String] = [:]
        let asked = forced.merging(Self.overrides(in: url)) { _, override in override }
        for (experiment, place) in asked {
            guard let variant = rules[experiment]?["meta"]?[place]?["key"]?.string else { continue }
            places[experiment] = place
            variants[experiment] = variant
        }
        self.places = places
        self.variants = variants
    }

    var isEmpty: Bool { places.isEmpty }

    func place(of experiment: String) -> Int? { places[experiment] }

    func variant(of experiment: String) -> String? { variants[experiment] }

    /// What the query of a URL asks for.
    static func overrides(in url: String?) -> [String: Int] {
        guard
            let query = url?.split(separator: "#", omittingEmptySubsequences: false).first?
                .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
        else { return [:] }
        var overrides: [String: Int] = [:]
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1)
            // Keys have no characters that a URL escapes.
            guard pair.count == 2, pair[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
                let place = Int(pair[1]), overrides[String(pair[0])] == nil
            else { continue }
            overrides[String(pair[0])] = place
        }
        return overrides
    }

    /// Where a variant is: at the range that has the bucket, or else at its first one.
    static func place(of variant: String, bucket: Int?, in rule: JSONValue) -> Int? {
        let meta = rule["meta"]?.array ?? []
        let own = meta.indices.filter { meta[$0]["key"]?.string == variant }
        if let bucket {
            let share = Double(bucket) / 10_000
            let hit = own.first { place in
                guard let lower = rule["ranges"]?[place]?[0]?.double, let upper = rule["ranges"]?[place]?[1]?.double
                else { return false }
                return lower <= share && share < upper
            }
            if let hit { return hit }
        }
        return own.first
    }
}
