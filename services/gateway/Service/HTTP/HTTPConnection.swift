import JSONRPC
import Synchronization

/// The reply channel of one HTTP request: waits for the one message that answers it.
final class HTTPConnection: ReplyChannel {
    private enum State {
        case open
        case waiting(CheckedContinuation<[UInt8], Never>)
        case answered([UInt8])
        case closed
    }

    private let state = Mutex(State.open)
    private let lastStanding = Mutex<Standing?>(nil)

    /// Where the caller stands with its limits after its last call; nil where no call was charged.
    var standing: Standing? { lastStanding.withLock(\.self) }

    func tell(_ standing: Standing) {
        lastStanding.withLock { $0 = standing }
    }

    var connection: ObjectIdentifier { ObjectIdentifier(self) }

    var isClosed: Bool {
        state.withLock { state in
            if case .closed = state { true } else { false }
        }
    }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let bytes = Array(message)
        let continuation = state.withLock { state -> CheckedContinuation<[UInt8], Never>? in
            switch state {
            case .open:
                state = .answered(bytes)
                return nil
            case .waiting(let continuation):
                state = .closed
                return continuation
            case .answered, .closed:
                return nil
            }
        }
        continuation?.resume(returning: bytes)
    }

    /// The answer. Call once.
    func answer() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            let answered = state.withLock { state -> [UInt8]? in
                if case .answered(let bytes) = state {
                    state = .closed
                    return bytes
                }
                state = .waiting(continuation)
                return nil
            }
            if let answered { continuation.resume(returning: answered) }
        }
    }
}
