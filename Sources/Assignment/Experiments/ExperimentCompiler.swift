/// Looks up what definitions name, and refuses what cannot be.
struct ExperimentCompiler {
    private(set) var experiments: [CompiledExperiment] = []
    private(set) var indices: [ExactText: Int] = [:]
    private var layers: [ExactText: [Int]] = [:]

    mutating func add(_ definitions: [ExperimentDefinition], _ savedGroups: SavedGroups) throws(AssignmentError) {
        try ExperimentCompiler.check(
            definitions.map(\.key), at: "/experiments", atMost: ExperimentSet.maximumExperiments)
        for (index, definition) in definitions.enumerated() {
            let place = "/experiments/\(index)"
            try ExperimentCompiler.check(seed: definition.seed, definition.hashAttribute, at: place)
            guard definition.bucketVersion >= 0 else {
                throw AssignmentError(pointer: place + "/bucketVersion", message: "must not be negative")
            }
            guard 0...definition.bucketVersion ~= definition.minimumBucketVersion else {
                throw AssignmentError(
                    pointer: place + "/minimumBucketVersion",
                    message: "must be from 0 to the bucket version, \(definition.bucketVersion)")
            }
            var condition: Condition?
            if let source = definition.condition {
                do throws(AssignmentError) {
                    condition = try Condition(source, savedGroups: savedGroups)
                } catch {
                    throw error.prefixed(by: place + "/condition")
                }
            }
            experiments.append(CompiledExperiment(definition, condition: condition))
            indices[ExactText(definition.key)] = index
        }
    }

    mutating func add(_ definitions: [LayerDefinition]) throws(AssignmentError) {
        try ExperimentCompiler.check(definitions.map(\.key), at: "/layers", atMost: ExperimentSet.maximumLayers)
        for (index, layer) in definitions.enumerated() {
            try ExperimentCompiler.check(seed: layer.seed, layer.hashAttribute, at: "/layers/\(index)")
            var taken = BucketSet()
            for (number, slot) in layer.slots.enumerated() {
                let place = "/layers/\(index)/slots/\(number)"
                let experiment = try self.index(of: slot.experiment, at: place)
                if let other = experiments[experiment].layer {
                    throw AssignmentError(
                        pointer: place,
                        message: "gives '\(slot.experiment)' a second slot; it has one in the layer '\(other.key)'")
                }
                let common = slot.buckets.intersection(taken)
                guard common.isEmpty else {
                    let owner = layer.slots[..<number].first { !$0.buckets.intersection(common).isEmpty }
                    throw AssignmentError(
                        pointer: place,
                        message:
                            "overlaps the slot of '\(owner?.experiment ?? "")' in buckets \(common); what is free is "
                            + "\(BucketSet(layer.slots.flatMap(\.buckets.ranges)).complement)")
                }
                taken = taken.union(slot.buckets)
                let hash = UnitHash(layer.hashVersion, layer.seed, layer.hashAttribute)
                try independent(hash, experiment, "its layer '\(layer.key)'", at: place)
                experiments[experiment].layer = .init(key: layer.key, hash: hash, buckets: slot.buckets)
                layers[ExactText(layer.key), default: []].append(experiment)
            }
            layers[ExactText(layer.key), default: []] += []
        }
    }

    mutating func add(
        _ definitions: [HoldoutDefinition]
    ) throws(AssignmentError) -> [CompiledExperiment.Holdout] {
        try ExperimentCompiler.check(definitions.map(\.key), at: "/holdouts", atMost: ExperimentSet.maximumHoldouts)
        var holdouts: [CompiledExperiment.Holdout] = []
        for (index, definition) in definitions.enumerated() {
            try ExperimentCompiler.check(seed: definition.seed, definition.hashAttribute, at: "/holdouts/\(index)")
            let hash = UnitHash(definition.hashVersion, definition.seed, definition.hashAttribute)
            let holdout = CompiledExperiment.Holdout(key: definition.key, hash: hash, withheld: definition.withheld)
            for experiment in Set(try scope(definition.scope, at: "/holdouts/\(index)/scope")).sorted() {
                let name = "the holdout '\(definition.key)'"
                try independent(hash, experiment, name, at: "/holdouts/\(index)/seed")
                if let layer = experiments[experiment].layer, layer.hash.isSame(as: hash) {
                    throw AssignmentError(
                        pointer: "/holdouts/\(index)/seed",
                        message:
                            "is the seed of the layer '\(layer.key)' too, so that who is withheld depends on slots; "
                            + "give one of them another")
                }
                experiments[experiment].holdouts.append(holdout)
            }
            holdouts.append(holdout)
        }
        return holdouts
    }

