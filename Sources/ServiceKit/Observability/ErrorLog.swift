public import JSONRPC
import Logging

extension Reply {
    /// Answers with an error and logs its private cause, once, here at the edge.
    ///
    /// - Parameter traceparent: of the call, so that its trace leads to the line.
    public func failAndLog(_ error: RPCError, method: String, traceparent: String? = nil) {
        if let cause = error.cause {
            var metadata: Logger.Metadata = [
                "method": "\(method)", "code": "\(error.code)", "cause": "\(cause)",
            ]
            if let traceparent { metadata["trace"] = "\(traceparent.dropFirst(3).prefix(32))" }
            ErrorLog.logger.error("call failed", metadata: metadata)
        }
        fail(error)
    }
}

enum ErrorLog {
    static let logger = Logger(label: "calls")
}
