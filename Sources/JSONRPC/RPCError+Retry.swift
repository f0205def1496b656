extension RPCError {
    /// Whether the same call may succeed a moment later, with nobody doing anything about it or its parameters.
    public var isRetryable: Bool {
        switch code {
        case Code.busy, Code.cancelled, Code.deadlineExceeded, Code.dependencyUnavailable, Code.rateLimited,
            Code.storageFull:
            true
        default:
            false
        }
    }
}
