import JSON

/// A made-up customer of the demo shop: who it is, and what it bought within the last ``days``.
struct DemoPerson {
    /// How many there are.
    static let count = 2_000
    /// The stretch of time that orders are spread over.
    static let days = 90

    struct Order {
        let product: DemoProduct
        let quantity: Int
        /// Before the moment that ages count from, in seconds.
        let ageSeconds: Int

        var revenue: Amount { Amount(tenThousandths: Int64(product.cents) * Int64(quantity) * 100) }
    }

    let index: Int
    let firstName: String
    let lastName: String
    let city: String
    let plan: String
    let birthYear: Int
    /// Newest first.
    let orders: [Order]

    static func customerID(of index: Int) -> String { "demo-" + DemoPerson.digits(index + 1, 5) }

    var customerID: String { Self.customerID(of: index) }

    /// No two people share one; example.org is nobody's (RFC 2606).
    var email: String { "\(firstName).\(lastName).\(index + 1)@example.org".lowercased() }

    /// 555-01xx numbers belong to nobody.
    var phone: String { "+1-\(Self.digits(200 + index / 100, 3))-555-01\(Self.digits(index % 100, 2))" }

    /// - Parameter random: what everything is drawn from.
    init(_ index: Int, from random: CounterRandom) {
        let row = UInt64(index)
        self.index = index
        firstName = random.pick(Stream.firstName, row, from: DemoNames.first)
        lastName = random.pick(Stream.lastName, row, from: DemoNames.last)
        city = random.pick(Stream.city, row, from: DemoNames.cities)
        birthYear = 1945 + random.index(Stream.birthYear, row, below: 62)
        // A few customers buy often, most now and then: the chance of another order differs from person to person.
        let loyalty = random.unit(Stream.loyalty, row)
        let chanceOfAnother = 0.35 + 0.57 * loyalty * loyalty
        plan = loyalty > 0.9 ? "gold" : loyalty > 0.6 ? "silver" : "basic"
        var orders = [Self.order(row, 0, random)]
        while orders.count < Self.maximumOrders,
            random.unit(Stream.another, row << 8 | UInt64(orders.count)) < chanceOfAnother
        {
            orders.append(Self.order(row, UInt64(orders.count), random))
        }
        self.orders = orders.sorted { $0.ageSeconds < $1.ageSeconds }
    }

    /// No customer has more orders.
    static let maximumOrders = 40

    private static func order(_ row: UInt64, _ number: UInt64, _ random: CounterRandom) -> Order {
        let place = row << 8 | number
        let age = random.unit(Stream.age, place) * Double(days * 86_400)
        let quantity = 1 + Int(random.unit(Stream.quantity, place) * random.unit(Stream.quantity, ~place) * 5)
        return Order(
            product: random.pick(Stream.product, place, from: DemoProduct.all), quantity: quantity,
            ageSeconds: Int(age))
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// What each stream of random numbers decides.
    enum Stream {
        static let firstName: UInt64 = 1
        static let lastName: UInt64 = 2
        static let city: UInt64 = 3
        static let birthYear: UInt64 = 4
        static let loyalty: UInt64 = 5
        static let another: UInt64 = 6
        static let age: UInt64 = 7
        static let quantity: UInt64 = 8
        static let product: UInt64 = 9
        static let viewer: UInt64 = 10
        static let viewAge: UInt64 = 11
        static let viewed: UInt64 = 12
    }
}

/// What the demo shop sells.
struct DemoProduct {
    let name: String
    let cents: Int

    static let all = [
        DemoProduct(name: "Espresso beans 1 kg", cents: 2_450), DemoProduct(name: "Filter paper", cents: 395),
        DemoProduct(name: "Hand grinder", cents: 8_900), DemoProduct(name: "Kettle", cents: 5_900),
        DemoProduct(name: "Mug", cents: 1_200), DemoProduct(name: "Milk jug", cents: 1_850),
        DemoProduct(name: "Pour-over set", cents: 3_900), DemoProduct(name: "Scale", cents: 4_500),
        DemoProduct(name: "Tasting box", cents: 2_990), DemoProduct(name: "Teapot", cents: 3_450),
        DemoProduct(name: "Green tea 250 g", cents: 1_490), DemoProduct(name: "Descaler", cents: 790),
    ]
}

/// What demo people are called and where they live.
enum DemoNames {
    static let first = [
        "Ada", "Amir", "Anna", "Ben", "Carla", "Chen", "Daniel", "Elif", "Emma", "Fatima", "Felix", "Grace", "Hana",
        "Ines", "Ivan", "Jonas", "Kofi", "Lea", "Liam", "Lucia", "Mara", "Mateo", "Mei", "Mila", "Nadia", "Noah",
        "Olga", "Omar", "Paul", "Priya", "Rosa", "Sam", "Sara", "Tariq", "Theo", "Uma", "Vera", "Yuki", "Zoe",
    ]
    static let last = [
        "Abe", "Becker", "Bianchi", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Hansen",
        "Ito", "Jones", "Kaya", "Khan", "Kim", "Kowalski", "Larsen", "Lopez", "Martin", "Meyer", "Moreau", "Novak",
        "Okafor", "Olsen", "Patel", "Petrov", "Rossi", "Santos", "Schmidt", "Silva", "Smith", "Tanaka", "Wang",
        "Weber", "Yilmaz",
    ]
    static let cities = [
        "Amsterdam", "Athens", "Berlin", "Chicago", "Copenhagen", "Dublin", "Lagos", "Lisbon", "London", "Madrid",
        "Melbourne", "Milan", "Mumbai", "New York", "Osaka", "Paris", "Prague", "Seoul", "Toronto", "Vienna",
    ]
}
