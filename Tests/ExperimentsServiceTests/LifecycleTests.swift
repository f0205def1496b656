import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import Testing

@testable import ExperimentsService

/// The life of an experiment, and the phases it leaves.
@Suite struct LifecycleTests {
    @Test("Each step leads where the table says, and every other step is refused with what may be done")
    func steps() {
        let legal: [ExperimentStatus: [ExperimentLifecycle.Step: ExperimentStatus]] = [
            .draft: [.start: .active], .active: [.pause: .paused, .complete: .completed],
            .paused: [.resume: .active, .complete: .completed], .completed: [.archive: .archived], .archived: [:],
        ]
        for status in [ExperimentStatus.draft, .active, .paused, .completed, .archived] {
            for step in [ExperimentLifecycle.Step.start, .pause, .resume, .complete, .archive] {
                let next = try? ExperimentLifecycle.status(after: step, from: status)
                #expect(next == legal[status]?[step])
            }
        }
    }

    @Test("SQL refuses the steps that the table does not have, and any change of what the hash depends on")
    func sql() async throws {
        try await withExperiments { service in
            _ = try await service.running()
            for sql: StaticString in [
                "UPDATE experiments SET status = 'draft'", "UPDATE experiments SET status = 'archived'",
                "UPDATE experiments SET seed = 'other'", "UPDATE experiments SET hash_version = 1",
                "UPDATE phases SET reason = 'targeting'", "UPDATE phase_arms SET buckets = '[]'",
                "UPDATE variants SET is_control = 1",
            ] {
                let refusal = try await failure {
                    try await service.write { (transaction: borrowing WriteTransaction) throws(RPCError) in
                        try transaction.run(sql)
                    }
                }
                #expect(refusal != nil, "\(sql)")
            }
        }
    }

