import Foundation
import Testing

@testable import SQLite

@Suite struct WorkerThreadTests {
    @Test("A thread runs its body once, under its name, and joining waits for it")
    func join() {
        let name = Monitor("")
        let thread = WorkerThread(name: "gyre-test-thread-with-a-long-name") {
            let comm = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            name.change { $0 += comm }
        }
        thread.join()
        thread.join()
        #expect(name.change { $0 } == "gyre-test-threa\n")
    }

    @Test("A value that changes wakes the thread that waits for it, every time")
    func monitor() {
        let rounds = 2_000
        let ball = Monitor(0)
        let back = Monitor(0)
        let thread = WorkerThread(name: "pong") {
            for round in 1...rounds {
                ball.wait { $0 == round ? () : nil }
                back.change { $0 = round }
            }
        }
        for round in 1...rounds {
            ball.change { $0 = round }
            back.wait { $0 == round ? () : nil }
        }
        thread.join()
    }
}
