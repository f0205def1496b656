import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import PlatformAPI
import ServiceContract
import Testing

@testable import ExperimentsService
@testable import ServiceKit

/// Logged decisions: how they come in, what is refused, and that what is sealed stays.
@Suite struct DatasetTests {
    @Test("The hash of a sealed dataset can be computed from its header and what its rows say, by whoever reads them")
    func hash() async throws {
        try await withExperiments { service in
            let begun = try await service.dataset(scores: [.diversity], metrics: ["margin"], targets: ["p"])
            let header =
                #"{"name":"log","label":"1","arms":["a","b"],"features":["x"],"reward":"orders","#
                + #""scores":["diversity"],"metrics":["margin"],"targets":["p"]}"#
            var hash = SHA256.hash(header)
            #expect(begun.hash == hash.description)
            let sealed = try await service.sealed(LoggedRows.rows(600, unit: true, targets: ["p"]), in: begun)
            #expect(sealed.status == .sealed && sealed.rows == 600 && sealed.sealedAt == service.now)
            for (number, row) in try await service.rows(of: sealed, limit: 97).enumerated() {
                let body = try #require(row.body)
                #expect(row.number == number && SHA256.hash(body.bytes).description == row.hash)
                #expect(!body.description.contains("u\(number % 7)"))
                hash = SHA256.hash(hash.bytes + SHA256.hash(body.bytes).bytes)
            }
            #expect(sealed.hash == hash.description)
        }
    }

    @Test("A chunk that was there already adds nothing; a gap, other rows, and rows for a sealed dataset are refused")
    func chunks() async throws {
        try await withExperiments { service in
            let rows = LoggedRows.rows(6)
            let begun = try await service.dataset()
            let first = try await service.append(Array(rows[..<2]), to: begun)
            let second = try await service.append(Array(rows[2..<4]), to: first)
            #expect(second.rows == 4)
            #expect(try await service.append(Array(rows[..<2]), to: second, at: 0) == second)
            #expect(try await service.append(Array(rows[1..<3]), to: second, at: 1) == second)
            for (wrong, offset) in [(rows[4..<6], 5), (rows[4..<6], 1), (rows[2..<6], 2)] {
                let error = try await failure { try await service.append(Array(wrong), to: second, at: offset) }
                #expect(error?.code == RPCError.Code.conflict && error?.message.contains("offset 4") == true)
            }
            let sealed = try await service.seal(second)
            #expect(try await service.append(Array(rows[2..<4]), to: sealed, at: 2) == sealed)
            #expect(try await service.seal(sealed) == sealed)
            let late = try await failure { try await service.append(Array(rows[4..<6]), to: sealed) }
            #expect(late?.code == RPCError.Code.conflict && late?.message.contains("sealed") == true)
            #expect(try await service.number("SELECT count(*) FROM dataset_rows") == 4)
        }
    }

