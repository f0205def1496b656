import Foundation
import Testing

/// The plan's layers, held against the imports of every source file.
@Suite struct LayerTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("A service imports other services' API, never their Service")
    func services() throws {
        for (file, imports) in try Self.imports(below: "services") {
            let own = file.split(separator: "/")[1].capitalized + "Service"
            for module in imports where module.hasSuffix("Service") {
                #expect(module == own, "\(file) imports \(module)")
            }
        }
    }

    @Test("JSON and JSONRPC import nothing but the standard library and each other, downwards")
    func wire() throws {
        for (file, imports) in try Self.imports(below: "Sources/JSON") { #expect(imports.isEmpty, "\(file)") }
        for (file, imports) in try Self.imports(below: "Sources/JSONRPC") {
            #expect(imports.subtracting(["JSON", "Synchronization"]).isEmpty, "\(file)")
        }
    }

    @Test("An API module imports what generated code speaks and CommonAPI, never another service's")
    func apis() throws {
        for (file, imports) in try Self.imports(below: "Sources/APIs") {
            let isCommon = file.hasPrefix("Sources/APIs/CommonAPI/")
            let allowed: Set = ["JSON", "JSONRPC", "ServiceContract"]
            #expect(imports.subtracting(allowed).subtracting(isCommon ? [] : ["CommonAPI"]).isEmpty, "\(file)")
        }
    }

    @Test(
        "Kernels import kernels and JSON only; the tree of hashes also what hashes, those that reckon also the C library"
    )
    func kernels() throws {
        let allowances: [String: Set<String>] = [
            "Assignment": ["JSON"], "Attribution": ["JSON"], "Beliefs": ["Glibc", "JSON", "Musl", "Statistics"],
            "CivilTime": ["JSON"],
            "ExperimentMetrics": ["Glibc", "Musl", "Policies", "Statistics"],
            "Limits": [], "Mapping": ["JSON"], "MerkleLog": ["OpenSSL"],
            "Personas": ["Randomness", "ResponseModel"],
            "Policies": ["Glibc", "Musl", "Randomness", "Statistics"],
            "Population": ["CivilTime", "JSON", "Randomness"], "Randomness": [],
            "ResponseModel": ["Glibc", "Musl", "Randomness"],
            "Scores": [], "SegmentRules": ["JSON"],
            "Statistics": ["Glibc", "Musl"],
        ]
        for (kernel, allowed) in allowances {
            for (file, imports) in try Self.imports(below: "Sources/\(kernel)") {
                #expect(imports.subtracting(allowed).isEmpty, "\(file) imports \(imports)")
            }
        }
    }

    @Test("What the audit log proves is computed from its entries and heads, without any service's code")
    func auditProof() throws {
        for (file, imports) in try Self.imports(below: "Sources/AuditProof") {
            #expect(imports.subtracting(["CommonAPI", "JSON", "MerkleLog", "OpenSSL"]).isEmpty, "\(file)")
        }
    }

    @Test("A person's archive is opened with what seals and hashes, without any service's code")
    func personArchive() throws {
        for (file, imports) in try Self.imports(below: "Sources/PersonArchive") {
            #expect(imports.subtracting(["JSON", "OpenSSL"]).isEmpty, "\(file)")
        }
    }

    @Test("Results are put into words from the contract alone")
    func resultWords() throws {
        for (file, imports) in try Self.imports(below: "Sources/ResultWords") {
            #expect(imports.subtracting(["ExperimentsAPI"]).isEmpty, "\(file)")
        }
    }

    @Test("What draws knows nothing of what it draws")
    func drawing() throws {
        for (file, imports) in try Self.imports(below: "services/gateway/Service/Page/Drawing") {
            #expect(imports.subtracting(["Mustache"]).isEmpty, "\(file)")
        }
    }

    @Test("No library and no service imports Foundation")
    func foundation() throws {
        let files = try Self.imports(below: "Sources") + Self.imports(below: "services")
        for (file, imports) in files where !file.hasPrefix("services/gyre/") {
            #expect(!imports.contains("Foundation"), "\(file)")
        }
    }

    @Test("SQL stands in stores and migrations only")
    func storesOnly() throws {
        for file in try Self.files(below: "services") where file.contains("/Service/") {
            let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
            #expect(!text.contains("SELECT ") && !text.contains("INSERT INTO"), "\(file)")
        }
    }

    /// The Swift files below a folder, with the modules they import.
    private static func imports(below folder: String) throws -> [(file: String, imports: Set<String>)] {
        try files(below: folder).map { file in
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            let modules = text.split(separator: "\n").compactMap { line -> String? in
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else {
                    return nil
                }
                guard index == 0 || ["public", "internal", "package", "private"].contains(words[0]) else { return nil }
                return String(words[index + 1])
            }
            return (file, Set(modules))
        }
    }

    private static func files(below folder: String) throws -> [String] {
        let enumerator = FileManager.default.enumerator(atPath: root.appending(path: folder).path())
        var files: [String] = []
        while let file = enumerator?.nextObject() as? String {
            if file.hasSuffix(".swift") { files.append(folder + "/" + file) }
        }
        #expect(!files.isEmpty)
        return files
    }
}
