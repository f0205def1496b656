import Testing

@testable import Limits

@Suite struct FairQueueTests {
    private let flooder = BucketName(.brand, low: 1)
    private let victim = BucketName(.brand, low: 2)

    /// Offers until one has to wait, and returns what was sent.
    private func fill(_ queue: inout FairQueue, _ brand: BucketName) -> [FairQueue.Flight] {
        var flights: [FairQueue.Flight] = []
        while case .send(let flight) = queue.offer(of: brand, method: 0, bytes: 1, at: 0) { flights.append(flight) }
        return flights
    }

    @Test("A brand that is alone has its own limit of calls under way; the next call waits for an answer")
    func alone() {
        var queue = FairQueue(methods: 1)
        let flights = fill(&queue, flooder)
        #expect(flights.count == FairQueue.aloneInFlight)
        #expect(queue.next(at: 0) == nil)
        queue.ended(flights[0], after: 50)
        #expect(queue.next(at: 0)?.ticket == 1)
        #expect(queue.next(at: 0) == nil)
        #expect(queue.waitingCount == 0)
    }

    @Test("Beside others a brand may have a window of work under way, or one call whatever it costs")
    func besideOthers() {
        var queue = FairQueue(methods: 2)
        guard case .send = queue.offer(of: victim, method: 0, bytes: 1, at: 0) else {
            Issue.record("the first call of all waits")
            return
        }
        #expect(Int64(fill(&queue, flooder).count) == FairQueue.brandWindow / FairQueue.unmeasuredCost)
        // The victim is let in at once.
        guard case .send = queue.offer(of: victim, method: 0, bytes: 1, at: 0) else {
            Issue.record("the victim waits")
            return
        }
    }

    @Test(
        "Beside another, a brand has a few calls under way while all work is in bounds, and one in any case",
        arguments: [(93, 4), (200, 4), (1_200, 3), (1_600, 2), (2_000, 1), (9_000, 1)] as [(Int64, Int)])
    func costly(cost: Int64, calls: Int) {
        var queue = FairQueue(methods: 1)
        for _ in 0..<1_000 {
            guard case .send(let flight) = queue.offer(of: victim, method: 0, bytes: 1, at: 0) else { return }
            queue.ended(flight, after: cost)
        }
        // An average stops short of what it approaches.
        #expect(queue.cost(of: 0) > cost - 5 && queue.cost(of: 0) <= cost)
        _ = queue.offer(of: victim, method: 0, bytes: 1, at: 0)
        #expect(fill(&queue, flooder).count == calls)
    }

    @Test("Where several brands wait, each may have more under way than one that floods calm ones")
    func crowd() {
        var queue = FairQueue(methods: 1)
        _ = queue.offer(of: victim, method: 0, bytes: 1, at: 0)
        let counts = (3..<6).map { fill(&queue, BucketName(.brand, low: $0)).count }
        let one = Int(FairQueue.brandWindow / FairQueue.unmeasuredCost)
        #expect(counts == [one, one, FairQueue.crowd * Int(FairQueue.brandWindow) / Int(FairQueue.unmeasuredCost)])
    }

    @Test("A full queue refuses, and says when it will be empty; nothing else is refused")
    func full() {
        var queue = FairQueue(methods: 1)
        _ = fill(&queue, flooder)
        for _ in 1..<FairQueue.maximumWaiting {
            guard case .wait = queue.offer(of: flooder, method: 0, bytes: 1, at: 0) else {
                Issue.record("refused below the limit")
                return
            }
        }
        let waits = Int64(FairQueue.maximumWaiting) * FairQueue.unmeasuredCost
        #expect(queue.offer(of: flooder, method: 0, bytes: 1, at: 0) == .full(retryAfterMicroseconds: waits))
        guard case .send = queue.offer(of: victim, method: 0, bytes: 1, at: 0) else {
            Issue.record("the victim waits")
            return
        }
    }

    @Test("The bytes that wait have limits, for a brand and for all")
    func fullOfBytes() {
        var queue = FairQueue(methods: 1)
        for number in 0..<5 {
            let brand = BucketName(.brand, low: UInt64(number))
            _ = fill(&queue, brand)
            let most = FairQueue.maximumWaitingBytes - 1
            // `fill` has left a byte waiting.
            let offer = queue.offer(of: brand, method: 0, bytes: number < 4 ? most : 5, at: 0)
            if case .full = offer {
                #expect(number == 4)
            } else {
                #expect(number < 4)
                guard case .full = queue.offer(of: brand, method: 0, bytes: 1, at: 0) else {
                    Issue.record("more bytes than may wait")
                    continue
                }
            }
        }
    }

