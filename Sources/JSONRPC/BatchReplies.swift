import Synchronization

/// Collects the replies of one batch and sends them as one array when the last has come.
///
/// Replies stand in the order in which they were given, which the specification leaves open.
final class BatchReplies: ReplyChannel {
    private struct State {
        var messages: [UInt8] = [UInt8(ascii: "[")]
        var missing: Int
    }

    private let channel: any ReplyChannel
    private let requests: Int
    private let state: Mutex<State>

    /// - Parameter requests: how many elements expect a reply; at least one.
    init(requests: Int, over channel: any ReplyChannel) {
        self.channel = channel
        self.requests = requests
        state = Mutex(State(missing: requests))
    }

    var isClosed: Bool { channel.isClosed }
    var connection: ObjectIdentifier { channel.connection }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let array = state.withLock { state -> [UInt8]? in
            if state.missing < requests { state.messages.append(UInt8(ascii: ",")) }
            state.messages.append(contentsOf: message)
            state.missing -= count
            guard state.missing == 0 else { return nil }
            state.messages.append(UInt8(ascii: "]"))
            return state.messages
        }
        array?.withUnsafeBytes { channel.send($0, answering: requests) }
    }
}
