import Foundation
import Logging
import Testing

@testable import GatewayService

struct OpenDoorsTests {
    @Test("Doors are open once every one of them takes clients", arguments: [true, false])
    func allOfThem(awaitsTLSHTTP: Bool) throws {
        let directory = NSTemporaryDirectory() + "gyre-doors-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let doors = OpenDoors(in: directory, awaitsTLSHTTP: awaitsTLSHTTP, logger: Logger(label: "test"))
        #expect(!doors.areOpen)
        doors.opened(httpPort: nil)
        #expect(doors.areOpen != awaitsTLSHTTP)
        doors.opened(tlsHTTP: "127.0.0.1:8443")
        #expect(doors.areOpen)
    }
}