    @Test("A bad row is named with its place, and none of its chunk is taken")
    func badRows() async throws {
        try await withExperiments { service in
            let begun = try await service.dataset(scores: [.diversity], metrics: ["margin"], targets: ["p"])
            let target = ["p": [0.5, 0.5]]
            let good = DatasetRow(features: [1], arm: "a", propensity: 0.5, reward: 1, targets: target)
            let cases: [(DatasetRow, String)] = [
                (DatasetRow(features: [], arm: "a", propensity: 0.5, reward: 1, targets: target), "features"),
                (DatasetRow(features: [1, 2], arm: "a", propensity: 0.5, reward: 1, targets: target), "features"),
                (DatasetRow(features: [1], arm: "c", propensity: 0.5, reward: 1, targets: target), "arm"),
                (DatasetRow(features: [1], arm: "a", propensity: 0, reward: 1, targets: target), "propensity"),
                (DatasetRow(features: [1], arm: "a", reward: 1, targets: target), ""),
                (
                    DatasetRow(
                        features: [1], arm: "a", propensity: 1, propensities: [1, 0], reward: 1, targets: target), ""
                ),
                (
                    DatasetRow(features: [1], arm: "a", propensities: [0.5, 0.4], reward: 1, targets: target),
                    "propensities"
                ),
                (
                    DatasetRow(features: [1], arm: "a", propensities: [0, 1], reward: 1, targets: target),
                    "propensities/0"
                ),
                (
                    DatasetRow(features: [1], arm: "a", propensities: [1], reward: 1, targets: target), "propensities"
                ),
                (DatasetRow(features: [1], arm: "a", propensity: 0.5, reward: 1), "targets"),
                (
                    DatasetRow(features: [1], arm: "a", propensity: 0.5, reward: 1, targets: ["p": [0.7, 0.7]]),
                    "targets/p"
                ),
                (
                    DatasetRow(
                        features: [1], arm: "a", propensity: 0.5, reward: 1, targets: ["p": [1, 0], "q": [1, 0]]),
                    "targets/q"
                ),
                (
                    DatasetRow(
                        features: [1], arm: "a", propensity: 0.5, reward: 1, targets: target, scores: ["leftovers": 1]),
                    "scores/leftovers"
                ),
                (
                    DatasetRow(
                        features: [1], arm: "a", propensity: 0.5, reward: 1, targets: target, metrics: ["cost": 1]),
                    "metrics/cost"
                ),
            ]
            for (row, place) in cases {
                let error = try await failure { try await service.append([good, row], to: begun) }
                #expect(error?.code == RPCError.Code.invalidParams)
                let pointer = "/params/rows/1" + (place.isEmpty ? "" : "/" + place) + ": "
                #expect(error?.message.hasPrefix(pointer) == true, "\(error?.message ?? "taken")")
            }
            #expect(try await service.number("SELECT count(*) FROM dataset_hashes") == 0)
            #expect(try await service.append([good], to: begun).rows == 1)
        }
    }

    @Test("A call takes 500 rows and no more, a dataset a million, and a model 20,000 sums")
    func limits() async throws {
        try await withExperiments { service in
            let begun = try await service.dataset()
            let rows = LoggedRows.rows(501)
            let many = try await failure { try await service.append(rows, to: begun) }
            #expect(many?.code == RPCError.Code.invalidParams)
            #expect(try await service.append(Array(rows[..<500]), to: begun).rows == 500)
            try await service.write { transaction throws(RPCError) in
                _ = try transaction.run("UPDATE datasets SET rows = 999999")
            }
            let full = try await service.append([rows[0]], to: begun, at: DatasetRules.largestCount - 1)
            #expect(full.rows == DatasetRules.largestCount)
            let over = try await failure { try await service.append([rows[1]], to: full) }
            #expect(over?.code == RPCError.Code.conflict && over?.message.contains("1000000") == true)
            // 20 × 44 × 45 / 2 = 19,800, and 20 × 45 × 46 / 2 = 20,700.
            let features = (0..<44).map { "f\($0)" }
            let arms = (0..<20).map { "a\($0)" }
            _ = try await service.dataset("wide", arms: arms, features: Array(features[..<43]))
            let wide = try await failure { try await service.dataset("wider", arms: arms, features: features) }
            #expect(wide?.message.hasPrefix("/params/features: ") == true)
        }
    }

    @Test("Names are there once, and a label once for each name")
    func names() async throws {
        try await withExperiments { service in
            _ = try await service.dataset()
            let twice = try await failure { try await service.dataset() }
            #expect(twice?.code == RPCError.Code.conflict)
            let arms = try await failure { try await service.dataset("2", arms: ["a", "a"]) }
            #expect(arms?.message.hasPrefix("/params/arms/1: ") == true)
            let reward = try await failure { try await service.dataset("2", metrics: ["reward"]) }
            #expect(reward?.message.hasPrefix("/params/metrics/0: ") == true)
            let none = try await failure { try await service.seal(try await service.dataset("empty")) }
            #expect(none?.code == RPCError.Code.conflict)
            let found = try await service.datasets.get(
                Datasets.Get.Params(name: "log", label: "empty"), for: service.call)
            #expect(found.status == .filling)
            let list = try await service.datasets.list(
                Datasets.List.Params(limit: 1, name: "log"), for: service.call)
            #expect(list.items.map(\.label) == ["empty"] && list.nextCursor != nil)
        }
    }

