public import JSON
import Randomness

extension SyntheticPopulation {
    /// Lines of the longest basket.
    static let maximumLines = 8

    /// What somebody bought, oldest first; at least the first purchase.
    ///
    /// - Parameter end: only what lies before it. Absent: ``PopulationParameters/until``. A later one shows how it goes
    ///   on.
    public func purchases(of person: Individual, before end: Timestamp? = nil) -> [Purchase] {
        let end = end ?? parameters.until
        var purchases = [purchase(1, of: person, at: person.joinedAt)]
        let clock = clock(of: person)
        let joined = joining(person.number, HomeTown.all.firstIndex(of: person.town) ?? 0)
        // A week more, as moments are compared at last: clocks may have been changed.
        let lastWeek = clock.weeks(at: end) + 1
        for weeks in RepeatPurchases(person.habits, of: person.number, seed: parameters.seed) {
            guard joined + weeks < lastWeek else { break }
            let moment = clock.moment(at: joined + weeks)
            guard moment < end else { break }
            purchases.append(purchase(purchases.count + 1, of: person, at: moment))
        }
        return purchases
    }

    private func purchase(_ number: Int, of person: Individual, at moment: Timestamp) -> Purchase {
        var random = RandomRow(
            seed: parameters.seed, stream: Streams.baskets, row: Streams.row(person.number, number))
        return Purchase(number: number, moment: moment, basket: Self.basket(person, &random))
    }

    static func basket(_ person: Individual, _ random: inout RandomRow) -> Basket {
        let another = person.habits.extraLines / (1 + person.habits.extraLines)
        var lines: [Basket.Line] = []
        repeat {
            let product = Product.all[random.choice(weights: Product.weights)]
            let quantity = random.bernoulli(0.2) ? 2 : 1
            // What is in it already is not put in again.
            if !lines.contains(where: { $0.product == product }) {
                lines.append(Basket.Line(product: product, quantity: quantity))
            }
        } while lines.count < maximumLines && random.bernoulli(another)
        return Basket(lines: lines)
    }
}