    @Test("An experiment is started, paused, resumed, completed and archived; its phase ends when it is completed")
    func life() async throws {
        try await withExperiments { service in
            var experiment = try await service.running()
            #expect(experiment.status == .active && experiment.phase == 1)
            let variant = try await service.evaluate("u1").variant
            #expect(variant != nil)
            experiment = try await service.experiments.pause(
                Experiments.Pause.Params(id: experiment.id, version: experiment.version), for: service.call)
            #expect(try await service.evaluate("u1").reason == .inactive)
            experiment = try await service.experiments.resume(
                Experiments.Resume.Params(id: experiment.id, version: experiment.version), for: service.call)
            #expect(try await service.evaluate("u1").variant == variant)
            service.advance(hours: 1)
            experiment = try await service.experiments.complete(
                Experiments.Complete.Params(id: experiment.id, version: experiment.version), for: service.call)
            experiment = try await service.experiments.archive(
                Experiments.Archive.Params(id: experiment.id, version: experiment.version), for: service.call)
            #expect(experiment.status == .archived)
            let phases = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: experiment.id), for: service.call)
            #expect(phases.items.map(\.number) == [1])
            #expect(phases.items.first?.closedAt == service.now)
            #expect(try await service.experiments.list(Experiments.List.Params(), for: service.call).items.isEmpty)
            let error = try await failure { try await service.start(experiment) }
            #expect(error?.code == RPCError.Code.illegalTransition)
        }
    }

    @Test("An experiment begins and ends by itself when it was told when")
    func schedule() async throws {
        try await withExperiments { service in
            let start = Timestamp(microseconds: service.now.microseconds + 3_600_000_000)
            let end = Timestamp(microseconds: service.now.microseconds + 3 * 3_600_000_000)
            var experiment = try await service.start(try await service.draft(startAt: start, endAt: end))
            #expect(try await service.evaluate("u1").reason == .inactive)
            let phases = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: experiment.id), for: service.call)
            #expect(phases.items.first?.openedAt == start)
            service.advance(hours: 1)
            #expect(try await service.evaluate("u1").reason == .split)
            service.advance(hours: 2)
            #expect(try await service.evaluate("u1").reason == .inactive)
            experiment = try await service.experiments.get(
                Experiments.Get.Params(id: experiment.id), for: service.call)
            #expect(experiment.status == .completed)
            let error = try await failure {
                try await service.experiments.pause(
                    Experiments.Pause.Params(id: experiment.id, version: experiment.version), for: service.call)
            }
            #expect(error?.code == RPCError.Code.illegalTransition)
            let archived = try await service.experiments.archive(
                Experiments.Archive.Params(id: experiment.id, version: experiment.version), for: service.call)
            #expect(archived.status == .archived)
            let closed = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: experiment.id), for: service.call)
            #expect(closed.items.first?.closedAt == end)
        }
    }

    @Test("An experiment that ran elsewhere is brought in as of when it began, over or not")
    func broughtIn() async throws {
        try await withExperiments { service in
            func since(hours: Int64) -> Timestamp {
                Timestamp(microseconds: service.now.microseconds - hours * 3_600_000_000)
            }
            func start(_ draft: Experiment, since: Timestamp) async throws -> Experiment {
                try await service.experiments.start(
                    Experiments.Start.Params(id: draft.id, version: draft.version, since: since), for: service.call)
            }
            func expose(_ key: String, _ unit: String, at time: Timestamp) async throws -> String? {
                let reply = try await service.call(
                    "experimentExposures.record",
                    #"{"items":[{"experiment":"\#(key)","unit":"\#(unit)","variant":"new","at":"\#(time)"}]}"#)
                return reply["verdicts"]?[0]?["status"]?.string
            }
            let draft = try await service.draft()
            let running = try await start(draft, since: since(hours: 48))
            #expect(running.status == .active && running.phase == 1)
            let phases = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: draft.id), for: service.call)
            #expect(phases.items.map(\.openedAt) == [since(hours: 48)])
            #expect(try await expose("checkout", "u1", at: since(hours: 48)) == "accepted")
            #expect(try await expose("checkout", "u2", at: since(hours: 49)) == "rejected")
            #expect(try await service.evaluate("u1").reason == .split)

            let over = try await start(
                try await service.draft("over", endAt: since(hours: 24)), since: since(hours: 48))
            #expect(over.status == .completed)
            #expect(try await expose("over", "u1", at: since(hours: 25)) == "accepted")
            #expect(try await expose("over", "u2", at: since(hours: 24)) == "rejected")

            let ahead = try await failure { try await start(try await service.draft("a"), since: since(hours: -1)) }
            #expect(ahead?.message.contains("/params/since") == true)
            let planned = try await service.draft("b", startAt: since(hours: 12))
            let early = try await failure { try await start(planned, since: since(hours: 13)) }
            #expect(early?.code == RPCError.Code.conflict)
            let ended = try await service.draft("c", endAt: since(hours: 48))
            let behind = try await failure { try await start(ended, since: since(hours: 48)) }
            #expect(behind?.code == RPCError.Code.conflict)
        }
    }

    @Test("A change of shares, variants or targeting opens a phase, another change does not")
    func phases() async throws {
        try await withExperiments { service in
            var experiment = try await service.running()
            func update(_ more: String) async throws {
                let reply = try await service.call(
                    "experiments.update", #"{"id":"\#(experiment.id)","version":\#(experiment.version),\#(more)}"#)
                experiment = try Experiment(json: reply.jsonText)
            }
            try await update(#""name":"Other""#)
            #expect(experiment.phase == 1)
            try await update(
                #""variants":[{"key":"control","allocation":4000,"isControl":true},{"key":"new","allocation":4000}]"#)
            #expect(experiment.phase == 2)
            try await update(#""condition":{"country":"DE"}"#)
            #expect(experiment.phase == 3)
            #expect(try await service.evaluate("u1").reason == .targeting)
            try await update(#""condition":{}"#)
            #expect(experiment.phase == 4 && experiment.condition == nil)
            try await update(
                """
                "variants":[{"key":"control","allocation":4000,"isControl":true},{"key":"third","allocation":4000}]
                """)
            #expect(experiment.phase == 5)
            let phases = try await service.phases.list(
                ExperimentPhases.List.Params(experimentId: experiment.id), for: service.call)
            #expect(phases.items.map(\.reason) == [.start, .allocation, .targeting, .targeting, .variants])
            #expect(phases.items.map { $0.closedAt == nil } == [false, false, false, false, true])
            #expect(phases.items[0].arms.map(\.allocation) == [5_000, 5_000])
            #expect(try await service.number("SELECT count(*) FROM variants") == 3)
        }
    }

    @Test("A ramp only lets units in, and an edit moves as few as it must")
    func ramp() async throws {
        try await withExperiments { service in
            var experiment = try await service.running("checkout", ["control": 500, "new": 500])
            func variants() async throws -> [String?] {
                var all: [String?] = []
                for unit in 0..<400 { all.append(try await service.evaluate("u\(unit)").variant) }
                return all
            }
            let before = try await variants()
            experiment = try await service.experiments.ramp(
                Experiments.Ramp.Params(id: experiment.id, version: experiment.version, allocation: 8_000),
                for: service.call)
            let after = try await variants()
            #expect(zip(before, after).allSatisfy { $0 == nil || $0 == $1 })
            #expect(after.filter { $0 != nil }.count > 250)
            #expect(experiment.variants.map(\.allocation) == [4_000, 4_000] && experiment.phase == 2)
            let less = try await failure {
                try await service.experiments.ramp(
                    Experiments.Ramp.Params(id: experiment.id, version: experiment.version, allocation: 100),
                    for: service.call)
            }
            #expect(less?.code == RPCError.Code.invalidParams)
            experiment = try await service.experiments.update(
                Experiments.Update.Params(
                    id: experiment.id, version: experiment.version,
                    variants: ExperimentsUnderTest.variants(["control": 4_000, "new": 3_000, "third": 2_000])),
                for: service.call)
            let edited = try await variants()
            let moved = zip(after, edited).filter { $0 != nil && $0 != $1 }.count
            #expect(moved > 20 && moved < 80, "a thousand ten-thousandths had to move: \(moved) of 400")
        }
    }

    @Test("Who changed what another has changed meanwhile is told so")
    func versions() async throws {
        try await withExperiments { service in
            let draft = try await service.draft()
            let running = try await service.start(draft)
            let error = try await failure { try await service.start(draft) }
            #expect(error?.code == RPCError.Code.versionMismatch)
            let other = try await failure { try await service.start(running) }
            #expect(other?.code == RPCError.Code.illegalTransition)
        }
    }

    @Test(
        "What cannot be an experiment is refused, and says where",
        arguments: [
            (#""variants":[{"key":"a","allocation":5000},{"key":"b","allocation":5000}]"#, "/params/variants"),
            (
                #""variants":[{"key":"a","allocation":5001,"isControl":true},{"key":"b","allocation":5000}]"#,
                "/params/variants"
            ),
            (
                #""variants":[{"key":"a","allocation":1,"isControl":true},{"key":"a","allocation":1}]"#,
                "/params/variants/1/key"
            ),
            (#""variants":[{"key":"a","allocation":5,"isControl":true}],"hashVersion":1"#, "/params/variants/0"),
            (
                #""variants":[{"key":"a","allocation":5,"isControl":true}],"condition":{"age":{"$gtt":3}}"#,
                "/params/condition/age/$gtt"
            ),
            (
                #""variants":[{"key":"a","allocation":5,"isControl":true}],"fallbackAttribute":"device""#,
                "/params/fallbackAttribute"
            ),
            (
                #""variants":[{"key":"a","allocation":5,"isControl":true}],"prerequisites":[{"experiment":"x"}]"#,
                "/params/prerequisites/0/experiment"
            ),
            (
                #""variants":[{"key":"a","allocation":5,"isControl":true}],"startAt":"2026-02-01T00:00:00Z","endAt":"2026-02-01T00:00:00Z""#,
                "/params/endAt"
            ),
        ])
    func badInput(fields: String, place: String) async throws {
        try await withExperiments { service in
            let error = try await failure {
                try await service.call(
                    "experiments.create", #"{"key":"x","name":"X","unitType":"user",\#(fields)}"#)
            }
            #expect(error?.code == RPCError.Code.invalidParams)
            #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
            #expect(try await service.number("SELECT count(*) FROM experiments") == 0)
        }
    }
}
