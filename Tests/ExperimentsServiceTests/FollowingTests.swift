import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import Testing

@testable import ExperimentsService

/// Which events are fetched from signals, for how long, and by which identifiers.
@Suite struct FollowingTests {
    private func metric(_ service: ExperimentsUnderTest, _ key: String, of event: String, more: String = "")
        async throws
    {
        try await service.call(
            "metricDefinitions.create",
            #"{"key":"\#(key)","name":"\#(key)","kind":"count","event":"\#(event)","source":"signals"\#(more)}"#)
    }

    /// An experiment that runs and counts some metrics.
    private func counting(
        _ service: ExperimentsUnderTest, _ key: String, _ metrics: String...
    ) async throws -> Experiment {
        let draft = try await service.draft(key)
        let planned = metrics.map { #"{"metric":"\#($0)","role":"goal"}"# }.joined(separator: ",")
        try await service.call("resultPlans.set", #"{"experimentId":"\#(draft.id)","metrics":[\#(planned)]}"#)
        return try await service.start(draft)
    }

    private func archive(_ service: ExperimentsUnderTest, _ experiment: Experiment) async throws {
        let completed = try await service.experiments.complete(
            Experiments.Complete.Params(id: experiment.id, version: experiment.version), for: service.call)
        _ = try await service.experiments.archive(
            Experiments.Archive.Params(id: completed.id, version: completed.version), for: service.call)
    }

    private func followed(_ service: ExperimentsUnderTest) async throws -> [[String]] {
        try await service.rows("SELECT event FROM followed_events ORDER BY event")
    }

    /// What signals was told last.
    private func told(_ service: ExperimentsUnderTest) async throws -> JSONValue {
        let rows = try await service.rows(
            "SELECT body FROM outbox WHERE topic = 'signals.follow' ORDER BY sequence DESC LIMIT 1")
        return try JSONValue.parse(try #require(rows.first?.first))
    }

    /// Ten orders of one unit.
    private func feed(_ service: ExperimentsUnderTest) throws {
        let time = try #require(Timestamp("2026-01-01T14:00:00Z"))
        service.signals.feed(
            (0..<10).map { FedSignal(messageId: "m\($0)", timestamp: time, units: ["u1"], metrics: nil) })
    }

    @Test("What only an archived experiment counts is followed no more; what another one counts is")
    func archiving() async throws {
        try await withExperiments { service in
            try await metric(service, "orders", of: "order")
            try await metric(service, "visits", of: "visit")
            let first = try await counting(service, "first", "orders", "visits")
            let second = try await counting(service, "second", "orders")
            #expect(try await told(service) == ["events": ["order", "visit"]])
            try await service.ended("signalFetching")
            try await archive(service, first)
            #expect(try await followed(service) == [["order"]])
            #expect(try await told(service) == ["events": ["order"]])
            // What is there of the other one goes on where it was.
            #expect(try await service.number("SELECT count(*) FROM followed_events WHERE reached_end") == 1)
            try await archive(service, second)
            #expect(try await followed(service) == [])
            #expect(try await told(service) == ["events": []])
        }
    }

    @Test("Of a holdout what it counts is followed until nothing counts any more")
    func holdout() async throws {
        try await withExperiments { service in
            try await metric(service, "orders", of: "order", more: #","windowSeconds":864000"#)
            try await metric(service, "visits", of: "visit")
            let created = try await service.call(
                "holdouts.create",
                #"{"key":"h","name":"h","share":1000,"endAt":"2026-01-11T00:00:00Z"}"#)
            let id = try #require(created["id"]?.string)
            try await service.call(
                "holdoutPlans.set",
                #"{"holdoutId":"\#(id)","metrics":[{"metric":"orders","role":"goal"},{"metric":"visits","role":"goal"}]}"#
            )
            // Ten days, the window's ten, thirty for what comes late.
            for (hours, events) in [
                (24 * 40 - 1, [["order"], ["visit"]]), (2, [["order"]]), (24 * 10 - 2, [["order"]]), (2, []),
            ] {
                service.advance(hours: Int64(hours))
                let now = service.now
                try await service.write { transaction throws(RPCError) in
                    try SignalFollowing().follow(at: now, in: transaction)
                }
                #expect(try await followed(service) == events, "\(now)")
            }
        }
    }

    @Test("Events of units that were nobody's are fetched once their type has an identifier")
    func identifierLater() async throws {
        try await withExperiments { service in
            try await service.call("unitTypes.set", #"{"type":"user"}"#)
            try await metric(service, "orders", of: "order")
            _ = try await counting(service, "first", "orders")
            try feed(service)
            try await service.arrived(through: 10)
            try await service.ended("signalFetching")
            #expect(service.signals.asked.isEmpty)
            try await service.call("unitTypes.set", #"{"type":"user","identifierType":"customerId"}"#)
            try await service.ended("signalFetching")
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 10)
            // Nothing changed, so nothing is asked.
            let asked = service.signals.asked.count
            try await service.call("unitTypes.set", #"{"type":"user","identifierType":"customerId"}"#)
            try await service.ended("signalFetching")
            #expect(service.signals.asked.count == asked)
        }
    }

    @Test("A page that was asked for by an identifier which units have no more is not taken")
    func identifierMeanwhile() async throws {
        try await withExperiments { service in
            try feed(service)
            try await metric(service, "orders", of: "order")
            service.signals.beforeAnswer {
                _ = try? await service.call("unitTypes.set", #"{"type":"user","identifierType":"email"}"#)
            }
            _ = try await counting(service, "first", "orders")
            try await service.ended("signalFetching")
            #expect(service.signals.asked.prefix(3) == ["customerId 0", "email 0", "email 3"])
            #expect(try await service.number("SELECT count(*) FROM experiment_events") == 10)
        }
    }
}
