import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import Testing

@testable import ServiceKit

/// Erased identifiers, remembered as keyed hashes.
@Suite struct TombstonesTests {
    private let request = UUIDv7(milliseconds: 1, sequence: 0, random: 1)
    private let email = Identifier(type: "email", value: "ada@example.com")

    @Test("An identifier is refused from then on, whatever looks like it is not")
    func remembers() async throws {
        let tombstones = try Tombstones(key: Array(0..<32))
        let request = request
        let email = email
        try await withService { service throws in
            let time = service.clock.now
            let others = [
                Identifier(type: "email", value: "Ada@example.com"),
                Identifier(type: "phone", value: "ada@example.com"),
                Identifier(type: "emailada", value: "@example.com"), Identifier(type: "", value: ""),
            ]
            let found = try await service.write { transaction throws(RPCError) in
                var found = [try tombstones.contains(type: email.type, value: email.value, in: transaction)]
                try tombstones.add(email, request: request, at: time, in: transaction)
                // A saga that is carried out again finds it done.
                try tombstones.add(email, request: request, at: time, in: transaction)
                found.append(try tombstones.contains(type: email.type, value: email.value, in: transaction))
                for other in others {
                    found.append(try tombstones.contains(type: other.type, value: other.value, in: transaction))
                }
                return found
            }
            #expect(found == [false, true, false, false, false, false])
            #expect(try await service.number("SELECT count(*) FROM tombstones") == 1)
            #expect(try await service.number("SELECT length(digest) FROM tombstones") == 32)
            #expect(
                try await service.number("SELECT count(*) FROM tombstones WHERE instr(digest, 'ada') > 0") == 0)
        }
    }

    @Test("Without the key nobody can tell whose tombstone it is")
    func keyed() async throws {
        let tombstones = try Tombstones(key: Array(0..<32))
        let others = try Tombstones(key: Array(1...32))
        let request = request
        let email = email
        try await withService { service throws in
            let time = service.clock.now
            let isFound = try await service.write { transaction throws(RPCError) in
                try tombstones.add(email, request: request, at: time, in: transaction)
                return try others.contains(type: email.type, value: email.value, in: transaction)
            }
            #expect(!isFound)
        }
    }

    @Test("A brand's tombstones are its own")
    func brands() async throws {
        let tombstones = try Tombstones(key: Array(0..<32))
        let request = request
        let email = email
        try await withService { service throws in
            let time = service.clock.now
            try await service.write { transaction throws(RPCError) in
                try tombstones.add(email, request: request, at: time, in: transaction)
            }
            let other = try #require(service.runtime.databases.file(of: ServiceFixture.otherBrand))
            let isFound = try await service.runtime.read(other) { transaction throws(RPCError) in
                try tombstones.contains(type: email.type, value: email.value, in: transaction)
            }
            #expect(!isFound)
        }
    }
}
