public import ExperimentsAPI

/// Results of experiments in words and figures, the same wherever people read them.
public enum ResultWords {
    // MARK: Words

    /// What to do.
    public static func verdict(_ verdict: Verdict) -> String {
        switch verdict {
        case .ship: "Ship"
        case .rollBack: "Roll back"
        case .keepRunning: "Keep running"
        case .inconclusive: "Inconclusive"
        case .broken: "Broken"
        }
    }

    /// Whether units came to the variants as promised.
    public static func split(_ split: SplitResult) -> String {
        if split.isBroken {
            return "The split is broken: units did not come to the variants as promised. Trust nothing below."
        }
        if let pValue = split.sequentialPValue ?? split.pValue {
            return "The split is as promised (\(equation(pValue)))."
        }
        return "There are too few units to tell whether the split is as promised."
    }

    /// Why a variant has no figure.
    public static func missing(_ arm: ArmResult) -> String {
        "\(arm.variant): \(arm.notEnoughData ?? "the control may be 0, so there is no relative effect")."
    }

    /// What there is to say of a variant besides its figure.
    public static func notes(_ arm: ArmResult, _ figure: EffectFigure) -> [String] {
        var notes: [String] = []
        if let cut = arm.varianceCut { notes.append("\(arm.variant): CUPED cut the variance by \(percent(cut)).") }
        if let chance = figure.chanceToWin {
            notes.append("\(arm.variant): better with a chance of \(percent(chance)).")
        }
        return notes
    }

    /// What a variant can be found to do, and what is missing.
    ///
    /// - Parameter power: the probability to find it.
    public static func power(_ arm: ArmPower, _ scale: EffectScaleName, power: Double) -> String {
        guard let size = arm.effect.flatMap({ size($0, scale) }) else { return arm.summary }
        return
            "An effect of \(size) would have been found by now with a probability of \(percent(power)). \(arm.summary)"
    }

    // MARK: Figures

    /// An effect with its sign: `+1.2 %` of relative ones.
    public static func effect(_ value: Double, _ scale: EffectScaleName) -> String {
        (value > 0 ? "+" : "") + (scale == .relative ? percent(value) : rounded(value))
    }

    /// `-1.2 % to +3.4 %`
    public static func interval(_ interval: EffectInterval, _ scale: EffectScaleName) -> String {
        "\(effect(interval.lower, scale)) to \(effect(interval.upper, scale))"
    }

    /// A size without a sign: `1.2 %` of relative ones; nil where the control's mean is 0, so that nothing is relative to it.
    public static func size(_ effect: EffectSize, _ scale: EffectScaleName) -> String? {
        scale == .relative ? effect.relative.map(percent) : rounded(effect.absolute)
    }

    /// A share of 1: `12.3 %`.
    public static func percent(_ share: Double) -> String { decimals(share * 100, 1) + " %" }

    /// Four significant digits, and no more than four decimals.
    public static func probability(_ value: Double) -> String {
        0 < value && value < 1e-4 ? "< 0.0001" : rounded(value)
    }

    /// `p = 0.0123`
    public static func equation(_ pValue: Double) -> String {
        let text = probability(pValue)
        return text.hasPrefix("<") ? "p \(text)" : "p = \(text)"
    }

    /// Four significant digits, or fewer; `2.1e-05` for what four decimals would not show.
    public static func rounded(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        var size = abs(value)
        guard size.isFinite, size > 1e-20 else { return "\(value)" }
        if size < 1e-4 {
            var unit = 1.0
            while size * unit < 10 { unit *= 10 }
            return "\((value * unit).rounded() / unit)"
        }
        var digits = 4
        while size >= 1, digits > 0 {
            size /= 10
            digits -= 1
        }
        return decimals(value, digits)
    }

    /// - Parameter digits: after the point, up to 15. Numbers too large for that are as Swift writes them.
    public static func decimals(_ value: Double, _ digits: Int) -> String {
        var power = 1
        for _ in 0..<digits { power *= 10 }
        let whole = (abs(value) * Double(power)).rounded()
        guard whole < 9e15 else { return "\(value)" }
        let (units, rest) = Int(whole).quotientAndRemainder(dividingBy: power)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(units)" }
        let text = "\(rest)"
        return "\(sign)\(units)." + String(repeating: "0", count: digits - text.count) + text
    }
}

extension MetricResult {
    /// What is known of a variant on the scale on which it is decided.
    public func figure(of arm: ArmResult) -> EffectFigure? { scale == .relative ? arm.relative : arm.absolute }
}
