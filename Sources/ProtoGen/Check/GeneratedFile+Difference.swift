extension GeneratedFile {
    /// What has to be done so that the files found become those that should be there.
    public struct Difference: Sendable, Equatable {
        /// Missing, or with another text.
        public let changed: [GeneratedFile]
        /// Paths of generated files whose origin is gone.
        public let stale: [String]
    }

    public static func difference(from found: [GeneratedFile], to wanted: [GeneratedFile]) -> Difference {
        let texts = Dictionary(found.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
        let paths = Set(wanted.map(\.path))
        return Difference(
            changed: wanted.filter { texts[$0.path] != $0.text },
            stale: found.map(\.path).filter { !paths.contains($0) })
    }
}

extension DocumentSet {
    /// Throws unless `found` is what ``render()`` makes.
    ///
    /// - Parameter folder: where the files were found, for complaints.
    public func checkCurrent(_ found: [GeneratedFile], in folder: String) throws(Problems) {
        let difference = GeneratedFile.difference(from: found, to: try render())
        var problems = Problems()
        for file in difference.changed {
            problems.add(Problem(file: "\(folder)/\(file.path)", pointer: "", "is not current: run proto-gen generate"))
        }
        for path in difference.stale {
            problems.add(
                Problem(file: "\(folder)/\(path)", pointer: "", "has no origin any more: run proto-gen generate"))
        }
        try problems.throwIfAny()
    }
}
