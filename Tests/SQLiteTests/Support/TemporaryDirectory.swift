import Foundation

/// A directory that goes with the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gyre-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// The names of all files, sorted.
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    /// The names of the files that contain these bytes.
    func files(containing text: String) throws -> [String] {
        try files().filter { name in
            let content = try Data(contentsOf: URL(fileURLWithPath: file(name)))
            return content.range(of: Data(text.utf8)) != nil
        }
    }
}
