import PlatformAPI

extension DataMap {
    /// Laws that several tables stay by.
    public enum Law {
        public static let accountability = "to show that the law was followed: GDPR Art. 5(2)"
    }

    /// The tables that keep something of a person when a request of theirs was carried out, each with its reason: what a
    /// certificate says.
    func staying(after kind: DataMaps.Staying.Params.After) -> [StayingTable] {
        tables.compactMap { table in
            table.whyItStays(after: kind).map { why in
                StayingTable(table: table.name, holds: table.holds, why: why, kept: table.kept)
            }
        }
    }
}

extension DataMap.Table {
    /// Why rows that say something of a person stay; nil: there are none, or they go.
    fileprivate func whyItStays(after kind: DataMaps.Staying.Params.After) -> String? {
        if kind == .erasure { return afterErasure }
        guard let rights else { return nil }
        switch kind {
        case .erasure: return afterErasure
        case .correction:
            guard case .asItIs(let why) = rights.correction else { return nil }
            return why
        case .access: return "a copy was given, which changes nothing: GDPR Art. 15"
        case .accounting: return "an accounting was given, which changes nothing: 45 CFR 164.528"
        case .portability: return "a copy was given, which changes nothing: GDPR Art. 20"
        case .restriction: return "it is stored and not used: GDPR Art. 18(1) and (2)"
        case .objection: return "it is used for what the person cannot object to: GDPR Art. 21(1) and (3)"
        case .optOut: return "it is neither sold nor shared: Cal. Civ. Code § 1798.120"
        }
    }
}
