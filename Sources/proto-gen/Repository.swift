import Glibc
import ProtoGen

/// Reads contracts and generated files, from a folder or from a revision of the repository.
enum Repository {
    /// The contracts in a folder.
    static func documents(in folder: String) throws -> [SourceFile] {
        let names = try FileAccess.names(in: folder).filter { $0.hasSuffix(".json") }
        guard !names.isEmpty else { throw FileAccess.Failure(folder, "holds no contracts (*.json)") }
        return try names.map { SourceFile(name: $0, bytes: try FileAccess.read("\(folder)/\($0)")) }
    }

    /// The contracts as a revision had them.
    static func documents(in folder: String, at revision: String) throws -> [SourceFile] {
        let tree = try git(["ls-tree", "--name-only", revision, "--", "\(folder)/"])
        let paths = String(decoding: tree, as: UTF8.self).split(separator: "\n").filter { $0.hasSuffix(".json") }
        guard !paths.isEmpty else { throw FileAccess.Failure(folder, "holds no contracts at revision \(revision)") }
        return try paths.map { path in
            let name = path.split(separator: "/").last.map(String.init) ?? String(path)
            // `./` makes the path relative to where we are, as that of ls-tree is.
            return SourceFile(name: name, bytes: try git(["show", "\(revision):./\(path)"]))
        }
    }

    /// The generated files below `folder`, hand-written ones left out.
    static func generatedFiles(in folder: String) throws -> [GeneratedFile] {
        var files: [GeneratedFile] = []
        for module in try FileAccess.names(in: folder) where FileAccess.isFolder("\(folder)/\(module)") {
            for name in try FileAccess.names(in: "\(folder)/\(module)") where name.hasSuffix(".swift") {
                let text = String(decoding: try FileAccess.read("\(folder)/\(module)/\(name)"), as: UTF8.self)
                guard text.hasPrefix(GeneratedFile.mark) else { continue }
                files.append(GeneratedFile(path: "\(module)/\(name)", text: text))
            }
        }
        return files
    }

    /// What `git` prints. Started directly, without a shell, so that no argument is ever interpreted.
    private static func git(_ arguments: [String]) throws -> [UInt8] {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw FileAccess.Failure("git") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addclose(&actions, ends[1])

        var words: [UnsafeMutablePointer<CChar>?] = (["git"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let status = posix_spawnp(&process, "git", &actions, nil, &words, environ)
        close(ends[1])
        guard status == 0, let output = fdopen(ends[0], "rb") else {
            close(ends[0])
            throw FileAccess.Failure("git", "could not be started")
        }
        defer { fclose(output) }
        let bytes = try FileAccess.readAll(output, "git")
        var result: Int32 = 0
        while waitpid(process, &result, 0) == -1, errno == EINTR {}
        guard result == 0 else {
            throw FileAccess.Failure("git \(arguments.joined(separator: " "))", "failed (its message stands above)")
        }
        return bytes
    }
}
