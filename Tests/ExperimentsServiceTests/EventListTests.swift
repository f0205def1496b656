import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import Testing

@testable import ExperimentsService

/// Which events are listed, in which order, and by which index they are found.
@Suite struct EventListTests {
    private struct Planted {
        let name: String
        let type: String
        let unit: String
        let at: String
        let experiments: [String]
    }

    /// Events of several units, types and experiments, three at each moment, in no order of time.
    private func plant(_ service: ExperimentsUnderTest) async throws -> [Planted] {
        for key in ["checkout", "delivery"] { _ = try await service.running(key) }
        service.advance(hours: 48)
        let planted = (0..<60).map { number in
            Planted(
                name: "m\(number)", type: ["order", "visit", "wish"][number % 3], unit: "u\(number * 7 % 4)",
                at: "2026-01-01T\(10 + number * 11 % 10):00:00Z",
                experiments: [[], ["checkout"], ["delivery"], ["checkout", "delivery"]][number / 3 % 4])
        }
        let items = planted.map { event in
            let met = event.experiments.map { #"{"experiment":"\#($0)","variant":"new"}"# }.joined(separator: ",")
            return """
                {"type":"\(event.type)","unitType":"user","unit":"\(event.unit)","at":"\(event.at)",\
                "messageId":"\(event.name)","experiments":[\(met)]}
                """
        }
        let reply = try await service.call(
            "experimentEvents.record", #"{"items":[\#(items.joined(separator: ","))]}"#)
        try #require(reply["verdicts"]?.array?.allSatisfy { $0["status"]?.string == "accepted" } == true)
        // As they happened; of one moment as they came.
        return planted.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// All pages of a list, by the names of the events.
    private func pages(_ service: ExperimentsUnderTest, _ filter: [String], limit: Int) async throws -> [[String]] {
        var pages: [[String]] = []
        var cursor: String?
        repeat {
            let members = filter + [#""limit":\#(limit)"#] + (cursor.map { [#""cursor":"\#($0)""#] } ?? [])
            let reply = try await service.call(
                "experimentEvents.list", "{\(members.joined(separator: ","))}")
            pages.append(try #require(reply["items"]?.array).compactMap { $0["messageId"]?.string })
            cursor = reply["nextCursor"]?.string
        } while cursor != nil && pages.count < 100
        return pages
    }

    @Test("Every filter, alone and with others, lists just its events by time, page by page")
    func filters() async throws {
        try await withExperiments { service in
            let planted = try await plant(service)
            let (from, to) = ("2026-01-01T12:00:00Z", "2026-01-01T17:00:00Z")
            for mask in 0..<32 {
                let (ofExperiment, ofUnit, ofType) = (mask & 1 > 0, mask & 2 > 0, mask & 4 > 0)
                let (isLate, isEarly) = (mask & 8 > 0, mask & 16 > 0)
                var filter: [String] = []
                if ofExperiment { filter.append(#""experiment":"checkout""#) }
                if ofUnit { filter.append(#""unitType":"user","unit":"u1""#) }
                if ofType { filter.append(#""type":"order""#) }
                if isLate { filter.append(#""from":"\#(from)""#) }
                if isEarly { filter.append(#""to":"\#(to)""#) }
                let expected = planted.filter { event in
                    (!ofExperiment || event.experiments.contains("checkout")) && (!ofUnit || event.unit == "u1")
                        && (!ofType || event.type == "order") && (!isLate || event.at >= from)
                        && (!isEarly || event.at < to)
                }.map(\.name)
                for limit in [2, 7, 500] {
                    let found = try await pages(service, filter, limit: limit)
                    #expect(found.flatMap(\.self) == expected, "\(filter), \(limit)")
                    #expect(found.dropLast().allSatisfy { $0.count == limit }, "\(filter), \(limit)")
                }
            }
        }
    }

    @Test(
        "A cursor that no list gave out is refused",
        arguments: ["5", "5_", "_5", "5_0", "05_1", "5_1_1", "5_+1", "x_1"])
    func cursors(_ cursor: String) throws {
        #expect(throws: RPCError.self) { try EventPlace(cursor: cursor) }
    }

    @Test("A cursor says the place that it was made of", arguments: [0, -5, 1_767_225_600_000_000])
    func cursor(_ microseconds: Int64) throws {
        let place = EventPlace(occurredAt: Timestamp(microseconds: microseconds), number: 7)
        #expect(try EventPlace(cursor: place.cursor) == place)
    }

    @Test("Each list is found by an index of its own, and goes through no table")
    func plans() async throws {
        try await withExperiments { service in
            for (sql, index, isSorted) in [
                (EventStore.ofUnit, "INDEX sqlite_autoindex_experiment_events_2 (unit=?", false),
                (EventStore.ofExperiment, "INDEX event_variants_by_experiment (experiment=? AND", true),
                (
                    EventStore.ofType, "INDEX experiment_events_by_type (type=? AND occurred_at>? AND occurred_at<?)",
                    true
                ),
                (
                    EventStore.ofAll, "INDEX experiment_events_by_type (type=? AND occurred_at>? AND occurred_at<?)",
                    false
                ),
            ] {
                let steps = try await service.runtime.read(try service.file) { transaction throws(RPCError) in
                    do throws(SQLiteError) {
                        let statement = try transaction.connection.statement(cached: "EXPLAIN QUERY PLAN \(sql)")
                        defer { statement.reset() }
                        var steps: [String] = []
                        while try statement.step() { steps.append(statement.text(3)) }
                        return steps
                    } catch {
                        throw RPCError(error)
                    }
                }
                #expect(steps.contains { $0.contains(index) }, "\(steps)")
                #expect(!steps.contains { $0.hasPrefix("SCAN") && !$0.hasPrefix("SCAN types") }, "\(steps)")
                #expect(steps.contains { $0.contains("TEMP B-TREE") } != isSorted, "\(steps)")
            }
        }
    }
}
