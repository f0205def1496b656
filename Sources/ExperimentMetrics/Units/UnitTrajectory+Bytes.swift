internal import Statistics

/// What is stored of a trajectory: a few bytes, and some for each day on which there was an event.
///
/// A form (1), the exposure, what happened before it, how many days, and of each its distance from the one before and
/// what happened: number of events, sums, and bins by the distance of their keys.
extension UnitTrajectory {
    private static let form: UInt64 = 1

    /// The same bytes of the same trajectory.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.form)
        writer.write(signed: exposure)
        writer.write(before)
        writer.write(UInt64(days.count))
        var last = Day.number(of: exposure)
        for stretch in days {
            writer.write(UInt64(stretch.day - last))
            writer.write(stretch.activity)
            last = stretch.day
        }
        return writer.bytes
    }

    /// From what ``bytes`` were.
    ///
    /// - Throws: ``DamagedBytes`` for anything that ``bytes`` cannot have been.
    public init(bytes: [UInt8]) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        guard try reader.unsigned() == Self.form, let empty = Self(exposure: try reader.signed()) else {
            throw reader.damage
        }
        self = empty
        before = try reader.activity()
        let count = try reader.unsigned()
        var last = Day.number(of: exposure)
        for place in 0..<count {
            let distance = try reader.unsigned()
            guard distance <= 1 << 32, distance > 0 || place == 0 else { throw reader.damage }
            last += Int(distance)
            let activity = try reader.activity()
            guard activity.events > 0 else { throw reader.damage }
            days.append(Stretch(day: last, activity: activity))
        }
        try reader.end()
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ activity: Activity) {
        write(UInt64(activity.events))
        guard activity.events > 0 else { return }
        write(activity.sum)
        write(activity.denominator)
        write(UInt64(activity.bins.count))
        var last: Int32 = 0
        for bin in activity.bins {
            write(Int(bin.key) - Int(last))
            write(UInt64(bin.events))
            last = bin.key
        }
    }
}

extension ByteReader {
    fileprivate mutating func activity() throws(DamagedBytes) -> Activity {
        var activity = Activity()
        activity.events = try count()
        guard activity.events > 0 else { return activity }
        activity.sum = try sum()
        activity.denominator = try sum()
        let bins = try unsigned()
        var last = 0
        for place in 0..<bins {
            let distance = try number()
            guard distance > 0 || place == 0, let key = Int32(exactly: last + distance) else { throw damage }
            let events = try count()
            guard events > 0 else { throw damage }
            activity.bins.append(Activity.Bin(key: key, events: events))
            last = Int(key)
        }
        return activity
    }

    private mutating func count() throws(DamagedBytes) -> Int {
        let value = try unsigned()
        guard value < 1 << 53 else { throw damage }
        return Int(value)
    }
}