    @Test("Brands that wait have turns of service time: calls that cost ten times as much get a tenth of the turns")
    func turns() {
        var queue = FairQueue(methods: 2)
        // Method 1 costs ten times as much as method 0.
        let other = BucketName(.brand, low: 3)
        var flights: [FairQueue.Flight] = []
        for _ in 0..<400 {
            guard case .send(let first) = queue.offer(of: other, method: 0, bytes: 1, at: 0),
                case .send(let second) = queue.offer(of: other, method: 1, bytes: 1, at: 0)
            else { break }
            queue.ended(first, after: 40)
            queue.ended(second, after: 800)
        }
        let ratio = Double(queue.cost(of: 1)) / Double(queue.cost(of: 0))
        #expect(ratio > 8 && ratio < 12)
        var brandOf: [UInt64: BucketName] = [:]
        for _ in 0..<500 {
            for (brand, method) in [(flooder, 0), (victim, 1)] {
                switch queue.offer(of: brand, method: method, bytes: 1, at: 0) {
                case .send(let flight): flights.append(flight)
                case .wait(let ticket): brandOf[ticket] = brand
                case .full: Issue.record("full")
                }
            }
        }
        // Calls end one by one, in their order; whoever has its turn follows.
        var served: [BucketName: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<300 {
            let flight = flights.removeFirst()
            now += flight.cost
            queue.ended(flight, after: nil)
            while let next = queue.next(at: now) {
                flights.append(next.flight)
                if let brand = brandOf[next.ticket] { served[brand, default: 0] += next.flight.cost }
            }
        }
        let share = Double(served[victim] ?? 0) / Double((served[flooder] ?? 0) + (served[victim] ?? 0))
        // Not quite equal: cheap calls beyond a window wait where costly ones, being few, do not.
        #expect(share > 0.4 && share < 0.7, "\(served)")
    }

    @Test("One brand's calls keep their order")
    func order() {
        var queue = FairQueue(methods: 3)
        var random = SplitMix(state: 1)
        var flights: [FairQueue.Flight] = []
        var last: UInt64 = 0
        for step in 0..<20_000 {
            if random.next(2) == 0 {
                let method = Int(random.next(3))
                let brand = BucketName(.brand, low: UInt64(random.next(3)))
                if case .send(let flight) = queue.offer(of: brand, method: method, bytes: 1, at: Int64(step)) {
                    flights.append(flight)
                }
            } else if !flights.isEmpty {
                queue.ended(flights.remove(at: Int(random.next(Int64(flights.count)))), after: random.next(3_000))
            }
            while let next = queue.next(at: Int64(step)) {
                flights.append(next.flight)
                last = max(last, next.ticket)
            }
        }
        while !flights.isEmpty {
            queue.ended(flights.removeLast(), after: 10)
            while let next = queue.next(at: 20_000) { flights.append(next.flight) }
        }
        #expect(queue.waitingCount == 0)
        #expect(!queue.hasWaiting)
    }

    /// A service that answers in the order of arrival, in groups: each takes a millisecond and 15 µs for each call.
    private struct Service {
        var arrived: [(brand: BucketName, at: Int64, flight: FairQueue.Flight?)] = []
        var group: [(brand: BucketName, at: Int64, flight: FairQueue.Flight?)] = []
        var endsAt = Int64.max

        mutating func begin(at now: Int64) {
            guard group.isEmpty, !arrived.isEmpty else { return }
            group = Array(arrived.prefix(1_000))
            arrived.removeFirst(group.count)
            endsAt = now + 1_000 + 15 * Int64(group.count)
        }
    }

    /// How long the victim's calls take, which come every 7 ms: the 99th percentile, in microseconds.
    private func percentile(flooding: Int, isFair: Bool) -> Int64 {
        var queue = FairQueue(methods: 1)
        var service = Service()
        var kept: [UInt64: (brand: BucketName, at: Int64)] = [:]
        var latencies: [Int64] = []
        var now: Int64 = 0
        var nextCall: Int64 = 0

        func offer(_ brand: BucketName) {
            guard isFair else { return service.arrived.append((brand, now, nil)) }
            switch queue.offer(of: brand, method: 0, bytes: 300, at: now) {
            case .send(let flight): service.arrived.append((brand, now, flight))
            case .wait(let ticket): kept[ticket] = (brand, now)
            case .full: break
            }
        }
        for _ in 0..<flooding { offer(flooder) }
        while latencies.count < 1_000 {
            service.begin(at: now)
            now = min(service.endsAt, nextCall)
            if now == nextCall {
                offer(victim)
                nextCall += 7_000
            }
            guard now == service.endsAt else { continue }
            let ended = service.group
            service.group = []
            service.endsAt = .max
            for call in ended {
                if let flight = call.flight { queue.ended(flight, after: now - call.at) }
                if call.brand == victim { latencies.append(now - call.at) }
            }
            // The flooder sends another call for each answer.
            for call in ended where call.brand == flooder { offer(flooder) }
            while let next = queue.next(at: now) {
                guard let call = kept.removeValue(forKey: next.ticket) else { continue }
                service.arrived.append((call.brand, call.brand == victim ? call.at : now, next.flight))
            }
        }
        return latencies.sorted()[latencies.count * 99 / 100]
    }

    @Test("A flood adds a window of work to another brand's calls, where it would have added all it has")
    func flood() {
        let alone = percentile(flooding: 0, isFair: true)
        let fair = percentile(flooding: 3_000, isFair: true)
        let unfair = percentile(flooding: 3_000, isFair: false)
        #expect(alone == 1_015)
        // Two groups instead of one, each with a window of the flood in it.
        #expect(fair <= 4 * alone, "\(fair)")
        #expect(unfair > 10 * fair, "\(unfair)")
    }
}