    private func scope(_ scope: HoldoutDefinition.Scope, at pointer: String) throws(AssignmentError) -> [Int] {
        var found: [Int] = []
        switch scope {
        case .everything: found = Array(experiments.indices)
        case .layers(let keys):
            for (number, key) in keys.enumerated() {
                guard let layer = layers[ExactText(key)] else {
                    throw AssignmentError(
                        pointer: "\(pointer)/\(number)", message: "names the layer '\(key)', which does not exist")
                }
                found += layer
            }
        case .experiments(let keys):
            for (number, key) in keys.enumerated() { found.append(try index(of: key, at: "\(pointer)/\(number)")) }
        }
        return found
    }

    mutating func addPrerequisites() throws(AssignmentError) {
        for index in experiments.indices {
            let prerequisites = experiments[index].definition.prerequisites
            guard prerequisites.count <= ExperimentSet.maximumPrerequisites else {
                throw AssignmentError(
                    pointer: "/experiments/\(index)/prerequisites",
                    message: "must be at most \(ExperimentSet.maximumPrerequisites)")
            }
            for (number, prerequisite) in prerequisites.enumerated() {
                let place = "/experiments/\(index)/prerequisites/\(number)"
                let parent = try self.index(of: prerequisite.experiment, at: place)
                let variants = experiments[parent].definition.allocation.arms.map(\.variant)
                for variant in prerequisite.variants where !variants.contains(where: { $0.isExactly(variant) }) {
                    throw AssignmentError(
                        pointer: place,
                        message: "names the variant '\(variant)', which '\(prerequisite.experiment)' "
                            + "does not have; it has \(variants.joined(separator: ", "))")
                }
                experiments[index].parents.append(
                    .init(experiment: parent, key: prerequisite.experiment, variants: prerequisite.variants))
            }
        }
        try refuseCycles()
    }

    /// Goes through the prerequisites depth first, with a stack of its own.
    private func refuseCycles() throws(AssignmentError) {
        var heights = [Int?](repeating: nil, count: experiments.count)
        for root in experiments.indices where heights[root] == nil {
            var path: [(experiment: Int, next: Int)] = [(root, 0)]
            while let (experiment, next) = path.last {
                let parents = experiments[experiment].parents
                guard next < parents.count else {
                    let height = 1 + (parents.compactMap { heights[$0.experiment] }.max() ?? 0)
                    guard height <= ExperimentSet.maximumChain else {
                        throw AssignmentError(
                            pointer: "/experiments/\(experiment)/prerequisites",
                            message: "makes a chain of more than \(ExperimentSet.maximumChain) experiments")
                    }
                    heights[experiment] = height
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let parent = parents[next].experiment
                if let start = path.firstIndex(where: { $0.experiment == parent }) {
                    let cycle = (path[start...].map(\.experiment) + [parent]).map { experiments[$0].definition.key }
                    throw AssignmentError(
                        pointer: "/experiments/\(experiment)/prerequisites/\(next)",
                        message: "closes a cycle of prerequisites: \(cycle.joined(separator: " → "))")
                }
                if heights[parent] == nil { path.append((parent, 0)) }
            }
        }
    }

    private func index(of key: String, at pointer: String) throws(AssignmentError) -> Int {
        guard let index = indices[ExactText(key)] else {
            throw AssignmentError(pointer: pointer, message: "names the experiment '\(key)', which does not exist")
        }
        return index
    }

    /// Refuses two hashes that give a unit the same bucket: one would depend on the other.
    private func independent(
        _ hash: UnitHash, _ experiment: Int, _ name: String, at pointer: String
    ) throws(AssignmentError) {
        guard hash.isSame(as: experiments[experiment].hash) else { return }
        throw AssignmentError(
            pointer: pointer,
            message: "has the seed '\(hash.hash.seed)' for \(name) and the experiment "
                + "'\(experiments[experiment].definition.key)', so that variants depend on it; give one of them another"
        )
    }

    /// An empty one would be another in GrowthBook's SDKs: the key for the seed, "id" for the attribute.
    private static func check(seed: String, _ attribute: String, at pointer: String) throws(AssignmentError) {
        guard !seed.isEmpty else {
            throw AssignmentError(pointer: pointer + "/seed", message: "must not be empty; the key will do")
        }
        guard !attribute.isEmpty else {
            throw AssignmentError(
                pointer: pointer + "/hashAttribute", message: "must name the attribute that names the unit, such as id")
        }
    }

    private static func check(_ keys: [String], at pointer: String, atMost most: Int) throws(AssignmentError) {
        guard keys.count <= most else {
            throw AssignmentError(pointer: pointer, message: "must be at most \(most), not \(keys.count)")
        }
        var seen: Set<ExactText> = []
        for (index, key) in keys.enumerated() {
            guard !key.isEmpty else {
                throw AssignmentError(pointer: "\(pointer)/\(index)/key", message: "must not be empty")
            }
            guard seen.insert(ExactText(key)).inserted else {
                throw AssignmentError(pointer: "\(pointer)/\(index)/key", message: "'\(key)' is there twice")
            }
        }
    }
}
