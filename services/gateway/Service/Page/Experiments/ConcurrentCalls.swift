import JSONRPC

/// Calls beside each other. `async let` and task groups forget of which type an error is, so outcomes are values.
enum ConcurrentCalls {
    static func outcome<Answer: Sendable>(
        _ call: @Sendable () async throws(RPCError) -> Answer
    ) async -> Result<Answer, RPCError> {
        do throws(RPCError) {
            return .success(try await call())
        } catch {
            return .failure(error)
        }
    }

    /// The same call about several things; outcomes are in the order of these.
    static func outcomes<Asked: Sendable, Answer: Sendable>(
        _ asked: some Sequence<Asked>, _ call: @escaping @Sendable (Asked) async throws(RPCError) -> Answer
    ) async -> [Result<Answer, RPCError>] {
        await withTaskGroup(of: (place: Int, outcome: Result<Answer, RPCError>).self) { group in
            for (place, thing) in asked.enumerated() {
                group.addTask { (place, await outcome { () throws(RPCError) in try await call(thing) }) }
            }
            var outcomes: [(place: Int, outcome: Result<Answer, RPCError>)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.place < $1.place }.map(\.outcome)
        }
    }
}

/// What calls of a page brought, and sentences about what they did not.
struct Gathered {
    private(set) var gaps: [String] = []

    /// Nil, and the service's own sentence among the gaps, where nothing came.
    ///
    /// - Parameter part: what of the page it is; nil: what the page is about.
    /// - Throws: unauthenticated, for who is not signed in any more sees nothing.
    mutating func take<Answer>(
        _ outcome: Result<Answer, RPCError>, _ part: String? = nil
    ) throws(RPCError) -> Answer? {
        do throws(RPCError) {
            return try outcome.get()
        } catch {
            guard error.code != RPCError.Code.unauthenticated else { throw error }
            let gap = (part.map { "\($0) cannot be shown. " } ?? "") + error.message
            if !gaps.contains(gap) { gaps.append(gap) }
            return nil
        }
    }

    mutating func take<Answer>(_ outcomes: [Result<Answer, RPCError>], _ part: String) throws(RPCError) -> [Answer] {
        var answers: [Answer] = []
        for outcome in outcomes {
            if let answer = try take(outcome, part) { answers.append(answer) }
        }
        return answers
    }
}
