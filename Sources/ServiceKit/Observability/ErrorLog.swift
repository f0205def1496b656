public import JSONRPC
import Logging

extension Reply {
    /// Answers with an error and logs its private cause, once, here at the edge.
    public func failAndLog(_ error: RPCError, method: String) {
        if let cause = error.cause {
            ErrorLog.logger.error(
                "call failed", metadata: ["method": "\(method)", "code": "\(error.code)", "cause": "\(cause)"])
        }
        fail(error)
    }
}

enum ErrorLog {
    static let logger = Logger(label: "calls")
}
