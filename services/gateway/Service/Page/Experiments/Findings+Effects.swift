import ExperimentsAPI
import JSON
import ResultWords

extension Findings {
    private var shownMetrics: [MetricResult] { Array(results.metrics.prefix(Self.maximumMetrics)) }

    var effects: ResultParts.Effects? {
        guard hasExposures, !results.metrics.isEmpty else { return nil }
        let metrics = shownMetrics
        let relative = metrics.filter { $0.scale == .relative }
        var plots = relative.isEmpty ? [] : [forest(relative, "relative", "Effects, as shares of the control")]
        for (place, metric) in metrics.filter({ $0.scale == .absolute }).enumerated() {
            plots.append(
                forest([metric], "absolute-\(place + 1)", "Effect on \(title(metric.metric)), in its own unit"))
        }
        let roles = metrics.compactMap { planned($0.metric) }
        return .init(
            isDoubtful: isDoubtful,
            isEarly: !counts && !isDoubtful, plots: plots, hasMargin: roles.contains { $0.margin != nil },
            hasWorth: roles.contains { $0.worthHaving != nil },
            notes: metrics.flatMap { metric in notes(metric).map { "\(title(metric.metric)), \($0)" } },
            groups: metrics.map(table),
            more: results.metrics.count > metrics.count
                ? "Only the first \(metrics.count) of \(results.metrics.count) metrics are shown; gyre shows them all."
                : nil)
    }

    // MARK: The forest plot

    private func forest(_ metrics: [MetricResult], _ id: String, _ title: String) -> ResultParts.Drawn {
        let scale = metrics.first?.scale ?? .relative
        let plot = ForestPlot(metrics.map(group)) { value, digits in Self.mark(value, digits, scale) }
        let sentences = metrics.flatMap { metric in
            metric.arms.map { arm in
                "\(self.title(metric.metric)), \(arm.variant): \(figures(metric, arm))"
                    + (finding(metric, arm).map { ", \($0.rawValue)." } ?? ".")
            }
        }
        return .init(
            title: title,
            svg: plot.svg(
                id: "effects-\(id)", title: title,
                description: "A point and an interval for each metric and variant. " + sentences.joined(separator: " "))
        )
    }

    private func group(_ metric: MetricResult) -> ForestPlot.Group {
        let planned = planned(metric.metric)
        let sign = metric.direction == .higherIsBetter ? 1.0 : -1
        var bounds: [(value: Double, style: String)] = []
        if let margin = planned?.margin { bounds.append((Self.drawn(-sign * margin, metric.scale), "margin")) }
        if let worth = planned?.worthHaving { bounds.append((Self.drawn(sign * worth, metric.scale), "worth")) }
        return ForestPlot.Group(
            title: name(metric.metric) ?? metric.metric, subtitle: name(metric.metric).map { _ in metric.metric },
            note: "\(metric.role.rawValue), \(StaffPage.words(metric.direction.rawValue))", bounds: bounds,
            rows: metric.arms.map { row(metric, $0, label: $0.variant) })
    }

    func row(_ metric: MetricResult, _ arm: ArmResult, label: String) -> ForestPlot.Row {
        let figure = metric.figure(of: arm)
        return ForestPlot.Row(
            label: label, figures: figures(metric, arm), value: figure.map { Self.drawn($0.value, metric.scale) },
            interval: figure?.interval.flatMap { Self.drawn($0, metric.scale) },
            tone: finding(metric, arm)?.tone ?? .open)
    }

    func figures(_ metric: MetricResult, _ arm: ArmResult) -> String {
        guard let figure = metric.figure(of: arm) else {
            return arm.notEnoughData == nil ? "no relative effect" : "not enough data yet"
        }
        let effect = ResultWords.effect(figure.value, metric.scale)
        return figure.interval.map { "\(effect) (\(ResultWords.interval($0, metric.scale)))" } ?? effect
    }

    /// What the interval says, where it counts.
    func finding(_ metric: MetricResult, _ arm: ArmResult) -> EffectFinding? {
        guard counts, !isDoubtful else { return nil }
        return EffectFinding(metric, margin: planned(metric.metric)?.margin, metric.figure(of: arm)?.interval)
    }

    // MARK: The table behind it

    private func table(_ metric: MetricResult) -> ResultParts.MetricRows {
        .init(
            key: metric.metric, name: name(metric.metric), role: metric.role.rawValue, rows: rows(metric))
    }