    @Test("What is sealed cannot be changed by any statement, but for the rows of somebody who is erased")
    func immutable() async throws {
        try await withExperiments { service in
            let rows = [
                DatasetRow(features: [1], arm: "a", propensity: 1, reward: 1),
                DatasetRow(
                    unit: DatasetUnit(type: "user", id: "u1"), features: [2], arm: "a", propensity: 1, reward: 2),
            ]
            _ = try await service.sealed(rows, in: try await service.dataset())
            let statements: [StaticString] = [
                "UPDATE datasets SET label = '2'", "UPDATE datasets SET hash = zeroblob(32)",
                "UPDATE datasets SET rows = 3", "UPDATE datasets SET sealed_at = NULL", "DELETE FROM datasets",
                "UPDATE dataset_hashes SET hash = zeroblob(32)", "DELETE FROM dataset_hashes",
                "INSERT INTO dataset_hashes (dataset, row, hash) VALUES (1, 2, zeroblob(32))",
                "UPDATE dataset_rows SET body = '{}'", "UPDATE dataset_rows SET unit = NULL",
                "DELETE FROM dataset_rows WHERE unit IS NULL",
                "INSERT OR REPLACE INTO dataset_rows (dataset, row, body) VALUES (1, 0, '{}')",
            ]
            for statement in statements {
                let error = try await failure {
                    try await service.write { transaction throws(RPCError) in _ = try transaction.run(statement) }
                }
                #expect(error?.code == RPCError.Code.internalError, "\(statement)")
            }
            #expect(try await service.number("SELECT count(*) FROM dataset_rows") == 2)
        }
    }

    @Test("An erased person's rows are gone from a sealed dataset, and its hash is still that of what was there")
    func erasure() async throws {
        try await withExperiments { service in
            let begun = try await service.dataset()
            let sealed = try await service.sealed(LoggedRows.rows(20, unit: true), in: begun)
            let before = try await service.rows(of: sealed)
            let erased = try await service.erase(Identifier(type: "customerId", value: "u3"))
            #expect(erased["dataset_rows"] == 3 && erased["units"] == 1)
            let after = try await service.dataset(sealed.id)
            #expect(after.erasedRows == 3 && after.rows == 20 && after.hash == sealed.hash)
            var hash = SHA256.hash(
                #"{"name":"log","label":"1","arms":["a","b"],"features":["x"],"reward":"orders","scores":[],"#
                    + #""metrics":[],"targets":[]}"#)
            for (was, row) in zip(before, try await service.rows(of: sealed)) {
                #expect((row.body == nil) == (row.number % 7 == 3) && row.hash == was.hash)
                hash = SHA256.hash(hash.bytes + (SHA256.Digest(hexadecimal: row.hash)?.bytes ?? []))
            }
            #expect(hash.description == sealed.hash)
            let again = try await failure {
                let other = try await service.dataset("2")
                return try await service.append(LoggedRows.rows(20, unit: true), to: other)
            }
            #expect(again?.code == RPCError.Code.suppressed && again?.message.contains("row 3") == true)
            let replay = try await service.ended(
                try await service.replay(sealed, .uniform(.init()), [.snips]))
            #expect(replay.results?.rows == 17 && replay.results?.withheldRows == 3)
        }
    }

    @Test("Of a person whose data is restricted, rows stay and are not used, and none is taken")
    func restriction() async throws {
        try await withExperiments { service in
            let sealed = try await service.sealed(
                LoggedRows.rows(20, unit: true), in: try await service.dataset())
            let digest = service.tombstones.digest("customerId", "u2")
            let now = service.now
            try await service.write { transaction throws(RPCError) in
                _ = try UnitRestrictionStore().place("restriction", on: digest, request: nil, at: now, in: transaction)
            }
            let replay = try await service.ended(
                try await service.replay(sealed, .uniform(.init()), [.snips, .directMethod]))
            #expect(replay.results?.rows == 17 && replay.results?.withheldRows == 3)
            #expect(try await service.dataset(sealed.id).erasedRows == 0)
            let other = try await failure {
                try await service.append(LoggedRows.rows(3, unit: true), to: try await service.dataset("2"))
            }
            #expect(other?.code == RPCError.Code.restricted)
        }
    }
}
