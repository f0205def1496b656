import CommonAPI
import JSON
import SignalsAPI

/// The demo shop's people as signals, each with a message id that is always the same.
struct DemoSignals {
    /// What ages count from.
    let moment: Timestamp

    /// Looks at products within the last hours, so that there is something to see at once.
    static let recentViews = 240
    static let recentViewSeconds = 7_200
    private static let currency = Currency("USD")

    /// Who a person is, then what it bought.
    func items(of person: DemoPerson) -> [JSONRaw] {
        [JSONRaw(identify(person))] + person.orders.indices.map { JSONRaw(order($0, of: person)) }
    }

    /// Views of products by anybody.
    func views(from random: CounterRandom) -> [JSONRaw] {
        (0..<Self.recentViews).map { index in
            let row = UInt64(index)
            let viewer = random.index(DemoPerson.Stream.viewer, row, below: DemoPerson.count)
            let age = random.index(DemoPerson.Stream.viewAge, row, below: Self.recentViewSeconds)
            let product = random.pick(DemoPerson.Stream.viewed, row, from: DemoProduct.all)
            return JSONRaw(
                TrackItem(
                    event: "Product Viewed", userId: DemoPerson.customerID(of: viewer),
                    messageId: "demo-view-\(index + 1)", timestamp: time(secondsAgo: age),
                    properties: JSONRaw(["product": .string(product.name)] as JSONValue)))
        }
    }

    private func identify(_ person: DemoPerson) -> IdentifyItem {
        let traits: JSONValue = [
            "firstName": .string(person.firstName), "lastName": .string(person.lastName), "city": .string(person.city),
            "plan": .string(person.plan), "birthYear": .number(JSONNumber(Int64(person.birthYear))),
        ]
        return IdentifyItem(
            userId: person.customerID,
            identifiers: [
                Identifier(type: "email", value: person.email), Identifier(type: "phone", value: person.phone),
            ],
            messageId: person.customerID, timestamp: time(secondsAgo: DemoPerson.days * 86_400),
            traits: JSONRaw(traits))
    }

    private func order(_ index: Int, of person: DemoPerson) -> TrackItem {
        let order = person.orders[index]
        let properties: JSONValue = [
            "product": .string(order.product.name), "quantity": .number(JSONNumber(Int64(order.quantity))),
        ]
        return TrackItem(
            event: "Order Completed", userId: person.customerID, messageId: "\(person.customerID)-order-\(index + 1)",
            timestamp: time(secondsAgo: order.ageSeconds), revenue: order.revenue, currency: Self.currency,
            properties: JSONRaw(properties))
    }

    private func time(secondsAgo: Int) -> Timestamp {
        Timestamp(microseconds: moment.microseconds - Int64(secondsAgo) * 1_000_000)
    }
}