    func rows(_ metric: MetricResult) -> [ResultParts.MetricRow] {
        metric.arms.map { arm in
            let figure = metric.figure(of: arm)
            return .init(
                variant: arm.variant, controlUnits: arm.controlUnits.map { StatusPage.grouped($0) },
                units: arm.units.map { StatusPage.grouped($0) }, control: arm.controlMean.map(ResultWords.rounded),
                mean: arm.mean.map(ResultWords.rounded),
                effect: figure.map { ResultWords.effect($0.value, metric.scale) },
                interval: figure?.interval.map { ResultWords.interval($0, metric.scale) },
                pValue: (arm.adjustedPValue ?? arm.pValue).map(ResultWords.probability),
                finding: finding(metric, arm)?.rawValue)
        }
    }

    /// What else there is to say of each variant.
    func notes(_ metric: MetricResult) -> [String] {
        metric.arms.flatMap { arm -> [String] in
            guard let figure = metric.figure(of: arm) else { return [ResultWords.missing(arm)] }
            let leftOut = (arm.phasesLeftOut ?? []).map { "\($0)" }.joined(separator: ", ")
            return ResultWords.notes(arm, figure)
                + (leftOut.isEmpty
                    ? [] : ["\(arm.variant): too few units to compare in phase \(leftOut), which is left out."])
        }
    }

    // MARK: Over time

    var history: ResultParts.History? {
        guard hasExposures, !series.isEmpty else { return nil }
        let charts = series.enumerated().flatMap { self.charts($1, number: $0 + 1) }
        return .init(
            isDoubtful: isDoubtful, charts: Array(charts.prefix(Self.maximumCharts)), tables: series.map(table),
            more: charts.count > Self.maximumCharts ? "Only \(Self.maximumCharts) drawings are shown." : nil,
            isOnlyForItself: plan.engine == .fixed)
    }

    private func charts(
        _ series: ExperimentResults.Series.Reply, number: Int
    ) -> [ResultParts.Drawn] {
        let variants = series.points.flatMap { $0.arms.map(\.variant) }
        let arms = results.arms.filter { variants.contains($0) }
        let lines = arms.map { arm in
            series.points.map { point in
                let known = point.arms.first { $0.variant == arm }
                return BandPlot.Point(
                    day: point.day.dayNumber, value: known?.value.map { Self.drawn($0, series.scale) },
                    interval: known?.interval.flatMap { Self.drawn($0, series.scale) })
            }
        }
        let axis = BandPlot.axis(of: lines)
        return zip(arms, lines).enumerated().map { place, line in
            let (arm, points) = line
            let title = "\(self.title(series.metric)), \(arm)"
            let last = series.points.last?.arms.first { $0.variant == arm }
            let end = last?.value.map { ResultWords.effect($0, series.scale) } ?? "too little data"
            let plot = BandPlot(
                points: points, axis: axis, label: { Self.mark($0, $1, series.scale) },
                dayLabel: { Self.day($0, span: (points.last?.day ?? 0) - (points.first?.day ?? 0)) })
            return .init(
                title: title,
                svg: plot.svg(
                    id: "history-\(number)-\(place + 1)", title: "Effect on \(title), day by day",
                    description: "A line with its interval as a band over \(points.count) days; at the end: \(end)."))
        }
    }

    private func table(_ series: ExperimentResults.Series.Reply) -> ResultParts.DayRows {
        .init(
            title: title(series.metric),
            rows: series.points.suffix(Self.maximumDays).flatMap { point in
                point.arms.map { arm in
                    .init(
                        day: "\(point.day)", variant: arm.variant,
                        effect: arm.value.map { ResultWords.effect($0, series.scale) } ?? "too little data",
                        interval: arm.interval.map { ResultWords.interval($0, series.scale) })
                }
            },
            more: series.points.count > Self.maximumDays
                ? "Only the last \(Self.maximumDays) of \(series.points.count) days are shown; gyre shows them all."
                : nil)
    }

    // MARK: Scales

    /// Relative effects are drawn in per cent.
    private static func drawn(_ value: Double, _ scale: EffectScaleName) -> Double {
        scale == .relative ? value * 100 : value
    }

    /// Nil for what is no interval of numbers.
    private static func drawn(_ interval: EffectInterval, _ scale: EffectScaleName) -> ClosedRange<Double>? {
        let (lower, upper) = (drawn(interval.lower, scale), drawn(interval.upper, scale))
        return lower.isFinite && upper.isFinite && lower <= upper ? lower...upper : nil
    }

    static func mark(_ value: Double, _ digits: Int, _ scale: EffectScaleName) -> String {
        let text = (value > 0 ? "+" : "") + ResultWords.decimals(value, digits)
        return scale == .relative ? text + " %" : text
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// 5 Jan; or 2026-01, where there are years.
    private static func day(_ number: Int, span: Int) -> String {
        guard let date = CalendarDate(dayNumber: number) else { return "" }
        return span > 330 ? String("\(date)".prefix(7)) : "\(date.day) \(months[date.month - 1])"
    }
}
