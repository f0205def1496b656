public import JSON

/// What somebody bought, and when.
public struct Purchase: Sendable, Equatable {
    /// Counted from 1 for each person; 1 is the one they joined with.
    public let number: Int
    /// To the second.
    public let moment: Timestamp
    public let basket: Basket
}

/// Products and how many of each.
public struct Basket: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        public let product: Product
        public let quantity: Int
    }

    /// At least one; no product twice.
    public let lines: [Line]

    public var quantity: Int { lines.reduce(0) { $0 + $1.quantity } }

    /// Such as `1 x Mug; 2 x Filter paper`.
    public var text: String { lines.map { "\($0.quantity) x \($0.product.name)" }.joined(separator: "; ") }

    /// What it costs in all, in US dollars.
    public var amount: Amount {
        Amount(tenThousandths: lines.reduce(0) { $0 + $1.product.price.tenThousandths * Int64($1.quantity) })
    }
}

/// What the shop sells.
public struct Product: Sendable, Equatable {
    public let name: String
    /// In US dollars.
    public let price: Amount
    /// How often it is bought, beside the others.
    let weight: Double

    private init(_ name: String, cents: Int64, _ weight: Double) {
        self.name = name
        self.weight = weight
        price = Amount(tenThousandths: cents * 100)
    }

    static let all = [
        Product("Espresso beans 1 kg", cents: 2_450, 24), Product("Filter paper", cents: 395, 18),
        Product("Tasting box", cents: 2_990, 12), Product("Green tea 250 g", cents: 1_490, 12),
        Product("Descaler", cents: 790, 9), Product("Mug", cents: 1_200, 7),
        Product("Milk jug", cents: 1_850, 5), Product("Pour-over set", cents: 3_900, 4),
        Product("Teapot", cents: 3_450, 3), Product("Scale", cents: 4_500, 2),
        Product("Hand grinder", cents: 8_900, 2), Product("Kettle", cents: 5_900, 2),
    ]
    static let weights = all.map(\.weight)
}
