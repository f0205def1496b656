public import JSON

/// A model and the window before an outcome in which touches count.
public struct AttributionRule: Sendable, Hashable {
    /// Days of 24 hours.
    public static let maximumWindowDays = 3_650
    /// Touches within the window of one outcome.
    public static let maximumTouches = 10_000

    public let model: AttributionModel
    public let windowDays: Int

    /// - Parameters:
    ///   - windowDays: days of 24 hours, from 1 to ``maximumWindowDays``.
    /// - Throws: ``AttributionFailure/windowDays``, ``AttributionFailure/halfLife``.
    public init(_ model: AttributionModel, windowDays: Int) throws(AttributionFailure) {
        guard 1...Self.maximumWindowDays ~= windowDays else { throw .windowDays }
        if case .timeDecay(let seconds) = model {
            guard 1...Self.maximumWindowDays * 86_400 ~= seconds else { throw .halfLife }
        }
        self.model = model
        self.windowDays = windowDays
    }

    /// What an outcome owes to the touches before it.
    ///
    /// A touch counts from exactly the window before the outcome up to the outcome itself: one in the outcome's own
    /// microsecond counts, a later one had no part in it. Touches are ordered by time, those of one microsecond by
    /// exposure id, and may come in any order.
    ///
    /// - Parameters:
    ///   - touches: exposures of the actor, also such as are outside of the window.
    ///   - outcome: when it happened, not when it was heard of.
    /// - Throws: ``AttributionFailure/tooManyTouches(_:)``; ``AttributionFailure/exposureTwice(_:)``, of those within the
    ///   window.
    public func attribution(
        of outcome: Timestamp, to touches: some Sequence<Touch>
    ) throws(AttributionFailure) -> Attribution {
        let window = Int64(windowDays) * 86_400_000_000
        let counted = touches.filter { touch in
            let (age, overflows) = outcome.microseconds.subtractingReportingOverflow(touch.at.microseconds)
            return !overflows && age >= 0 && age <= window
        }.sorted()
        guard counted.count <= Self.maximumTouches else { throw .tooManyTouches(counted.count) }
        var seen: Set<UUIDv7> = []
        for touch in counted where !seen.insert(touch.exposure).inserted { throw .exposureTwice(touch.exposure) }
        let weights = apportioned(UInt64(Attribution.whole), by: model.parts(of: counted))
        return Attribution(
            shares: zip(counted, weights).map { Attribution.Share(exposure: $0.exposure, millionths: Int($1)) })
    }
}
