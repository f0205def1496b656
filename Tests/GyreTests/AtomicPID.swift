import Synchronization

/// A process id that one thread leaves for another.
final class AtomicPID: Sendable {
    private let value = Atomic<Int32>(0)

    func store(_ pid: Int32) { value.store(pid, ordering: .releasing) }
    func load() -> Int32 { value.load(ordering: .acquiring) }
}
