import Foundation
import Glibc

@testable import Gyre

/// Runs `body` with an empty directory that is removed afterwards.
func withTemporaryDirectory<R>(_ body: (String) throws -> R) throws -> R {
    var template = Array("/tmp/gyre-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw CommandFailure("mkdtemp: \(lastSystemError)") }
    let path = String(cString: made)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

func permissions(_ path: String) throws -> mode_t {
    var status = stat()
    guard stat(path, &status) == 0 else { throw CommandFailure("\(path): \(lastSystemError)") }
    return status.st_mode & 0o777
}
