import Testing

@testable import Gyre

@Suite struct ServiceSupervisionTests {
    @Test("A service starts at once, and is left alone while it runs")
    func start() {
        var service = ServiceSupervision()
        #expect(service.act(at: 0) == .start)
        service.started(pid: 7, at: 0)
        #expect(service.act(at: 1_000_000) == nil)
        #expect(service.nextMoment == nil)
        #expect(service.pid == 7)
    }

    @Test("One that keeps dying starts again after 0.1, 0.2, 0.4 … and at most 5 seconds")
    func backoff() {
        var service = ServiceSupervision()
        var pauses: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<8 {
            #expect(service.act(at: now) == .start)
            service.started(pid: 7, at: now)
            pauses.append(service.exited(at: now) ?? -1)
            #expect(service.act(at: now) == nil)
            now = service.nextMoment ?? -1
        }
        #expect(pauses == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    }

    @Test("After ten healthy seconds the pause is the shortest again; a moment less does not count")
    func healthy() {
        var service = ServiceSupervision()
        for now in [0, 10_000] as [Int64] {
            service.started(pid: 7, at: now)
            service.exited(at: now)
        }
        var other = service
        service.started(pid: 7, at: 20_000)
        #expect(service.exited(at: 30_000) == 100)
        other.started(pid: 7, at: 20_000)
        #expect(other.exited(at: 29_999) == 400)
    }

    @Test("A program that cannot be started is tried again, as if it had died")
    func failingStart() {
        var service = ServiceSupervision()
        service.failedToStart(at: 0)
        #expect(service.shortLives == 1)
        #expect(service.act(at: 99) == nil)
        #expect(service.act(at: 100) == .start)
    }

    @Test("Told to end, it gets SIGTERM, at its deadline SIGKILL once, and then it has ended")
    func stop() {
        var service = ServiceSupervision()
        service.started(pid: 7, at: 0)
        #expect(service.stop(at: 10, deadline: 5_010) == .terminate(pid: 7))
        #expect(service.stop(at: 11, deadline: 9_999) == nil)
        #expect(service.act(at: 5_009) == nil)
        #expect(service.act(at: 5_010) == .kill(pid: 7))
        #expect(service.act(at: 6_000) == nil)
        #expect(service.exited(at: 6_001) == nil)
        #expect(service.state == .ended)
        #expect(service.act(at: 60_000) == nil)
    }

    @Test("One that waits for its next start ends without another")
    func stopWhileWaiting() {
        var service = ServiceSupervision()
        service.failedToStart(at: 0)
        #expect(service.stop(at: 10, deadline: 20) == nil)
        #expect(service.act(at: 1_000) == nil)
        #expect(service.state == .ended)
    }
}

@Suite struct SuiteSupervisionTests {
    /// Three running services with process ids 1, 2 and 3; the third is the gateway.
    private func running() -> SuiteSupervision {
        var suite = SuiteSupervision(["tenancy", "signals", "gateway"])
        for (index, action) in suite.act(at: 0).enumerated() {
            _ = suite.update(action.service) { $0.started(pid: Int32(index + 1), at: 0) }
        }
        return suite
    }

    private func action(_ service: String, _ what: ServiceSupervision.Action) -> SuiteSupervision.Action {
        SuiteSupervision.Action(service: service, what: what)
    }

    @Test("All services start at once, in order")
    func start() {
        var suite = SuiteSupervision(["tenancy", "signals", "gateway"])
        #expect(suite.act(at: 0).map(\.service) == ["tenancy", "signals", "gateway"])
    }

    @Test("One that dies starts again, the others stay")
    func restart() {
        var suite = running()
        _ = suite.update("signals") { $0.exited(at: 50) }
        #expect(suite.nextMoment == 150)
        #expect(suite.act(at: 150) == [action("signals", .start)])
    }

    @Test("The gateway ends first, the others when it has")
    func orderOfStop() {
        var suite = running()
        suite.stop(at: 1_000)
        #expect(suite.act(at: 1_000) == [action("gateway", .terminate(pid: 3))])
        #expect(suite.act(at: 1_500).isEmpty)
        _ = suite.update("gateway") { $0.exited(at: 1_600) }
        #expect(
            suite.act(at: 1_600) == [action("tenancy", .terminate(pid: 1)), action("signals", .terminate(pid: 2))])
        #expect(!suite.isOver)
        _ = suite.update("tenancy") { $0.exited(at: 1_700) }
        _ = suite.update("signals") { $0.exited(at: 1_700) }
        #expect(suite.isOver)
    }

    @Test("A gateway that does not end keeps the others for two seconds, and everything is killed after five")
    func stubbornGateway() {
        var suite = running()
        suite.stop(at: 0)
        _ = suite.act(at: 0)
        #expect(suite.nextMoment == SuiteSupervision.gatewayFirstMilliseconds)
        #expect(suite.act(at: 2_000).map(\.service) == ["tenancy", "signals"])
        #expect(suite.nextMoment == SuiteSupervision.drainMilliseconds)
        #expect(
            suite.act(at: 5_000)
                == [
                    action("tenancy", .kill(pid: 1)), action("signals", .kill(pid: 2)),
                    action("gateway", .kill(pid: 3)),
                ])
    }

    @Test("A second request to end does not wait")
    func secondStop() {
        var suite = running()
        suite.stop(at: 0)
        _ = suite.act(at: 0)
        suite.stop(at: 100)
        _ = suite.act(at: 100)
        let killed = suite.act(at: 100) + suite.act(at: 100)
        #expect(suite.services.allSatisfy { $0.supervision.pid != nil })
        #expect(killed.allSatisfy { if case .kill = $0.what { true } else { false } })
        #expect(suite.services.last?.supervision.state == .killed(pid: 3))
    }

    @Test("Services that were never started end at once")
    func stopBeforeStart() {
        var suite = SuiteSupervision(["tenancy", "gateway"])
        suite.stop(at: 0)
        for now in 0...2 as ClosedRange<Int64> { _ = suite.act(at: now) }
        #expect(suite.isOver)
    }
}
