import JSON
import Population

/// One made-up person, and the truth that is planted in them.
struct IndividualReport: JSONWritable {
    /// Orders that people are shown.
    private static let shownOrders = 10

    let person: Individual
    let household: [Individual]
    let purchases: [Purchase]
    let responses: ResponseLaw

    init(_ person: Individual, of population: SyntheticPopulation) {
        self.person = person
        let reach = population.parameters.householdSizes.count
        let around =
            max(
                1, person.number - reach)..<min(
                person.number + reach + 1, PopulationParameters.maximumPeople + 1)
        household = population.people(in: around).filter {
            $0.householdID == person.householdID && $0.number != person.number
        }
        purchases = population.purchases(of: person)
        responses = population.parameters.responses
    }

    private var revenue: Amount {
        purchases.reduce(.zero) { $0.adding($1.basket.amount) ?? .maximum }
    }

    private func chance(_ kind: PlantedOffer.Kind, _ channel: PlantedOffer.Channel, _ response: PlantedResponse)
        -> Double
    {
        responses.probability(
            of: response, by: person, to: PlantedOffer(number: 0, kind: kind, channel: channel))
    }

    func text(width: Int?) -> String {
        let town = person.town
        var text = """
            \(person.userID)  \(person.firstName) \(person.lastName), \(person.age), \(town.city) (\(town.timezone)), \
            \(person.plan.rawValue) plan

              E-mail      \(person.email ?? "-")
              Telephone   \(person.phone ?? "-")
              Household   \(person.householdID) of \(person.householdSize)\(others)
              Marketing   \(person.consents ? "agreed" : "did not agree")
              Joined      \(person.joinedAt)

            \(purchases.count.counted("order")) for USD \(revenue)

            """
        var orders = TextTable([.init("ORDER", .right), .init("WHEN"), .init("USD", .right), .init("PRODUCTS")])
        for purchase in purchases.suffix(Self.shownOrders) {
            orders.add([
                "\(purchase.number)", purchase.moment.description, purchase.basket.amount.description,
                purchase.basket.text,
            ])
        }
        text += "\n" + orders.text(width: width)
        if purchases.count > Self.shownOrders {
            text += "and \((purchases.count - Self.shownOrders).grouped) before them\n"
        }
        return text + "\nThe truth, which nobody sees\n\n" + truth + "\n" + chances.text(width: width)
    }

    private var others: String {
        household.isEmpty ? "" : ", with " + household.map(\.userID).joined(separator: ", ")
    }

    private var truth: String {
        let habits = person.habits
        return """
              Buys        \(Self.figure(habits.purchasesPerWeek)) times a week, until they stop for good
              Stops       after an order behind the first, with a chance of \(Self.percent(habits.dropout))
              Baskets     \(Self.figure(1 + habits.extraLines)) lines on average
              Ready       \(Self.figure(person.responsiveness)) log-odds beside others like them

            Chances to open, click and order when they first see an offer

            """
    }

    private var chances: TextTable {
        var table = TextTable(
            [.init("OFFER")] + PlantedOffer.Channel.allCases.map { .init($0.rawValue.uppercased(), .right) })
        for kind in PlantedOffer.Kind.allCases {
            table.add(
                [kind.rawValue]
                    + PlantedOffer.Channel.allCases.map { channel in
                        PlantedResponse.allCases.dropFirst().map {
                            Self.percent(chance(kind, channel, $0)).padded(to: 7, alignment: .right)
                        }
                        .joined(separator: "  ")
                    })
        }
        return table
    }

    /// With one decimal.
    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// Three decimals.
    private static func figure(_ value: Double) -> String {
        let thousandths = Int((abs(value) * 1_000).rounded())
        let decimals = String(thousandths % 1_000 + 1_000).dropFirst()
        return (value < 0 && thousandths > 0 ? "-" : "") + "\(thousandths / 1_000).\(decimals)"
    }
}

// MARK: For programs

extension IndividualReport {
    func write(to writer: inout JSONWriter) { json.write(to: &writer) }

    private var json: JSONValue {
        [
            "number": .number(JSONNumber(Int64(person.number))), "userId": .string(person.userID),
            "email": person.email.map { .string($0) } ?? .null, "phone": person.phone.map { .string($0) } ?? .null,
            "household": .string(person.householdID), "householdMembers": .array(household.map { .string($0.userID) }),
            "firstName": .string(person.firstName), "lastName": .string(person.lastName),
            "age": .number(JSONNumber(Int64(person.age))), "city": .string(person.town.city),
            "timezone": .string(person.town.timezone), "plan": .string(person.plan.rawValue),
            "consents": .bool(person.consents), "joinedAt": .string(person.joinedAt.description),
            "orders": .array(purchases.map(Self.json)), "revenue": .string(revenue.description), "truth": truthJSON,
        ]
    }

    private static func json(_ purchase: Purchase) -> JSONValue {
        [
            "number": .number(JSONNumber(Int64(purchase.number))), "orderedAt": .string(purchase.moment.description),
            "quantity": .number(JSONNumber(Int64(purchase.basket.quantity))),
            "amount": .string(purchase.basket.amount.description), "products": .string(purchase.basket.text),
        ]
    }

    private static func number(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }

    private var truthJSON: JSONValue {
        var kinds = JSONObject()
        for kind in PlantedOffer.Kind.allCases {
            var channels = JSONObject()
            for channel in PlantedOffer.Channel.allCases {
                channels[channel.rawValue] = [
                    "opened": Self.number(chance(kind, channel, .opened)),
                    "clicked": Self.number(chance(kind, channel, .clicked)),
                    "ordered": Self.number(chance(kind, channel, .ordered)),
                ]
            }
            kinds[kind.rawValue] = .object(channels)
        }
        return [
            "purchasesPerWeek": Self.number(person.habits.purchasesPerWeek),
            "dropout": Self.number(person.habits.dropout), "extraLines": Self.number(person.habits.extraLines),
            "responsiveness": Self.number(person.responsiveness), "firstChances": .object(kinds),
        ]
    }
}
