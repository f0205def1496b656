import Testing

@testable import Gyre

@Suite struct DataDirectoryTests {
    @Test(
        "Paths become absolute, without dots and without a slash at the end",
        arguments: [
            ("data", "/home/me/data"), ("/srv/gyre/", "/srv/gyre"), ("../x/./y", "/home/x/y"), (".", "/home/me"),
            ("/../../a", "/a"),
        ])
    func absolute(given: String, path: String) {
        #expect(DataDirectory(given, workingDirectory: "/home/me").path == path)
    }

    @Test(
        "A directory whose longest socket path has 107 bytes is taken; one byte more is refused, with the room there is"
    )
    func socketPathLength() throws {
        let longest = SuiteServices.sockets.map { "/run/\($0).sock".count }.max() ?? 0
        let room = DataDirectory.maximumSocketPathBytes - longest
        let fitting = DataDirectory("/" + String(repeating: "d", count: room - 1))
        try fitting.checkSocketPaths()
        let error = #expect(throws: CommandFailure.self) { try DataDirectory(fitting.path + "d").checkSocketPaths() }
        #expect(error?.message.contains("108 bytes") == true)
        #expect(error?.description.contains("at most \(room) bytes") == true)
    }

    @Test("Directories are created for this user and group only, secrets for the user alone")
    func creation() throws {
        try withTemporaryDirectory { path in
            let directory = DataDirectory(path + "/a/b")
            try directory.create()
            try directory.create()
            #expect(try permissions(directory.path) & 0o007 == 0)
            #expect(try permissions(directory.run) & 0o007 == 0)
            #expect(try permissions(directory.secrets) == 0o700)
        }
    }

    @Test("A file in the way is named in the error")
    func fileInTheWay() throws {
        try withTemporaryDirectory { path in
            try SmallFile.replace(path + "/file", with: [])
            let error = #expect(throws: CommandFailure.self) { try DataDirectory(path + "/file/data").create() }
            #expect(error?.message.contains("/file/data") == true)
        }
    }
}

@Suite struct SmallFileTests {
    @Test("A replaced file has the new bytes and mode, and nothing is left beside it")
    func replacing() throws {
        try withTemporaryDirectory { path in
            try SmallFile.replace(path + "/f", with: Array("one\n".utf8), mode: 0o600)
            try SmallFile.replace(path + "/f", with: Array(" two \n".utf8), mode: 0o600)
            #expect(SmallFile.text(path + "/f") == "two")
            #expect(SmallFile.text(path + "/f.new") == nil)
            #expect(try permissions(path + "/f") == 0o600)
        }
    }
}

@Suite struct ReadyFileTests {
    @Test("What is written is read again, with and without a demo brand")
    func roundTrip() throws {
        try withTemporaryDirectory { path in
            let directory = DataDirectory(path)
            try directory.create()
            var file = ReadyFile(url: "http://127.0.0.1:1/", socket: "/s", adminSocket: "/a")
            try file.write(in: directory)
            #expect(ReadyFile.read(in: directory) == file)
            file.brand = "b"
            file.key = "k"
            try file.write(in: directory)
            #expect(ReadyFile.read(in: directory) == file)
            #expect(try permissions(directory.readyFile) == 0o600)
        }
    }

    @Test("A directory without a suite has no ready file")
    func missing() {
        #expect(ReadyFile.read(in: DataDirectory("/nowhere")) == nil)
    }
}
