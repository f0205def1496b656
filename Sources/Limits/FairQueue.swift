/// What waits in front of one service, a queue for each brand, and whose turn it is: deficit round robin (M. Shreedhar,
/// G. Varghese, "Efficient fair queueing using deficit round robin", SIGCOMM 1995) in microseconds of service time.
///
/// A service answers in the order of arrival, so what stands in front of a call there is what delays it. While one
/// brand is alone it may have ``aloneInFlight`` calls under way. With others beside it, a brand may have
/// ``brandWindow`` microseconds of work under way, or ``fewInFlight`` calls, for a group commit is cheap only in company.
/// A brand within both goes on at once, and so does a brand with nothing under way; a brand beyond one of them while all
/// brands together have no more than ``sharedWindow``. The rest waits here, and goes on in turns of equal service time.
///
/// A brand's own bounds are small, because where one brand waits, the others are calm, and every one of their calls meets
/// its work: at the service, on the disk, and on the processors. Where several brands wait, larger groups serve them
/// all: each has ``crowd`` times as much.
///
/// **Cost.** A method's cost is measured: the time of a call divided by the calls that were under way with it (Little's
/// law: that is the time between two answers), averaged over the last few dozen. A group commit makes the first of its
/// calls costly and the others cheap; the average follows. Methods that wait for something else than the service are
/// not for this queue.
///
/// A struct without I/O: ``offer(of:method:bytes:at:)`` and ``next(at:)`` say what to send, ``ended(_:after:)`` is told
/// when a call has its answer.
public struct FairQueue: Sendable {
    /// Calls of one brand that wait; a further one is told to come back.
    public static let maximumWaiting = 4_096
    /// Bytes of one brand's calls that wait.
    public static let maximumWaitingBytes = 16 << 20
    /// Bytes of all calls that wait.
    public static let maximumWaitingBytesInAll = 64 << 20
    /// Calls under way, of all brands together.
    public static let maximumInFlight = 4_096
    /// Calls under way of a brand that is alone.
    public static let aloneInFlight = 1_024
    /// Work under way of one brand beside calm ones, in microseconds.
    public static let brandWindow: Int64 = 375
    /// Calls under way that a brand may have beside calm ones, however much work they are.
    public static let fewInFlight = 4
    /// Work under way of all brands together, beyond which a brand needs both to be within, in microseconds.
    public static let sharedWindow: Int64 = 5_000
    /// Where several brands wait, each may have so many times its window and its few calls under way.
    static let crowd = 4
    /// What a brand may send in one turn, in microseconds.
    static let quantum: Int64 = 500
    /// How long a brand that sends nothing counts as present, in microseconds.
    static let presence: Int64 = 1_000_000
    /// What a method counts as before it was measured, in microseconds.
    static let unmeasuredCost: Int64 = 50
    /// Answers over which a cost is averaged.
    static let averagedOver: Int64 = 32

    /// A call under way.
    public struct Flight: Sendable, Equatable {
        fileprivate let brand: Int
        fileprivate let method: Int
        /// What it was thought to cost, in microseconds.
        public let cost: Int64
        /// Calls that were under way when it was sent, it included.
        fileprivate let beside: Int64
    }

    public enum Offer: Sendable, Equatable {
        /// Send it now.
        case send(Flight)
        /// Keep it until ``FairQueue/next(at:)`` returns this number.
        case wait(UInt64)
        /// The brand's queue is full: nothing was done. It is empty in about so many microseconds.
        case full(retryAfterMicroseconds: Int64)
    }

    private struct Waiting {
        let ticket: UInt64
        let method: Int
        let bytes: Int
    }

    private struct Brand {
        let name: BucketName
        var waiting: [Waiting] = []
        /// Where the first of `waiting` is; those before it are gone.
        var first = 0
        var waitingBytes = 0
        var waitingCost: Int64 = 0
        /// Microseconds that it may still send in its turn.
        var deficit: Int64 = 0
        var inFlight = 0
        var costInFlight: Int64 = 0
        var lastSeen: Int64

        var waitingCount: Int { waiting.count - first }
        var isGone: Bool { waitingCount == 0 && inFlight == 0 }
    }

    private var brands: [Brand?] = []
    private var slots: [BucketName: Int] = [:]
    private var free: [Int] = []
    /// Brands that have something waiting, in the order of their turns.
    private var turns: [Int] = []
    /// Sixteenths of microseconds, by method.
    private var costs: [Int64]
    private var inFlight = 0
    private var costInFlight: Int64 = 0
    private var waitingBytes = 0
    private var lastTicket: UInt64 = 0
    private var sweptAt: Int64 = 0

    /// - Parameter methods: how many there are; they are numbered from 0.
    public init(methods: Int) {
        costs = Array(repeating: Self.unmeasuredCost * 16, count: methods)
    }

    /// Calls that wait.
    public var waitingCount: Int { turns.reduce(0) { $0 + (brands[$1]?.waitingCount ?? 0) } }
    public var hasWaiting: Bool { !turns.isEmpty }

    /// What a call of a method costs, as far as it was measured, in microseconds; at least 1.
    public func cost(of method: Int) -> Int64 { max(1, costs[method] / 16) }

    // MARK: Events

