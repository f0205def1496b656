/// The order in which shapes are tried: along each parameter in turn from the best so far, each shape once.
struct ShapeSearch: Sendable {
    private let grid: ShapeGrid
    private var best: FrequencyShape
    private var tried: Set<FrequencyShape>
    private var waiting: [FrequencyShape] = []
    /// The parameter that was varied last.
    private var axis = -1
    private var changed = false

    init(_ grid: ShapeGrid) {
        self.grid = grid
        best = grid.start
        tried = [best]
    }

    /// The next shape to try; nil when a whole round found nothing better.
    mutating func next() -> FrequencyShape? {
        while true {
            if let shape = waiting.popLast() {
                if tried.insert(shape).inserted { return shape }
                continue
            }
            axis += 1
            if axis == 3 {
                guard changed else { return nil }
                (axis, changed) = (0, false)
            }
            waiting = variants.reversed()
        }
    }

    /// Goes on from a shape that is better than the best so far.
    mutating func move(to shape: FrequencyShape) {
        best = shape
        changed = true
    }

    private var variants: [FrequencyShape] {
        switch axis {
        case 0: grid.halfLivesDays.map { FrequencyShape(known: $0, best.halfSaturation, best.slope) }
        case 1: grid.halfSaturations.map { FrequencyShape(known: best.halfLifeDays, $0, best.slope) }
        default: grid.slopes.map { FrequencyShape(known: best.halfLifeDays, best.halfSaturation, $0) }
        }
    }
}
