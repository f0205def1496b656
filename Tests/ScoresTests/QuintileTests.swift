import Scores
import Testing

@Suite struct QuintileTests {
    @Test("Five who differ have all five scores, and one alone has the lowest")
    func few() {
        let five = Quintiles(of: [30, 10, 50, 20, 40])
        #expect([10, 20, 30, 40, 50].map { five.score($0) } == [1, 2, 3, 4, 5])
        #expect(Quintiles(of: [7]).score(7) == 1)
        #expect(Quintiles<Int>(of: []).score(7) == 1)
    }

    @Test("Who is equal has equal scores, and is above only those fifths that are wholly below")
    func ties() {
        let half = Quintiles(of: [1, 1, 1, 1, 1, 2, 3, 4, 5, 6])
        #expect([1, 2, 3, 4, 5, 6].map { half.score($0) } == [1, 3, 4, 4, 5, 5])
        #expect(Quintiles(of: [4, 4, 4, 4]).score(4) == 1)
    }

    @Test("Customers that are collected in parts compare as those that are collected at once")
    func parts() {
        let customers = (0..<97).map { index in
            var summary = PurchaseSummary()
            for purchase in 0...(index % 7) {
                summary.addPurchase(on: 100 + purchase * (index % 11), paying: Int64(index * 37 % 53))
            }
            return summary
        }
        var whole = CustomerValues()
        for customer in customers { whole.add(customer) }
        var (left, right) = (CustomerValues(), CustomerValues())
        for customer in customers.prefix(31) { left.add(customer) }
        for customer in customers.dropFirst(31) { right.add(customer) }
        right.add(left)
        #expect(whole.count == 97 && right.count == 97)
        let (one, other) = (whole.quintiles(), right.quintiles())
        for customer in customers { #expect(one.scores(of: customer) == other.scores(of: customer)) }
    }

    @Test("Who bought nothing is no customer, and has no scores")
    func nobody() {
        var values = CustomerValues()
        var refunded = PurchaseSummary()
        refunded.addRefund(of: -5)
        values.add(refunded)
        values.add(PurchaseSummary())
        #expect(values.count == 0)
        #expect(values.quintiles().scores(of: refunded) == nil)
    }
}