    /// A brand wants to send a call.
    ///
    /// - Parameters:
    ///   - bytes: what it takes to keep it.
    ///   - now: of a clock that never goes back, in microseconds.
    public mutating func offer(of name: BucketName, method: Int, bytes: Int, at now: Int64) -> Offer {
        let slot = slot(of: name, at: now)
        guard var brand = brands[slot] else { preconditionFailure("The slot of a brand holds it.") }
        brand.lastSeen = now
        defer { brands[slot] = brand }
        let cost = cost(of: method)
        if brand.waitingCount == 0 && mayPass(brand, cost) {
            return .send(send(&brand, slot, method, cost))
        }
        guard brand.waitingCount < Self.maximumWaiting, brand.waitingBytes + bytes <= Self.maximumWaitingBytes,
            waitingBytes + bytes <= Self.maximumWaitingBytesInAll
        else { return .full(retryAfterMicroseconds: brand.waitingCost * Int64(max(1, turns.count))) }
        if brand.waitingCount == 0 {
            brand.deficit = 0
            turns.append(slot)
        }
        lastTicket += 1
        brand.waiting.append(Waiting(ticket: lastTicket, method: method, bytes: bytes))
        brand.waitingBytes += bytes
        brand.waitingCost += cost
        waitingBytes += bytes
        return .wait(lastTicket)
    }

    /// A call has its answer, or will have none.
    ///
    /// - Parameter microseconds: since it was sent; nil for one that was not sent after all.
    public mutating func ended(_ flight: Flight, after microseconds: Int64?) {
        inFlight -= 1
        costInFlight -= flight.cost
        let measured = microseconds.map { max(1, $0 / flight.beside) } ?? 0
        if microseconds != nil {
            costs[flight.method] += (measured * 16 - costs[flight.method]) / Self.averagedOver
        }
        brands[flight.brand]?.inFlight -= 1
        brands[flight.brand]?.costInFlight -= flight.cost
        // Whoever took more than was thought has had it: it comes out of the next turn.
        brands[flight.brand]?.deficit += (flight.cost - measured).clamped(to: -Self.quantum...Self.quantum)
    }

    /// The next call to send, of those that wait; nil when none may be sent now. Ask again until then.
    public mutating func next(at now: Int64) -> (ticket: UInt64, flight: Flight)? {
        // Each brand is looked at once without a turn given, then as long as turns are worth giving.
        var passed = 0
        while passed < turns.count, inFlight < Self.maximumInFlight {
            let slot = turns[0]
            guard var brand = brands[slot] else { preconditionFailure("A brand that waits is there.") }
            let waiting = brand.waiting[brand.first]
            let cost = cost(of: waiting.method)
            guard mayPass(brand, cost) else {
                turns.append(turns.removeFirst())
                passed += 1
                continue
            }
            guard brand.deficit >= cost else {
                // Its turn is over; the next one brings a quantum more.
                brand.deficit += max(Self.quantum, cost)
                brands[slot] = brand
                turns.append(turns.removeFirst())
                passed = 0
                continue
            }
            brand.deficit -= cost
            brand.first += 1
            brand.waitingBytes -= waiting.bytes
            brand.waitingCost = max(0, brand.waitingCost - cost)
            brand.lastSeen = now
            waitingBytes -= waiting.bytes
            if brand.waitingCount == 0 {
                brand.waiting.removeAll(keepingCapacity: brand.waiting.capacity <= 256)
                brand.first = 0
                brand.waitingCost = 0
                turns.removeFirst()
            } else if brand.first >= 256 && brand.first * 2 >= brand.waiting.count {
                brand.waiting.removeFirst(brand.first)
                brand.first = 0
            }
            let flight = send(&brand, slot, waiting.method, cost)
            brands[slot] = brand
            return (waiting.ticket, flight)
        }
        return nil
    }

    // MARK: Windows

    private func mayPass(_ brand: Brand, _ cost: Int64) -> Bool {
        guard inFlight < Self.maximumInFlight else { return false }
        if slots.count == 1 { return brand.inFlight < Self.aloneInFlight }
        if brand.inFlight == 0 { return true }
        let crowd = turns.count > 1 ? Self.crowd : 1
        let work = brand.costInFlight + cost
        let isFew = brand.inFlight < Self.fewInFlight * crowd
        let isWithin = work <= Self.brandWindow * Int64(crowd)
        if isFew && isWithin { return true }
        return costInFlight + cost <= Self.sharedWindow && (isFew || isWithin)
    }

    private mutating func send(_ brand: inout Brand, _ slot: Int, _ method: Int, _ cost: Int64) -> Flight {
        inFlight += 1
        costInFlight += cost
        brand.inFlight += 1
        brand.costInFlight += cost
        return Flight(brand: slot, method: method, cost: cost, beside: Int64(inFlight))
    }

    // MARK: Brands

    private mutating func slot(of name: BucketName, at now: Int64) -> Int {
        if now - sweptAt >= Self.presence / 4 { sweep(at: now) }
        if let slot = slots[name] { return slot }
        let slot = free.popLast() ?? brands.count
        if slot == brands.count { brands.append(nil) }
        brands[slot] = Brand(name: name, lastSeen: now)
        slots[name] = slot
        return slot
    }

    /// Forgets the brands that are gone.
    private mutating func sweep(at now: Int64) {
        sweptAt = now
        for (name, slot) in slots {
            guard let brand = brands[slot], brand.isGone, now - brand.lastSeen >= Self.presence else { continue }
            brands[slot] = nil
            slots[name] = nil
            free.append(slot)
        }
    }
}
