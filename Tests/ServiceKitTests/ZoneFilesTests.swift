import Foundation
import ServiceKit
import Testing

@Suite("Files of time zones")
final class ZoneFilesTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "zones-\(UUID())").path()
    private let files: ZoneFiles

    init() {
        files = ZoneFiles(directory: directory + "/zoneinfo")
        for (path, text) in [
            ("secret", "secret"), ("zoneinfo/UTC", "utc"), ("zoneinfo/Etc/GMT+1", "gmt"),
            ("zoneinfo/America/Port-au-Prince", "port"), ("zoneinfo/Africa/El_Aaiun", "el"),
        ] {
            let parent = (directory + "/" + path).split(separator: "/").dropLast().joined(separator: "/")
            FileBytes.createDirectory("/" + parent)
            _ = FileBytes.writeDurably(Array(text.utf8), to: directory + "/" + path)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    @Test(
        "A zone's file is found by its name",
        arguments: [
            ("UTC", "utc"), ("Etc/GMT+1", "gmt"), ("America/Port-au-Prince", "port"), ("Africa/El_Aaiun", "el"),
        ])
    func found(_ name: String, _ text: String) {
        #expect(files.bytes(of: name) == Array(text.utf8))
    }

    @Test("A zone is what has the form of one; UTC needs no file")
    func contained() {
        _ = FileBytes.writeDurably(Array("TZif2".utf8), to: directory + "/zoneinfo/Etc/GMT-2")
        #expect(files.contains("Etc/GMT-2") && files.contains("UTC"))
        #expect(!files.contains("Etc/GMT+1") && !files.contains("Etc") && !files.contains("Mars/Phobos"))
        #expect(ZoneFiles(directory: directory + "/nothing").contains("UTC"))
    }

    @Test(
        "A name that is none, or leads elsewhere, finds nothing",
        arguments: [
            "", "Utopia", "../secret", "Etc/../../secret", "/UTC", "UTC/", "Etc//GMT+1", "Etc", ".", "..", "./UTC",
            "Etc/+1", "U TC", "UTC\0", "Ütc",
        ])
    func notFound(_ name: String) {
        #expect(files.bytes(of: name) == nil)
    }

    @Test("A name has at most 64 bytes")
    func maximumNameBytes() {
        let longest = String(repeating: "A", count: ZoneFiles.maximumNameBytes)
        _ = FileBytes.writeDurably([1], to: directory + "/zoneinfo/" + longest)
        _ = FileBytes.writeDurably([1], to: directory + "/zoneinfo/A" + longest)
        #expect(files.bytes(of: longest) == [1])
        #expect(files.bytes(of: "A" + longest) == nil)
    }

    @Test(
        "The system's own zones are where they are expected",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/UTC"), "needs tzdata"))
    func system() throws {
        let bytes = try #require(ZoneFiles().bytes(of: "UTC"))
        #expect(bytes.starts(with: Array("TZif".utf8)))
    }
}
